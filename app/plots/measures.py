"""Curves and distributions of measures over lengths."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from app.figures import Figure, Line
from app.plots.theme import apply_palette, curve_colour, plot_widget

MOST_TICKS = 10


class MeasurePlot(QWidget):
    """Draws one `Figure`. Drag: move; wheel: zoom; double click: all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self._plot = plot_widget("measures")
        self._plot.addLegend(offset=(-8, 8))
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._message = QLabel()
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._plot)
        self._stack.addWidget(self._message)
        self.show_figure(None)

    def show_figure(self, figure: Figure | None) -> None:
        """Draw another figure; None: nothing was measured."""
        self.figure = figure
        item = self._plot.getPlotItem()
        item.clear()
        drawn = figure is not None and bool(figure.lines)
        self._stack.setCurrentIndex(0 if drawn else 1)
        if figure is None or not drawn:
            self._message.setText("Nothing measured yet." if figure is None else figure.message)
            return
        item.setLogMode(x=False, y=figure.log_y)
        for number, line in enumerate(figure.lines):
            self._draw(item, number, line)
        self._draw_levels(item, figure)
        axis, widest = item.getAxis("bottom"), max(line.x.max() for line in figure.lines)
        axis.setTickSpacing(levels=[(max(1, round(widest / MOST_TICKS)), 0)] if figure.whole_x else None)
        self._plot.setLabel("bottom", figure.x_label)
        self._plot.setLabel("left", figure.y_label)
        item.legend.setVisible(bool(item.legend.items))
        # Curves and distributions leave the upper right free; points have a line of their own above them.
        row = any(line.kind == "points" for line in figure.lines)
        item.legend.setColumnCount(max(1, len(item.legend.items)) if row else 1)
        item.enableAutoRange()
        self._follow_theme()

    def message(self) -> str:
        """What is said in place of a plot; empty while there is one."""
        return self._message.text() if self._stack.currentIndex() == 1 else ""

    def _draw(self, item: pg.PlotItem, number: int, line: Line) -> None:
        colour = curve_colour(number)
        pen = pg.mkPen(colour, width=1.8)
        more: dict[str, object] = {}
        if line.kind == "steps":
            ground = pg.mkColor(colour)
            ground.setAlpha(50)
            more = {"stepMode": "center", "fillLevel": 0, "fillBrush": ground}
        elif line.kind == "points":
            more = {"symbol": "o", "symbolSize": 6, "symbolBrush": colour, "symbolPen": None}
        item.plot(line.x, line.y, name=line.name or None, pen=pen, **more)
        if line.sd is not None:
            beam = float(np.ptp(line.x)) * 0.01 if line.x.size > 1 else None
            item.addItem(pg.ErrorBarItem(x=line.x, y=line.y, height=2 * line.sd, beam=beam, pen=pen))

    def _draw_levels(self, item: pg.PlotItem, figure: Figure) -> None:
        for name, height in figure.levels:
            if figure.log_y:
                continue
            text = self.palette().color(QPalette.ColorRole.PlaceholderText)
            pen = pg.mkPen(text, width=1.2, style=Qt.PenStyle.DashLine)
            ends = np.concatenate([line.x for line in figure.lines])
            item.plot([ends.min(), ends.max()], [height, height], name=name, pen=pen)

    def _clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]  # pyqtgraph has no types
            self._plot.getPlotItem().enableAutoRange()

    def _follow_theme(self) -> None:
        apply_palette(self._plot.getPlotItem(), self._plot, self.palette())

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()
