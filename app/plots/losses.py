"""How a training goes: loss, misplaced pixels and learning rate over its epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from app.plots.theme import apply_palette, curve_colour, plot_widget
from core.learn.params.watch import Point

Quantity: TypeAlias = Literal["loss", "mp", "rate"]
NAMES: dict[Quantity, str] = {"loss": "loss", "mp": "misplaced pixels (%)", "rate": "learning rate"}
MOST_SYMBOLS, MOST_TICKS, BEST_PX = 60, 10, 12
LOWEST_PX = 140
LEAST = 1e-12  # logarithms have no 0


class LossPlot(QWidget):
    """Draws the points of a training. Drag: move; wheel: zoom; double click: all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: tuple[Point, ...] = ()
        self.quantity: Quantity = "loss"
        self.logarithmic = False
        self._plot = plot_widget("course of the training")
        self._plot.addLegend(offset=(-8, 8))
        self._plot.setLabel("bottom", "epoch")
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._message = QLabel("Curves appear when the first epoch is finished.")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._plot)
        self.setMinimumHeight(LOWEST_PX)

    def sizeHint(self) -> QSize:
        """Ask for little: what is left over comes by itself."""
        return QSize(400, LOWEST_PX)

    def show_points(self, points: Sequence[Point]) -> None:
        """Draw these."""
        self.points = tuple(points)
        self._draw()

    def show_as(self, quantity: Quantity, *, logarithmic: bool) -> None:
        """Choose what is drawn, and how."""
        self.quantity, self.logarithmic = quantity, logarithmic
        self._draw()

    def drawn(self) -> dict[str, int]:
        """Names of the curves, and how many points each has."""
        items = self._plot.getPlotItem().listDataItems()
        return {item.name(): len(item.getOriginalDataset()[0]) for item in items}

    def _draw(self) -> None:
        item = self._plot.getPlotItem()
        item.clear()
        self._stack.setCurrentIndex(1 if self.points else 0)
        if not self.points:
            return
        item.setLogMode(x=False, y=self.logarithmic)
        for number, part in enumerate(dict.fromkeys(point.part for point in self.points)):
            self._draw_part(item, part, [one for one in self.points if one.part == part], 2 * number)
        widest = max(point.epoch for point in self.points)
        item.getAxis("bottom").setTickSpacing(levels=[(max(1, round(widest / MOST_TICKS)), 0)])
        self._plot.setLabel("left", NAMES[self.quantity])
        item.enableAutoRange()
        self._follow_theme()

    def _draw_part(self, item: pg.PlotItem, part: str, points: list[Point], colour: int) -> None:
        before = f"{part}: " if part else ""
        if self.quantity == "rate":
            self._line(item, f"{before}learning rate", points, [p.learning_rate for p in points], colour)
            return
        if self.quantity == "loss":
            self._line(item, f"{before}training", points, [p.train_loss for p in points], colour + 1)
            values = [point.validation_loss for point in points]
        else:
            values = [point.validation_mp for point in points]
        self._line(item, f"{before}validation", points, values, colour)
        best = min(range(len(points)), key=lambda place: points[place].validation_mp)
        item.plot(
            [points[best].epoch], [max(values[best], LEAST)], name=f"{before}best", pen=None, symbol="star",
            symbolSize=BEST_PX, symbolBrush=curve_colour(colour),
            symbolPen=pg.mkPen(QColor("#ffffff"), width=0.8),
        )  # fmt: skip

    def _line(
        self, item: pg.PlotItem, name: str, points: list[Point], values: Sequence[float], colour: int
    ) -> None:
        shade = curve_colour(colour)
        dots = {"symbol": "o", "symbolSize": 5, "symbolBrush": shade, "symbolPen": None}
        item.plot(
            np.array([point.epoch for point in points]),
            np.maximum(values, LEAST),
            name=name,
            pen=pg.mkPen(shade, width=1.8),
            **(dots if len(points) <= MOST_SYMBOLS else {}),
        )

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
