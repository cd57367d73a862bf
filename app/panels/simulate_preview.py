"""What one slice of the planned acquisition will look like."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from app.foreseeing import Way
from app.plots.still import Legend, Still, StillGrid
from app.problems import problem_of
from app.widgets import column, combo_box, frame, label, row

WAYS: dict[str, Way] = {
    "Fast approximation, with noise": "noisy",
    "Fast approximation, without noise": "smooth",
    "Monte Carlo, some electrons": "monte-carlo",
}


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
        self.ways = combo_box(list(WAYS), "How the preview is made")
        self.ways.setToolTip(
            "The fast approximation with the noise of the electrons or without, or some electrons that are "
            "followed one by one, in a smaller part of the field"
        )
        self.ways.currentIndexChanged.connect(lambda _index: self.wanted.emit())
        self.status = label("", "quiet", wrap=False)
        self.note = label("", "small")
        self._trouble = label("")
        self._trouble_box = frame("failure", column(self._trouble, margin=10))
        title = label("PREVIEW", "section", wrap=False)
        head = row(title, self.slider, self._number, self.ways, None, self.status, gap=12)
        self.legend = Legend()
        self.legend.hide()
        whole = column(head, self._trouble_box, self.grid, self.legend, self.note, gap=10, margin=16)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.say_trouble(None)
        self.set_slices(1)

    def way(self) -> Way:
        """How the preview is to be made."""
        return WAYS[self.ways.currentText()]

    def set_slices(self, count: int) -> None:
        """Say how many slices there will be."""
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, count - 1)
        self.slider.setEnabled(count > 1)
        self._say_number()

    def show_stills(self, stills: Sequence[Still], note: str = "", legend: Sequence[str] = ()) -> None:
        """Show truth and images; `legend` names the labels where there are more than two."""
        self.say_trouble(None)
        self.grid.show_stills(stills)
        self.legend.show_names(legend)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def say_trouble(self, error: Exception | None) -> None:
        """Say in words why there is no preview; None when there is one."""
        self._trouble_box.setVisible(error is not None)
        if error is None:
            return
        self.grid.show_stills(())
        self.legend.show_names(())
        self.note.hide()
        problem = problem_of(error, "making the preview")
        found = f"Expected {problem.expected}" + (f", found {problem.got}." if problem.got else ".")
        remedy = problem.remedy[:1].upper() + problem.remedy[1:]
        what = problem.what[:1].upper() + problem.what[1:]
        self._trouble.setText("\n".join(filter(None, [what, problem.expected and found, remedy])))

    def say_busy(self, busy: bool) -> None:
        """Say whether the preview is being computed."""
        self.status.setText("computing …" if busy else "")

    def _slid(self, _index: int) -> None:
        self._say_number()
        self.wanted.emit()

    def _say_number(self) -> None:
        self._number.setText(f"slice {self.slider.value()} of 0–{self.slider.maximum()}")
