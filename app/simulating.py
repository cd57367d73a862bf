"""Makes virtual acquisitions and training sets in the background; what a folder has of the same is kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue, Task
from core.job import Job

if TYPE_CHECKING:
    from app.simulate_work import Wanted
    from core.simulate.acquisition import Acquired, TrainingSet

log = logging.getLogger("trueslice.simulate")


class Simulator(QObject):
    """Starts acquisitions and training sets, one at a time.

    Signals: `started` (`Task`), `succeeded` (`Acquired` or `TrainingSet` of `core.simulate.acquisition`),
    `failed` (exception), `ended`.
    """

    started = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.task: Task | None = None

    @property
    def running(self) -> bool:
        """Whether an acquisition is under way."""
        return self.task is not None

    def start(self, plan: Wanted, folder: Path) -> None:
        """Make the acquisition or the set in `folder`, or go on with what is there of it."""
        if self.running:
            return
        task = self._queue.prepare(f"Simulate {folder.name}", lambda job: made_of(plan, folder, job))
        task.succeeded.connect(self._succeeded)
        task.cancelled.connect(self._cancelled)
        task.failed.connect(self.failed)
        task.ended.connect(lambda _state: self._ended())
        self.task = task
        log.info("The simulation begins: %s", folder)
        self.started.emit(task)
        self._queue.start(task)

    def stop(self) -> None:
        """Ask the acquisition to stop; finished images are kept."""
        if self.task is not None:
            self.task.cancel()

    def _succeeded(self, made: Acquired | TrainingSet) -> None:
        for warning in _warnings(made):
            log.warning("%s", warning)
        log.info("The simulation is done: %s", made.folder)
        self.succeeded.emit(made)

    def _cancelled(self) -> None:
        log.info("The simulation was stopped; finished images are kept.")

    def _ended(self) -> None:
        self.task = None
        self.ended.emit()


def made_of(plan: Wanted, folder: Path, job: Job) -> Acquired | TrainingSet:
    """Make the acquisition or the training set; in a worker thread."""
    job.progress(0, 0, "Getting ready; the first time on a computer takes up to a minute")
    from core.simulate.acquisition import acquire, training_set
    from core.simulate.training_plan import TrainingPlan

    if isinstance(plan, TrainingPlan):
        return training_set(plan, folder, job=job)
    return acquire(plan, folder, job=job)


def _warnings(made: Acquired | TrainingSet) -> Sequence[str]:
    table = made.table if hasattr(made, "table") else made.truth
    return tuple(table.get("warnings", ()))
