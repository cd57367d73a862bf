"""How far each step is and what it has found, read from the project in the background."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue, Task
from app.marks import Mark
from app.session import Session
from core.job import Job
from core.recipe import Recipe
from core.step import Estimate
from core.volume import Volume

if TYPE_CHECKING:
    from core.project import Project, StepState


@dataclass(frozen=True)
class Exported:
    """Files that an export step has written."""

    label: str
    files: tuple[Path, ...]
    notes: tuple[str, ...]


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
        What the export steps have written.
    """

    channel: str
    recipe: Recipe
    states: tuple[StepState, ...]
    estimates: tuple[Estimate | None, ...]
    volumes: tuple[Volume | None, ...]
    exports: tuple[Exported, ...]


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
        self.now: Standing | None = None
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
        task = self._queue.prepare("Look up results", lambda job: standing_of(project, channel, recipe, job))
        task.succeeded.connect(lambda found: self._found(task, found))
        task.failed.connect(self.failed)
        self._task = task
        self._queue.start(task)

    def blame(self, recipe: Recipe) -> None:
        """Say that a step of this recipe has failed: the first that is not done, until the recipe changes."""
        self._failed = recipe
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

    def _known(self) -> int:
        """How many steps of the recipe are those that were looked up."""
        if self.now is None or self.now.channel != self._session.channel:
            return 0
        pairs = zip(self.now.recipe.steps, self._session.recipe.steps, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _found(self, task: Task, found: Standing) -> None:
        if task is self._task:
            self._task = None
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
        self._failed = None
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
            marks[undone[0]] = Mark.WRONG
        self._session.set_marks(tuple(marks))


_MARKS = {"done": Mark.DONE, "begun": Mark.PARTIAL}


def is_done(state: StepState) -> bool:
    """Whether a step's result is complete."""
    return _MARKS.get(state.value) is Mark.DONE


def occurrences(recipe: Recipe) -> list[tuple[str, int]]:
    """Name of each step and how often it came before: what tells two equal steps apart."""
    seen: Counter[str] = Counter()
    found = []
    for entry in recipe.steps:
        found.append((entry.step.name, seen[entry.step.name]))
        seen[entry.step.name] += 1
    return found


def standing_of(project: Project, channel: str, recipe: Recipe, job: Job) -> Standing:
    """Look up what is there; in a worker thread."""
    states = project.states(channel, recipe)
    estimates = []
    for index in range(len(recipe.steps)):
        job.check()
        estimates.append(project.estimate(channel, index, recipe))
    volumes: list[Volume | None] = []
    for count in range(len(recipe.steps) + 1):
        job.check()
        volumes.append(project.volume(channel, count, recipe))
    exports = exports_of(project, channel, recipe)
    return Standing(channel, recipe, states, tuple(estimates), tuple(volumes), exports)


def exports_of(project: Project, channel: str, recipe: Recipe) -> tuple[Exported, ...]:
    """Files of the export steps that are whole and as they were written."""
    from core.execute.exports import exported

    keys = recipe.keys(project.root_key(channel))
    found = []
    for index, entry in enumerate(recipe.steps):
        if entry.step.sink:
            report = exported(project.store(entry.key(keys[index])), project.exports)
            if report is not None and report.files:
                found.append(Exported(f"{index + 1}  {entry.step.label}", report.files, report.notes))
    return tuple(found)
