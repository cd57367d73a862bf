from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.marks import Mark
from app.opening import Request
from app.places import draft_file, project_folders
from app.program import Program
from core.errors import ParameterError, RecipeError
from core.execute import Preview
from core.job import Job
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import step_named
from core.steps.crop import CropParams
from core.steps.segment import SegmentEstimate
from tests.app.conftest import SHAPE, made_stack

Wait = Callable[[Callable[[], bool]], None]
STEPS = ("crop", "normalise", "segment", "measure", "export")


@pytest.fixture
def ready(program: Program, stack: Path, wait: Wait) -> Program:
    """The stack is open with five steps."""
    program.opener.open(Request((stack,)))
    wait(lambda: program.session.volume is not None)
    for name in STEPS:
        program.session.add(name)
    return program


def run(program: Program, wait: Wait, upto: int | None = None) -> str:
    """Run and wait; returns how it ended."""
    ends: list[str] = []
    program.runner.succeeded.connect(lambda _report: ends.append("succeeded"))
    program.runner.cancelled.connect(lambda: ends.append("cancelled"))
    program.runner.failed.connect(lambda error: ends.append(f"failed: {error}"))
    program.runner.run(upto)
    wait(lambda: not program.busy)
    assert len(ends) == 1
    return ends[0]


def slow_down(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Make one part of a run take longer."""
    before = Job.progress

    def progress(self: Job, done: int, total: int, message: str) -> None:
        if part in message:
            time.sleep(0.1)
        before(self, done, total, message)

    monkeypatch.setattr(Job, "progress", progress)


def test_a_run_makes_the_project_beside_the_input(ready: Program, stack: Path, wait: Wait) -> None:
    assert run(ready, wait) == "succeeded"
    folder = stack.parent / "gold.trueslice"
    assert ready.session.project is not None
    assert ready.session.project.folder == folder
    assert Recipe.load(folder / "recipe.toml") == ready.session.recipe
    assert ready.session.marks == (Mark.DONE,) * len(STEPS)
    assert [path.name for path in (folder / "exports").iterdir() if path.suffix == ".tif"] == ["volume.tif"]
    standing = ready.standings.now
    assert standing is not None
    assert [export.files[0].name for export in standing.exports] == ["volume.tif"]
    measured = ready.standings.estimate(3)
    assert 0.3 < measured.solid_fraction < 0.7  # type: ignore[union-attr]
    assert ready.standings.result(3) is not None


def test_run_to_a_step_leaves_the_rest(ready: Program, wait: Wait) -> None:
    assert run(ready, wait, upto=2) == "succeeded"
    assert ready.session.marks == (Mark.DONE, Mark.DONE, Mark.TODO, Mark.TODO, Mark.TODO)


def test_a_changed_step_is_stale_and_undo_makes_it_done_again(ready: Program, wait: Wait) -> None:
    run(ready, wait)
    ready.session.set_params(0, CropParams(y_start=4))
    wait(lambda: not ready.busy)
    assert ready.session.marks == (Mark.DONE, *(Mark.STALE,) * 4)
    ready.session.undo.undo()
    wait(lambda: not ready.busy)
    assert ready.session.marks == (Mark.DONE,) * 5


def test_a_stopped_run_can_be_resumed(
    ready: Program, stack: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        slow_down(patch, "3/5")
        ends: list[str] = []
        ready.runner.cancelled.connect(lambda: ends.append("cancelled"))
        ready.runner.run()
        wait(lambda: ready.runner.task is not None and "3/5" in ready.runner.task.progress.message)
        ready.runner.stop()
        wait(lambda: not ready.busy)
    assert ends == ["cancelled"]
    assert ready.session.project is not None, "the project stays"
    assert Mark.DONE not in ready.session.marks[2:]
    assert run(ready, wait) == "succeeded"
    resumed = ready.session.project.exports / "volume.tif"
    whole = Project.create(stack.parent / "elsewhere", {"": InputSpec(paths=(stack,))})
    whole.save_recipe(ready.session.recipe)
    from core.execute import run as run_at_once

    run_at_once(whole)
    assert resumed.read_bytes() == (whole.exports / "volume.tif").read_bytes()


def test_nothing_to_run_and_steps_that_do_not_fit_are_refused_before_anything_starts(
    program: Program, stack: Path, wait: Wait
) -> None:
    program.opener.open(Request((stack,)))
    wait(lambda: program.session.volume is not None)
    with pytest.raises(RecipeError, match="no steps"):
        program.runner.run()
    program.session.add("crop")
    program.session.add("segment")
    program.session.set_params(0, CropParams(y_start=5000))
    with pytest.raises(ParameterError):
        program.runner.run()
    assert program.session.chosen == 0, "the step is pointed at"
    assert program.session.marks[0] is Mark.WRONG
    assert not (stack.parent / "gold.trueslice").exists()


def test_a_step_that_fails_is_marked(program: Program, tmp_path: Path, wait: Wait) -> None:
    blank = made_stack(tmp_path / "blank", (4, 16, 16))
    import tifffile

    for path in blank.iterdir():
        tifffile.imwrite(path, np.full((16, 16), 7, np.uint8))
    program.opener.open(Request((blank,)))
    wait(lambda: program.session.volume is not None)
    program.session.add("invert")
    program.session.add("segment")
    heard: list[str] = []
    program.problems.occurred.connect(lambda problem: heard.append(problem.heading))
    ended = run(program, wait)
    assert ended.startswith("failed")
    assert program.session.marks == (Mark.DONE, Mark.FAILED)
    assert heard


def test_marks_follow_the_run_and_never_fall_back(ready: Program, wait: Wait) -> None:
    seen: list[tuple[Mark, ...]] = []
    ready.session.marks_changed.connect(lambda: seen.append(ready.session.marks))
    assert run(ready, wait) == "succeeded"
    count = len(ready.session.recipe.steps)
    running = [marks.index(Mark.RUNNING) for marks in seen if Mark.RUNNING in marks]
    assert running == sorted(running)
    assert len(set(running)) >= 3, "one step after the other"
    assert all(
        set(marks[: marks.index(Mark.RUNNING)]) <= {Mark.DONE} for marks in seen if Mark.RUNNING in marks
    )
    done = [sum(mark is Mark.DONE for mark in marks) for marks in seen]
    assert done == sorted(done), "what is done stays done while results are looked up"
    assert ready.session.marks == (Mark.DONE,) * count


def test_progress_tells_the_channels_apart(program: Program, tmp_path: Path, wait: Wait) -> None:
    folders = tuple(made_stack(tmp_path / "d" / name, (4, 16, 20)) for name in ("1kV", "2kV"))
    program.opener.open(Request(folders))
    wait(lambda: len(program.session.inputs) == 2)
    program.session.add("normalise")
    whole = None
    with pytest.MonkeyPatch.context() as patch:
        slow_down(patch, "1/1")
        heard: list[str] = []
        program.runner.started.connect(
            lambda task: task.progressed.connect(lambda at: heard.append(at.message))
        )
        assert run(program, wait) == "succeeded"
        whole = program.paces.whole
    assert whole is not None
    assert [(part.step, part.channel) for part in whole.parts] == [(1, "1kV"), (1, "2kV")]
    labels = [message.split(":")[0] for message in heard if message.startswith("1/1")]
    assert list(dict.fromkeys(labels)) == ["1/1 Normalise (1kV)", "1/1 Normalise (2kV)"]
    assert whole.fraction == 1.0


def test_what_failed_is_forgiven_when_it_is_changed_or_run_again(
    ready: Program, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Job.progress

    def progress(self: Job, done: int, total: int, message: str) -> None:
        before(self, done, total, message)
        if message.startswith("3/5") and done:
            raise OSError("the disk is gone")

    monkeypatch.setattr(Job, "progress", progress)
    assert run(ready, wait).startswith("failed")
    assert ready.session.marks[2] is Mark.FAILED, "whatever the reason"
    assert Mark.FAILED not in ready.session.marks[:2]
    monkeypatch.undo()
    assert run(ready, wait) == "succeeded"
    assert Mark.FAILED not in ready.session.marks


def test_other_read_options_get_another_project(ready: Program, stack: Path, wait: Wait) -> None:
    run(ready, wait, upto=1)
    ready.opener.reread("", {"voxel_nm_zyx": (10.0, 5.0, 5.0)})
    wait(lambda: not ready.busy)
    assert ready.session.project is None
    run(ready, wait, upto=1)
    assert ready.session.project is not None
    assert ready.session.project.folder.name == "gold-2.trueslice"


def test_the_recipe_is_kept_without_being_asked(ready: Program, stack: Path, wait: Wait) -> None:
    wait(lambda: draft_file((stack,)).is_file() and not ready.busy)
    ready.keeper.flush()
    wait(lambda: not ready.busy)
    assert Recipe.load(draft_file((stack,))) == ready.session.recipe
    assert not (stack.parent / "gold.trueslice").exists(), "no project before it is needed"
    run(ready, wait, upto=1)
    ready.session.add("invert")
    ready.keeper.flush()
    wait(lambda: not ready.busy)
    assert Recipe.load(stack.parent / "gold.trueslice" / "recipe.toml") == ready.session.recipe


def test_save_project_as_takes_the_results_along(ready: Program, tmp_path: Path, wait: Wait) -> None:
    run(ready, wait)
    target = tmp_path / "Ablage für Gold.trueslice"
    ready.saver.save_as(target)
    wait(lambda: not ready.busy)
    assert ready.session.project is not None
    assert ready.session.project.folder == target
    assert ready.session.marks[:4] == (Mark.DONE,) * 4


def test_save_project_as_refuses_a_folder_with_something_in_it(
    ready: Program, tmp_path: Path, wait: Wait
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("dear")
    heard: list[object] = []
    ready.saver.failed.connect(heard.append)
    ready.saver.save_as(tmp_path / "full")
    wait(lambda: not ready.busy)
    assert "not empty" in str(heard[0])
    assert (tmp_path / "full" / "thesis.txt").read_text() == "dear"


def test_a_read_only_place_moves_the_project_to_the_documents(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.places.os.access", lambda _path, _mode: False)
    first = next(iter(project_folders((stack,))))
    assert first.parent.name == "Trueslice"
    assert first.name == "gold.trueslice"


# ---- previews


def previews(program: Program) -> tuple[list[object], list[object]]:
    made: list[object] = []
    failed: list[object] = []
    program.previewer.ready.connect(made.append)
    program.previewer.failed.connect(failed.append)
    return made, failed


def test_the_preview_follows_what_is_typed_and_only_the_newest_arrives(ready: Program, wait: Wait) -> None:
    ready.session.choose(0)
    wait(lambda: not ready.busy)
    made, _failed = previews(ready)
    for row in range(1, 9):
        ready.session.try_out(CropParams(y_start=row))
    wait(lambda: bool(made))
    wait(lambda: not ready.busy)
    assert [preview.after.shape for preview in made] == [(32, 48)]  # type: ignore[attr-defined]


def test_previews_are_of_the_plane_that_is_shown(ready: Program) -> None:
    """Several planes of a repositioned stack belong to one slice of the input."""
    traced = [0, 0, 1, 1, 2]
    ready.session.show_slice(1)
    for shown, plane in ((3, 3), (2, 2), (0, 2), (None, 2), (99, 2)):
        ready.previewer.shown = shown
        assert ready.previewer._plane(traced) == plane


def test_a_late_preview_is_dropped(ready: Program, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gate, slices = threading.Event(), threading.Event(), []

    def slow_preview(*request: Any) -> Preview:
        slices.append(request[4])
        if len(slices) == 1:
            begun.set()
            gate.wait(10)  # answers although it was told to stop
        return Preview(np.zeros((2, 2)), np.zeros((2, 2)), None, False)

    monkeypatch.setattr("core.execute.preview", slow_preview)
    made, _failed = previews(ready)
    ready.session.choose(0)
    wait(begun.is_set)
    ready.session.show_slice(3)
    wait(lambda: len(made) == 1)
    gate.set()
    wait(lambda: not ready.busy)
    assert slices == [SHAPE[0] // 2, 3]
    assert len(made) == 1


def test_a_preview_that_does_not_fit_says_why_without_a_dialog(ready: Program, wait: Wait) -> None:
    dialogs: list[object] = []
    ready.problems.occurred.connect(dialogs.append)
    ready.session.choose(0)
    _made, failed = previews(ready)
    ready.session.try_out(CropParams(y_start=4000))
    wait(lambda: bool(failed))
    assert "row" in str(failed[0])
    assert dialogs == []


def test_own_estimates_are_used_by_previews(ready: Program, wait: Wait) -> None:
    ready.session.choose(2)
    made, _failed = previews(ready)
    ready.session.set_estimate(2, SegmentEstimate(thresholds=(0.0,)))
    wait(lambda: bool(made) and not ready.busy)
    assert np.mean(made[-1].after == 255) > 0.99  # type: ignore[attr-defined]


def test_previews_agree_with_the_run(ready: Program, wait: Wait) -> None:
    entry = RecipeStep(
        step_named("segment"), step_named("segment").params.parse({"method": "kmeans"}, owner="")
    )
    ready.session.load(Recipe((default_step("normalise"), entry)))
    run(ready, wait)
    ready.session.choose(1)
    made, _failed = previews(ready)
    ready.session.show_slice(7)
    wait(lambda: bool(made) and not ready.busy)
    result = ready.standings.result(2)
    assert result is not None
    assert np.array_equal(made[-1].after, result.slice(7))  # type: ignore[attr-defined]
    assert made[-1].approximate is False  # type: ignore[attr-defined]


def test_a_run_that_ends_after_another_stack_was_opened_leaves_that_one_alone(
    ready: Program, tmp_path: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, "Normalise")
    other = made_stack(tmp_path / "elsewhere" / "stack", seed=3)
    ready.runner.run(upto=3)
    wait(lambda: ready.runner.project is not None)
    folder = ready.runner.project.folder if ready.runner.project is not None else tmp_path
    ready.session.add("invert")  # while it runs
    changed = ready.session.recipe
    ready.opener.open(Request((other,)))
    wait(lambda: next(iter(ready.session.inputs.values())).spec.paths == (other,))
    ready.session.add("flatten")
    assert ready.runner.running
    wait(lambda: not ready.busy)
    ready.keeper.flush()
    wait(lambda: not ready.busy)
    assert ready.session.project is None
    assert ready.session.home is None
    assert ready.session.marks == (Mark.TODO,)
    assert Recipe.load(folder / "recipe.toml") == changed, "what was open stays in its project"
    assert Recipe.load(draft_file((other,))) == ready.session.recipe


def test_changes_during_a_run_are_kept_before_it_ends(
    ready: Program, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, "Normalise")
    ready.runner.run(upto=3)
    wait(lambda: ready.runner.project is not None)
    folder = ready.runner.project.folder if ready.runner.project is not None else Path()
    ready.session.add("invert")
    changed = ready.session.recipe
    wait(lambda: Recipe.load(folder / "recipe.toml") == changed)
    assert ready.runner.running
    assert run_ends(ready, wait)


def run_ends(program: Program, wait: Wait) -> bool:
    """Wait for the run that is under way; whether it did what it was started for."""
    wait(lambda: not program.busy)
    return program.session.marks[:3] == (Mark.DONE,) * 3
