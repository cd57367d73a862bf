"""What a virtual acquisition costs, where it goes, and how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QProgressBar, QWidget

from app.jobs import Task, TaskState
from app.panels.importing import size_text
from app.panels.run import BAR_UNITS, TICK_MS, duration
from app.problems import problem_of
from app.theme import Theme
from app.widgets import button, column, label, row, tool
from core.job import JobState, Progress

if TYPE_CHECKING:
    from core.simulate.acquisition import Cost

ENDINGS = {
    JobState.SUCCEEDED: ("Done", "Images, truth and settings are in the folder."),
    JobState.CANCELLED: ("Stopped", "Finished images are kept; starting again with this folder goes on."),
    JobState.FAILED: ("Failed", "Finished images are kept; mend the cause and start again."),
}


OF_SET = "Images and truth of every structure are in the set."


class SimulateFoot(QWidget):
    """Sends `start` (folder), `stop`, `browse`, `open_result` and `train`."""

    start = Signal(object)
    stop = Signal()
    browse = Signal()
    open_result = Signal()
    train = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self._valid = True
        self._makes_set = False  # what is set above
        self._made_set = False  # what is being made, or was
        self._theme = theme
        self.cost = label("")
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Folder of the acquisition")
        self.folder.setToolTip("A folder that was begun with the same settings is gone on with")
        self.folder.textChanged.connect(lambda _text: self._allow())
        self.choose = tool(theme.icon("open"), "Choose the folder…", self.browse.emit)
        self.start_button = button("Start", self._start, icon=theme.icon("run", "on_accent"), kind="primary")
        self.stop_button = button("Cancel", self.stop.emit)
        self.open_button = button("Open the result", self.open_result.emit)
        self.train_button = button("Train with it", self.train.emit, icon=theme.icon("train"))
        self.open_button.hide()
        self.train_button.hide()
        self.state = label("", "quiet")
        self.time = label("", "quiet", wrap=False)
        self.bar = QProgressBar()
        self.bar.setRange(0, BAR_UNITS)
        self.bar.setTextVisible(False)
        place = row(label("Into", "quiet", wrap=False), self.folder, self.choose)
        place.setStretch(1, 1)
        what = column(self.cost, place, gap=8)
        buttons = row(self.open_button, self.train_button, self.stop_button, self.start_button, gap=8)
        top = row(gap=24)
        top.addLayout(what, 1)
        top.addLayout(buttons)
        below = row(self.state, self.time, gap=24)
        below.setStretch(0, 1)
        whole = column(top, self.bar, below, gap=8)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._show_progress(False)
        self._allow()
        theme.changed.connect(self._recolour)

    # ---- what is to be made
    def show_cost(self, cost: Cost, structures: int = 1) -> None:
        """Say what the acquisition, or a set of so many, will cost."""
        several = f"{structures} structures  ·  " if structures > 1 else ""
        self.cost.setText(f"{several}{cost_text(cost)}")

    def show_no_cost(self, error: Exception) -> None:
        """Say why it is not known what the acquisition will cost."""
        what = problem_of(error, "estimating the cost").what
        self.cost.setText(f"No estimate: {what}")

    def set_folder(self, folder: Path) -> None:
        """Propose a folder."""
        self.folder.setText(str(folder))

    def set_possible(self, valid: bool, *, makes_set: bool = False) -> None:
        """Say whether the settings are complete, and whether they are those of a training set."""
        self._valid = valid
        self._makes_set = makes_set
        self._allow()

    # ---- what is being made
    def follow(self, task: Task) -> None:
        """Show this task until it ends, and then how it ended."""
        self._task = task
        self._made_set = self._makes_set
        self.open_button.hide()
        self.train_button.hide()
        self.state.setText("starting …")
        self.bar.setRange(0, 0)
        task.progressed.connect(self._show)
        task.ended.connect(self._end)
        self._timer.start()
        self._show_progress(True)
        self._allow()

    def _start(self) -> None:
        self.start.emit(Path(self.folder.text().strip()).expanduser())

    def _allow(self) -> None:
        running = self._task is not None
        named = Path(self.folder.text().strip()).expanduser().is_absolute()
        self.start_button.setEnabled(self._valid and named and not running)
        self.stop_button.setEnabled(running)
        self.stop_button.setVisible(running)
        self.folder.setEnabled(not running)
        self.choose.setEnabled(not running)

    def _show(self, progress: Progress) -> None:
        task = self._task
        if task is None:
            return
        self.bar.setRange(0, BAR_UNITS if progress.total > 0 else 0)
        self.bar.setValue(round(progress.fraction * BAR_UNITS))
        share = f"  ·  {progress.fraction:.0%}" if progress.total > 0 else ""
        self.state.setText("stopping …" if task.stopping else f"{progress.message}{share}")
        self._tick()

    def _tick(self) -> None:
        task = self._task
        if task is None:
            return
        if task.state is TaskState.WAITING:
            self.state.setText("waiting for another job to end …")
        if task.stopping:
            self.state.setText("stopping …")
            self.stop_button.setEnabled(False)
        self.time.setText(duration(task.elapsed_s()))

    def _end(self, state: JobState) -> None:
        task, self._task = self._task, None
        self._timer.stop()
        word, what = ENDINGS[state]
        done = state is JobState.SUCCEEDED
        what = OF_SET if done and self._made_set else what
        took = "" if task is None else f" after {duration(task.elapsed_s())}"
        self.state.setText(f"{word}{took}. {what}")
        self.time.setText("")
        self.bar.hide()
        self.open_button.setVisible(done and not self._made_set)
        self.train_button.setVisible(done and self._made_set)
        self._allow()

    def _recolour(self) -> None:
        self.choose.setIcon(self._theme.icon("open"))
        self.start_button.setIcon(self._theme.icon("run", "on_accent"))
        self.train_button.setIcon(self._theme.icon("train"))

    def _show_progress(self, shown: bool) -> None:
        for part in (self.bar, self.state, self.time):
            part.setVisible(shown)


def cost_text(cost: Cost) -> str:
    """What an acquisition costs, in one line."""
    parts = (
        f"{count_text(cost.electrons)} electrons" if cost.electrons else "",
        "" if cost.seconds is None else f"about {duration(cost.seconds)}",
        f"{size_text(cost.disk_bytes)} on disk",
        f"{size_text(cost.memory_bytes)} of memory",
    )
    return "  ·  ".join(filter(None, parts))


def count_text(number: float) -> str:
    """A large number for reading."""
    millions = number / 1e6
    return (
        f"{millions:,.3g} million"
        if 1 <= millions < 1000
        else (f"{millions:,.0f} million" if millions >= 1000 else f"{number:,.0f}")
    )
