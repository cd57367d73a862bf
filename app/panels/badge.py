"""How a mark looks."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.marks import Mark
from app.theme import Theme

MARK_COLOURS: Mapping[Mark, str] = {
    Mark.TODO: "quiet",
    Mark.PARTIAL: "accent",
    Mark.DONE: "good",
    Mark.STALE: "warn",
    Mark.WRONG: "bad",
}


def draw_mark(painter: QPainter, box: QRect, mark: Mark, theme: Theme) -> None:
    """Draw a mark: form and colour differ, so that it reads without colours."""
    if mark is Mark.EMPTY:
        return
    colour = QColor(getattr(theme.colours, MARK_COLOURS[mark]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if mark is Mark.TODO:
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box.adjusted(3, 3, -3, -3))
    elif mark is Mark.PARTIAL:
        painter.setPen(QPen(colour, 1.5))
        painter.drawEllipse(box.adjusted(2, 2, -2, -2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPie(box.adjusted(2, 2, -2, -2), 90 * 16, -180 * 16)
    else:
        name = {Mark.DONE: "check", Mark.STALE: "reset", Mark.WRONG: "error"}[mark]
        theme.icon(name, MARK_COLOURS[mark]).paint(painter, box)
    painter.restore()
