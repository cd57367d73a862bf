"""Plans: files that give back the same plan, and errors that list every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ParameterError, RecipeError
from core.simulate.electrons.conditions import ICD, TLD
from core.simulate.plan import Plan
from core.simulate.training_plan import TrainingPlan
from tests.core.simulate.acquisition.plans import SMALL, plan

RICH = {
    "voltages_kv": [1, 2.5],
    "detectors": [TLD.model_dump(), ICD.model_dump()],
    "materials": {"pore": "vacuum", "solid": "Al2O3@3.9", "second phase": "ZrO2"},
    "ruler": {"on": True, "parallel_x_nm": [10, 500]},
    "fiducial": {"on": True},
    "milling": {"thickness": "given", "given_nm": [9.5, 11.0], "lost_slices": [1]},
    "drift": {"walk_px": 0.5, "slant_nm_yx": [0.1, -0.2]},
    "secondary": {"escape_nm": 7},
    "artefacts": {"curtain_percent": 5, "blank_slices": [2]},
}


@pytest.mark.parametrize("changes", [{}, RICH], ids=["small", "rich"])
def test_file_gives_back_the_same_plan(changes: dict, tmp_path: Path) -> None:
    one = plan(**changes)
    one.save(tmp_path / "plan.toml")
    again = Plan.load(tmp_path / "plan.toml")
    assert again == one
    assert again.key() == one.key()


def test_every_change_changes_the_key() -> None:
    assert len({plan().key(), plan(seed=6).key(), plan(drift={"walk_px": 1}).key()}) == 3


def test_all_faults_are_listed() -> None:
    text = (
        "format = 1\nseed = -1\nvoltages_kv = [0]\n[field]\nrows = 0\n[milling]\nwrong = 1\n"
        '[structure]\nkind = "x"'
    )
    with pytest.raises(RecipeError) as found:
        Plan.loads(text, origin="p.toml")
    for part in ("p.toml", "seed", "voltages_kv: 0 kV", "field.rows", "milling.wrong", "structure"):
        assert part in str(found.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("format = ", "not TOML"),
        ("format = 2", "another format"),
        ("seed = 1", "another format"),
        ("format = true", "another format"),
    ],
)
def test_files_of_another_kind_are_refused(text: str, part: str) -> None:
    with pytest.raises(RecipeError, match=part):
        Plan.loads(text)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"voltages_kv": [0.4]}, "0.4 kV"),
        ({"voltages_kv": []}, "voltages_kv"),
        ({"voltages_kv": [1, 1.0]}, "stands twice"),
        ({"detectors": [{"name": "a/b"}]}, "file name"),
        ({"milling": {"thickness": "given", "given_nm": [10]}}, "2 thicknesses"),
        ({"milling": {"given_nm": [10, -1]}}, "above 0"),
        ({"milling": {"lost_slices": [3]}}, "only 3 slices"),
        ({"milling": {"lost_slices": [0, 1, 2]}}, "no slice would be left"),
        ({"artefacts": {"blank_slices": [7]}}, "only 3 slices"),
        ({"field": {"slices": 10**9}}, "field.slices"),
        ({"electrons_per_pixel": 1, "image": {"noise": "dose"}}, "at least 2"),
        ({"ruler": {"mark_depth_nm": 900}}, "deeper than the cap layer"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, part: str) -> None:
    with pytest.raises(ParameterError, match=part):
        plan(**changes)


def test_one_electron_per_pixel_is_enough_without_the_noise_of_a_dose() -> None:
    assert plan(electrons_per_pixel=1).electrons_per_pixel == 1
    assert plan(electrons_per_pixel=1, electrons="surrogate", image={"noise": "dose"})


def test_channels_are_named_by_voltage_and_where_needed_by_detector() -> None:
    assert plan(voltages_kv=[1, 2.5]).channels == ("1kV", "2.5kV")
    two = plan(detectors=[TLD.model_dump(), ICD.model_dump()], secondary={})
    assert two.channels == ("1kV-TLD", "1kV-ICD", "1kV-SE", "2kV-TLD", "2kV-ICD", "2kV-SE")
    assert two.origin("2kV-ICD") == (1, 1)


def test_everything_that_spoils_is_off_by_default() -> None:
    default = Plan()
    assert not default.ruler.on
    assert not default.fiducial.on
    assert default.milling.thickness == "even"
    assert default.drift.walk_px == default.drift.jump_probability == 0
    assert default.drift.slant_nm_yx == (0, 0)
    assert default.misalignment.offset_px == default.misalignment.jitter_px == 0
    assert not default.milling.lost_slices
    assert default.milling.lost_probability == 0
    assert default.image.noise == "as-simulated"


# ---- training plans
def training(**changes: object) -> TrainingPlan:
    return TrainingPlan.parse({"plan": SMALL, **changes}, owner="test")


def test_structures_have_seeds_and_values_of_their_own() -> None:
    made = training(
        train=3, vary={"structure.ligament_nm": [10, 20]}, each={"field.rows": [24, 25, 26, 27, 28]}
    )
    members = made.members()
    assert [member.split for member in members] == ["train", "train", "train", "validation", "test"]
    assert len({member.plan.seed for member in members}) == 5
    sizes = [member.plan.structure.ligament_nm[0] for member in members]
    assert len(set(sizes)) == 5
    assert all(10 <= size <= 20 for size in sizes)
    assert [member.plan.field.rows for member in members] == [24, 25, 26, 27, 28]
    assert TrainingPlan.loads(made.dumps()) == made


def test_sets_of_neighbouring_seeds_share_no_structure() -> None:
    one = {member.plan.seed for member in training().members()}
    other = {member.plan.seed for member in training(plan={**SMALL, "seed": 6}).members()}
    assert not one & other


def test_only_training_structures_may_be_approximated() -> None:
    members = training(quick=2).members()
    assert {m.split for m in members if m.plan.electrons == "surrogate"} == {"train"}
    assert sum(m.plan.electrons == "surrogate" for m in members) == 2
    with pytest.raises(ParameterError, match="Monte Carlo"):
        training(plan={**SMALL, "electrons": "surrogate"})


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"train": 0, "validation": 0, "test": 0}, "at least one"),
        ({"each": {"field.rows": [1]}}, "8 structures need 8 values"),
        ({"plan": {**SMALL, "structure": {"kind": "cuboids"}}}, "same structure"),
    ],
)
def test_training_plans_that_do_not_fit_are_refused(changes: dict, part: str) -> None:
    with pytest.raises(ParameterError, match=part):
        training(**changes)


@pytest.mark.parametrize("key", ["", "field.", "seed.x", "nothing.at_all"])
def test_unknown_entries_are_refused(key: str) -> None:
    with pytest.raises(ParameterError):
        training(vary={key: [1, 2]}).members()
