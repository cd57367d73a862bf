"""Names and formulas of materials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError
from core.simulate.electrons.elements import SYMBOLS, atomic_mass, atomic_number, mean_excitation_ev
from core.simulate.electrons.formula import parse_formula
from core.simulate.electrons.material import HEAVIEST_Z, VACUUM
from core.simulate.electrons.materials import MATERIALS, material_of

ELEMENTS = ["Au", "Si", "Cu", "Al", "C", "Fe", "Ni", "Ti", "Ag", "Pt"]
ASKED_FOR = [*ELEMENTS, "Al2O3", "SiO2", "ZrO2", "Ba122", "epoxy", "PMMA", "vacuum"]


@pytest.mark.parametrize("name", ASKED_FOR)
def test_common_materials_are_known_in_any_case(name: str) -> None:
    assert material_of(name) == material_of(f" {name.lower()} ") == MATERIALS[name]


def test_every_element_has_its_data() -> None:
    assert len(SYMBOLS) == len(set(SYMBOLS)) == HEAVIEST_Z
    masses = [atomic_mass(z) for z in range(1, HEAVIEST_Z + 1)]
    assert all(1.5 < mass / z < 2.7 for z, mass in enumerate(masses[1:], start=2))
    assert all(8 < mean_excitation_ev(z) / z < 22 for z in range(1, HEAVIEST_Z + 1))
    assert (atomic_number("Au"), atomic_mass(79), mean_excitation_ev(79)) == (79, 196.967, 790)


def test_epoxy_is_the_resin_of_the_reference() -> None:
    epoxy = material_of("epoxy")
    assert dict(epoxy.atoms) == {6: 21, 1: 24, 8: 4}
    assert epoxy.density_g_cm3 == 1.2


def test_formula_with_density() -> None:
    alumina = material_of("Al2O3@3.95")
    assert alumina.atoms == ((13, 2.0), (8, 3.0))
    assert alumina.density_g_cm3 == 3.95


def test_name_with_another_density() -> None:
    assert material_of("epoxy@1.1").atoms == MATERIALS["epoxy"].atoms
    assert material_of("epoxy@1.1").density_g_cm3 == 1.1


def test_a_formula_goes_before_a_name_in_other_letters() -> None:
    assert dict(material_of("CO@1").atoms) == {6: 1, 8: 1}
    with pytest.raises(ParameterError, match="no density is known of CO"):
        material_of("CO")


@pytest.mark.parametrize(
    ("formula", "counts"),
    [
        ("Ca5(PO4)3OH", {20: 5, 15: 3, 8: 13, 1: 1}),
        ("La0.8Sr0.2MnO3", {57: 0.8, 38: 0.2, 25: 1, 8: 3}),
        ("K4[Fe(CN)6]", {19: 4, 26: 1, 6: 6, 7: 6}),
        ("((H))", {1: 1}),
        ("Al₂O₃", {13: 2, 8: 3}),
        ("CHCH", {6: 2, 1: 2}),
        ("Si .5 C.5", {14: 0.5, 6: 0.5}),
    ],
)
def test_formulas(formula: str, counts: dict[int, float]) -> None:
    assert dict(parse_formula(formula)) == pytest.approx(counts)


@given(st.dictionaries(st.integers(1, HEAVIEST_Z), st.integers(1, 99), min_size=1, max_size=6))
def test_what_is_written_is_read(counts: dict[int, int]) -> None:
    text = "".join(f"{SYMBOLS[z - 1]}{count}" for z, count in counts.items())
    assert dict(parse_formula(text)) == counts
    assert dict(parse_formula(f"({text})2")) == {z: 2 * count for z, count in counts.items()}


@given(st.text(max_size=40))
def test_any_text_is_a_material_or_a_clear_error(text: str) -> None:
    try:
        material = material_of(text)
    except ParameterError as error:
        assert error.expected  # noqa: PT017 - either outcome is right
    else:
        assert material.is_vacuum or material.density_g_cm3 > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Au@-1", "density of Au@-1 is impossible"),
        ("Au@0", "density"),
        ("Au@nan", "density"),
        ("Au@1e9", "density"),
        ("Au@", "got: nothing"),
        ("@3", "no chemical formula"),
        ("Xx@3", "unknown element"),
        ("Nb2O5", "no density is known"),
        ("epxy", "epoxy"),
        ("Al2(O3@3", "not closed"),
        ("Al2)O@3", "got: \\)"),
        ("(Al]@2", "got: \\]"),
        ("Al0@2", "got: 0"),
        ("2Al@3", "got: 2"),
        ("()3@1", "no chemical formula"),
        ("Al-O@3", "got: -"),
        ("C" * 300 + "@2", "300 characters"),
        ("vacuum@1", "vacuum has no density"),
        ("", "unknown material"),
    ],
)
def test_bad_materials_are_refused(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        material_of(text)


def test_an_unknown_element_gets_a_suggestion() -> None:
    with pytest.raises(ParameterError, match="Zn") as raised:
        atomic_number("Zm")
    assert raised.value.got == "Zm"


def test_vacuum() -> None:
    assert material_of("vacuum") is VACUUM
