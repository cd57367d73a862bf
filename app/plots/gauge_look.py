"""How lines that are measured along look on a cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.geometry import Frame
from app.plots.lines import Line, Point, angle_of, short_value
from app.plots.marks import draw_badge

EDGE = QColor(0, 0, 0, 170)
COLOURS = {"profile": QColor("#4fd1ff"), "distance": QColor("#ffd24a"), "angle": QColor("#ff9ad5")}
FAINT_ALPHA, BAND_ALPHA = 110, 45
KNOB, CHOSEN_KNOB, ARC = 0.26, 0.36, 1.4  # in heights of a line of text
LINE, CHOSEN_LINE = 0.09, 0.13


@dataclass(frozen=True)
class View:
    """How a cut lies in a widget or a picture.

    Attributes
    ----------
    axis : int
        The cut goes across it.
    area : QRectF
        The widget.
    left, top : float
        What lies at its upper left corner, in the frame's unit.
    scale : float
        Units per pixel of the widget.
    """

    axis: int
    area: QRectF
    left: float
    top: float
    scale: float

    def place(self, point: Point) -> QPointF:
        """Where a point lies in the widget."""
        return QPointF((point[1] - self.left) / self.scale, (point[0] - self.top) / self.scale)

    def point(self, at: QPointF) -> Point:
        """Row and column that lie at a place of the widget."""
        return self.top + at.y() * self.scale, self.left + at.x() * self.scale


def draw_line(
    painter: QPainter,
    line: Line,
    places: Sequence[QPointF],
    *,
    near: bool,
    chosen: bool,
    band: float = 0.0,
) -> None:
    """Draw a line with its ends; dashed, without them, where it belongs to another slice.

    Sizes follow the font of the painter, so that they suit a picture of any size.

    Parameters
    ----------
    places : sequence of QPointF
        Its points in the widget.
    band : float
        Width that is averaged, in pixels of the widget.
    """
    text = QFontMetricsF(painter.font()).height()
    colour = QColor(COLOURS[line.kind])
    if not near:
        colour.setAlpha(FAINT_ALPHA)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if band > 1 and near:
        _draw_band(painter, places[0], places[-1], colour, band)
    width = max(1.2, text * (CHOSEN_LINE if chosen else LINE))
    style = Qt.PenStyle.SolidLine if near else Qt.PenStyle.DashLine
    inks = ((EDGE, width + 1.6), (colour, width)) if near else ((colour, width),)
    for ink, thick in inks:
        painter.setPen(QPen(ink, thick, style if thick == width else Qt.PenStyle.SolidLine))
        painter.drawPolyline(QPolygonF(list(places)))
        if line.kind == "angle" and len(places) == 3:
            _draw_arc(painter, places, text * ARC)
    if near:
        painter.setPen(QPen(EDGE, 1))
        painter.setBrush(colour)
        knob = text * (CHOSEN_KNOB if chosen else KNOB)
        for place in places:
            painter.drawEllipse(place, knob, knob)
    painter.restore()


def draw_value(painter: QPainter, line: Line, places: Sequence[QPointF], frame: Frame) -> None:
    """Write what a line measures beside it; of an angle once it has both arms."""
    whole = line.kind != "angle" or (
        len(line.points) == 3 and math.isfinite(angle_of(line.points[0], line.points[1], line.points[2]))
    )
    if whole:
        text = QFontMetricsF(painter.font()).height()
        draw_badge(painter, _beside(places, text), [short_value(line, frame)])


def _draw_band(painter: QPainter, begin: QPointF, end: QPointF, colour: QColor, band: float) -> None:
    along = end - begin
    length = math.hypot(along.x(), along.y())
    if length == 0:
        return
    across = QPointF(-along.y(), along.x()) * (band / 2 / length)
    fill = QColor(colour)
    fill.setAlpha(BAND_ALPHA)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPolygon(QPolygonF([begin + across, end + across, end - across, begin - across]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_arc(painter: QPainter, places: Sequence[QPointF], radius: float) -> None:
    """Arc between the two arms, on their inner side."""
    vertex = places[1]
    begin, last = (
        math.degrees(math.atan2(vertex.y() - end.y(), end.x() - vertex.x())) for end in (places[0], places[2])
    )
    span = (last - begin + 180) % 360 - 180
    box = QRectF(vertex.x() - radius, vertex.y() - radius, 2 * radius, 2 * radius)
    painter.drawArc(box, round(16 * begin), round(16 * span))


def _beside(places: Sequence[QPointF], text: float) -> QPointF:
    """Upper left corner of what is written: below and to the right of a line's last point."""
    end = places[1] if len(places) == 3 else places[-1]
    return end + QPointF(text * 0.6, text * 0.4)


def apart(first: QPointF, second: QPointF) -> float:
    """Distance of two places."""
    return math.hypot(first.x() - second.x(), first.y() - second.y())


def from_line(begin: QPointF, end: QPointF, at: QPointF) -> float:
    """Distance of a place from the line between two others."""
    along, to = end - begin, at - begin
    length2 = along.x() ** 2 + along.y() ** 2
    share = 0.0 if length2 == 0 else (to.x() * along.x() + to.y() * along.y()) / length2
    return apart(begin + along * min(max(share, 0.0), 1.0), at)
