"""What of a picture was measured: origin of slices in cuts along z, the area that the microscope has seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPolygonF

from app.geometry import Frame
from app.plots.tools import Screen
from core.volume import Origin, Polygon

STRIP_PX = 5.0  # along the border of a cut: where its slices come from
ORIGIN_WORDS = {
    Origin.GAP: "gap: nothing was measured here",
    Origin.MEASURED: "measured",
    Origin.INTERPOLATED: "interpolated",
    Origin.INPAINTED: "inpainted",
}
ORIGIN_COLOURS = {
    Origin.GAP: QColor("#d32f2f"),
    Origin.MEASURED: QColor("#4fb477"),
    Origin.INTERPOLATED: QColor("#e0a33a"),
    Origin.INPAINTED: QColor("#cc79a7"),
}
GAP_TINT = QColor(211, 47, 47, 60)
OUTSIDE, HATCH = QColor(0, 0, 0, 110), QColor(190, 200, 210, 90)


def runs_of(origin: Sequence[int]) -> Iterator[tuple[int, int, Origin]]:
    """First slice, slice after the last, and origin of each run of slices of one kind."""
    values: npt.NDArray[np.intp] = np.asarray(origin, np.intp)
    borders = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    for first, after in pairwise(borders):
        if after > first:
            yield first, after, Origin(int(values[first]))


def draw_origins(
    painter: QPainter,
    area: QRectF,
    frame: Frame,
    origin: Sequence[int] | None,
    screen: tuple[float, float, float],
    *,
    along_rows: bool,
) -> None:
    """Draw a strip along the border of a cut, and a tint over gaps.

    Parameters
    ----------
    area : QRectF
        Where the picture is, in the widget.
    origin : sequence of int or None
        Of each slice; None draws nothing.
    screen : tuple of float
        Position along z at the upper or left border of the widget, its length in pixels of the screen, and
        units per pixel of the screen.
    along_rows : bool
        Whether z runs down (xz), or to the right (yz).
    """
    if origin is None or len(origin) != frame.info.shape[0]:
        return
    begins, ends = frame.z_edges
    low, length, scale = screen
    near, far = (area.left(), area.right()) if along_rows else (area.top(), area.bottom())
    for first, after, kind in runs_of(origin):
        start, stop = (float(begins[first]) - low) / scale, (float(ends[after - 1]) - low) / scale
        if stop <= 0 or start >= length:
            continue
        if kind is Origin.GAP:
            painter.fillRect(_bar(start, stop, near, far, along_rows), GAP_TINT)
        painter.fillRect(_bar(start, stop, near - STRIP_PX, near, along_rows), ORIGIN_COLOURS[kind])


def _bar(start: float, stop: float, near: float, far: float, along_rows: bool) -> QRectF:
    if along_rows:
        return QRectF(near, start, far - near, stop - start)
    return QRectF(start, near, stop - start, far - near)


def draw_outside(painter: QPainter, screen: Screen, polygon: Polygon, clip: QRectF) -> None:
    """Dim and hatch what lies outside of the measured area, so that it does not look like black voxels.

    Parameters
    ----------
    polygon : tuple of (y, x)
        Corners in px, pixel centres at whole numbers; empty: nothing was measured.
    clip : QRectF
        Part of the widget that shows this picture.
    """
    points = [QPointF(screen.x_of(x + 0.5), screen.y_of(y + 0.5)) for y, x in polygon]
    outside = QPainterPath()
    outside.addRect(screen.picture)
    if len(points) > 2:
        inside = QPainterPath()
        inside.addPolygon(QPolygonF([*points, points[0]]))
        outside = outside.subtracted(inside)
    painter.save()
    painter.setClipRect(clip)
    painter.fillPath(outside, OUTSIDE)
    painter.fillPath(outside, QBrush(HATCH, Qt.BrushStyle.BDiagPattern))
    painter.restore()
