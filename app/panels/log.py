"""What the program did and said, newest at the bottom."""

from __future__ import annotations

import logging

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.problems import LogRelay
from app.theme import Theme
from app.widgets import column

MOST_LINES = 5000


class LogPanel(QWidget):
    """Shows the lines of a `LogRelay`; warnings and errors in colour."""

    def __init__(self, relay: LogRelay, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(MOST_LINES)
        self._text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._text.setAccessibleName("Log")
        self.setLayout(column(self._text, margin=8))
        relay.line.connect(self.add)

    def add(self, level: int, line: str) -> None:
        """Append a line."""
        colours = self._theme.colours
        bad = colours.bad if level >= logging.ERROR else colours.warn
        shape = QTextCharFormat()
        shape.setForeground(QColor(bad if level >= logging.WARNING else colours.text))
        at_end = self._at_end()
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self._text.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(line, shape)
        if at_end:
            bar = self._text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def text(self) -> str:
        """All lines."""
        return self._text.toPlainText()

    def _at_end(self) -> bool:
        bar = self._text.verticalScrollBar()
        return bar.value() >= bar.maximum() - 2
