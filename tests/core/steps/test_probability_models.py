"""Models that change or disappear while a project has results of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ParameterError, ProjectError, RecipeError
from core.execute import Limits, run
from core.job import Job, Progress
from core.models import library, memory
from core.models.card import write_model
from core.models.predict import predict_planes
from core.project import Project, StepState
from core.recipe import Recipe
from tests.core.models.tiny import mean_network
from tests.core.steps.asking import entry, two_channels

pytestmark = pytest.mark.usefixtures("network_library")


def _exchanged(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A library of its own, and how the network in it is replaced by another of the same name."""
    monkeypatch.setenv(library.VARIABLE, str(tmp_path / "models"))
    shutil.copytree(folder / "five", tmp_path / "models" / "five")
    other = mean_network(tmp_path / "other.onnx", [0, 0, -1, 0, 0])
    spec = library.model_named("five").spec
    return lambda: write_model(tmp_path / "models" / "five", other, spec, replace=True) and None


def test_no_result_is_made_of_two_networks(
    network_library: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = _exchanged(network_library, tmp_path, monkeypatch)
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
    assert values.model_dump()["fingerprint"] == memory.fingerprint("five")


def test_a_model_that_is_replaced_before_its_step_leaves_no_result_under_the_old_name(
    network_library: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = _exchanged(network_library, tmp_path, monkeypatch)
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
    project = two_channels(tmp_path, "1kV", "2kV")
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


def test_recipes_of_version_1_can_be_read() -> None:
    text = "format = 1\n[[step]]\nstep = 'probability'\nversion = 1\n[step.params]\nmodel = 'five'"
    [found] = Recipe.loads(text).steps
    assert found.params.model_dump()["model"] == "five"
    assert found.table()["version"] == 2
