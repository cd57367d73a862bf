"""Training sets by what varies."""

from __future__ import annotations

import pytest

from core.errors import ParameterError
from core.simulate.plan import Plan
from core.simulate.structures.kinds import (
    Cuboids,
    LabelFile,
    LeveledWave,
    Polycrystal,
    RandomPores,
    Structure,
)
from core.simulate.training_plan import TrainingPlan
from core.simulate.variation import Variation, ranges_of, training_plan, variation_of

GOLD = LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.5))


def test_sizes_and_shares_are_drawn_about_those_of_the_plan() -> None:
    made = training_plan(Plan(structure=GOLD), Variation(train=3, size_percent=20, share_percent=10))
    assert made.vary == {
        "structure.ligament_nm.0": pytest.approx((88.0, 132.0)),
        "structure.ligament_nm.1": pytest.approx((12.0, 18.0)),
        "structure.solid_fraction.0": pytest.approx((0.315, 0.385)),
        "structure.solid_fraction.1": pytest.approx((0.45, 0.55)),
    }
    members = made.members()
    assert [member.split for member in members] == ["train"] * 3 + ["validation", "test"]
    sizes = {member.plan.structure.ligament_nm for member in members}  # type: ignore[union-attr]
    assert len(sizes) == 5
    assert all(88 <= coarse <= 132 and 12 <= fine <= 18 for coarse, fine in sizes)


@pytest.mark.parametrize(
    ("structure", "materials"),
    [
        (GOLD, {"pore": "epoxy", "solid": "Au"}),
        (RandomPores(), {"pore": "epoxy", "solid": "Au"}),
        (Polycrystal(porosity=0.1), {"pore": "vacuum", "solid": "Al2O3"}),
        (Cuboids(), {"pore": "epoxy", "solid": "Au"}),
    ],
)
def test_it_is_read_back_from_a_plan(structure: Structure, materials: dict[str, str]) -> None:
    wanted = Variation(train=4, validation=1, test=0, quick=2, size_percent=30, share_percent=15)
    plan = training_plan(Plan(structure=structure, materials=materials), wanted)
    found = variation_of(TrainingPlan.loads(plan.dumps()))
    assert found is not None
    assert found.train == 4
    assert found.size_percent == pytest.approx(30)
    assert ranges_of(plan.plan, found) == plan.vary


def test_other_ranges_are_not_said_in_percent() -> None:
    own = TrainingPlan(plan=Plan(structure=GOLD), vary={"structure.ligament_nm.0": (80.0, 200.0)})
    assert variation_of(own) is None
    assert (
        variation_of(TrainingPlan(plan=Plan(structure=GOLD), vary={"milling.slice_nm": (5.0, 9.0)})) is None
    )


def test_shares_stay_possible() -> None:
    wave = LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.9,))
    made = training_plan(Plan(structure=wave), Variation(share_percent=50))
    assert made.vary["structure.solid_fraction.0"] == (0.45, 0.95)


def test_one_stack_in_training_and_test_is_refused_with_a_way_out() -> None:
    plan = Plan(structure=LabelFile(path="mine.tif"))
    with pytest.raises(ParameterError, match="the same each time") as told:
        training_plan(plan, Variation())
    assert "validation and tests to 0" in told.value.remedy
    assert training_plan(plan, Variation(validation=0, test=0)).splits == ("train",) * 6


def test_the_fast_approximation_is_a_matter_of_the_count() -> None:
    assert training_plan(Plan(electrons="surrogate"), Variation(quick=3)).plan.electrons == "monte-carlo"


def test_a_share_beyond_the_usual_ones_is_part_of_its_range() -> None:
    made = training_plan(Plan(structure=RandomPores(solid_fraction=0.97)), Variation(share_percent=1))
    low, high = made.vary["structure.solid_fraction"]
    assert low <= 0.97 <= high
