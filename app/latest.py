"""Answers that follow what the user types: asked for after a pause, computed in a worker, the newest kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import JobQueue, Task
from core.job import Job, Progress

DEBOUNCE_MS = 250


class Latest(QObject):
    """Keeps one answer up to date.

    Signals: `ready` (the answer), `failed` (exception), `busy` (bool), `progressed` (`Progress`). Answers to
    anything but the newest question are dropped, and their computing is asked to stop.
    """

    ready = Signal(object)
    failed = Signal(object)
    busy = Signal(bool)
    progressed = Signal(object)

    def __init__(
        self, title: str, queue: JobQueue, parent: QObject | None = None, *, pause_ms: int = DEBOUNCE_MS
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._queue = queue
        self._question: Callable[[Job], Any] | None = None
        self._task: Task | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(self._start)

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._timer.isActive() or self._task is not None

    def ask(self, question: Callable[[Job], Any]) -> None:
        """Have `question` computed soon, instead of whatever was asked before."""
        self.drop()
        self._question = question
        self._timer.start()

    def drop(self) -> None:
        """Want no answer any more."""
        self._timer.stop()
        self._question = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.busy.emit(False)

    def _start(self) -> None:
        question, self._question = self._question, None
        if question is None:
            return
        task = self._queue.prepare(self._title, question)
        task.succeeded.connect(lambda answer: self._take(task, self.ready, answer))
        task.failed.connect(lambda error: self._take(task, self.failed, error))
        task.progressed.connect(lambda progress: self._tell(task, progress))
        self._task = task
        self.busy.emit(True)
        self._queue.start(task)

    def _tell(self, task: Task, progress: Progress) -> None:
        if self._task is task:
            self.progressed.emit(progress)

    def _take(self, task: Task, signal: Any, value: object) -> None:
        if self._task is not task:
            return
        self._task = None
        self.busy.emit(False)
        signal.emit(value)
