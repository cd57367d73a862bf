"""Labels over the xy view, and the mouse that paints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from app.painting.strokes import NEAR_PX, Strokes
from app.plots.pictures import AFTER, BEFORE
from app.plots.slices import SliceViews
from app.plots.tools import Screen
from app.quantities import most
from core.labels import LabelClass

HALO, LINE = QColor(0, 0, 0, 170), QColor(255, 255, 255)
CORNER_PX = 3.0


class PaintTool:
    """Draws what is painted on the slice, and hands presses and drags to `Strokes`.

    Parameters
    ----------
    strokes : Strokes
    again : callable
        Has the view drawn again.
    """

    def __init__(self, strokes: Strokes, again: Callable[[], object]) -> None:
        self._strokes, self._again = strokes, again
        self._at: QPointF | None = None

    def draw(self, painter: QPainter, screen: Screen, index: int) -> None:
        """Draw labels, the outline that is being drawn, and the size of the brush."""
        painting = self._strokes.painting
        brush, page = painting.brush, painting.page() if index == painting.z else None
        if page is not None and brush.visible:
            draw_labels(painter, screen, page.labels, painting.classes, brush.opacity)
        self._draw_outline(painter, screen)
        if self._at is not None and brush.round:
            across = [brush.diameter * size / screen.scale for size in screen.size_yx]
            area = QRectF(0, 0, max(across[1], 3.0), max(across[0], 3.0))
            area.moveCenter(self._at)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for colour, width in ((HALO, 3.0), (LINE, 1.3)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(area)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_outline(self, painter: QPainter, screen: Screen) -> None:
        points = [QPointF(screen.x_of(x), screen.y_of(y)) for y, x in self._strokes.corners]
        if not points:
            return
        ends = points if self._at is None else [*points, self._at]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((HALO, 3.0), (LINE, 1.5)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(QPolygonF(ends))
        painter.setBrush(LINE)
        painter.drawEllipse(points[0], CORNER_PX, CORNER_PX)

    def takes(self, screen: Screen, index: int, at: QPointF, draw: bool) -> bool:
        """Begin a stroke, a fill or an outline wherever the mouse is on the slice."""
        del draw
        painting = self._strokes.painting
        self._at = at
        reach = NEAR_PX * screen.scale / min(screen.size_yx)
        return index == painting.z and self._strokes.press(screen.pixel(at), reach)

    def drag(self, screen: Screen, at: QPointF) -> None:
        """Go on with the stroke."""
        self._at = at
        self._strokes.drag(screen.pixel(at))

    def release(self) -> None:
        """End the stroke."""
        self._strokes.release()

    def pointer(self, screen: Screen, index: int, at: QPointF) -> Qt.CursorShape | None:
        """A cross on the slice; the brush follows it."""
        del index
        inside = screen.picture.contains(at)
        self._at = at if inside else None
        self._again()
        return Qt.CursorShape.CrossCursor if inside else None

    def leave(self) -> None:
        """The mouse is gone."""
        self._at = None
        self._again()


def draw_labels(
    painter: QPainter,
    screen: Screen,
    labels: npt.NDArray[np.uint8],
    classes: Sequence[LabelClass],
    opacity: float,
) -> None:
    """Lay labels over a slice; only what is seen takes time.

    Parameters
    ----------
    labels : ndarray of uint8, shape (y, x)
    classes : sequence of LabelClass
        0, and numbers without a class, are clear.
    opacity : float
        0-1.
    """
    (top, left), (bottom, right) = (
        screen.pixel(screen.area.topLeft()),
        screen.pixel(screen.area.bottomRight()),
    )
    rows, columns = labels.shape
    first_row, first_column = max(0, int(top)), max(0, int(left))
    last_row, last_column = min(rows, int(bottom) + 1), min(columns, int(right) + 1)
    if last_row <= first_row or last_column <= first_column:
        return
    # Qt would convert all of a large picture before it is made smaller.
    step = max(1, int(screen.scale / max(screen.size_yx)))
    seen = np.ascontiguousarray(labels[first_row:last_row:step, first_column:last_column:step])
    height, width = seen.shape
    image = QImage(seen.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(colour_table(classes, opacity))
    corner = QPointF(screen.x_of(first_column), screen.y_of(first_row))
    end = QPointF(screen.x_of(first_column + width * step), screen.y_of(first_row + height * step))
    smooth = painter.testRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # labels have no values between
    painter.drawImage(QRectF(corner, end), image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)


def colour_table(classes: Sequence[LabelClass], opacity: float) -> list[int]:
    """Colours of all 256 labels as Qt wants them."""
    table = [0] * 256
    for one in classes:
        colour = QColor(one.colour)
        colour.setAlphaF(opacity)
        table[one.value] = colour.rgba()
    return table


def solid_shown(views: SliceViews, z: int) -> npt.NDArray[np.bool_] | None:
    """Solid pixels of a slice as a segmentation, or the answer of a network, shows them; None where none is.

    What lies on the far side of the divider counts before what is on the near side.
    """
    for role in (AFTER, BEFORE):
        part = views.layer(role)
        if part is None or part.offset != (0, 0) or part.plane.index != z or not part.plane.exact:
            continue
        data, content = part.plane.levels[0].data, part.look.content
        if content == "binary":
            return np.asarray(data > 0)
        if content == "probability":
            return np.asarray(data > most(data.dtype) / 2)
    return None
