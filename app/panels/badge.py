"""How a mark looks."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.marks import Mark
from app.theme import Theme

MARK_COLOURS: Mapping[Mark, str] = {
    Mark.SKIPPED: "quiet",
    Mark.PROPOSED: "accent",
    Mark.TODO: "quiet",
    Mark.PARTIAL: "accent",
    Mark.RUNNING: "accent",
    Mark.DONE: "good",
    Mark.STALE: "warn",
    Mark.WRONG: "bad",
    Mark.FAILED: "bad",
}
ICONS: Mapping[Mark, str] = {Mark.DONE: "check", Mark.STALE: "reset", Mark.WRONG: "error"}


def draw_mark(painter: QPainter, box: QRect, mark: Mark, theme: Theme) -> None:
    """Draw a mark: form and colour differ, so that it reads without colours."""
    if mark is Mark.EMPTY:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if mark in ICONS:
        theme.icon(ICONS[mark], MARK_COLOURS[mark]).paint(painter, box)
    else:
        colour = QColor(getattr(theme.colours, MARK_COLOURS[mark]))
        painter.setPen(QPen(colour, 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _FORMS[mark](painter, box, colour)
    painter.restore()


def _ring(painter: QPainter, box: QRect, _colour: QColor) -> None:
    painter.drawEllipse(box.adjusted(3, 3, -3, -3))


def _half(painter: QPainter, box: QRect, colour: QColor) -> None:
    inner = box.adjusted(2, 2, -2, -2)
    painter.drawEllipse(inner)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPie(inner, 90 * 16, -180 * 16)


def _arrow(painter: QPainter, box: QRect, colour: QColor) -> None:
    """The sign of *Run*, filled."""
    painter.setBrush(colour)
    painter.drawPolygon(_scaled(box, (0.28, 0.18), (0.82, 0.5), (0.28, 0.82)))


def _passing(painter: QPainter, box: QRect, _colour: QColor) -> None:
    """Two angles: goes past."""
    for x in (0.2, 0.55):
        painter.drawPolyline(_scaled(box, (x, 0.25), (x + 0.25, 0.5), (x, 0.75)))


def _dot(painter: QPainter, box: QRect, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QRect(box).adjusted(4, 4, -4, -4))


def _full_cross(painter: QPainter, box: QRect, colour: QColor) -> None:
    """A cross cut out of a disc: heavier than that of what does not fit."""
    inner = box.adjusted(1, 1, -1, -1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(inner)
    painter.setPen(QPen(QColor("white"), 1.6, c=Qt.PenCapStyle.RoundCap))
    for ends in (((0.36, 0.36), (0.64, 0.64)), ((0.64, 0.36), (0.36, 0.64))):
        painter.drawPolyline(_scaled(box, *ends))


def _scaled(box: QRect, *points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in points])


_FORMS = {
    Mark.SKIPPED: _passing,
    Mark.PROPOSED: _dot,
    Mark.TODO: _ring,
    Mark.PARTIAL: _half,
    Mark.RUNNING: _arrow,
    Mark.FAILED: _full_cross,
}
