"""A part of a form that can be folded away; what is inside is made when it is first opened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.widgets import row


class Fold(QWidget):
    """Heading with an arrow, a few quiet words beside it, and below them the part itself.

    Parameters
    ----------
    title, description : str
        What it is about, in a word and in a sentence.
    make : callable
        Makes the part; called once, when it is first opened.
    """

    def __init__(self, title: str, description: str, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self.body: QWidget | None = None
        self.head = QToolButton()
        self.head.setText(title)
        self.head.setToolTip(description)
        self.head.setAccessibleName(title)
        self.head.setAccessibleDescription(description)
        self.head.setCheckable(True)
        self.head.setProperty("fold", True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setArrowType(Qt.ArrowType.RightArrow)
        self.head.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.head.toggled.connect(self._toggle)
        self._remark = _Remark()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        line = row(self.head, self._remark)
        line.setStretch(1, 1)
        line.setAlignment(self.head, Qt.AlignmentFlag.AlignLeft)  # also where no remark takes the room
        self._layout.addLayout(line)

    def open(self) -> QWidget:
        """Open it; returns the part."""
        self.head.setChecked(True)
        return self.made()

    def remark(self, text: str) -> None:
        """Say in a few words what is set inside; shown while it is folded."""
        self._remark.setText(text)

    def made(self) -> QWidget:
        """The part itself, made now if it was not yet."""
        if self.body is None:
            self.body = self._make()
            self.body.setContentsMargins(20, 0, 0, 8)
            self._layout.addWidget(self.body)
            self.body.setVisible(self.head.isChecked())
        return self.body

    def _toggle(self, is_open: bool) -> None:
        self.head.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.made().setVisible(is_open)
        self._remark.setVisible(not is_open)


class _Remark(QLabel):
    """A few words that give way: paths are longer than a form is wide."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "small")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
