"""What the panels of the 3D view are put together from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QSpinBox, QWidget

from app.flow import FlowLayout

GAP, BETWEEN = 6, 12  # within what belongs together, and between it


def pair(text: str, control: QWidget) -> QWidget:
    """A control with its name before it, kept together where a line breaks."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP)
    name = QLabel(text)
    name.setBuddy(control)
    row.addWidget(name)
    row.addWidget(control, 1)
    return made


def check_box(text: str, name: str, tip: str, *, on: bool = False) -> QCheckBox:
    """Something to switch on and off."""
    made = QCheckBox(text)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setChecked(on)
    return made


def slider(name: str, tip: str, low: int, high: int, value: int) -> QSlider:
    """A slider of whole numbers."""
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setMinimumWidth(made.fontMetrics().horizontalAdvance("x") * 12)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return made


def spin_box(name: str, tip: str, low: int, high: int, value: int) -> QSpinBox:
    """A box for a whole number."""
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.lineEdit().setTextMargins(6, 0, 0, 0)  # as in a text field: the style sheet does not reach here
    return made


def flowing(panel: QWidget, *widgets: QWidget) -> None:
    """Lay widgets out in lines that break where they have to."""
    row = FlowLayout(panel, gap=BETWEEN)
    for widget in widgets:
        row.addWidget(widget)


def quietly(control: QSlider | QSpinBox, value: int) -> None:
    """Show a value without announcing it."""
    with QSignalBlocker(control):
        control.setValue(value)
