"""How a training goes: loss, misplaced pixels and learning rate over its epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from app.plots.theme import apply_palette, curve_colour, plot_widget
from core.learn.params.watch import Point
from core.volume import Array

Quantity: TypeAlias = Literal["loss", "mp", "rate"]
NAMES: dict[Quantity, str] = {"loss": "loss", "mp": "misplaced pixels (%)", "rate": "learning rate"}
MOST_SYMBOLS, MOST_TICKS, BEST_PX = 60, 10, 12
LOWEST_PX = 140
LEAST = 1e-12  # logarithms have no 0


@dataclass(frozen=True, eq=False)
class _Curve:
    """One line of the plot, or the star at its best point."""

    name: str
    epochs: Array
    values: Array
    colour: int
    best: bool = False

    @property
    def dots(self) -> bool:
        """Whether every point is marked."""
        return len(self.epochs) <= MOST_SYMBOLS


def _curve(name: str, epochs: Sequence[int], values: Sequence[float], colour: int) -> _Curve:
    return _Curve(name, np.array(epochs), np.maximum(values, LEAST), colour)


class LossPlot(QWidget):
    """Draws the points of a training. Drag: move; wheel: zoom; double click: all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: tuple[Point, ...] = ()
        self.quantity: Quantity = "loss"
        self.logarithmic = False
        self._look: object = None  # what curves there are, and how they are drawn
        self._made: pg.PlotWidget | None = None  # with the first points: it takes as long as a page of fields
        self._message = QLabel("Curves appear when the first epoch is finished.")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._message)
        self.setMinimumHeight(LOWEST_PX)

    @property
    def _plot(self) -> pg.PlotWidget:
        if self._made is None:
            self._made = plot_widget("course of the training")
            self._made.addLegend(offset=(-8, 8))
            self._made.setLabel("bottom", "epoch")
            self._made.scene().sigMouseClicked.connect(self._clicked)
            self._stack.addWidget(self._made)
        return self._made

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
        if self._made is None and not self.points:
            return
        item = self._plot.getPlotItem()
        self._stack.setCurrentIndex(1 if self.points else 0)
        curves = self._curves()
        look = (self.quantity, self.logarithmic, tuple((one.name, one.dots) for one in curves))
        if look != self._look:  # new curves and their legend cost a hundred times what new points do
            self._look = look
            self._make(item, curves)
        else:
            for made, curve in zip(item.listDataItems(), curves, strict=True):
                made.setData(curve.epochs, curve.values)
        if self.points:
            widest = max(point.epoch for point in self.points)
            item.getAxis("bottom").setTickSpacing(levels=[(max(1, round(widest / MOST_TICKS)), 0)])

    def _make(self, item: pg.PlotItem, curves: Sequence[_Curve]) -> None:
        item.clear()
        item.setLogMode(x=False, y=self.logarithmic)
        for curve in curves:
            shade = curve_colour(curve.colour)
            if curve.best:
                white = pg.mkPen(QColor("#ffffff"), width=0.8)
                drawn = {"pen": None, "symbol": "star", "symbolSize": BEST_PX, "symbolPen": white}
            else:
                drawn = {"pen": pg.mkPen(shade, width=1.8)}
                if curve.dots:
                    drawn |= {"symbol": "o", "symbolSize": 5, "symbolPen": None}
            item.plot(curve.epochs, curve.values, name=curve.name, symbolBrush=shade, **drawn)
        self._plot.setLabel("left", NAMES[self.quantity])
        item.enableAutoRange()
        self._follow_theme()

    def _curves(self) -> list[_Curve]:
        """What is drawn, in order."""
        found: list[_Curve] = []
        for number, part in enumerate(dict.fromkeys(point.part for point in self.points)):
            points = [one for one in self.points if one.part == part]
            found += self._curves_of(f"{part}: " if part else "", points, 2 * number)
        return found

    def _curves_of(self, before: str, points: Sequence[Point], colour: int) -> list[_Curve]:
        epochs = [point.epoch for point in points]
        if self.quantity == "rate":
            return [_curve(f"{before}learning rate", epochs, [p.learning_rate for p in points], colour)]
        found = []
        if self.quantity == "loss":
            found.append(_curve(f"{before}training", epochs, [p.train_loss for p in points], colour + 1))
            values = [point.validation_loss for point in points]
        else:
            values = [point.validation_mp for point in points]
        found.append(_curve(f"{before}validation", epochs, values, colour))
        best = min(range(len(points)), key=lambda place: points[place].validation_mp)
        return [*found, replace(_curve(f"{before}best", [epochs[best]], [values[best]], colour), best=True)]

    def _clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]  # pyqtgraph has no types
            self._plot.getPlotItem().enableAutoRange()

    def _follow_theme(self) -> None:
        apply_palette(self._plot.getPlotItem(), self._plot, self.palette())

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._made is not None:
            self._follow_theme()
