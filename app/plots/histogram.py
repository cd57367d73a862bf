"""Grey values of a stack, with thresholds that can be moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from app.forms_number import NumberBox, UnreadableError
from app.plots.theme import apply_palette, curve_colour, plot_widget
from core.errors import ParameterError
from core.volume import Array

Values = npt.NDArray[np.float64]
BINS = 256


class HistogramPanel(QWidget):
    """Grey values and the thresholds between phases; thresholds are dragged, or typed below the plot."""

    threshold_moving = Signal(int, float)
    threshold_moved = Signal(int, float)

    def __init__(self, parent: QWidget | None = None, *, handles: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self._handles = handles  # what the lines are called, if they are no thresholds
        self._counts: Values = np.zeros(0)
        self._edges: Values = np.zeros(1)
        self._unit = "grey"
        self._lines: list[pg.InfiniteLine] = []
        self._boxes: list[NumberBox] = []
        self._plot = plot_widget("histogram")
        self._plot.setLabel("left", "voxels")
        self._plot.setMouseEnabled(y=False)
        self._log = QCheckBox("logarithmic")
        self._log.setToolTip("Show rare grey values too")
        self._log.toggled.connect(lambda _on: self._draw())
        self._foot = QHBoxLayout()
        self._foot.addWidget(self._log)
        self._foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._plot, 1)
        layout.addLayout(self._foot)
        self._draw()

    def set_histogram(self, counts: Array, edges: Array, unit: str = "grey") -> None:
        """Show counts (n,) between edges (n + 1,).

        Raises
        ------
        ParameterError
            If there is not one edge more than counts.
        """
        if len(edges) != len(counts) + 1:
            raise ParameterError(
                "a histogram needs one edge more than counts", expected=len(counts) + 1, got=len(edges)
            )
        self._counts, self._edges = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
        self._unit = unit
        self._draw()

    def set_values(self, values: Array, unit: str = "grey") -> None:
        """Count values (any shape); call it with a sample, not with a whole stack."""
        finite = values[np.isfinite(values)] if np.issubdtype(values.dtype, np.floating) else values.ravel()
        if finite.size == 0:
            self.clear()
            return
        if np.issubdtype(values.dtype, np.integer) and int(finite.max()) - int(finite.min()) < BINS:
            edges = np.arange(int(finite.min()), int(finite.max()) + 2) - 0.5
        else:
            edges = np.histogram_bin_edges(finite, BINS)
        self.set_histogram(np.histogram(finite, edges)[0], edges, unit)

    def clear(self) -> None:
        """Empty the plot and forget the thresholds."""
        self._counts, self._edges = np.zeros(0), np.zeros(1)
        self.set_thresholds(())

    def set_thresholds(self, values: Sequence[float]) -> None:
        """Show thresholds; moves nobody made by hand are not announced."""
        while len(self._boxes) > len(values):
            box = self._boxes.pop()
            self._foot.removeWidget(box)
            box.deleteLater()
        while len(self._boxes) < len(values):
            self._add_box(len(self._boxes))
        for box, value in zip(self._boxes, values, strict=True):
            with QSignalBlocker(box):
                box.show_number(float(value))
        self._draw()

    def thresholds(self) -> tuple[float, ...]:
        """Return the thresholds as shown."""
        return tuple(float(line.value()) for line in self._lines)

    def _add_box(self, index: int) -> None:
        box = NumberBox(whole=False)
        name = self._handles[index] if index < len(self._handles) else f"Threshold {index + 1}"
        box.setAccessibleName(name)
        box.setToolTip(f"{name} ({self._unit})")
        box.editingFinished.connect(lambda: self._typed(index))
        self._boxes.append(box)
        self._foot.addWidget(box)

    def _draw(self) -> None:
        item = self._plot.getPlotItem()
        values = [self._box_value(index) for index in range(len(self._boxes))]
        item.clear()
        self._lines = []
        heights = np.log10(np.maximum(self._counts, 1)) if self._log.isChecked() else self._counts
        colour = self.palette().color(QPalette.ColorRole.Text)
        colour.setAlpha(110)
        item.plot(self._edges, heights, stepMode="center", fillLevel=0, brush=colour, pen=None)
        self._plot.setLabel("bottom", "grey value" if self._unit == "grey" else self._unit)
        self._plot.setLabel("left", "voxels (log₁₀)" if self._log.isChecked() else "voxels")
        for index, value in enumerate(values):
            self._add_line(item, index, value)
        item.enableAutoRange()
        apply_palette(item, self._plot, self.palette())

    def _add_line(self, item: pg.PlotItem, index: int, value: float) -> None:
        colour = curve_colour(index + 1)
        line = pg.InfiniteLine(
            value,
            angle=90,
            movable=True,
            pen=pg.mkPen(colour, width=2),
            hoverPen=pg.mkPen(colour, width=4),
            label="{value:.5g}",
            labelOpts={"position": 0.85, "color": colour, "movable": False},
        )
        line.sigDragged.connect(lambda _line: self._dragged(index))
        line.sigPositionChangeFinished.connect(lambda _line: self._dropped(index))
        item.addItem(line, ignoreBounds=True)
        self._lines.append(line)

    def _box_value(self, index: int) -> float:
        try:
            number = self._boxes[index].number()
        except UnreadableError:
            number = None
        return float(self._lines[index].value()) if number is None else float(number)

    def _dragged(self, index: int) -> None:
        value = float(self._lines[index].value())
        with QSignalBlocker(self._boxes[index]):
            self._boxes[index].show_number(float(f"{value:.6g}"))
        self.threshold_moving.emit(index, value)

    def _dropped(self, index: int) -> None:
        self.threshold_moved.emit(index, float(self._lines[index].value()))

    def _typed(self, index: int) -> None:
        value = self._box_value(index)
        if value != float(self._lines[index].value()):
            self._lines[index].setValue(value)
            self.threshold_moved.emit(index, value)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
