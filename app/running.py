"""Runs the recipe in the background, in a project folder that is made when it is first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.inputs import are_open
from app.jobs import JobQueue, Task
from app.places import channels_folders, numbered
from app.session import Session
from core.errors import ProjectError, RecipeError
from core.job import Job
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.execute import ChannelReport
    from core.project import InputSpec, Project

log = logging.getLogger("trueslice.run")


@dataclass(frozen=True)
class Order:
    """What a run needs to know, read on the GUI thread before it starts."""

    specs: Mapping[str, InputSpec]
    recipe: Recipe
    home: Path | None
    upto: int | None
    scheduler: str = ""


@dataclass
class Work:
    """What a run has come to; the project is there even if the run was stopped or failed."""

    project: Project | None = None
    report: Mapping[str, ChannelReport] | None = None


class Runner(QObject):
    """Starts runs, one at a time.

    Signals: `started` (`Task`), `succeeded` (channel to `ChannelReport`), `cancelled`, `failed` (exception),
    `ended`.
    """

    started = Signal(object)
    succeeded = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    ended = Signal()

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self.task: Task | None = None
        self.scheduler: Callable[[], str] = str  # where to compute; see `core.execute.pools.open_pool`
        self.order: Order | None = None  # of the last run
        self._work = Work()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self.task is not None

    @property
    def is_of_session(self) -> bool:
        """Whether the last run was of what is open: another stack may have taken its place meanwhile."""
        order, session, made = self.order, self._session, self._work.project
        if order is None or not are_open(session, order.specs):
            return False
        return session.home == order.home or (made is not None and session.home == made.folder)

    @property
    def project(self) -> Project | None:
        """Project of the run that is under way, once it is made and has the recipe of the run."""
        return self._work.project if self.running else None

    def run(self, upto: int | None = None) -> None:
        """Run the recipe, or its first `upto` steps.

        Raises
        ------
        RecipeError
            If there is nothing to run, or a step does not fit its input.
        """
        if self.running or not self._session.inputs:
            return
        order = self._order(upto)
        work = Work()
        title = "Run the recipe" if upto is None else f"Run up to step {upto}"
        task = self._queue.prepare(title, lambda job: carry_out(order, work, job))
        task.succeeded.connect(self.succeeded)
        task.cancelled.connect(self.cancelled)
        task.failed.connect(self.failed)
        task.ended.connect(lambda _state: self._ended(work))
        self.task, self.order, self._work = task, order, work
        log.info("%s", title)
        self.started.emit(task)
        self._queue.start(task)

    def stop(self) -> None:
        """Ask the run to stop; what is finished is kept."""
        if self.task is not None:
            self.task.cancel()

    def _order(self, upto: int | None) -> Order:
        session = self._session
        if not session.recipe.steps:
            raise RecipeError(
                "the recipe has no steps yet", remedy="choose a stage on the left and add a step"
            )
        fault = session.fault()
        if fault is not None and (upto is None or fault.index < upto):
            session.choose(fault.index)
            raise fault.error
        specs = {channel: opened.spec for channel, opened in session.inputs.items()}
        return Order(specs, session.recipe, session.home, upto, self.scheduler())

    def _ended(self, work: Work) -> None:
        self.task = None
        if work.project is not None and self.is_of_session:
            self._session.home = work.project.folder
            self._session.set_project(work.project)
        self.ended.emit()


def carry_out(order: Order, work: Work, job: Job) -> Mapping[str, ChannelReport]:
    """Make or find the project, keep the recipe there and run it; in a worker thread."""
    from core.execute import Limits, run

    project = made_project(order.specs, order.home, job)
    project.save_recipe(order.recipe)
    work.project = project  # from now on changes of the recipe are saved there
    limits = Limits(scheduler=order.scheduler or None)
    work.report = run(project, job=job, limits=limits, upto=order.upto, recipe=order.recipe)
    return work.report


def made_project(specs: Mapping[str, InputSpec], home: Path | None, job: Job) -> Project:
    """Project of these inputs at `home` or the usual place, under the first name that is not taken."""
    from core.project import Project

    refused: ProjectError | None = None
    for folder in _places(specs, home):
        job.check()
        try:
            return Project.create(folder, specs)
        except ProjectError as error:
            refused = error  # a project of other inputs has this name
    raise refused or ProjectError("there is no place for the project", remedy="choose a folder for it")


def _places(specs: Mapping[str, InputSpec], home: Path | None) -> Iterator[Path]:
    if home is not None:
        return numbered(home)
    return channels_folders([spec.paths for spec in specs.values()])
