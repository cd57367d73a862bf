"""Core functions in threads, their endings on the GUI thread: the only thread code beside the views' loaders.

A task is prepared, its signals are connected, then it is started; it ends in exactly one of ``succeeded``,
``cancelled`` and ``failed``, followed by ``ended``. All of them arrive on the GUI thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from core.job import Job, JobState, Outcome, Progress, run_job

SYNCHRONOUS = "TRUESLICE_SYNCHRONOUS"
"""Environment variable: when set to 1, every task runs in line (for tests and debugging)."""


class TaskState(Enum):
    """Where a task stands."""

    PREPARED = "prepared"
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


class Task(QObject):
    """One run of a core function; made by `JobQueue.prepare`.

    Signals carry: `progressed` a `Progress`, `succeeded` the function's value, `failed` the exception.
    """

    started = Signal()
    progressed = Signal(object)
    succeeded = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    ended = Signal(object)
    _news = Signal()

    def __init__(self, title: str, function: Callable[[Job], Any], parent: QObject) -> None:
        super().__init__(parent)
        self.title = title
        self.state = TaskState.PREPARED
        self.outcome: Outcome[Any] | None = None
        self.progress = Progress(0, 0, "")
        self.began: float | None = None
        self.job = Job(report=self._report)
        self._function = function
        self._finished: Callable[[Task], None] = _nobody
        self._arrived: Outcome[Any] | None = None
        self._latest = self.progress
        self._announced = False
        # Queued even from the same thread: listeners never run inside the function that reports.
        self._news.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Ask the function to stop; it ends as cancelled when it next looks."""
        self.job.stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the task was asked to stop and has not ended yet."""
        return self.job.stop.is_set() and self.state is not TaskState.ENDED

    def elapsed_s(self) -> float:
        """Seconds since the function began; 0 while it waits."""
        return 0.0 if self.began is None else time.monotonic() - self.began

    def run(self) -> None:
        """Call the function; in the worker thread, or in line when synchronous."""
        self.state = TaskState.RUNNING
        self.began = time.monotonic()
        self._announce()
        self._arrived = run_job(self._checked, self.job)
        self._news.emit()

    def _checked(self, job: Job) -> Any:
        job.check()
        return self._function(job)

    def _report(self, progress: Progress) -> None:
        # Called from the worker, maybe thousands of times a second: one message is under way at a time.
        self._latest = progress
        self._announce()

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            self._news.emit()

    def _deliver(self) -> None:
        if self.state is TaskState.ENDED:
            return
        # Looked at first: an end that arrives from here on has its own news, and the last progress before it.
        arrived = self._arrived
        self._announced = False
        if self._latest is not self.progress:
            self.progress = self._latest
            self.progressed.emit(self.progress)
        elif arrived is None:
            self.started.emit()
        if arrived is not None:
            self._end(arrived)

    def _end(self, outcome: Outcome[Any]) -> None:
        self.state = TaskState.ENDED
        self.outcome = outcome
        self._function = _spent  # lets go of what the closure holds, on this thread
        if outcome.state is JobState.SUCCEEDED:
            self.succeeded.emit(outcome.value)
        elif outcome.state is JobState.CANCELLED:
            self.cancelled.emit()
        else:
            self.failed.emit(outcome.error)
        self.ended.emit(outcome.state)
        finished, self._finished = self._finished, _nobody
        finished(self)


def _nobody(_task: Task) -> None:
    """Nobody waits for the task to be over."""


def _spent(_job: Job) -> None:
    raise RuntimeError("a task runs once")


class JobQueue(QObject):
    """Tasks in the order they were started, at most `workers` of them at a time.

    Signals: `added` (a `Task`) when one is started, `changed` when any starts or ends, `idle` when the last
    has ended.
    """

    added = Signal(object)
    changed = Signal()
    idle = Signal()

    def __init__(
        self,
        workers: int = 1,
        *,
        name: str = "work",
        synchronous: bool | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.synchronous = os.environ.get(SYNCHRONOUS) == "1" if synchronous is None else synchronous
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"trueslice-{name}")
        self._active: list[Task] = []
        self._futures: dict[Task, Future[None]] = {}
        self._closed = False

    @property
    def active(self) -> tuple[Task, ...]:
        """Tasks that were started and have not ended, oldest first."""
        return tuple(self._active)

    def prepare(self, title: str, function: Callable[[Job], Any]) -> Task:
        """Make a task to connect to; `function` gets a `Job` and must not touch any widget."""
        return Task(title, function, self)

    def start(self, task: Task) -> Task:
        """Put a prepared task into the queue; in one that is closed it ends as cancelled.

        Raises
        ------
        RuntimeError
            If the task was started before.
        """
        if task.state is not TaskState.PREPARED:
            raise RuntimeError(f"the task {task.title!r} was started before")
        task.state = TaskState.WAITING
        self._active.append(task)
        task.started.connect(self.changed)
        # No connection: a slot that holds the queue would drop it while the task is being destroyed.
        task._finished = self._finished
        self.added.emit(task)
        self.changed.emit()
        if self._closed:  # a timer of a page may still come after the window is closed
            task.cancel()
        if self.synchronous or self._closed:
            task.run()
            task._deliver()
        else:
            self._futures[task] = self._pool.submit(task.run)
        return task

    def cancel_all(self) -> None:
        """Ask every task to stop."""
        for task in self._active:
            task.cancel()

    def close(self) -> None:
        """Ask the present tasks to stop; `idle` says when they have. Later ones end before they begin."""
        self._closed = True
        self.cancel_all()
        self._pool.shutdown(wait=not self._active)

    def _finished(self, task: Task) -> None:
        self._active.remove(task)
        if task in self._futures:
            # The worker may still be on its way out of the signal it sent: deleting the sender would crash.
            self._futures.pop(task).result()
        task.deleteLater()
        self.changed.emit()
        if not self._active:
            self.idle.emit()
