"""Buttons below a form for what is drawn on the slice: boxes to look in, marks of the ruler."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.flow import FlowLayout
from app.widgets import button, clear, label


class FieldRow(QWidget):
    """One button for each thing that can be drawn; `drawing` (name, bool) after one was pressed."""

    drawing = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QPushButton] = {}
        self._line = FlowLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(label("ON THE SLICE", "section"))
        layout.addLayout(self._line)
        self._hint = label("Drag borders and corners; Ctrl and the left button draw another one.", "small")
        layout.addWidget(self._hint)
        self.hide()

    def offer(self, fields: Sequence[tuple[str, str, str]]) -> None:
        """Offer what can be drawn: (name, what the button says, what it does); nothing hides the row."""
        if [name for name, _text, _tip in fields] != list(self.buttons):
            clear(self._line)
            self.buttons = {}
            for name, text, tip in fields:
                made = button(text, lambda: None)
                made.setToolTip(tip)
                made.setCheckable(True)
                made.toggled.connect(lambda on, name=name: self.drawing.emit(name, on))
                self._line.addWidget(made)
                self.buttons[name] = made
        self.setVisible(bool(fields))

    def show_checked(self, name: str, on: bool) -> None:
        """Show that something is there without announcing it."""
        if name in self.buttons:
            with QSignalBlocker(self.buttons[name]):
                self.buttons[name].setChecked(on)

    def release(self, name: str) -> None:
        """Nothing is drawn any more; without announcing it."""
        self.show_checked(name, False)
