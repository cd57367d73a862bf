"""The marked region in one cut: what is drawn, where the mouse takes hold of it, what a drag makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

LINE = QColor(0, 214, 214)
SHADE = QColor(0, 0, 0, 90)
EDGE = QColor(0, 0, 0, 160)
HANDLE_PX = 9.0
REACH_PX = 7.0  # this far from a line or handle the mouse still takes hold of it

Sides = tuple[int, int]  # which borders move: -1 the first, 1 the last, 0 none; along rows and columns
MOVE: Sides = (0, 0)


@dataclass(frozen=True)
class Box:
    """A rectangle of a cut.

    Attributes
    ----------
    rows, columns : tuple of float
        Begin and end in the frame's unit.
    inside : bool
        Whether the shown slice is one of the region's.
    """

    rows: tuple[float, float]
    columns: tuple[float, float]
    inside: bool = True

    def dragged(self, grip: Sides, rows: float, columns: float) -> Box:
        """The box after a drag by some lengths: borders are moved, or all of it."""
        return replace(
            self, rows=_shifted(self.rows, grip[0], grip, rows),
            columns=_shifted(self.columns, grip[1], grip, columns),
        )  # fmt: skip

    def kept_within(self, rows: float, columns: float) -> Box:
        """The box pushed back into a cut of this size; it keeps its own size where that is possible."""
        return replace(self, rows=_pushed(self.rows, rows), columns=_pushed(self.columns, columns))

    def on_screen(self, origin: QPointF, scale: float) -> QRectF:
        """Where it lies in the widget.

        Parameters
        ----------
        origin : QPointF
            Upper left corner of what is seen: x along columns, y along rows.
        scale : float
            Length of one screen pixel.
        """
        left, right = ((at - origin.x()) / scale for at in self.columns)
        top, bottom = ((at - origin.y()) / scale for at in self.rows)
        return QRectF(QPointF(left, top), QPointF(right, bottom))


def _shifted(ends: tuple[float, float], side: int, grip: Sides, by: float) -> tuple[float, float]:
    first, last = ends
    if grip == MOVE:
        return first + by, last + by
    if side < 0:
        first += by
    elif side > 0:
        last += by
    return min(first, last), max(first, last)


def _pushed(ends: tuple[float, float], length: float) -> tuple[float, float]:
    first, last = ends
    by = max(0.0, -first) or min(0.0, length - last)
    return max(0.0, first + by), min(length, last + by)


def grip_at(area: QRectF, at: QPointF) -> Sides | None:
    """Which part of a box on the screen lies under the mouse; None where there is none.

    Its middle handle moves all of it, its lines and corners move borders; the rest stays free for the cursor.
    """
    middle = area.center() - at
    if abs(middle.x()) <= REACH_PX and abs(middle.y()) <= REACH_PX:
        return MOVE
    if not area.adjusted(-REACH_PX, -REACH_PX, REACH_PX, REACH_PX).contains(at):
        return None
    rows = _near(area.top(), area.bottom(), at.y())
    columns = _near(area.left(), area.right(), at.x())
    return None if (rows, columns) == MOVE else (rows, columns)


def _near(first: float, last: float, at: float) -> int:
    """-1 or 1 where a border is near; the nearer of both."""
    to_first, to_last = abs(at - first), abs(at - last)
    if min(to_first, to_last) > REACH_PX:
        return 0
    return -1 if to_first <= to_last else 1


def shape_of(grip: Sides) -> Qt.CursorShape:
    """Mouse pointer for a grip."""
    if grip == MOVE:
        return Qt.CursorShape.SizeAllCursor
    if grip[0] == 0:
        return Qt.CursorShape.SizeHorCursor
    if grip[1] == 0:
        return Qt.CursorShape.SizeVerCursor
    return Qt.CursorShape.SizeFDiagCursor if grip[0] == grip[1] else Qt.CursorShape.SizeBDiagCursor


def draw_box(painter: QPainter, view: QRectF, area: QRectF, inside: bool) -> None:
    """Draw a box over a picture: all around it is darkened; dashed where the slice is not one of its own.

    Parameters
    ----------
    view : QRectF
        The visible part of the picture.
    area : QRectF
        The box, in the widget.
    """
    seen = area.intersected(view)
    if inside:
        for dark in (
            QRectF(view.left(), view.top(), view.width(), seen.top() - view.top()),
            QRectF(view.left(), seen.bottom(), view.width(), view.bottom() - seen.bottom()),
            QRectF(view.left(), seen.top(), seen.left() - view.left(), seen.height()),
            QRectF(seen.right(), seen.top(), view.right() - seen.right(), seen.height()),
        ):
            painter.fillRect(dark.normalized() if seen.isValid() else view, SHADE)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.SolidLine if inside else Qt.PenStyle.DashLine
    for colour, width in ((EDGE, 3.0), (LINE, 1.5)):
        painter.setPen(QPen(colour, width, style if width < 2 else Qt.PenStyle.SolidLine))
        painter.drawRect(area)
    painter.setPen(QPen(EDGE, 1))
    painter.setBrush(LINE)
    half = HANDLE_PX / 2
    for handle in handles(area):
        painter.drawRect(QRectF(handle.x() - half, handle.y() - half, HANDLE_PX, HANDLE_PX))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawEllipse(area.center(), half, half)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def handles(area: QRectF) -> list[QPointF]:
    """Corners and middles of the sides."""
    middle = area.center()
    return [
        QPointF(x, y)
        for x in (area.left(), middle.x(), area.right())
        for y in (area.top(), middle.y(), area.bottom())
        if QPointF(x, y) != middle
    ]
