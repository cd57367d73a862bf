"""Where a training goes, what it will cost, how far it is, and how it ended."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QProgressBar, QWidget

from app.panels.run import BAR_UNITS, TICK_MS, duration
from app.theme import Theme
from app.widgets import button, column, label, row, tool
from core.job import JobState, Progress

ENDINGS = {
    JobState.SUCCEEDED: "Done",
    JobState.CANCELLED: "Stopped. What is finished is kept; starting again with this folder goes on.",
    JobState.FAILED: "Failed. What is finished is kept; mend the cause and start again.",
}
NOT_ESTIMATED = "Estimate tells how long it will take on this computer."


class TrainFoot(QWidget):
    """Sends `start` (folder), `stop`, `estimate` and `browse`."""

    start = Signal(object)
    stop = Signal()
    estimate = Signal()
    browse = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._possible, self._active, self._trains, self._began = False, False, False, 0.0
        self.cost = label(NOT_ESTIMATED)
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Folder of the training")
        self.folder.setToolTip("A folder that was begun with the same settings is gone on with")
        self.folder.textChanged.connect(lambda _text: self._allow())
        self.choose = tool(theme.icon("open"), "Choose the folder…", self.browse.emit)
        self.estimate_button = button("Estimate", self.estimate.emit)
        self.estimate_button.setToolTip("Measure a few steps on this computer; nothing is written")
        self.start_button = button("Start", self._start, icon=theme.icon("run", "on_accent"), kind="primary")
        self.start_button.setToolTip("Train; a folder that was begun with the same settings goes on")
        self.stop_button = button("Cancel", self.stop.emit)
        self.stop_button.setToolTip("Stop; what is finished is kept")
        self.state, self.time = label("", "quiet"), label("", "quiet", wrap=False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._allow()
        theme.changed.connect(self._recolour)

    def _lay_out(self) -> None:
        place = row(label("Into", "quiet", wrap=False), self.folder, self.choose)
        place.setStretch(1, 1)
        buttons = row(self.estimate_button, self.stop_button, self.start_button, gap=8)
        top = row(gap=24)
        top.addLayout(column(self.cost, place, gap=8), 1)
        top.addLayout(buttons)
        below = row(self.state, self.time, gap=24)
        below.setStretch(0, 1)
        whole = column(top, self.bar, below, gap=8)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        for part in (self.bar, self.state, self.time):
            part.hide()

    # ---- what is to be trained
    def set_possible(self, possible: bool) -> None:
        """Say whether the settings allow to start."""
        self._possible = possible
        self._allow()

    def set_folder(self, folder: Path) -> None:
        """Propose a folder."""
        self.folder.setText(str(folder))

    def path(self) -> Path:
        """The folder that is named."""
        return Path(self.folder.text().strip()).expanduser()

    def show_cost(self, cost: dict[str, Any]) -> None:
        """Say what was measured."""
        self.cost.setText(cost_text(cost))

    def forget_cost(self) -> None:
        """The settings have changed since it was measured."""
        if not self._active:
            self.cost.setText(NOT_ESTIMATED)

    # ---- what is being trained
    def follow(self, trains: bool) -> None:
        """Show that the process has begun: a training, or an estimate."""
        self._active, self._trains, self._began = True, trains, time.monotonic()
        self.state.setText("starting …" if trains else "measuring …")
        self.bar.setRange(0, 0)
        for part in (self.bar, self.state, self.time):
            part.show()
        self._timer.start()
        self._tick()
        self._allow()

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is."""
        self.bar.setRange(0, BAR_UNITS if progress.total > 0 else 0)
        self.bar.setValue(round(progress.fraction * BAR_UNITS))
        if self.stop_button.isEnabled():
            self.state.setText(f"{progress.message[:1].upper()}{progress.message[1:]}")

    def say_stopping(self) -> None:
        """Say that it was asked to stop."""
        self.state.setText("stopping …")
        self.stop_button.setEnabled(False)

    def end(self, state: JobState) -> None:
        """Say how it ended."""
        self._active = False
        self._timer.stop()
        took = duration(time.monotonic() - self._began)
        word, _dot, rest = ENDINGS[state].partition(".")
        self.state.setText(f"{word} after {took}.{rest}")
        self.state.setVisible(self._trains)
        for part in (self.bar, self.time):
            part.hide()
        self._allow()

    def _start(self) -> None:
        self.start.emit(self.path())

    def _tick(self) -> None:
        self.time.setText(duration(time.monotonic() - self._began))

    def _allow(self) -> None:
        idle = not self._active
        self.start_button.setEnabled(idle and self._possible and self.path().is_absolute())
        self.estimate_button.setEnabled(idle and self._possible)
        self.stop_button.setEnabled(not idle)
        self.stop_button.setVisible(not idle)
        self.folder.setEnabled(idle)
        self.choose.setEnabled(idle)

    def _recolour(self) -> None:
        self.choose.setIcon(self._theme.icon("open"))
        self.start_button.setIcon(self._theme.icon("run", "on_accent"))


def cost_text(cost: dict[str, Any]) -> str:
    """What was measured, in one line."""
    made = cost.get("simulation") or {}
    simulated = made.get("seconds")
    parts = (
        f"at most {duration(float(cost.get('training_seconds', 0.0)))}",
        f"{float(cost.get('patches_per_second', 0.0)):.3g} patches per second on {cost.get('device', '?')}",
        f"{int(cost.get('weights', 0)):,} weights",
        "" if simulated is None else f"before that about {duration(float(simulated))} to simulate",
    )
    return "  ·  ".join(filter(None, parts))
