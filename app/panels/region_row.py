"""The marked region as numbers, and the button that measures it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from app.geometry import AXIS_NAMES, X, Y, Z
from app.region import Region, region_within
from app.widgets import button, label
from core.job import Progress
from core.volume import Shape

DIGITS = 4
PADDING_PX = 12


class RegionRow(QWidget):
    """First and last voxel along z, y and x. It only asks; `Measuring` decides.

    Signals: `changed` (Region) after a number was edited, `measure` and `stop`.
    """

    changed = Signal(object)
    measure = Signal()
    stop = Signal()

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape: Shape = (1, 1, 1)
        self._region: Region | None = None
        self._toggle = toggle = QToolButton()
        toggle.setDefaultAction(action)
        toggle.setIconSize(QSize(18, 18))
        toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ends: dict[int, tuple[QLineEdit, QLineEdit]] = {}
        self._numbers = QWidget()
        inner = QHBoxLayout(self._numbers)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(3)
        for axis in (Z, Y, X):
            self.ends[axis] = self._axis(inner, axis)
        self.measure_button = button("Measure", self.measure.emit, kind="primary")
        self.stop_button = button("Stop", self.stop.emit)
        self.measure_button.setToolTip("Measure the region; a small one is measured at once")
        self._said = label("", "small", wrap=False)
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(toggle)
        for widget in (self._numbers, self.measure_button, self.stop_button):
            layout.addWidget(widget)
        layout.addWidget(self._said, 1)
        self.show_region(None)
        self.show_work(busy=False, due=False)

    def _axis(self, line: QHBoxLayout, axis: int) -> tuple[QLineEdit, QLineEdit]:
        name = AXIS_NAMES[axis]
        first, last = QLineEdit(), QLineEdit()
        for box, which in ((first, "First"), (last, "Last")):
            box.setAccessibleName(f"{which} {name} of the region")
            box.setToolTip(f"{which} voxel of the region along {name}")
            box.setValidator(QIntValidator(0, 0, box))
            box.setProperty("compact", True)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            box.setFixedWidth(box.fontMetrics().horizontalAdvance("0" * DIGITS) + PADDING_PX)
            box.editingFinished.connect(lambda box=box: self._edited(box))
        line.addWidget(label(name, "quiet", wrap=False))
        line.addWidget(first)
        line.addWidget(label("–", "quiet", wrap=False))
        line.addWidget(last)
        return first, last

    def set_shape(self, shape: Shape) -> None:
        """Say how large the stack is."""
        self._shape = shape
        for axis, boxes in self.ends.items():
            for box in boxes:
                box.setValidator(QIntValidator(0, max(shape[axis] - 1, 9), box))

    def show_region(self, region: Region | None) -> None:
        """Show a region without announcing it; None hides the numbers."""
        self._region = region
        self._numbers.setVisible(region is not None)
        alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self._toggle.setToolButtonStyle(alone if region is None else Qt.ToolButtonStyle.ToolButtonIconOnly)
        if region is not None:
            for axis, (first, last) in self.ends.items():
                first.setText(str(region.low[axis]))
                last.setText(str(region.high[axis] - 1))

    def show_work(self, *, busy: bool, due: bool) -> None:
        """Whether the region is being measured, and whether that waits for the button."""
        self.measure_button.setVisible(due and not busy)
        self.stop_button.setVisible(busy)
        self._said.setText("Measuring …" if busy else "")

    def show_progress(self, progress: Progress) -> None:
        """Show how far measuring is."""
        share = f" {progress.fraction:.0%}" if progress.total > 0 else ""
        self._said.setText(f"Measuring: {progress.message}{share}".rstrip())

    def _edited(self, box: QLineEdit) -> None:
        """Take over a number; where the range would be empty its other end gives way."""
        region = self._region
        if region is None:
            return
        axis = next(axis for axis, pair in self.ends.items() if box in pair)
        low, high = list(region.low), list(region.high)
        if box is self.ends[axis][0]:
            low[axis] = int(box.text() or low[axis])
            high[axis] = max(high[axis], low[axis] + 1)
        else:
            high[axis] = int(box.text() or high[axis] - 1) + 1
            low[axis] = min(low[axis], high[axis] - 1)
        edited = region_within(low, high, self._shape)
        self.show_region(edited)
        if edited != region:
            self.changed.emit(edited)
