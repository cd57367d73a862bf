"""What is written over a 3D picture: axes, scale bar, meaning of the colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.plots.colour_bar import draw_legend
from app.plots.marks import GROUND, draw_scale_bar
from app.tint import Legend

NAMES = ("x", "y", "z")
COLOURS = (QColor("#f0655c"), QColor("#57c274"), QColor("#6aa5ff"))
ARM_LINES = 1.9  # length of an axis, in heights of a line

# Where x, y and z point on the screen, and pixels per unit of the scene; see `Camera.axes`.
Pose = tuple[npt.NDArray[np.float64], float]


@dataclass(frozen=True, eq=False)
class Decor:
    """What is drawn over the picture.

    Attributes
    ----------
    axes, bar : bool
        Whether the directions of x, y and z, and a scale bar, are wanted.
    length : float
        Length of one unit of the scene, in `unit`.
    unit : str
        ``nm`` or ``px``.
    legend : Legend or None
        What colours mean.
    """

    axes: bool = True
    bar: bool = True
    length: float = 0.0
    unit: str = "px"
    legend: Legend | None = None


def draw_decor(painter: QPainter, area: QRectF, decor: Decor, pose: Pose | None) -> None:
    """Draw it over a picture that fills `area`; the bar is true at the point that is turned about."""
    if decor.legend is not None:
        draw_legend(painter, area, decor.legend)
    if pose is None:
        return
    directions, scale = pose
    if decor.bar and decor.length > 0 and scale > 0:
        draw_scale_bar(painter, area, decor.length / scale, decor.unit)
    if decor.axes:
        _draw_axes(painter, area, directions)


def _draw_axes(painter: QPainter, area: QRectF, directions: npt.NDArray[np.float64]) -> None:
    """Three arms from one point, in the upper right corner."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    arm = min(ARM_LINES * line, 0.09 * min(area.width(), area.height()))
    side = 2 * arm + 2.2 * line
    ground = QRectF(area.right() - side - line / 2, area.top() + line / 2, side, side)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(ground, 4, 4)
    middle = ground.center()
    for name, colour, (right, down) in zip(NAMES, COLOURS, directions.tolist(), strict=True):
        length = float(np.hypot(right, down))
        away = QPointF(right, down)
        painter.setPen(QPen(colour, max(2.0, line * 0.12)))
        painter.drawLine(middle, middle + away * arm)
        # An axis that points at the viewer has its letter beside the middle.
        towards = away / length if length > 0.05 else QPointF(-0.7, -0.7)
        at = middle + away * arm + towards * line * 0.6
        box = QRectF(at.x() - line, at.y() - line / 2, 2 * line, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
