"""The run that is under way: how far it is, how long it will take, how to stop it."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.jobs import Task, TaskState
from app.pacing import Whole
from app.theme import Theme
from app.widgets import button, column, label, row
from core.job import JobState, Progress

TICK_MS = 500
BAR_UNITS = 1000


def duration(seconds: float) -> str:
    """A length of time in words a person would use."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class RunPanel(QWidget):
    """Progress of one task at a time; sends `run`, `run_to` and `stop`."""

    run = Signal()
    run_to = Signal()
    stop = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self._whole: Whole | None = None
        self.title = label("Nothing is running", "heading", wrap=False)
        self.part = label("", "quiet", wrap=False)
        self.time = label("", "quiet", wrap=False)
        self.bar = QProgressBar()
        self.bar.setRange(0, BAR_UNITS)
        self.bar.setTextVisible(False)
        self.run_button = button(
            "Run all", self.run.emit, icon=theme.icon("run", "on_accent"), kind="primary"
        )
        self.to_button = button("Run to chosen step", self.run_to.emit)
        self.stop_button = button("Stop", self.stop.emit)
        self.stop_button.setEnabled(False)
        buttons = row(self.run_button, self.to_button, self.stop_button, None, gap=8)
        top = row(self.title, None, self.time)
        self.setLayout(column(top, self.bar, self.part, buttons, None, gap=10, margin=16))
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def follow(self, task: Task, whole: Whole | None = None) -> None:
        """Show this task until it ends, and then how it ended; `whole` knows how far all of it is."""
        self._task = task
        self._whole = whole
        self.title.setText(task.title)
        self.part.setText("starting …")
        self.bar.setValue(0)
        self._allow(running=True)
        task.progressed.connect(self._show)
        task.ended.connect(self._end)
        self._timer.start()

    def set_possible(self, everything: bool, chosen: bool) -> None:
        """Say what could be run."""
        self._possible = (everything, chosen)
        self._allow(running=self._task is not None)

    _possible = (False, False)

    def _allow(self, *, running: bool) -> None:
        self.run_button.setEnabled(self._possible[0] and not running)
        self.to_button.setEnabled(self._possible[1] and not running)
        self.stop_button.setEnabled(running)

    def _show(self, progress: Progress) -> None:
        task = self._task
        if task is None:
            return
        whole = self._whole
        if whole is not None and whole.now is not None:
            self.bar.setRange(0, BAR_UNITS)
            self.bar.setValue(round(whole.fraction * BAR_UNITS))
        else:
            self.bar.setRange(0, BAR_UNITS if progress.total > 0 else 0)
        counted = f"  ·  {progress.done} of {progress.total}" if progress.total > 0 else ""
        self.part.setText("stopping …" if task.stopping else f"{progress.message}{counted}")
        self._tick()

    def _tick(self) -> None:
        task = self._task
        if task is None:
            return
        if task.state is TaskState.WAITING:
            self.part.setText("waiting for another job to end …")
        if task.stopping:
            self.part.setText("stopping …")
            self.stop_button.setEnabled(False)
        text = duration(task.elapsed_s())
        whole = self._whole
        left = None if whole is None else whole.left_s(time.monotonic())
        if whole is not None and left is not None and left >= 1:
            about = "about" if whole.measured else "very roughly"
            text += f"  ·  {round(100 * whole.fraction)} %  ·  {about} {duration(left)} left"
        self.time.setText(text)

    def _end(self, state: JobState) -> None:
        task, self._task = self._task, None
        self._timer.stop()
        took = "" if task is None else f" after {duration(task.elapsed_s())}"
        self.title.setText(
            {
                JobState.SUCCEEDED: f"Done{took}",
                JobState.CANCELLED: f"Stopped{took}",
                JobState.FAILED: f"Failed{took}",
            }[state]
        )
        self.part.setText(
            {
                JobState.SUCCEEDED: "All results are in the project folder.",
                JobState.CANCELLED: "Finished blocks are kept; running again goes on from there.",
                JobState.FAILED: "Finished blocks are kept; mend the cause and run again.",
            }[state]
        )
        self.time.setText("")
        self.bar.setRange(0, BAR_UNITS)
        self.bar.setValue(BAR_UNITS if state is JobState.SUCCEEDED else self.bar.value())
        self._allow(running=False)
