"""What one slice of the planned acquisition will look like."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QSlider, QWidget

from app.plots.still import Still, StillGrid
from app.problems import problem_of
from app.widgets import column, frame, label, row


class SimulatePreview(QWidget):
    """Truth and images of one slice; `wanted` when another picture is asked for."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = StillGrid()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Slice of the preview")
        self.slider.setToolTip("Which slice the preview shows")
        self.slider.setMaximumWidth(260)
        self.slider.valueChanged.connect(self._slid)
        self._number = label("", wrap=False)
        self.noise = QCheckBox("with noise")
        self.noise.setChecked(True)
        self.noise.setToolTip("Whether the images have the noise of their electrons")
        self.noise.toggled.connect(lambda _on: self.wanted.emit())
        self.status = label("", "quiet", wrap=False)
        self.note = label("", "small")
        self._trouble = label("")
        self._trouble_box = frame("failure", column(self._trouble, margin=10))
        title = label("PREVIEW", "section", wrap=False)
        head = row(title, self.slider, self._number, self.noise, None, self.status, gap=12)
        whole = column(head, self._trouble_box, self.grid, self.note, gap=10, margin=16)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.say_trouble(None)
        self.set_slices(1)

    def set_slices(self, count: int) -> None:
        """Say how many slices there will be."""
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, count - 1)
        self.slider.setEnabled(count > 1)
        self._say_number()

    def show_stills(self, stills: Sequence[Still], note: str = "") -> None:
        """Show truth and images."""
        self.say_trouble(None)
        self.grid.show_stills(stills)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def say_trouble(self, error: Exception | None) -> None:
        """Say in words why there is no preview; None when there is one."""
        self._trouble_box.setVisible(error is not None)
        if error is None:
            return
        problem = problem_of(error, "making the preview")
        found = f"Expected {problem.expected}" + (f", found {problem.got}." if problem.got else ".")
        remedy = problem.remedy[:1].upper() + problem.remedy[1:]
        self._trouble.setText("\n".join(filter(None, [problem.what, problem.expected and found, remedy])))

    def say_busy(self, busy: bool) -> None:
        """Say whether the preview is being computed."""
        self.status.setText("computing …" if busy else "")

    def _slid(self, _index: int) -> None:
        self._say_number()
        self.wanted.emit()

    def _say_number(self) -> None:
        self._number.setText(f"slice {self.slider.value()} of 0–{self.slider.maximum()}")
