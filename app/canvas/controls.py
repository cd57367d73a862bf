"""The controls above the 3D view."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.canvas.look import COLOUR_MAPS, MODES
from app.canvas.range_slider import RangeSlider
from app.flow import FlowLayout
from app.forms_number import NumberBox, UnreadableError
from app.widgets import combo_box, tool_button

STEPS = 1000


class VolumeControls(QWidget):
    """Mode, threshold, colours, clipping. It only asks; `VolumeView` decides."""

    mode_chosen = Signal(str)
    threshold_chosen = Signal(float)
    colour_map_chosen = Signal(str)
    colour_chosen = Signal(QColor)
    clip_chosen = Signal(str, float, float)
    reset_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = (0.0, 255.0)
        self._mode = combo_box(list(MODES.values()), "How the volume is drawn")
        self._mode.currentIndexChanged.connect(lambda index: self._choose_mode(list(MODES)[index]))
        self._maps = combo_box(list(COLOUR_MAPS), "Colour map")
        self._maps.currentTextChanged.connect(self.colour_map_chosen)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setAccessibleName("Grey value of the surface, slider")
        self._slider.setMinimumWidth(self.fontMetrics().horizontalAdvance("x") * 12)
        self._slider.valueChanged.connect(self._slid)
        self._number = NumberBox(whole=False)
        self._number.setAccessibleName("Grey value of the surface")
        self._number.setToolTip("Grey value of the surface")
        self._number.editingFinished.connect(self._typed)
        self._colour = tool_button("Colour", "Colour of the surface")
        self._colour.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._colour.clicked.connect(self._ask_colour)
        self._clip = tool_button("Cut", "Cut parts away along x, y and z")
        self._clip.setCheckable(True)
        reset = tool_button("Reset view", "Everything, from the front (Home or double click)")
        reset.clicked.connect(self.reset_wanted)
        save = tool_button("Save picture …", "Save what is shown as a PNG file")
        save.clicked.connect(self.save_wanted)
        row = FlowLayout(gap=2)
        for widget in (self._mode, self._maps, self._slider, self._number, self._colour):
            row.addWidget(widget)
        for button in (self._clip, reset, save):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._cuts())
        self.set_mode("mip")

    def _cuts(self) -> QWidget:
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(0, 0, 0, 0)
        self.ranges: dict[str, RangeSlider] = {}
        for column, axis in enumerate("xyz"):
            slider = RangeSlider(f"Shown part of {axis}")
            slider.changed.connect(lambda low, high, axis=axis: self.clip_chosen.emit(axis, low, high))
            grid.addWidget(QLabel(axis), 0, 2 * column)
            grid.addWidget(slider, 0, 2 * column + 1)
            self.ranges[axis] = slider
        panel.setVisible(False)
        self._clip.toggled.connect(panel.setVisible)
        return panel

    # ------------------------------------------------------------------ shown without announcing
    def set_mode(self, mode: str) -> None:
        """Show the mode and what belongs to it."""
        with QSignalBlocker(self._mode):
            self._mode.setCurrentIndex(list(MODES).index(mode))
        self._maps.setVisible(mode == "mip")
        for widget in (self._slider, self._number, self._colour):
            widget.setVisible(mode == "iso")

    def set_limits(self, low: float, high: float) -> None:
        """Set the range of grey values of the threshold slider."""
        self._limits = (low, high if high > low else low + 1.0)

    def set_threshold(self, value: float) -> None:
        """Show the threshold."""
        low, high = self._limits
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._slider.setValue(round(STEPS * (value - low) / (high - low)))
            self._number.show_number(float(f"{value:.5g}"))

    def set_colour_map(self, name: str) -> None:
        """Show the colour map."""
        with QSignalBlocker(self._maps):
            self._maps.setCurrentText(name)

    def set_colour(self, colour: QColor) -> None:
        """Show the colour of the surface."""
        side = self.fontMetrics().height()
        swatch = QPixmap(side, side)
        swatch.fill(colour)
        self._colour.setIcon(QIcon(swatch))

    def set_clip(self, axis: str, low: float, high: float) -> None:
        """Show the part of an axis."""
        with QSignalBlocker(self.ranges[axis]):
            self.ranges[axis].set_range(low, high)

    # ------------------------------------------------------------------ reactions
    def _choose_mode(self, mode: str) -> None:
        self.set_mode(mode)
        self.mode_chosen.emit(mode)

    def _slid(self, position: int) -> None:
        low, high = self._limits
        value = float(f"{low + (high - low) * position / STEPS:.5g}")
        with QSignalBlocker(self._number):
            self._number.show_number(value)
        self.threshold_chosen.emit(value)

    def _typed(self) -> None:
        try:
            value = self._number.number()
        except UnreadableError:
            value = None
        if value is not None:
            self.set_threshold(float(value))
            self.threshold_chosen.emit(float(value))

    def _ask_colour(self) -> None:
        dialog = QColorDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self.colour_chosen)
        dialog.open()
