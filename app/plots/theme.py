"""Colours of plots, taken from the palette so that light and dark both work."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QPalette

# Distinguishable for all common kinds of colour vision (Okabe and Ito 2008, doi 10.1038/nmeth.1618),
# without the yellow and black that vanish on one of the two grounds.
CURVES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
TICK_PX = 11
BRIGHT, LIGHT_GROUND = 200, 113


def curve_colour(number: int) -> QColor:
    """Colour of the n-th curve."""
    return QColor(CURVES[number % len(CURVES)])


def apply_palette(plot: pg.PlotItem, view: pg.GraphicsView, palette: QPalette) -> None:
    """Give a plot the colours of the window around it."""
    view.setBackground(palette.color(QPalette.ColorRole.Base))
    text = palette.color(QPalette.ColorRole.Text)
    faint = QColor(text)
    faint.setAlpha(90)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(faint)
        axis.setTextPen(text)
        axis.setGrid(40)
    if plot.legend is not None:
        plot.legend.setLabelTextColor(text)
        for _sample, label in plot.legend.items:
            label.setText(label.text, color=text)


def ground_of(palette: QPalette) -> QColor:
    """What lies around a picture: never white, which would dazzle beside dark slices."""
    base = palette.color(QPalette.ColorRole.Base)
    return base.darker(LIGHT_GROUND) if base.lightness() > BRIGHT else base


def plot_widget(name: str) -> pg.PlotWidget:
    """Return an empty plot without pyqtgraph's own menus and buttons; `name` is for screen readers."""
    plot = pg.PlotWidget(background=None)
    plot.setAccessibleName(name)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.getPlotItem().setContentsMargins(4, 8, 12, 4)
    small = QFont()
    small.setPixelSize(TICK_PX)
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.enableAutoSIPrefix(False)  # a solid fraction is 0.3, not 300 (x0.001)
        axis.setTickFont(small)
        axis.labelStyle = {"font-size": f"{TICK_PX}px"}
    return plot
