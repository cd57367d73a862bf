"""What the colours over a picture mean, drawn into its corner."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from app.plots.marks import GROUND, INK
from app.tint import Legend

BAR_LINES = 11.0  # length of a bar, in heights of a line
TICKS = 3


def draw_legend(painter: QPainter, area: QRectF, legend: Legend) -> None:
    """Draw a colour bar with its numbers, or named colours, into the lower left corner of `area`."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    texts = [name for name, _entry in legend.names]
    widths = [metrics.horizontalAdvance(text) + line for text in texts]
    wide = max([metrics.horizontalAdvance(legend.title), *widths])
    bar = legend.high > legend.low
    width = max(wide, BAR_LINES * line if bar else 0.0) + 1.4 * line
    height = (3.1 if bar else 1.0 + len(texts)) * line + 0.6 * line
    ground = QRectF(area.left() + line / 2, area.bottom() - height - line / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(ground, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    inner = ground.adjusted(0.7 * line, 0.3 * line, -0.7 * line, 0)
    painter.setPen(INK)
    painter.drawText(QPointF(inner.left(), inner.top() + metrics.ascent()), legend.title)
    if bar:
        _draw_bar(painter, inner.adjusted(0, 1.2 * line, 0, 0), legend, metrics)
        return
    for number, (name, entry) in enumerate(legend.names):
        top = inner.top() + (number + 1) * line
        if entry:
            chip = QRectF(inner.left(), top + 0.2 * line, 0.6 * line, 0.6 * line)
            painter.fillRect(chip, QColor(*legend.table[entry].tolist()))
        painter.setPen(INK)
        painter.drawText(QPointF(inner.left() + line, top + metrics.ascent()), name)


def _draw_bar(painter: QPainter, area: QRectF, legend: Legend, metrics: QFontMetricsF) -> None:
    line = metrics.height()
    colours = np.ascontiguousarray(legend.table[1:])
    image = QImage(colours.data, len(colours), 1, colours.nbytes, QImage.Format.Format_RGB888)
    bar = QRectF(area.left(), area.top(), area.width(), 0.7 * line)
    painter.drawImage(bar, image)
    painter.setPen(INK)
    for tick in range(TICKS):
        share = tick / (TICKS - 1)
        text = f"{legend.low + share * (legend.high - legend.low):.3g}"
        width = metrics.horizontalAdvance(text)
        left = bar.left() + share * (bar.width() - width)  # the outer ones end where the bar ends
        painter.drawText(QPointF(left, bar.bottom() + 0.1 * line + metrics.ascent()), text)
