"""Chooses what is cut away: a box along the axes, and an oblique plane."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.canvas.look import Cut
from app.canvas.panel_parts import check_box, flowing, pair, quietly, slider
from app.canvas.range_slider import RangeSlider
from app.widgets import tool_button

PER_MILLE = 1000


class CutPanel(QWidget):
    """Ranges of the box; angles, place and side of the plane.

    Signals: `boxed` (axis, low, high: 0-1), `changed` (`Cut`), `facing` when the plane shall face the viewer.
    """

    boxed = Signal(str, float, float)
    changed = Signal(object)
    facing = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cut = Cut()
        self.ranges: dict[str, RangeSlider] = {}
        for axis in "xyz":
            made = RangeSlider(f"Shown part of {axis}")
            made.changed.connect(lambda low, high, axis=axis: self.boxed.emit(axis, low, high))
            self.ranges[axis] = made
        self.plane = check_box("Plane", "Cut with a plane", "Take away what lies behind an oblique plane")
        self.tilt = slider("Tilt of the plane", "Angle of the plane's normal from z (degrees)", 0, 180, 60)
        self.turn = slider("Turn of the plane", "Turn of the plane about z (degrees)", 0, 360, 30)
        self.offset = slider("Place of the plane", "Where the plane stands", 0, PER_MILLE, PER_MILLE // 2)
        self.flip = tool_button("Flip", "Take the other side of the plane away")
        self.flip.setCheckable(True)
        self.face = tool_button("Face me", "Turn the plane so that you look straight at it")
        self.plane.toggled.connect(lambda on: self._set(on=on))
        self.tilt.valueChanged.connect(lambda value: self._set(tilt_deg=float(value)))
        self.turn.valueChanged.connect(lambda value: self._set(turn_deg=float(value)))
        self.offset.valueChanged.connect(lambda value: self._set(offset=value / PER_MILLE))
        self.flip.toggled.connect(lambda on: self._set(flip=on))
        self.face.clicked.connect(self.facing)
        self._of_plane = [
            pair("Tilt", self.tilt), pair("Turn", self.turn), pair("Place", self.offset),
            self.flip, self.face,
        ]  # fmt: skip
        boxes = [pair(axis, self.ranges[axis]) for axis in "xyz"]
        flowing(self, *boxes, self.plane, *self._of_plane)
        self.show_cut(self.cut)

    def show_cut(self, cut: Cut) -> None:
        """Show a plane without announcing it."""
        self.cut = cut
        with QSignalBlocker(self.plane), QSignalBlocker(self.flip):
            self.plane.setChecked(cut.on)
            self.flip.setChecked(cut.flip)
        quietly(self.tilt, round(cut.tilt_deg))
        quietly(self.turn, round(cut.turn_deg))
        quietly(self.offset, round(PER_MILLE * cut.offset))
        for widget in self._of_plane:
            widget.setEnabled(cut.on)

    def show_box(self, axis: str, low: float, high: float) -> None:
        """Show the part of an axis without announcing it."""
        with QSignalBlocker(self.ranges[axis]):
            self.ranges[axis].set_range(low, high)

    def _set(self, **changes: float | bool) -> None:
        self.show_cut(replace(self.cut, **changes))  # type: ignore[arg-type]  # names and types go together
        self.changed.emit(self.cut)
