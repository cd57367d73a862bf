"""How far each step is and what it has found, read from the project in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.framing import Corner, canvas_corner
from app.jobs import JobQueue, Task
from app.marks import Mark, Reached, occurrences
from app.session import Session
from core.job import Job
from core.recipe import Recipe
from core.step import Estimate
from core.volume import Volume, VolumeInfo

if TYPE_CHECKING:
    from core.project import Project, StepState


@dataclass(frozen=True)
class Exported:
    """Files that an export step has written."""

    label: str
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    channel: str = ""  # of several; empty where there is one


@dataclass(frozen=True)
class Standing:
    """What the project holds for a recipe and a channel.

    Attributes
    ----------
    channel, recipe
        What was looked up.
    states : tuple of StepState
        One per step.
    estimates : tuple of Estimate or None
        What each step has found, or the user's own value.
    volumes : tuple of Volume or None
        Result after 0, 1, ... n steps, where it is there.
    exports : tuple of Exported
        What the export steps have written, of all channels.
    corners : tuple of (row, column) or None
        For each step that moves slices, where a slice that is not moved begins on its canvas.
    """

    channel: str
    recipe: Recipe
    states: tuple[StepState, ...]
    estimates: tuple[Estimate | None, ...]
    volumes: tuple[Volume | None, ...]
    exports: tuple[Exported, ...]
    corners: tuple[Corner | None, ...] = ()

    def volume(self, channel: str, recipe: Recipe, count: int) -> Volume | None:
        """Result after `count` steps of another recipe that begins with the same ones."""
        same = channel == self.channel and recipe.steps[:count] == self.recipe.steps[:count]
        return self.volumes[count] if same and count < len(self.volumes) else None


class Standings(QObject):
    """Keeps the marks of the session and the found values up to date.

    Signals: `changed` when there is news, `failed` (exception) when the project could not be read.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._task: Task | None = None
        self._done_before: set[tuple[str, int]] = set()
        self._failed: Recipe | None = None
        self._reached: Reached | None = None
        self.now: Standing | None = None
        self._looked_at: Project | None = None
        session.real = self.real
        session.inputs_changed.connect(self._forget)
        for signal in (session.project_changed, session.recipe_changed, session.channel_changed):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Look again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._mark()
        project = self._session.project
        if project is None:
            self._set(None)
            return
        channel, recipe = self._session.channel, self._session.recipe
        before = self.now if project is self._looked_at else None
        self._looked_at = project
        fault = self._session.fault()
        sound = recipe.steps if fault is None else recipe.steps[: fault.index]
        task = self._queue.prepare(
            "Look up results",
            lambda job: standing_of(project, channel, recipe, job, before, sound=len(sound)),
        )
        task.succeeded.connect(lambda found: self._found(task, found))
        task.failed.connect(lambda error: self._not_found(task, error))
        self._task = task
        self._queue.start(task)

    @property
    def reached(self) -> bool:
        """Whether the last run had come to a step, and what became of it is not looked up yet."""
        return self._reached is not None

    @property
    def looking(self) -> bool:
        """Whether news is on its way: what is not known now may be known in a moment."""
        return self._task is not None

    def begin_run(self) -> None:
        """Forget how the last run ended."""
        self._failed = self._reached = None
        self._mark()

    def show_running(self, recipe: Recipe, index: int) -> None:
        """Say that a run of this recipe has come to a step."""
        self._reached = Reached(recipe, index, Mark.RUNNING)
        self._mark()

    def blame(self, recipe: Recipe) -> None:
        """Say that a step of this recipe has failed, until it is changed or run again.

        It is the one the run had come to, or the first that is not done if none had begun.
        """
        if self._reached is None:
            self._failed = recipe
        else:
            self._reached = replace(self._reached, mark=Mark.FAILED)
        self._mark()

    def end_run(self) -> None:
        """Say that the run is over; what is done is shown until it is looked up."""
        if self._reached is not None and self._reached.mark is Mark.RUNNING:
            self._reached = replace(self._reached, mark=Mark.PARTIAL)
        self._mark()

    def estimate(self, index: int) -> Estimate | None:
        """What a step has found or was given; None where nothing is known."""
        entry = self._session.recipe.steps[index]
        if entry.estimate is not None or self.now is None or index >= self._known():
            return entry.estimate
        return self.now.estimates[index]

    def result(self, count: int) -> Volume | None:
        """Result after `count` steps where it is there."""
        if self.now is None or count > self._known():
            return None
        return self.now.volumes[count]

    def corner(self, index: int) -> Corner | None:
        """Where a slice begins on the canvas of a step that moves slices."""
        if self.now is None or index >= min(self._known(), len(self.now.corners)):
            return None
        return self.now.corners[index]

    def real(self, count: int) -> VolumeInfo | None:
        """Describe the volume after `count` steps where it is there."""
        found = self.result(count)
        return None if found is None else found.info

    def _known(self) -> int:
        """How many steps of the recipe are those that were looked up."""
        if self.now is None or self.now.channel != self._session.channel:
            return 0
        pairs = zip(self.now.recipe.steps, self._session.recipe.steps, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _not_found(self, task: Task, error: Exception) -> None:
        if task is self._task:
            self._task = None
        self.failed.emit(error)

    def _found(self, task: Task, found: Standing) -> None:
        if task is self._task:
            self._task = None
            if self._reached is not None and self._reached.mark is Mark.PARTIAL:
                self._reached = None
            self._set(found)

    def _set(self, found: Standing | None) -> None:
        self.now = found
        if found is not None:
            keys = occurrences(self._session.recipe)
            self._done_before |= {
                key for key, state in zip(keys, found.states, strict=False) if is_done(state)
            }
        self._mark()
        self.changed.emit()

    def _forget(self) -> None:
        self._done_before.clear()
        self._failed = self._reached = None
        self.refresh()

    def _mark(self) -> None:
        recipe, fault = self._session.recipe, self._session.fault()
        states = () if self.now is None else self.now.states[: self._known()]
        marks = []
        for index, key in enumerate(occurrences(recipe)):
            state = states[index].value if index < len(states) else ""
            mark = _MARKS.get(state, Mark.TODO)
            if mark is not Mark.DONE and key in self._done_before:
                mark = Mark.STALE
            if fault is not None and index == fault.index:
                mark = Mark.WRONG
            marks.append(mark)
        undone = [index for index, mark in enumerate(marks) if mark is not Mark.DONE]
        if undone and self._failed == recipe:
            marks[undone[0]] = Mark.FAILED
        self._session.set_marks(tuple(marks) if self._reached is None else self._reached.on(recipe, marks))


_MARKS = {"done": Mark.DONE, "begun": Mark.PARTIAL}


def is_done(state: StepState) -> bool:
    """Whether a step's result is complete."""
    return _MARKS.get(state.value) is Mark.DONE


def standing_of(
    project: Project,
    channel: str,
    recipe: Recipe,
    job: Job,
    before: Standing | None = None,
    *,
    sound: int | None = None,
) -> Standing:
    """Look up what is there; in a worker thread.

    Volumes that were there `before`, when the project was last looked at, stay the same objects: what is
    shown need not be read again. There are none after steps that do not fit: all but the first `sound` ones.
    """
    states = project.states(channel, recipe)
    estimates = []
    for index in range(len(recipe.steps)):
        job.check()
        estimates.append(project.estimate(channel, index, recipe))
    volumes: list[Volume | None] = []
    for count in range(len(recipe.steps) + 1):
        job.check()
        fits = sound is None or count <= sound
        found = project.volume(channel, count, recipe) if fits else None
        known = None if before is None or found is None else before.volume(channel, recipe, count)
        volumes.append(known or found)
    exports = exports_of(project, recipe, job)
    corners = corners_of(recipe, volumes, estimates)
    return Standing(channel, recipe, states, tuple(estimates), tuple(volumes), exports, corners)


def corners_of(
    recipe: Recipe, volumes: Sequence[Volume | None], estimates: Sequence[Estimate | None]
) -> tuple[Corner | None, ...]:
    """Where slices begin on the canvas of each step that has moved them."""
    found = []
    for entry, before, after, estimate in zip(
        recipe.steps, volumes[:-1], volumes[1:], estimates, strict=True
    ):
        there = before is not None and after is not None
        found.append(canvas_corner(entry, before.info, estimate) if before is not None and there else None)
    return tuple(found)


def exports_of(project: Project, recipe: Recipe, job: Job) -> tuple[Exported, ...]:
    """Files of the export steps that are whole and as they were written, channel by channel."""
    from core.execute.exports import exported

    found: dict[tuple[Path, ...], Exported] = {}  # what is of all channels together is listed once
    for channel in project.specs:
        job.check()
        keys, named = project.keys(channel, recipe), channel if len(project.specs) > 1 else ""
        for index, entry in enumerate(recipe.steps):
            report = None
            if entry.step.sink:
                report = exported(project.store(entry.key(keys[index])), project.exports)
            if report is not None and report.files:
                made = Exported(f"{index + 1}  {entry.step.label}", report.files, report.notes, named)
                found.setdefault(report.files, made)
    return tuple(found.values())
