"""Materials from elements and amounts."""

from __future__ import annotations

import pytest

from core.errors import ParameterError
from core.simulate.electrons.compose import backscattered_share, composed, mean_atomic_number, weight_shares
from core.simulate.electrons.materials import material_of


def test_atoms_become_a_formula() -> None:
    made = composed([("Al", 2), ("O", 3)], "atoms", 3.95)
    assert made.name == "Al2O3@3.95"
    assert made.atoms == ((13, 2.0), (8, 3.0))
    assert composed([("W", 1), ("C", 1)], "atoms", 15.6).name == "WC@15.6"


def test_weight_becomes_atoms() -> None:
    made = composed([("Cu", 63), ("Zn", 37)], "weight", 8.45)
    assert weight_shares(made) == pytest.approx({"Cu": 0.63, "Zn": 0.37}, abs=1e-5)
    assert material_of(made.name) == made
    traces = composed([("Fe", 99.9), ("C", 0.00031), ("W", 0.1)], "weight", 7.8)
    assert weight_shares(traces)["C"] == pytest.approx(0.00031 / 100.00031, rel=1e-4)
    assert weight_shares(composed([("O", 1), ("Fe", 1e-9)], "atoms", 5))["Fe"] > 0


@pytest.mark.parametrize(
    ("parts", "density"),
    [
        ([], 1.0),
        ([("Xx", 1)], 1.0),
        ([("Al", 1), ("Al", 2)], 1.0),
        ([("Al", 0)], 1.0),
        ([("Al", float("inf"))], 1.0),
        ([("Al", 1)], 99.0),
    ],
)
def test_what_is_impossible_is_refused(parts: list[tuple[str, float]], density: float) -> None:
    with pytest.raises(ParameterError):
        composed(parts, "atoms", density)


def test_means() -> None:
    assert mean_atomic_number(material_of("Au")) == 79
    assert mean_atomic_number(material_of("SiO2")) == pytest.approx(10.8, abs=0.05)
    assert mean_atomic_number(material_of("vacuum")) == 0
    assert backscattered_share(material_of("Au")) == pytest.approx(0.49, abs=0.02)
    assert backscattered_share(material_of("C")) == pytest.approx(0.064, abs=0.02)
