"""Small drawings on top of a picture; sizes follow the font, so they fit any screen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.geometry import readable_length

# On top of grey images of any brightness: light on a dark, half-transparent ground, in both themes.
GROUND = QColor(0, 0, 0, 150)
INK = QColor(255, 255, 255)
CROSS = QColor(255, 208, 0, 190)
DIVIDER = QColor(255, 255, 255, 220)


def round_length(most: float) -> float:
    """Largest of 1, 2, 5 × 10ⁿ that does not exceed `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= most * (1 + 1e-9))


def draw_scale_bar(painter: QPainter, area: QRectF, scale: float, unit: str, *, along: str = "") -> QRectF:
    """Draw a bar of a round length in the lower right corner; return the place it takes.

    Parameters
    ----------
    scale : float
        Length of one screen pixel.
    unit : str
        ``nm``, or ``px`` where the size is unknown: the bar then counts voxels.
    along : str
        The only axis of the cut for which it holds, where it does not hold for both.
    """
    most = area.width() * 0.25 * scale
    if not math.isfinite(most) or most <= 0:
        return QRectF()
    length = round_length(most)
    text = readable_length(length) if unit == "nm" else f"{length:g} px"
    text += f" along {along}" if along else ""
    metrics = QFontMetricsF(painter.font())
    line, bar = metrics.height(), length / scale
    width = max(bar, metrics.horizontalAdvance(text)) + line
    ground = QRectF(area.right() - width - line / 2, area.bottom() - 2.2 * line, width, 1.7 * line)
    _ground(painter, ground)
    painter.setPen(INK)
    painter.drawText(
        QRectF(ground.left(), ground.top() + line * 0.1, ground.width(), line),
        Qt.AlignmentFlag.AlignCenter,
        text,
    )
    thickness = max(2.0, line * 0.16)
    left = ground.center().x() - bar / 2
    painter.fillRect(QRectF(left, ground.bottom() - line * 0.28 - thickness / 2, bar, thickness), INK)
    return ground


def draw_badge(painter: QPainter, corner: QPointF, lines: Sequence[str]) -> None:
    """Draw lines of text on a dark ground, from an upper left corner."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    width = max(metrics.horizontalAdvance(text) for text in lines)
    _ground(painter, QRectF(corner.x(), corner.y(), width + line, len(lines) * line + line * 0.4))
    painter.setPen(INK)
    for number, text in enumerate(lines):
        painter.drawText(
            QPointF(corner.x() + line / 2, corner.y() + line * (0.2 + number) + metrics.ascent()), text
        )


def draw_side(painter: QPainter, area: QRectF, text: str, taken: QRectF | None = None) -> None:
    """Draw the name of what is shown into the lower left corner, above what is taken, shortened to fit."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - 2 * line)
    low = taken is None or line * 2 + metrics.horizontalAdvance(text) < taken.left()
    top = area.bottom() - 2 * line if low or taken is None else taken.top() - 1.8 * line
    draw_badge(painter, QPointF(line / 2, top), [text])


def draw_cross(painter: QPainter, area: QRectF, at: QPointF, gap: float = 9.0) -> None:
    """Draw a cross-hair that leaves the voxel itself free."""
    painter.setPen(QPen(CROSS, 1))
    x, y = round(at.x()) + 0.5, round(at.y()) + 0.5
    painter.drawLine(QPointF(area.left(), y), QPointF(x - gap, y))
    painter.drawLine(QPointF(x + gap, y), QPointF(area.right(), y))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, y - gap))
    painter.drawLine(QPointF(x, y + gap), QPointF(x, area.bottom()))


def draw_divider(
    painter: QPainter, area: QRectF, x: float, names: tuple[str, str], taken: QRectF | None = None
) -> None:
    """Draw the swipe divider with its handle, and the name of what lies on each side, above what is taken."""
    painter.setPen(QPen(DIVIDER, 2))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    metrics = QFontMetricsF(painter.font())
    line, middle = metrics.height(), area.center().y()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(DIVIDER)
    painter.drawEllipse(QPointF(x, middle), line * 0.55, line * 0.55)
    painter.setPen(QPen(QColor(40, 40, 40), max(1.5, line * 0.1)))
    for side in (-1, 1):
        tip = QPointF(x + side * line * 0.34, middle)
        for up in (-1, 1):
            painter.drawLine(tip, QPointF(tip.x() - side * line * 0.18, middle + up * line * 0.18))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    top = area.bottom() - 2.0 * line
    if taken is not None and x + 1.8 * line + metrics.horizontalAdvance(names[1]) > taken.left():
        top = taken.top() - 1.8 * line
    if x > area.left() + metrics.horizontalAdvance(names[0]) + 2 * line:
        draw_badge(painter, QPointF(x - metrics.horizontalAdvance(names[0]) - 1.5 * line, top), [names[0]])
    if x < area.right() - metrics.horizontalAdvance(names[1]) - 2 * line:
        draw_badge(painter, QPointF(x + line / 2, top), [names[1]])


def _ground(painter: QPainter, area: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(area, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
