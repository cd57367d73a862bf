"""A finished answer is compared with those of the training, once, and what is found is said everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from core.cli import main
from core.errors import Cancelled, StepFailedError
from core.execute import run
from core.io import ReadOptions
from core.models import answer, library
from core.models.card import write_model
from core.models.spec import Known
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep
from core.steps import step_named
from tests.core.models.tiny import mean_network, spec_of

VOXEL_NM = (10, 2.5, 2.5)
WIDTH_PX = 6


@pytest.fixture(autouse=True)
def _library(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that were trained on stripes of 15 nm, on wider ones, and one that does not say."""
    there = tmp_path_factory.mktemp("models")
    onnx = mean_network(there.parent / "a.onnx", [1], side=1)
    fitting: dict[str, Any] = {
        "solid_chord_nm": (14.0, 16.0),
        "pore_chord_nm": (14.0, 16.0),
        "entropy_bits": 0.5,
        "undecided_px": 2.0,
    }
    for name, known in (
        ("fitting", fitting),
        ("wide", fitting | {"solid_chord_nm": (30.0, 40.0)}),
        ("certain", fitting | {"entropy_bits": 1e-9, "undecided_px": 1e-8}),
        ("silent", {}),
    ):
        spec = spec_of(name=name, halo_px=0, known=Known(pixel_nm=(2, 3), **known))
        write_model(there / name, onnx, spec)
    monkeypatch.setenv(library.VARIABLE, str(there))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    rng = np.random.default_rng(0)
    solid = (np.arange(60) // WIDTH_PX + np.arange(48)[:, None] // WIDTH_PX) % 2
    smooth = gaussian_filter(solid.astype(float), 0.6)  # edges that a network is undecided about
    grey = 60 + 90 * np.broadcast_to(smooth, (5, 48, 60)) + rng.normal(scale=3, size=(5, 48, 60))
    tifffile.imwrite(tmp_path / "stack.tif", grey.astype(np.uint8), photometric="minisblack")
    options = ReadOptions(voxel_nm_zyx=VOXEL_NM, channel="2kV")
    return Project.create(
        tmp_path / "p", {"2kV": InputSpec(paths=(tmp_path / "stack.tif",), options=options)}
    )


def segmented(project: Project, model: str, step: str = "segment", **values: Any) -> tuple[Any, list[str]]:
    values |= {"method": f"model:{model}"} if step == "segment" else {"model": model}
    made = step_named(step)
    project.save_recipe(Recipe((RecipeStep(made, made.params.parse(values, owner=step)),)))
    report = run(project)["2kV"]
    return report.estimates["1 probability"], [note for note in report.notes if "unlike" in note]


def test_an_answer_like_those_of_the_training_is_not_warned_of(project: Project) -> None:
    found, notes = segmented(project, "fitting")
    assert notes == []
    # lines of 48 and 60 px: (n - 1) / crossings, times two ends, half of them solid
    assert found.answer.solid_chord_nm == pytest.approx((2.5 * 47 / 7, 2.5 * 59 / 9), rel=0.01)
    assert found.answer.slices == 5


@pytest.mark.parametrize(
    ("model", "words"), [("wide", "30 to 40 nm"), ("certain", "in its validation about 1e-08 px")]
)
def test_an_unlike_answer_is_warned_of_once_and_again_when_nothing_is_left_to_do(
    project: Project, monkeypatch: pytest.MonkeyPatch, model: str, words: str
) -> None:
    found, notes = segmented(project, model)
    assert len(notes) == 1
    assert words in notes[0]
    assert found.remarks()[-1] == notes[0]
    monkeypatch.setattr(answer, "looked_at", lambda *_: pytest.fail("again"))
    again, repeated = segmented(project, model)
    assert (again, repeated) == (found, notes)


@pytest.mark.parametrize(("fault", "error"), [(OSError("gone"), StepFailedError), (Cancelled(), Cancelled)])
def test_a_comparison_that_fails_or_is_stopped_loses_no_result(
    project: Project, monkeypatch: pytest.MonkeyPatch, fault: Exception, error: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(answer, "looked_at", broken)
        with pytest.raises(error):
            segmented(project, "wide", "probability")
    assert project.volume("2kV", 1) is not None
    monkeypatch.setattr("core.models.predict.predict_planes", lambda *_args, **_rest: pytest.fail("again"))
    assert len(segmented(project, "wide", "probability")[1]) == 1


def test_models_that_do_not_say_and_other_quantities_are_not_compared(project: Project) -> None:
    found, notes = segmented(project, "silent")
    assert (found.answer, notes) == (None, [])
    found, notes = segmented(project, "wide", "probability", quantity="entropy")
    assert (found.answer, notes) == (None, [])


def test_results_of_an_earlier_version_are_looked_at_without_the_network(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmented(project, "wide", "probability")
    (path,) = (project.folder / "results").glob("*/estimate.json")
    kept = json.loads(path.read_text())
    del kept["answer"]
    path.write_text(json.dumps(kept))
    monkeypatch.setattr("core.models.predict.predict_planes", lambda *_args, **_rest: pytest.fail("again"))
    assert len(segmented(project, "wide", "probability")[1]) == 1
    assert json.loads(path.read_text())["answer"]["slices"] == 5


def test_values_stated_by_the_user_do_not_bring_an_old_verdict(project: Project) -> None:
    found, _ = segmented(project, "fitting", "probability")
    stated = found.model_copy(update={"answer": found.answer.model_copy(update={"notes": ("an old one",)})})
    made = step_named("probability")
    entry = RecipeStep(made, made.params.parse({"model": "fitting"}, owner=""), stated)
    project.save_recipe(Recipe((entry,)))
    report = run(project)["2kV"]
    assert report.estimates["1 probability"].answer == found.answer
    assert "an old one" not in report.notes


def test_sixteen_bits_are_judged_alike(project: Project) -> None:
    eight, _ = segmented(project, "wide", "probability")
    sixteen, notes = segmented(project, "wide", "probability", depth=16)
    assert len(notes) == 1
    assert sixteen.answer.entropy_bits == pytest.approx(eight.answer.entropy_bits, rel=0.01)


def test_the_command_tells_it(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder.parent)
    arguments = ["segment", "stack.tif", "--channel", "2kV", "--voxel-nm-zyx", "10", "2.5", "2.5", "--json"]
    assert main([*arguments, "--method", "model:wide", "-o", "solid.tif"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert any("unlike its training" in warning for warning in told["warnings"])
    assert told["answer"]["notes"]
