"""The network's probabilities as a step: levels, fit, channels, depths, and segmenting by them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from core.cli import main
from core.errors import Cancelled, MissingMetadataError, ParameterError, ProjectError, RecipeError, VoxelError
from core.execute import Limits, preview, run
from core.execute.lazy import applied
from core.io import ReadOptions
from core.job import Job, Progress
from core.models import library, memory
from core.models.card import write_model
from core.models.choice import ProbabilityParams, model_names
from core.models.predict import predict_planes
from core.models.spec import Known
from core.models.uncertainty import entropy_bits
from core.project import InputSpec, Project, StepState
from core.recipe import Recipe, RecipeStep
from core.step import Block, Observation, merged
from core.steps import step_named
from core.steps.probability import PROBABILITY
from core.steps.segment import SEGMENT, SegmentParams
from core.volume import Array, VolumeInfo, volume_of
from tests.core.models.tiny import SLOPE, mean_network, pooled_network, spec_of

VOXEL_NM = (10, 2.5, 2.5)
MEAN5 = [0.1, 0.1, 0.6, 0.1, 0.1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three models: of one slice, of five slices, and of two channels with branches."""
    there = tmp_path_factory.mktemp("models")
    onnx = tmp_path_factory.mktemp("onnx")
    write_model(there / "plane", mean_network(onnx / "a.onnx", [1]), spec_of(name="plane"))
    five = spec_of(
        name="five",
        slices=5,
        known=Known(pixel_nm=(2, 3), slice_nm=(8, 12), contrast_to_noise={"2kV": (8, 40)}),
    )
    write_model(there / "five", mean_network(onnx / "b.onnx", MEAN5), five)
    two = spec_of(name="two", channels=("1kV", "2kV"), stride=4, halo_px=7, branches=True)
    write_model(there / "two", pooled_network(onnx / "c.onnx", 2, branches=True), two)
    filling = spec_of(name="filling", task="fill")
    write_model(there / "filling", mean_network(onnx / "d.onnx", [1]), filling)
    return there


@pytest.fixture(autouse=True)
def _library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(library.VARIABLE, str(folder))
    return


def stack(slices: int = 7, seed: int = 0, shape: tuple[int, int] = (40, 44), noise: float = 5) -> Array:
    rng = np.random.default_rng(seed)
    solid = rng.normal(size=(slices, *shape)).cumsum(axis=1).cumsum(axis=2) > 0
    return (60 + 90 * solid + rng.normal(scale=noise, size=solid.shape)).clip(0, 255).astype(np.uint8)


def info_of(data: Array, voxel_nm: Any = VOXEL_NM, **rest: Any) -> VolumeInfo:
    return VolumeInfo(data.shape, data.dtype, voxel_nm=voxel_nm, **{"channel": "2kV-TLD"} | rest)


def blocks(data: Array, info: VolumeInfo, halo: int, size: int) -> Iterator[Block]:
    for start in range(0, len(data), size):
        stop = min(len(data), start + size)
        first, last = max(0, start - halo), min(len(data), stop + halo)
        yield Block(data[first:last], first, slice(start - first, stop - first), info)


def result_of(data: Array, info: VolumeInfo, size: int = 100, **values: Any) -> tuple[Array, Any]:
    params = ProbabilityParams(**values)
    PROBABILITY.output(info, params)
    seen = merged(PROBABILITY.observe(block, params) for block in blocks(data, info, 0, size))
    estimate = PROBABILITY.estimate(seen, info, params)
    assert PROBABILITY.estimate_type.model_validate_json(estimate.model_dump_json()) == estimate
    parts = [
        PROBABILITY.apply(block, params, estimate)[block.inner]
        for block in blocks(data, info, PROBABILITY.around(info, params), size)
    ]
    return np.concatenate(parts), estimate


def expected(data: Array, estimate: Any, step: int = 1) -> Array:
    """Probability by the tiny network of five slices, 0-1."""
    levels = estimate.levels["2kV"]
    shown = np.clip((data.astype(float) - levels.low) / (levels.high - levels.low) * 2 - 1, -3, 3)
    places = np.clip(np.arange(len(data))[:, None] + step * np.arange(-2, 3), 0, len(data) - 1)
    mixed = np.einsum("zkyx,k->zyx", shown[places], MEAN5)
    padded = np.pad(mixed, ((0, 0), (1, 1), (1, 1)))
    around = sum(padded[:, i : i + data.shape[1], j : j + data.shape[2]] for i in range(3) for j in range(3))
    return 1 / (1 + np.exp(-SLOPE * around / 9))


@pytest.mark.parametrize(("voxel_nm", "step"), [(VOXEL_NM, 1), ((5, 2.5, 2.5), 2), ((2.5, 2.5, 2.5), 4)])
def test_probabilities_are_those_of_the_network_in_any_blocks(voxel_nm: Any, step: int) -> None:
    data = stack(11)
    info = info_of(data, voxel_nm)
    whole, estimate = result_of(data, info, model="five")
    assert estimate.slice_step == step
    assert estimate.inputs == {"2kV": "2kV-TLD"}
    assert abs(estimate.levels["2kV"].low - 60) < 9
    assert abs(estimate.levels["2kV"].high - 150) < 9
    assert estimate.fit == ()
    assert estimate.provider == "CPU"
    assert whole.dtype == np.uint8
    np.testing.assert_allclose(whole, expected(data, estimate, step) * 255, atol=0.51)
    for size in (1, 3):
        part, found = result_of(data, info, size, model="five")
        assert found == estimate
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize("known", ["numbers", "positions"])
def test_dropped_slices_are_not_closed_up(known: str) -> None:
    kept = (0, 1, 2, 3, 6, 7, 8, 9, 10)
    data = stack(11)[list(kept)]
    how = {"slice_numbers": kept} if known == "numbers" else {"z_nm": tuple(10.0 * n for n in kept)}
    whole, estimate = result_of(data, info_of(data, **how), model="five")
    # 4 is as near to 3 as 5 is to 6; seen from one side, the nearer one is shown instead.
    closed = stack(11)
    closed[4], closed[5] = closed[3], closed[6]
    filled = expected(closed, estimate) * 255
    np.testing.assert_allclose(whole, filled[list(kept)], atol=0.51)
    assert estimate.remarks() == (
        "4 of 9 slices have a neighbour missing: the model five is shown the nearest slice in its place.",
    )
    for size in (1, 3):
        part, found = result_of(data, info_of(data, **how), size, model="five")
        assert found == estimate
        np.testing.assert_array_equal(part, whole)


def test_sixteen_bits_and_uncertainty() -> None:
    data = stack()
    fine, estimate = result_of(data, info_of(data), model="five", depth=16)
    assert fine.dtype == np.uint16
    probability = expected(data, estimate)
    np.testing.assert_allclose(fine, probability * 65535, atol=0.6)
    unsure, _ = result_of(data, info_of(data), model="five", quantity="entropy")
    np.testing.assert_allclose(unsure, entropy_bits(probability) * 255, atol=0.6)
    described = [
        PROBABILITY.output(info_of(data), ProbabilityParams(model="five", quantity=quantity)).content
        for quantity in ("probability", "entropy")
    ]
    assert described == ["probability", "grey"]


def test_entropy_is_one_bit_where_nothing_is_known() -> None:
    np.testing.assert_allclose(entropy_bits(np.array([0, 0.5, 1, 0.25])), [0, 1, 0, 0.811278], atol=1e-6)


@pytest.mark.parametrize(
    ("values", "voxel_nm", "error", "words"),
    [
        ({}, VOXEL_NM, ParameterError, "five, plane, two"),
        ({"model": "nothing"}, VOXEL_NM, ParameterError, "no model 'nothing'"),
        ({"model": "filling"}, VOXEL_NM, ParameterError, "does not tell solid from pore"),
        ({"model": "five", "quantity": "disagreement"}, VOXEL_NM, ParameterError, "branches"),
        ({"model": "five"}, (None, None, None), MissingMetadataError, "--voxel-nm-zyx"),
        ({"model": "five"}, (10, 9, 9), VoxelError, "9 nm"),
        ({"model": "five"}, (1, 2.5, 2.5), ParameterError, "--slice-step 10"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_computed(
    values: dict[str, Any], voxel_nm: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        PROBABILITY.output(info_of(stack(), voxel_nm), ProbabilityParams(**values))
    assert words in str(caught.value)


def test_data_of_another_kind_are_refused() -> None:
    data = stack()
    params = ProbabilityParams(model="plane")
    with pytest.raises(ParameterError, match="label"):
        PROBABILITY.output(info_of(data, content="labels"), params)
    with pytest.raises(ParameterError, match="1 kV"):
        PROBABILITY.output(info_of(data, channel="1kV"), params)
    around = (((0.0, 0.0), (0.0, 30.0), (30.0, 30.0)),) * len(data)
    with pytest.raises(ParameterError, match="whole canvas"):
        PROBABILITY.output(info_of(data, footprint=around), params)


def test_noise_beyond_the_training_data_is_refused_or_noted() -> None:
    noisy = stack(noise=25)
    with pytest.raises(VoxelError, match="contrast by noise"):
        result_of(noisy, info_of(noisy), model="five")
    _, estimate = result_of(noisy, info_of(noisy), model="five", force=True)
    [note] = estimate.remarks()
    assert "all the same" in note


def test_values_that_are_no_numbers_are_refused() -> None:
    data = stack().astype(np.float32)
    data[4, 20, 11] = np.nan
    with pytest.raises(VoxelError, match="slice 4"):
        result_of(data, info_of(data), model="five")


def test_a_blank_stack_is_refused() -> None:
    data = np.full((3, 20, 20), 90, np.uint8)
    with pytest.raises(VoxelError, match="2kV-TLD"):
        result_of(data, info_of(data), model="plane")


def test_an_edited_estimate_may_not_look_farther_than_foreseen() -> None:
    data = stack()
    params = ProbabilityParams(model="five")
    [block] = blocks(data, info_of(data), 0, 100)
    estimate = PROBABILITY.estimate(PROBABILITY.observe(block, params), info_of(data), params)
    with pytest.raises(ParameterError, match="--slice-step 9"):
        PROBABILITY.apply(block, params, estimate.model_copy(update={"slice_step": 9}))


def test_all_channels_are_looked_at_at_once() -> None:
    params = ProbabilityParams(model="two", quantity="disagreement")
    assert PROBABILITY.fuses(params)
    assert not PROBABILITY.fuses(ProbabilityParams(model="five"))
    assert not PROBABILITY.fuses(ProbabilityParams(model="nothing"))
    one, two = stack(3, 1), stack(3, 2).astype(np.uint16) * 100
    info = info_of(one, channel="1kV-TLD")
    peers = {"1kV-TLD": one, "ICD": one, "2kV": two}
    block = Block(one, 0, slice(0, 3), info, peers=peers)
    estimate = PROBABILITY.estimate(PROBABILITY.observe(block, params), info, params)
    assert estimate.inputs == {"1kV": "1kV-TLD", "2kV": "2kV"}
    assert abs(estimate.levels["2kV"].high - 15_000) < 900
    assert any("does not look at ICD" in note for note in estimate.fit)
    result = PROBABILITY.apply(block, params, estimate)
    alone = [
        1 / (1 + np.exp(-np.clip((data - levels.low) / (levels.high - levels.low) * 2 - 1, -3, 3)))
        for data, levels in ((one, estimate.levels["1kV"]), (two, estimate.levels["2kV"]))
    ]
    np.testing.assert_allclose(result, np.std(alone, axis=0) * 255, atol=0.6)
    with pytest.raises(ParameterError, match="no channel is its '2kV'"):
        PROBABILITY.observe(Block(one, 0, slice(0, 3), info, peers={"1kV-TLD": one}), params)


def test_names_of_models_are_suggested_and_results_are_named_by_weights(folder: Path) -> None:
    bundled = {model.spec.name for model in library.models() if model.bundled}
    own = [name for name in model_names() if name not in bundled]
    assert own == ["five", "plane", "two"]
    suggested = SegmentParams.model_fields["method"].json_schema_extra["suggestions"]()
    assert suggested == tuple(f"model:{name}" for name in model_names())
    [name] = PROBABILITY.identity(ProbabilityParams(model="five")).values()
    assert name == library.fingerprint("five")
    assert PROBABILITY.identity(ProbabilityParams(model="nothing")) == {}
    assert PROBABILITY.around(info_of(np.zeros((3, 4, 5), np.uint8)), ProbabilityParams(model="nothing")) == 0
    by_path = PROBABILITY.identity(ProbabilityParams(model=str(folder / "five")))
    assert by_path == {"model": name}


# ---------------------------------------------------------------------------------- segmenting by it
def test_segment_takes_methods_and_models_only() -> None:
    assert SegmentParams(method="model:five").model == "five"
    assert SegmentParams(method="otsu").model == ""
    for wrong in ("magic", "model:", "Otsu", ""):
        with pytest.raises(ParameterError, match="model:NAME"):
            SegmentParams.parse({"method": wrong}, owner="segment")


def test_segment_says_how_sure_the_network_is() -> None:
    values = np.array([[[0, 51, 128, 255]]], np.uint8)
    params = SegmentParams(method="model:five", probability=0.6)
    info = VolumeInfo((1, 1, 4), values.dtype, content="probability")
    block = Block(values, 0, slice(0, 1), info)
    estimate = SEGMENT.estimate(SEGMENT.observe(block, params), info, params)
    assert estimate.thresholds == (0.6 * 255,)
    assert estimate.unsure_fraction == 0.25  # 51 / 255 is 0.2, not above it
    assert estimate.mean_entropy_bits == pytest.approx((0.721928 + 1) / 4, abs=1e-4)
    assert "25 %" in estimate.remarks()[0]
    np.testing.assert_array_equal(SEGMENT.apply(block, params, estimate), [[[0, 0, 0, 255]]])
    with pytest.raises(ParameterError, match="probabilities"):
        SEGMENT.output(info.with_(content="grey"), params)
    assert SEGMENT.estimate(Observation(), info, SegmentParams(method="threshold")).remarks() == ()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    tifffile.imwrite(tmp_path / "stack.tif", stack(16), photometric="minisblack")
    spec = InputSpec(paths=(tmp_path / "stack.tif",), options=ReadOptions(voxel_nm_zyx=VOXEL_NM))
    return Project.create(tmp_path / "project", {"2kV": spec})


def entry(name: str, **values: object) -> RecipeStep:
    step = step_named(name)
    return RecipeStep(step, step.params.parse(values, owner=name))


def test_moving_the_threshold_asks_no_network_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.save_recipe(Recipe((entry("segment", method="model:five"),)))
    first = run(project, limits=Limits(workers=2))["2kV"]
    solid = first.volume.read(slice(0, 16))
    assert first.volume.info.content == "binary"
    monkeypatch.setattr("core.models.predict.predict_planes", lambda *_args, **_rest: pytest.fail("again"))
    project.save_recipe(Recipe((entry("segment", method="model:five", probability=0.9),)))
    second = run(project)["2kV"].volume.read(slice(0, 16))
    assert 0 < np.count_nonzero(second) < np.count_nonzero(solid)
    assert np.all(solid[second > 0] == 255)


def test_a_preview_is_close_to_the_run(project: Project) -> None:
    recipe = Recipe((entry("probability", model="five"), entry("segment", method="threshold", threshold=127)))
    shown = preview(project, "2kV", recipe, 0, 9)
    project.save_recipe(recipe)
    run(project)
    whole = project.volume("2kV", 1)
    assert whole is not None
    assert shown.after is not None
    assert np.mean(np.abs(shown.after.astype(float) - whole.slice(9))) < 0.05 * 255
    np.testing.assert_array_equal(preview(project, "2kV", recipe, 0, 9).after, whole.slice(9))
    at_once = preview(project, "2kV", Recipe((entry("segment", method="model:five"),)), 0, 9)
    np.testing.assert_array_equal(at_once.before, project.input("2kV").slice(9))
    np.testing.assert_array_equal(at_once.after, np.where(whole.slice(9) > 127, 255, 0))


def test_a_preview_sees_the_neighbours_that_there_are(project: Project) -> None:
    estimates = [
        preview(
            project, "2kV", Recipe((*before, entry("probability", model="five"))), len(before), 5
        ).estimate
        for before in ((), (entry("drop-slices", slices="7"),))
    ]
    assert [len(found.remarks()) for found in estimates if found is not None] == [0, 1]


def test_a_recipe_that_does_not_fit_is_refused_at_once(project: Project) -> None:
    project.save_recipe(Recipe((entry("segment", method="model:nothing"),)))
    with pytest.raises(RecipeError, match="nothing"):
        run(project)


def test_the_command_answers_with_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("stack.tif", stack(6), photometric="minisblack")
    arguments = ["segment", "stack.tif", "--method", "model:five", "-o", "solid.tif", "--json"]
    assert main(arguments) == 2
    assert "--voxel-nm-zyx" in json.loads(capsys.readouterr().out)["remedy"]
    assert main([*arguments, "--voxel-nm-zyx", "10", "2.5", "2.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["thresholds"] == [127.5]
    assert told["model"] == "five"
    assert 0 < told["solid_fraction"] < 1
    assert 0 <= told["unsure_fraction"] < 0.5
    assert told["levels"]["2kV"]["low"] < told["levels"]["2kV"]["high"]
    assert any("states no imaging condition" in warning for warning in told["warnings"])
    solid = tifffile.imread("solid.tif")
    assert told["solid_fraction"] == pytest.approx((solid == 255).mean())


def test_the_command_fuses_channels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, seed in (("one.tif", 1), ("two.tif", 2)):
        tifffile.imwrite(name, stack(4, seed), photometric="minisblack")
    arguments = ["segment", "--input", "1kV=one.tif", "2kV=two.tif", "--method", "model:two"]
    arguments += ["-o", "solid.tif", "--json", "--voxel-nm-zyx", "10", "2.5", "2.5"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["inputs"] == {"1kV": "1kV", "2kV": "2kV"}
    assert set(np.unique(tifffile.imread("solid.tif"))) <= {0, 255}


def _two_channels(folder: Path, *names: str) -> Project:
    specs = {}
    for seed, name in enumerate(names):
        tifffile.imwrite(folder / f"{name}.tif", stack(4, seed), photometric="minisblack")
        options = ReadOptions(voxel_nm_zyx=VOXEL_NM)
        specs[name] = InputSpec(paths=(folder / f"{name}.tif",), options=options)
    return Project.create(folder / "project", specs)


@pytest.mark.parametrize("method", ["probability", "segment"])
def test_channels_that_are_not_the_models_are_refused_before_anything_is_computed(
    tmp_path: Path, method: str
) -> None:
    project = _two_channels(tmp_path, "1kV", "ICD")
    last = {"probability": {"model": "two"}, "segment": {"method": "model:two"}}[method]
    project.save_recipe(Recipe((entry("denoise"), entry(method, **last))))
    with pytest.raises(RecipeError, match=rf"step 2 \({method}\).*no channel is its '2kV'"):
        run(project)
    assert not list((project.folder / "results").glob("*"))


def test_every_channel_of_the_model_has_to_fit(tmp_path: Path) -> None:
    one = entry("probability", model="two")
    plain = {name: volume_of(stack(4), voxel_nm=VOXEL_NM, channel=name) for name in ("1kV", "2kV", "ICD")}
    for changed, words in (
        ({"origin": (1, 0, 1, 1)}, "channel 2kV.*1 planes are gaps"),
        ({"content": "probability"}, "channel 2kV.*probabilities of a network already"),
    ):
        peers = plain | {"2kV": replace(plain["2kV"], info=plain["2kV"].info.with_(**changed))}
        with pytest.raises(ParameterError, match=words):
            applied(peers["1kV"], one, None, peers)
        unused = plain | {"ICD": replace(plain["ICD"], info=plain["ICD"].info.with_(**changed))}
        assert applied(unused["1kV"], one, None, unused).info.content == "probability"


# ---------------------------------------------------------------------------------- stopping
class _Endless:
    """A network that answers only when it is told to stop."""

    provider, notes = "CPU", ()

    def run(self, x: Array, job: Job | None = None) -> Any:
        assert job is not None
        job.stop.set()  # as a user would, from another thread, while the network computes
        job.check()


@pytest.mark.parametrize("shown", [False, True])
def test_a_network_can_be_stopped_within_a_block(
    project: Project, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    monkeypatch.setattr("core.steps.probability._session", lambda *_: _Endless())
    recipe = Recipe((entry("probability", model="five"),))
    project.save_recipe(recipe)
    with pytest.raises(Cancelled):
        preview(project, "2kV", recipe, 0, 9) if shown else run(project, limits=Limits(workers=2))


# ---------------------------------------------------------------------------------- models that change
def _exchanged(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A library of its own, and how the network in it is replaced by another of the same name."""
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "models"))
    shutil.copytree(folder / "five", tmp_path / "models" / "five")
    other = mean_network(tmp_path / "other.onnx", [0, 0, -1, 0, 0])
    spec = library.model_named("five").spec
    return lambda: write_model(tmp_path / "models" / "five", other, spec, replace=True) and None


def test_no_result_is_made_of_two_networks(
    folder: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = _exchanged(folder, tmp_path, monkeypatch)
    project.save_recipe(Recipe((entry("segment", method="model:five"),)))
    calls = []

    def predict(*args: Any, **rest: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            exchange()
        return predict_planes(*args, **rest)

    monkeypatch.setattr("core.models.predict.predict_planes", predict)
    with pytest.raises(ParameterError, match="another one"):
        run(project, limits=Limits(workers=1, block_slices=2))
    run(project)
    values = run(project)["2kV"].estimates["1 probability"]
    assert values.model_dump()["fingerprint"] == library.fingerprint("five")


def test_a_model_that_is_replaced_before_its_step_leaves_no_result_under_the_old_name(
    folder: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = _exchanged(folder, tmp_path, monkeypatch)
    recipe = Recipe((entry("denoise"), entry("probability", model="five")))
    project.save_recipe(recipe)
    before = project.keys("2kV", recipe)

    def report(progress: Progress) -> None:
        if progress.message.startswith("1/2") and progress.done == progress.total and not replaced:
            replaced.append(1)
            exchange()

    replaced: list[int] = []
    with pytest.raises(ProjectError, match="run again"):
        run(project, job=Job(report))
    assert replaced
    assert not project.store(before[2]).is_done()
    run(project)
    assert project.keys("2kV", recipe)[2] != before[2]


def test_own_values_for_another_network_are_refused() -> None:
    data = stack(5)
    info = info_of(data)
    _, estimate = result_of(data, info, model="five")
    [block] = blocks(data, info, 0, 5)
    for wrong in (estimate.model_copy(update={"fingerprint": "0" * 64}), PROBABILITY.estimate_type()):
        with pytest.raises(ParameterError, match="another one"):
            PROBABILITY.apply(block, ProbabilityParams(model="five"), wrong)


def test_a_network_does_not_look_at_probabilities(project: Project) -> None:
    twice = Recipe((entry("probability", model="five"), entry("segment", method="model:five")))
    project.save_recipe(twice)
    with pytest.raises(RecipeError, match="already"):
        run(project)


def test_what_enters_a_step_is_foreseen_through_what_it_stands_on() -> None:
    segmenting = entry("segment", method="model:five")
    assert segmenting.foreseen(info_of(stack())).content == "binary"
    with pytest.raises(ParameterError, match="nothing"):
        entry("segment", method="model:nothing").foreseen(info_of(stack()))


def _removed(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Callable[[], None]:
    """A library of its own, and how these models are taken out of it and forgotten, as by a new start."""
    models = folder / "models"
    for name in names:
        shutil.copytree(library.user_folder() / name, models / name)
    monkeypatch.setenv(library.VARIABLE, str(models))
    monkeypatch.setattr(memory, "_recalled", {})

    def remove() -> None:
        for name in names:
            library.remove(name)
        memory._recalled.clear()

    return remove


def test_results_of_a_model_that_is_gone_are_shown_and_exported(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = _removed(tmp_path, monkeypatch, "five")
    project.save_recipe(Recipe((entry("segment", method="model:five"),)))
    solid = run(project)["2kV"].volume.read()
    remove()
    with pytest.raises(RecipeError, match="no model 'five'"):
        project.recipe.infos(project.input("2kV").info)
    again = Project.open(project.folder)
    again.recipe.infos(again.input("2kV").info)
    assert again.states("2kV") == (StepState.DONE,)
    found = again.volume("2kV", 1)
    assert found is not None
    np.testing.assert_array_equal(found.read(), solid)
    again.save_recipe(Recipe((*again.recipe.steps, entry("export"))))
    [report] = run(again).values()
    assert report.files
    again.save_recipe(Recipe((entry("invert"), entry("segment", method="model:five"))))
    with pytest.raises(ParameterError, match="the model five is not there any more"):
        run(again)


def test_results_of_several_channels_are_shown_when_their_model_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = _removed(tmp_path, monkeypatch, "two")
    project = _two_channels(tmp_path, "1kV", "2kV")
    project.save_recipe(Recipe((entry("probability", model="two"),)))
    run(project)
    remove()
    again = Project.open(project.folder)
    assert [again.states(name) for name in ("1kV", "2kV")] == [(StepState.DONE,)] * 2


@pytest.mark.parametrize("text", ["", "[1]", '{"five": 3}', '{"five": {"spec": {}, "fingerprint": "x"}}'])
def test_damaged_memory_of_models_is_none(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    remove = _removed(tmp_path, monkeypatch, "five")
    project.save_recipe(Recipe((entry("probability", model="five"),)))
    (project.folder / memory.FILE).write_text(text)
    remove()
    again = Project.open(project.folder)
    assert again.states("2kV") == (StepState.TODO,)
    with pytest.raises(RecipeError, match="no model 'five'"):
        run(again)
