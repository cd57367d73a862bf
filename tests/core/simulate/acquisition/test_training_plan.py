"""Plans of training sets: what may differ between structures, and what has to."""

from __future__ import annotations

import pytest

from core.errors import ParameterError
from core.simulate.training_plan import TrainingPlan, put
from tests.core.simulate.acquisition.plans import SMALL

HIERARCHY = {
    **SMALL,
    "structure": {
        "kind": "leveled-wave",
        "ligament_nm": [110, 15],
        "solid_fraction": [0.35, 0.35],
        "waves": 200,
    },
}


def training(**changes: object) -> TrainingPlan:
    table = {"plan": SMALL, "train": 2, "validation": 1, "test": 1, **changes}
    return TrainingPlan.parse(table, owner="test")


@pytest.mark.parametrize(
    "changes",
    [
        {"each": {"seed": [5, 5, 5, 5]}},
        {"each": {"seed": [1, 2, 3, 4]}},
        {"vary": {"seed": [5, 5]}},
        {"each": {"electrons": ["monte-carlo"] * 3 + ["surrogate"]}},
        {"each": {"voltages_kv": [[1], [2], [1], [2]]}},
        {"vary": {"voltages_kv.0": [1, 1.5]}},
        {"each": {"detectors": [[]] * 4}},
        {"vary": {"detectors.0.least_ev": [50, 60]}},
    ],
)
def test_what_has_to_be_the_same_or_different_cannot_be_set(changes: dict) -> None:
    with pytest.raises(ParameterError, match="cannot differ"):
        training(**changes)


def test_channels_cannot_change_by_a_further_detector() -> None:
    made = training(vary={"secondary.escape_nm": [1, 2]})
    with pytest.raises(ParameterError, match=r"channels|secondary"):
        made.members()


def test_ranges_go_upwards() -> None:
    with pytest.raises(ParameterError, match=r"vary.structure.ligament_nm.*18, 12"):
        training(vary={"structure.ligament_nm": [18, 12]})
    made = training(vary={"structure.ligament_nm": [15, 15]})
    assert {member.plan.structure.ligament_nm for member in made.members()} == {(15.0,)}


def test_one_level_of_a_hierarchy_can_vary() -> None:
    made = training(plan=HIERARCHY, vary={"structure.ligament_nm.0": [100, 120]})
    sizes = [member.plan.structure.ligament_nm for member in made.members()]
    assert len({coarse for coarse, _fine in sizes}) == 4
    assert all(100 <= coarse <= 120 and fine == 15 for coarse, fine in sizes)
    lists = [[110, 15], [100, 12], [105, 14], [120, 16]]
    made = training(plan=HIERARCHY, each={"structure.ligament_nm": lists})
    assert [list(member.plan.structure.ligament_nm) for member in made.members()] == lists
    assert TrainingPlan.loads(made.dumps()) == made


@pytest.mark.parametrize("key", ["structure.ligament_nm.1", "structure.ligament_nm.x", "field.rows.0"])
def test_places_that_are_not_there_are_refused(key: str) -> None:
    with pytest.raises(ParameterError):
        training(vary={key: [1, 2]}).members()


def test_put_reaches_tables_and_lists() -> None:
    table = {"a": {"b": [1, [2, 3]], "c": None}}
    put(table, "a.b.0", 5)
    put(table, "a.b.1.1", 6)
    put(table, "a.c.d", 7)
    assert table == {"a": {"b": [5, [2, 6]], "c": {"d": 7}}}


def test_whole_numbers_are_drawn_evenly_as_such() -> None:
    made = training(train=300, vary={"electrons_per_pixel": [4.5, 7]})
    drawn = [member.plan.electrons_per_pixel for member in made.members()]
    assert set(drawn) == {5, 6, 7}
    assert all(70 <= drawn.count(value) <= 130 for value in (5, 6, 7))
    with pytest.raises(ParameterError, match="whole number"):
        training(vary={"electrons_per_pixel": [5.2, 5.8]}).members()


@pytest.mark.parametrize(
    "each",
    [
        {"structure": [{"kind": "cuboids", "width_nm": width} for width in (30, 20, 30, 40)]},
        {"structure": [{"kind": "cuboids"}] * 4, "milling.first_nm": [0, 5, 10, 15]},
        {"structure": [{"kind": "file", "path": f"{name}.tif"} for name in ("a", "b", "./a", "c")]},
    ],
)
def test_no_structure_is_in_two_splits(each: dict) -> None:
    with pytest.raises(ParameterError, match="are the same"):
        training(each=each).members()


def test_equal_structures_in_one_split_are_allowed() -> None:
    widths = (30, 30, 20, 40)
    each = {"structure": [{"kind": "cuboids", "width_nm": width} for width in widths]}
    assert [member.plan.structure.width_nm for member in training(each=each).members()] == list(widths)
