"""Steps that make one volume from all channels, and steps that stand on another's stored result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import core.steps
from core.block import Block, Observation
from core.errors import ParameterError
from core.execute import Limits, run
from core.execute.preview import preview
from core.params import Params
from core.project import InputSpec, Project, StepState
from core.recipe import Recipe, RecipeStep, default_step
from core.step import Estimate, Stage, Step
from core.steps import STEPS
from core.steps.export import EXPORT
from core.volume import Array, VolumeInfo

calls: list[str] = []


class _SumParams(Params):
    power: int = 1


class _Top(Estimate):
    top: int


class _CutParams(Params):
    above: float = 5.0


def _observe(block: Block, params: _SumParams) -> Observation:
    inner = [peer[block.inner] for peer in block.peers.values()]
    return Observation(per_slice={"top": np.max(inner, axis=0).max(axis=(1, 2)).astype(np.int64)})


def _estimate(seen: Observation, info: VolumeInfo, params: _SumParams) -> _Top:
    return _Top(top=int(seen.per_slice["top"].max()))


def _sum(block: Block, params: _SumParams, estimate: _Top | None) -> Array:
    calls.append("sum")
    assert estimate is not None
    assert set(block.peers) == set(block.peer_infos)
    total = sum(peer.astype(np.float32) for peer in block.peers.values())
    shifted = np.zeros_like(total)
    shifted[1:] = total[:-1]  # looks at the slice above, so the halo of the peers counts
    return np.asarray((total + shifted) ** params.power + estimate.top, dtype=np.float32)


def _cut(block: Block, params: _CutParams, estimate: None) -> Array:
    calls.append("cut")
    return np.where(block.data > params.above, 255, 0).astype(np.uint8)


SUM = Step(
    name="sum",
    version=1,
    label="Sum",
    stage=Stage.SEGMENT,
    summary="Adds channels.",
    params=_SumParams,
    apply=_sum,
    halo=lambda _params: 1,
    output=lambda info, _params: info.with_(dtype=np.dtype(np.float32)),
    observe=_observe,
    estimate=_estimate,
    estimate_type=_Top,
    fuses=lambda _params: True,
)
weights: dict[str, str] = {}
CUT = Step(
    name="cut",
    version=1,
    label="Cut",
    stage=Stage.SEGMENT,
    summary="Cuts the sum.",
    params=_CutParams,
    apply=_cut,
    output=lambda info, _params: info.with_(dtype=np.dtype(np.uint8), content="binary"),
    stands_on=lambda _params: ("sum", _SumParams()),
    identity=lambda _params: dict(weights),
)


@pytest.fixture(autouse=True)
def _steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.steps, "STEPS", (*STEPS, SUM, CUT))
    calls.clear()
    weights.clear()


@pytest.fixture
def stacks() -> dict[str, Array]:
    rng = np.random.default_rng(4)
    return {name: rng.integers(0, 90, (7, 5, 6)).astype(np.uint8) for name in ("1kV", "2kV", "4kV")}


def _project(folder: Path, stacks: Mapping[str, Array], *entries: RecipeStep) -> Project:
    specs = {}
    for name, data in stacks.items():
        tifffile.imwrite(folder / f"{name}.tif", data)
        specs[name] = InputSpec(paths=(folder / f"{name}.tif",))
    return Project.create(folder / "project", specs, recipe=Recipe(entries))


def _expected(stacks: Mapping[str, Array]) -> Array:
    total = np.sum([data.astype(np.float32) for data in stacks.values()], axis=0)
    shifted = np.concatenate([np.zeros_like(total[:1]), total[:-1]])
    return np.asarray(total + shifted + max(int(data.max()) for data in stacks.values()))


def _entry(step: Step[Any, Any], **values: object) -> RecipeStep:
    return RecipeStep(step, step.params.parse(values, owner=step.name))


@pytest.mark.parametrize("block_slices", [1, 3, 7])
def test_one_volume_is_made_of_all_channels_once(
    tmp_path: Path, stacks: dict[str, Array], block_slices: int
) -> None:
    project = _project(tmp_path, stacks, _entry(SUM))
    reports = run(project, limits=Limits(block_slices=block_slices))
    assert list(reports) == ["1kV"]
    np.testing.assert_array_equal(reports["1kV"].volume.read(), _expected(stacks))
    assert len(calls) == -(-7 // block_slices)
    for channel in stacks:  # each channel finds the same result
        assert project.states(channel) == (StepState.DONE,)
        found = project.volume(channel, 1)
        assert found is not None
        np.testing.assert_array_equal(found.read(), _expected(stacks))


def test_what_a_step_stands_on_is_kept_when_its_own_parameters_change(
    tmp_path: Path, stacks: dict[str, Array]
) -> None:
    project = _project(tmp_path, stacks, _entry(CUT, above=250))
    assert project.states("2kV") == (StepState.TODO,)
    first = run(project)["1kV"]
    assert list(first.estimates) == ["1 sum"]
    np.testing.assert_array_equal(first.volume.read() > 0, _expected(stacks) > 250)
    made = calls.count("sum")
    assert made >= 1
    project.save_recipe(Recipe((_entry(CUT, above=100),)))
    assert project.states("2kV") == (StepState.PARTIAL,)
    second = run(project)["1kV"]
    assert calls.count("sum") == made
    np.testing.assert_array_equal(second.volume.read() > 0, _expected(stacks) > 100)


def test_what_else_a_result_depends_on_is_part_of_its_name(tmp_path: Path, stacks: dict[str, Array]) -> None:
    project = _project(tmp_path, stacks, _entry(CUT))
    before = project.keys("1kV", project.recipe)
    weights["model"] = "another"
    after = project.keys("1kV", project.recipe)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_recipe_that_is_written_out_names_the_same_results(stacks: dict[str, Array]) -> None:
    recipe = Recipe((_entry(CUT), _entry(EXPORT)))
    flat, places = recipe.flattened()
    assert [entry.step.name for entry in flat.steps] == ["sum", "cut", "export"]
    assert places == (1, 2)
    peers = ("a", "b")
    names, whole = recipe.keys("a", peers), flat.keys("a", peers)
    assert names == (whole[0], whole[2], whole[3])
    assert recipe.keys("b", peers)[1:] == names[1:]
    assert recipe.keys("a")[1:] != names[1:]


def test_exports_after_fusing_are_written_once(tmp_path: Path, stacks: dict[str, Array]) -> None:
    project = _project(tmp_path, stacks, _entry(CUT), _entry(EXPORT))
    [report] = run(project).values()
    assert len(report.files) >= 1
    assert not any("kV" in path.name for path in report.files)


def test_what_was_found_before_fusing_is_kept_of_all_channels(
    tmp_path: Path, stacks: dict[str, Array]
) -> None:
    project = _project(tmp_path, stacks, default_step("flatten"), _entry(CUT))
    [report] = run(project).values()
    assert list(report.estimates) == [*(f"1 flatten ({name})" for name in stacks), "2 sum"]
    for channel in stacks:
        assert report.estimates[f"1 flatten ({channel})"] == project.estimate(channel, 0)
    alone = {"2kV": stacks["2kV"]}
    (tmp_path / "alone").mkdir()
    [report] = run(_project(tmp_path / "alone", alone, default_step("flatten"), _entry(CUT))).values()
    assert list(report.estimates) == ["1 flatten", "2 sum"]


def test_exports_before_fusing_are_told_of_for_all_channels(tmp_path: Path, stacks: dict[str, Array]) -> None:
    project = _project(tmp_path, stacks, _entry(EXPORT), _entry(CUT))
    [report] = run(project).values()
    assert {name for name in stacks if any(name in path.name for path in report.files)} == set(stacks)
    assert all(path.exists() for path in report.files)


@pytest.mark.parametrize("stored", [False, True])
def test_the_preview_sees_all_channels(tmp_path: Path, stacks: dict[str, Array], stored: bool) -> None:
    project = _project(tmp_path, stacks, _entry(CUT, above=250))
    recipe = project.recipe
    if stored:
        run(project, upto=1)
        calls.clear()
    shown = preview(project, "2kV", recipe, 0, 3)
    np.testing.assert_array_equal(shown.before, stacks["2kV"][3])
    assert shown.after is not None
    np.testing.assert_array_equal(shown.after > 0, _expected(stacks)[3] > 250)
    assert ("sum" in calls) is not stored


def test_channels_of_another_size_are_refused(tmp_path: Path, stacks: dict[str, Array]) -> None:
    stacks["4kV"] = stacks["4kV"][:, :4]
    project = _project(tmp_path, stacks, _entry(SUM))
    with pytest.raises(ParameterError, match="1kV and 4kV differ in size") as caught:
        run(project)
    assert "register" in str(caught.value)


def test_a_single_channel_is_its_only_peer(tmp_path: Path, stacks: dict[str, Array]) -> None:
    alone = {"2kV": stacks["2kV"]}
    [report] = run(_project(tmp_path, alone, _entry(SUM))).values()
    np.testing.assert_array_equal(report.volume.read(), _expected(alone))
