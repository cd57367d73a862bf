"""Projects and commands that ask a network: segmenting by it, previews, channels, stopping."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from core.block import Block, Observation
from core.cli import main
from core.errors import Cancelled, ParameterError, RecipeError
from core.execute import Limits, preview, run
from core.execute.lazy import applied
from core.job import Job
from core.project import Project
from core.recipe import Recipe
from core.steps.segment import SEGMENT, SegmentParams
from core.volume import Array, VolumeInfo, volume_of
from tests.core.steps.asking import VOXEL_NM, entry, info_of, stack, two_channels

pytestmark = pytest.mark.usefixtures("network_library")


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


@pytest.mark.parametrize("method", ["probability", "segment"])
def test_channels_that_are_not_the_models_are_refused_before_anything_is_computed(
    tmp_path: Path, method: str
) -> None:
    project = two_channels(tmp_path, "1kV", "ICD")
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
    monkeypatch.setattr("core.models.ready.session_for", lambda *_: _Endless())
    recipe = Recipe((entry("probability", model="five"),))
    project.save_recipe(recipe)
    with pytest.raises(Cancelled):
        preview(project, "2kV", recipe, 0, 9) if shown else run(project, limits=Limits(workers=2))


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
