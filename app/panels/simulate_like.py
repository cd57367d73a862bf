"""What was taken from the open stack, from where, and what could not be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets import clear, column, flush, frame, label, row, tool

if TYPE_CHECKING:
    from core.simulate.like import Likeness


class LikeCard(QWidget):
    """Hidden until something was taken; closed by its cross."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.close_button = tool(theme.icon("close"), "Close this list", self.hide)
        self._body = QVBoxLayout()
        self._body.setSpacing(10)
        head = row(label("Like your sample", "heading", wrap=False), None, self.close_button)
        self.setLayout(column(frame("card", column(head, self._body, gap=8, margin=12)), gap=0))
        flush(self)
        self.hide()
        theme.changed.connect(lambda: self.close_button.setIcon(self._theme.icon("close")))

    def show_likeness(self, found: Likeness) -> None:
        """List what was taken and what stayed as it was."""
        clear(self._body)
        if found.advice:
            self._body.addWidget(label(found.advice, "warn"))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for place, told in enumerate(found.told):
            value, origin = label(told.value), label(told.origin, "small")
            grid.addWidget(label(told.what, "quiet", wrap=False), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(column(value, origin, gap=0), place, 1)
        self._body.addLayout(grid)
        if found.untold:
            self._body.addWidget(label("Could not be told from the stack:", "quiet"))
            for text in found.untold:
                self._body.addWidget(label(f"{text[:1].upper()}{text[1:]}.", "small"))
        self.show()

    def text(self) -> str:
        """All that it says."""
        return "\n".join(each.text() for each in self.findChildren(QLabel))
