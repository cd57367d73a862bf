"""Flat rows: every value once, with its unit, its slices and, where there is none, the reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from core.measure.results import ComponentResult
from core.reports.csv_files import csv_files
from core.reports.definitions import QUANTITIES
from core.reports.figures import Named
from core.reports.numbers import number
from core.reports.tables import compared, rows_of
from tests.core.reports.examples import bare, example


def by_place(measured):
    rows = rows_of(measured)
    found = {row.place: row for row in rows}
    assert len(found) == len(rows), "a quantity is listed twice"
    return found


def test_rows_hold_the_values_unrounded():
    measured = example()
    rows = by_place(measured)
    solid = measured.phase(1)
    assert rows["solid", "fraction", ""].value == solid.fraction
    assert rows["solid", "ligament_nm", "xz"].value == solid.ligament_nm.xz
    assert rows["solid", "chord_mean_nm", "y"].value == solid.chords.y.mean_nm
    assert rows["pore", "thickness_median_nm", ""].value == measured.phase(0).thickness.median_nm
    assert rows["solid", "euler_density", ""].value == solid.surface.euler_per_nm3
    assert rows["solid", "percolates", "x"].value is False
    assert rows["solid", "percolating_fraction", "z"].value == 0.99
    assert rows["solid", "e_lpf_sd", ""].value == solid.isotropy.spread[1]
    assert rows["solid", "correlation_length_nm", "z"].value == 8.25


def numbers_in(value: object) -> Iterator[float]:
    """All single numbers of a model; curves, distributions and lists are not for tables."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in ("value", "sizes", "shape_px", "patch_px", "box_px", "largest", "quantity"):
                yield from numbers_in(getattr(value, name))
    elif isinstance(value, tuple) and len(value) <= 3:
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, (bool, int, float)):
        yield value


def test_no_single_number_of_a_phase_is_left_out():
    measured = example()
    for phase in measured.phases:
        shown = {row.value for row in rows_of(measured) if row.phase == phase.name}
        assert set(numbers_in(phase)) <= shown | {phase.isotropy.plane_patches}


def test_rows_say_which_slices_were_used():
    rows = by_place(example())
    assert rows["solid", "fraction", ""].slices == "measured"
    assert rows["solid", "correlation_length_nm", "x"].slices == "measured"  # it comes from the correlation
    assert rows["solid", "components", ""].slices == "all"
    assert {row.slices for row in rows.values()} == {"all", "measured"}
    assert by_place(bare())["pore", "components", ""].slices == "not stated"


def test_a_value_that_is_missing_says_why():
    rows = by_place(bare())
    assert all(row.missing for row in rows.values() if row.value is None)
    assert not any(row.missing for row in rows.values() if row.value is not None)
    assert rows["solid", "ligament_nm", "xy"].missing == "nothing to measure"
    assert rows["pore", "ligament_nm", "xy"].missing == "not known (voxel size not stated)"
    assert rows["pore", "chord_mean_nm", "x"].missing == "not known (voxel size not stated)"
    assert rows["pore", "euler_number", ""].missing == "not measured"
    whole = example()
    solid = whole.phase(1)
    sizes = solid.ligament_nm.model_copy(update={"z": None})
    changed = {"ligament_nm": sizes, "correlation_length_nm": None}
    found = by_place(whole.model_copy(update={"phases": (solid.model_copy(update=changed),)}))
    assert found["solid", "ligament_nm", "z"].missing == "not known"
    assert found["solid", "correlation_length_nm", "z"].missing == "not measured"
    full = by_place(example())
    assert full["solid", "conductivity", "x"].missing == "no way through"


def test_every_quantity_has_a_unit_sign_and_a_definition():
    for quantity in QUANTITIES.values():
        assert quantity.definition.endswith(".")
        assert quantity.unit.isascii()
    assert {row.key for row in rows_of(example())} == set(QUANTITIES)


def test_two_results_differ_by_second_less_first():
    one, other = example(), example(stretch=1.5)
    found = {item.row.place: item for item in compared([rows_of(one), rows_of(other)])}
    item = found["solid", "ligament_nm", "z"]
    assert item.difference == pytest.approx(15.7 * 0.5)
    assert item.relative == pytest.approx(50)
    assert found["solid", "percolates", "z"].difference is None
    assert found["solid", "conductivity", "x"].difference is None
    assert found["solid", "percolating_fraction", "x"].relative is None  # of zero


def test_phases_that_only_one_result_has_stay_together():
    found = compared([rows_of(example()), rows_of(example(names=("pore", "crack", "solid")))])
    phases = [item.row.phase for item in found]
    assert phases == sorted(phases, key=["pore", "solid", "crack"].index)
    crack = next(item for item in found if item.row.phase == "crack")
    assert crack.rows[0] is None
    assert crack.rows[1] is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1234567, "0.12346"), (-3.2109e-05, "−3.2109 × 10⁻⁵"), (1e-07, "10⁻⁷"), (-131, "-131"),
        (True, "yes"), (False, "no"), (0.0, "0"), (123456.7, "1.2346 × 10⁵"), ("40 × 40", "40 × 40"),
        (-0.5, "−0.5"),
    ],
)  # fmt: skip
def test_numbers_as_text(value, text):
    assert number(value) == text


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_files_give_back_the_numbers():
    measured = example()
    files = {name: read(text) for name, text in csv_files([Named("gold, 1 kV", measured)]).items()}
    assert "comparison.csv" not in files
    rows = rows_of(measured)
    assert len(files["summary.csv"]) == len(rows)
    for line, row in zip(files["summary.csv"], rows, strict=True):
        assert line["result"] == "gold, 1 kV"
        assert (line["key"], line["phase"], line["direction"]) == (row.key, row.phase, row.direction)
        if isinstance(row.value, float):
            assert float(line["value"]) == row.value
        assert (line["value"] == "") == (row.value is None)
        assert (line["missing"] == "") == (row.value is not None)
    solid = measured.phase(1)
    curve = [
        line
        for line in files["curves.csv"]
        if (line["function"], line["phase"], line["direction"]) == ("tpcf", "solid", "z")
    ]
    assert tuple(float(line["value"]) for line in curve) == solid.tpcf.z
    assert [float(line["lag_nm"]) for line in curve[:3]] == [0, 5, 10]
    plane = [line for line in files["curves.csv"] if line["function"] == "tpcf_plane"]
    assert float(plane[1]["lag_nm"]) == 2.5  # voxels of the finest axis
    shares = [float(line["share"]) for line in files["distributions.csv"] if line["phase"] == "solid"]
    assert sum(shares) == pytest.approx(4)
    assert len(files["per_slice.csv"]) == 2 * 38
    assert [int(line["voxels"]) for line in files["components.csv"]][:7] == list(solid.components.largest)
    assert len(files["representative.csv"]) == 10


def test_csv_of_two_results_compares_them():
    files = csv_files([Named("a", example()), Named("b", example(stretch=2))])
    line = next(line for line in read(files["comparison.csv"]) if line["key"] == "e_tpcf")
    assert float(line["b"]) - float(line["a"]) == float(line["difference"])
    assert float(line["difference_percent"]) == pytest.approx(100)


def test_nothing_measured_gives_tables_without_lines():
    files = csv_files([Named("bare", bare())])
    assert read(files["distributions.csv"]) == []
    assert read(files["curves.csv"]) == []
    assert len(read(files["per_slice.csv"])) == 6


def test_a_component_table_of_an_empty_phase_is_empty():
    none = ComponentResult(
        count=0, largest_fraction=0, percolates=(False,) * 3, percolating_fraction=(0,) * 3, largest=(),
        isolated_fraction=0,
    )  # fmt: skip
    measured = bare()
    empty = measured.model_copy(
        update={"phases": tuple(p.model_copy(update={"components": none}) for p in measured.phases)}
    )
    assert read(csv_files([Named("bare", empty)])["components.csv"]) == []
