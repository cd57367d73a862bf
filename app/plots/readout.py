"""Where the cursor is and what is there: sliders with numbers for z, y, x, grey value, position."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QSlider, QSpinBox, QVBoxLayout, QWidget

from app.geometry import AXIS_NAMES, Frame, X, Y, Z, readable_length
from app.plots.areas import ORIGIN_WORDS
from core.volume import Origin


class Readout(QWidget):
    """The corner between the cuts."""

    moved = Signal(int, int)  # axis, index

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sliders: dict[int, QSlider] = {}
        self._numbers: dict[int, QSpinBox] = {}
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for row, axis in enumerate((Z, Y, X)):
            self._add_axis(grid, row, axis)
        self._value = self._label("value under the cursor")
        self._place = self._label("position of the cursor")
        self._note = self._label("note on proportions")
        font = self._value.font()
        font.setBold(True)
        self._value.setFont(font)
        layout = QVBoxLayout(self)
        layout.addWidget(self._value)  # first: where the corner is low, the rest is scrolled
        layout.addWidget(self._place)
        layout.addLayout(grid)
        layout.addWidget(self._note)
        layout.addStretch(1)
        self.set_frame(None)

    def _add_axis(self, grid: QGridLayout, row: int, axis: int) -> None:
        name = AXIS_NAMES[axis]
        slider, number = QSlider(Qt.Orientation.Horizontal), QSpinBox()
        slider.setAccessibleName(f"{name} of the cursor, slider")
        number.setAccessibleName(f"{name} of the cursor")
        number.setKeyboardTracking(False)
        slider.valueChanged.connect(lambda index, axis=axis: self.moved.emit(axis, index))
        number.valueChanged.connect(lambda index, axis=axis: self.moved.emit(axis, index))
        label = QLabel(name)
        label.setBuddy(number)
        grid.addWidget(label, row, 0)
        grid.addWidget(slider, row, 1)
        grid.addWidget(number, row, 2)
        self._sliders[axis], self._numbers[axis] = slider, number

    def _label(self, accessible: str) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        label.setAccessibleName(accessible)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        return label

    def set_frame(self, frame: Frame | None) -> None:
        """Take the limits from a volume; None empties the panel."""
        for axis in (Z, Y, X):
            last = 0 if frame is None else frame.info.shape[axis] - 1
            for control in (self._sliders[axis], self._numbers[axis]):
                with QSignalBlocker(control):
                    control.setRange(0, last)
                    control.setEnabled(frame is not None and last > 0)
        self._note.setText("" if frame is None else frame.note)
        self._note.setVisible(bool(self._note.text()))
        if frame is None:
            self.set_text("", "")

    def set_cursor_position(self, zyx: tuple[int, int, int]) -> None:
        """Show the cursor without announcing a move."""
        for axis in (Z, Y, X):
            for control in (self._sliders[axis], self._numbers[axis]):
                with QSignalBlocker(control):
                    control.setValue(zyx[axis])

    def set_text(self, value: str, place: str) -> None:
        """Show value and position of what lies under the mouse, or at the cursor."""
        self._value.setText(value)
        self._place.setText(place)


def place_text(frame: Frame, zyx: tuple[int, int, int]) -> str:
    """Voxel index and, where sizes are known, distance from the first voxel."""
    text = f"voxel z {zyx[Z]}, y {zyx[Y]}, x {zyx[X]}"
    numbers = frame.info.slice_numbers
    if numbers is not None:
        text += f" (slice number {numbers[zyx[Z]]})"
    text += origin_text(frame, zyx[Z])
    if frame.unit == "px":
        return text
    axes = (Z, Y, X) if frame.z_known else (Y, X)
    lengths = [
        f"{AXIS_NAMES[axis]} {readable_length(distance_from_first(frame, axis, zyx[axis]))}" for axis in axes
    ]
    return text + "\n" + ", ".join(lengths)


def origin_text(frame: Frame, index: int) -> str:
    """Whether a slice was measured, where the stack says so."""
    origin = frame.info.origin
    if origin is None or index >= len(origin):
        return ""
    return f"\nslice: {ORIGIN_WORDS[Origin(origin[index])]}"


def distance_from_first(frame: Frame, axis: int, index: int) -> float:
    """Distance of a voxel from the first one; of slices that of where they were taken."""
    if axis == Z:
        return float(frame.z_centres[index] - frame.z_centres[0])
    return index * frame.size[axis]


def value_text(before: float | int | None, after: float | int | None, names: tuple[str, str]) -> str:
    """Value of a voxel, of both sides where two are compared."""
    if before is None and after is None:
        return "overview: exact value not read yet"
    if after is None:
        return f"value {before:.6g}" if isinstance(before, float) else f"value {before}"
    return f"{names[0]} {number(before)} → {names[1]} {number(after)}"


def number(value: float | int | None) -> str:
    """A stored value as text."""
    if value is None:
        return "not read yet"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
