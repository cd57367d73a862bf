"""The marks of the ruler on the slice: where they were found, how sure that is; to be dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.plots.box import EDGE, REACH_PX
from app.plots.marks import draw_badge
from app.plots.per_slice import Flags, Values
from app.plots.tools import Screen
from core.thickness.results import MarkTrack

COLOURS = {"parallel": QColor("#3fd0ff"), "inclined": QColor("#ffb02e"), "start": QColor("#ffffff")}
LETTERS = {"parallel": "parallel", "inclined": "inclined", "start": "in the first slice"}
BAND_ALPHA = 55
SHARE = 0.08  # of the rows above and below a mark that it is drawn long, where no region says more
KNOB_PX = 10.0
CAPTION_LINES = 2.1  # what the caption of the view takes, and the scale bar
DASHES_PX = (8.0, 7.0)  # of a mark that was not seen: drawn, left out


@dataclass(frozen=True, eq=False)
class RulerMark:
    """One mark through the stack; arrays of shape (n,), n slices, or (1,) where all are alike.

    Attributes
    ----------
    kind : {'parallel', 'inclined', 'start'}
        ``start``: not found yet, where the search begins.
    x, y : ndarray
        Centre in px, pixel centres at whole numbers; y is NaN where it is not known.
    sigma : ndarray
        Standard error of x in px; NaN where not known.
    seen : ndarray of bool
        Whether it was seen there, or only has to be there.
    width : float
        In px.
    """

    kind: Literal["parallel", "inclined", "start"]
    x: Values
    y: Values
    sigma: Values
    seen: Flags
    width: float = 0.0

    def place(self, index: int) -> int:
        """Place of a slice in the arrays."""
        return min(index, len(self.x) - 1)


def mark_of(track: MarkTrack) -> RulerMark:
    """A mark that was tracked."""
    x, y, sigma = (np.asarray(values, np.float64) for values in (track.x_px, track.y_px, track.sigma_px))
    return RulerMark(track.kind, x, y, sigma, np.asarray(track.seen, np.bool_), track.width_px)


def start_at(column: float) -> RulerMark:
    """A mark that is to be looked for."""
    unknown = np.full(1, np.nan)
    return RulerMark("start", np.full(1, column), unknown, unknown, np.ones(1, np.bool_))


class RulerTool:
    """Draws marks; a drag moves one along x.

    Parameters
    ----------
    moved : callable
        ``moved(mark, index, by)`` after a drag: number of the mark, slice, how far in px.
    """

    def __init__(self, moved: Callable[[int, int, float], None]) -> None:
        self.marks: Sequence[RulerMark] = ()
        self.rows: tuple[float, float] | None = None  # where the marks lie, if that is known
        self._moved = moved
        self._held: tuple[int, int, float] | None = None
        self._by = 0.0

    def draw(self, painter: QPainter, screen: Screen, index: int) -> None:
        """Draw the marks of a slice with their names and errors."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        labels: list[tuple[QRectF, str]] = []
        for number, mark in enumerate(self.marks):
            area = self._area(mark, number, screen, index)
            self._draw_mark(painter, mark, area, bool(mark.seen[mark.place(index)]))
            labels.append((area, label_of(mark, index)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        font = QFontMetricsF(painter.font())
        for corner, text in label_places(labels, screen.area, font):
            draw_badge(painter, corner, [text])

    def _draw_mark(self, painter: QPainter, mark: RulerMark, area: QRectF, seen: bool) -> None:
        colour = QColor(COLOURS[mark.kind])
        band = QColor(colour)
        band.setAlpha(BAND_ALPHA)
        painter.fillRect(area, band)
        x = area.center().x()
        for ink, width in ((EDGE, 3.5), (colour, 1.8)):
            pen = QPen(ink, width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if not seen:
                pen.setDashPattern([length / width for length in DASHES_PX])
            painter.setPen(pen)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(EDGE, 1))
        painter.setBrush(colour if seen else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, area.center().y()), KNOB_PX / 2, KNOB_PX / 2)

    def takes(self, screen: Screen, index: int, at: QPointF, draw: bool) -> bool:
        """Begin to move the mark under the mouse."""
        found = None if draw else self._under(screen, index, at)
        if found is not None:
            self._held = found, index, screen.pixel(at)[1]
            self._by = 0.0
        return found is not None

    def drag(self, screen: Screen, at: QPointF) -> None:
        """Move the mark that is held."""
        if self._held is not None:
            number, index, begun = self._held
            here = float(self.marks[number].x[self.marks[number].place(index)])
            wanted = here + screen.pixel(at)[1] - begun
            self._by = min(max(wanted, 0.0), screen.shape_yx[1] - 1.0) - here

    def release(self) -> None:
        """Announce the move."""
        held, by = self._held, self._by
        self._held, self._by = None, 0.0
        if held is not None and by != 0.0:
            self._moved(held[0], held[1], by)

    def pointer(self, screen: Screen, index: int, at: QPointF) -> Qt.CursorShape | None:
        """Arrows over a mark."""
        return None if self._under(screen, index, at) is None else Qt.CursorShape.SizeHorCursor

    def _under(self, screen: Screen, index: int, at: QPointF) -> int | None:
        found = None
        nearest = REACH_PX
        for number, mark in enumerate(self.marks):
            area = self._area(mark, number, screen, index)
            distance = abs(area.center().x() - at.x())
            inside = area.top() - REACH_PX <= at.y() <= area.bottom() + REACH_PX
            if inside and distance <= nearest:
                found, nearest = number, distance
        return found

    def _area(self, mark: RulerMark, number: int, screen: Screen, index: int) -> QRectF:
        """Where a mark is drawn."""
        place = mark.place(index)
        held = self._held is not None and self._held[0] == number
        middle = float(mark.x[place]) + 0.5 + (self._by if held else 0.0)
        top, bottom = self.rows or self._rows_around(float(mark.y[place]), screen.shape_yx[0])
        half = mark.width / 2
        return QRectF(
            QPointF(screen.x_of(middle - half), screen.y_of(top)),
            QPointF(screen.x_of(middle + half), screen.y_of(bottom)),
        )

    def _rows_around(self, y: float, rows: int) -> tuple[float, float]:
        if not np.isfinite(y):
            return 0.0, float(rows)
        return max(0.0, y + 0.5 - SHARE * rows), min(float(rows), y + 0.5 + SHARE * rows)


def label_places(
    labels: Sequence[tuple[QRectF, str]], view: QRectF, font: QFontMetricsF
) -> list[tuple[QPointF, str]]:
    """Upper left corners of what is written at the marks; in several lines where they are close together.

    Above the marks if the caption of the view leaves room, else below them, else over them.
    """
    line, ends = font.height() * 1.5, [float("-inf")] * 4
    placed: list[tuple[float, int, QRectF, str]] = []
    for area, text in sorted(labels, key=lambda each: each[0].center().x()):
        width = font.horizontalAdvance(text) + font.height()
        left = area.center().x() - width / 2
        level = next((n for n, end in enumerate(ends) if end <= left), 0)
        ends[level] = left + width
        placed.append((left, level, area, text))
    levels = 1 + max((level for _, level, _, _ in placed), default=0)
    highest = view.top() + CAPTION_LINES * font.height() + levels * line
    lowest = view.bottom() - CAPTION_LINES * font.height() - levels * line
    tops, bottoms = [area.top() for area, _ in labels], [area.bottom() for area, _ in labels]
    if min(tops, default=0.0) < highest and max(bottoms, default=0.0) < lowest:
        return [
            (QPointF(left, area.bottom() + line * (level + 0.2)), text) for left, level, area, text in placed
        ]
    return [
        (QPointF(left, max(area.top(), highest) - line * (level + 1)), text)
        for left, level, area, text in placed
    ]


def label_of(mark: RulerMark, index: int) -> str:
    """What is written at a mark on a slice."""
    place = mark.place(index)
    if not mark.seen[place]:
        return f"{LETTERS[mark.kind]}, not seen"
    error = "" if not np.isfinite(mark.sigma[place]) else f" ± {mark.sigma[place]:.2g} px"
    return f"{LETTERS[mark.kind]}{error}"
