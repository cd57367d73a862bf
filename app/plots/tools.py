"""What can be laid over a cut and moved with the mouse: boxes in which a step looks, marks of a ruler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.plots.box import EDGE, HANDLE_PX, MOVE, Sides, grip_at, handles, shape_of
from app.plots.box import Box as Rectangle
from app.plots.marks import draw_badge
from core.boxes import Box


@dataclass(frozen=True)
class Screen:
    """How pixels of a slice lie in the widget.

    Attributes
    ----------
    area : QRectF
        The widget.
    left, top : float
        What lies at its upper left corner, in the frame's unit.
    scale : float
        Units per pixel of the screen.
    size_yx : tuple of float
        Units per pixel of the slice.
    shape_yx : tuple of int
        Rows and columns of the slice.
    """

    area: QRectF
    left: float
    top: float
    scale: float
    size_yx: tuple[float, float]
    shape_yx: tuple[int, int]

    def x_of(self, column: float) -> float:
        """Where the left border of a column is on the screen; + 0.5 for its middle."""
        return (column * self.size_yx[1] - self.left) / self.scale

    def y_of(self, row: float) -> float:
        """Where the upper border of a row is on the screen."""
        return (row * self.size_yx[0] - self.top) / self.scale

    def pixel(self, at: QPointF) -> tuple[float, float]:
        """Row and column, counted from the borders of the first pixel."""
        row = (self.top + at.y() * self.scale) / self.size_yx[0]
        return row, (self.left + at.x() * self.scale) / self.size_yx[1]

    @property
    def picture(self) -> QRectF:
        """Where the slice is."""
        rows, columns = self.shape_yx
        corner = QPointF(self.x_of(0), self.y_of(0))
        return QRectF(corner, QPointF(self.x_of(columns), self.y_of(rows)))


class PaneTool(Protocol):
    """Something over a cut."""

    def draw(self, painter: QPainter, screen: Screen, index: int) -> None:
        """Draw it on slice `index`."""

    def takes(self, screen: Screen, index: int, at: QPointF, draw: bool) -> bool:
        """Begin a drag if the mouse is on it; with `draw` something new may be drawn."""

    def drag(self, screen: Screen, at: QPointF) -> None:
        """Go on with the drag."""

    def release(self) -> None:
        """End the drag."""

    def pointer(self, screen: Screen, index: int, at: QPointF) -> Qt.CursorShape | None:
        """Mouse pointer there; None where it has nothing to do with it."""


class BoxTool:
    """Boxes within the slice, with handles; what they mean is said beside them.

    Parameters
    ----------
    name : str
        What is written at a box.
    colour : str
        Of its lines.
    changed : callable
        ``changed(boxes)`` after a drag.
    several : bool
        Whether drawing adds a box, or replaces the one there is.
    """

    def __init__(
        self, name: str, colour: str, changed: Callable[[tuple[Box, ...]], None], *, several: bool = False
    ) -> None:
        self.name, self.several = name, several
        self.boxes: tuple[Box, ...] = ()
        self.drawing = False  # the next drag draws, without Ctrl
        self._colour = QColor(colour)
        self._changed = changed
        self._held: tuple[int, Sides, Box, tuple[float, float]] | None = None
        self._before: tuple[Box, ...] = ()

    @property
    def held(self) -> bool:
        """Whether the mouse has hold of a box."""
        return self._held is not None

    def draw(self, painter: QPainter, screen: Screen, index: int) -> None:
        """Draw all boxes."""
        del index
        for box in self.boxes:
            area = on_screen(box, screen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, width in ((EDGE, 3.0), (self._colour, 1.5)):
                painter.setPen(QPen(colour, width))
                painter.drawRect(area)
            painter.setPen(QPen(EDGE, 1))
            painter.setBrush(self._colour)
            half = HANDLE_PX / 2
            for handle in (*handles(area), area.center()):
                painter.drawRect(QRectF(handle.x() - half, handle.y() - half, HANDLE_PX, HANDLE_PX))
            draw_badge(painter, area.bottomLeft() + QPointF(0, 4), [self.name])

    def takes(self, screen: Screen, index: int, at: QPointF, draw: bool) -> bool:
        """Begin to move a box, a border or a corner; or to draw a new one."""
        del index
        row, column = screen.pixel(at)
        self._before = self.boxes
        found = None if draw else self._grip(screen, at)
        if found is not None:
            number, grip = found
            self._held = number, grip, self.boxes[number], (row, column)
        elif self.drawing or (draw and self.boxes):
            kept = self.boxes if self.several else ()
            y, x = round(row), round(column)
            self.boxes = (*kept, (y, y, x, x))
            self._held = len(kept), (1, 1), (y, y, x, x), (row, column)
        return self._held is not None

    def drag(self, screen: Screen, at: QPointF) -> None:
        """Change the box that is held."""
        if self._held is None:
            return
        number, grip, (y0, y1, x0, x1), (from_row, from_column) = self._held
        row, column = screen.pixel(at)
        rectangle = Rectangle((float(y0), float(y1)), (float(x0), float(x1)))
        moved = rectangle.dragged(grip, row - from_row, column - from_column)
        if grip == MOVE:
            moved = moved.kept_within(*map(float, screen.shape_yx))
        rows, columns = screen.shape_yx
        top, bottom = (round(min(max(end, 0.0), rows)) for end in moved.rows)
        left, right = (round(min(max(end, 0.0), columns)) for end in moved.columns)
        changed = (top, bottom, left, right)
        self.boxes = (*self.boxes[:number], changed, *self.boxes[number + 1 :])

    def release(self) -> None:
        """Announce what the drag has made; a box without a pixel is none."""
        if self._held is None:
            return
        self._held = None
        whole = tuple(box for box in self.boxes if box[1] > box[0] and box[3] > box[2])
        emptied = len(whole) < len(self.boxes)
        self.boxes = self._before if emptied else whole
        if self.boxes != self._before:
            self.drawing = False
            self._changed(self.boxes)

    def pointer(self, screen: Screen, index: int, at: QPointF) -> Qt.CursorShape | None:
        """Arrows over handles and borders, a cross where the next drag draws."""
        del index
        found = self._grip(screen, at)
        if found is not None:
            return shape_of(found[1])
        return Qt.CursorShape.CrossCursor if self.drawing else None

    def _grip(self, screen: Screen, at: QPointF) -> tuple[int, Sides] | None:
        for number in range(len(self.boxes) - 1, -1, -1):
            grip = grip_at(on_screen(self.boxes[number], screen), at)
            if grip is not None:
                return number, grip
        return None


def on_screen(box: Box, screen: Screen) -> QRectF:
    """Where a box lies in the widget."""
    y0, y1, x0, x1 = box
    return QRectF(QPointF(screen.x_of(x0), screen.y_of(y0)), QPointF(screen.x_of(x1), screen.y_of(y1)))
