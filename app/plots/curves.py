"""Values per slice as curves; a click chooses the slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.plots.theme import apply_palette, curve_colour, plot_widget
from core.errors import ParameterError
from core.volume import Array

Values = npt.NDArray[np.float64]
MOST_SYMBOLS = 400  # more points than this are drawn as a line only


@dataclass(frozen=True, eq=False)
class Curve:
    """One value per slice.

    Attributes
    ----------
    name : str
        What the legend says (``segmented``).
    values : ndarray, shape (n,)
        NaN where there is none.
    numbers : ndarray, shape (n,)
        Slice index of each value.
    quantity, unit : str
        What the vertical axis says; curves of one quantity are drawn together.
    flagged : ndarray, shape (n,), bool
        Doubtful slices, marked.
    """

    name: str
    values: Values
    numbers: Values
    quantity: str
    unit: str
    flagged: npt.NDArray[np.bool_]


class CurvePanel(QWidget):
    """Curves over the slice index. Click: slice; drag: move; wheel: zoom; double click: all."""

    slice_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: dict[str, Curve] = {}
        self._slice: int | None = None
        self._choice = QComboBox()
        self._choice.setAccessibleName("Quantity")
        self._choice.hide()
        self._choice.currentIndexChanged.connect(lambda _index: self._draw())
        self._value = QLabel()
        self._value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._empty = QLabel("Nothing measured yet.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._plot = plot_widget("values per slice")
        self._plot.addLegend(offset=(-8, 8))
        self._plot.setLabel("bottom", "slice")
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        head = QHBoxLayout()
        head.addWidget(self._choice)
        head.addWidget(self._value, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._empty, 1)
        self._draw()

    def set_curve(
        self,
        name: str,
        values: Sequence[float] | Array,
        *,
        quantity: str,
        unit: str = "",
        numbers: Sequence[int] | Array | None = None,
        flagged: Sequence[bool] | Array | None = None,
    ) -> None:
        """Add a curve, or replace the one of the same name.

        Parameters
        ----------
        name : str
            What the legend says.
        values : array_like, shape (n,)
            One value per slice; NaN leaves a gap.
        quantity, unit : str
            What is plotted (``solid fraction``); curves of the same quantity share one plot.
        numbers : array_like of int, shape (n,), optional
            Slice index of each value, default 0 to n - 1.
        flagged : array_like of bool, shape (n,), optional
            Doubtful slices; they are marked in red.

        Raises
        ------
        ParameterError
            If the lengths differ.
        """
        heights = np.asarray(values, dtype=np.float64)
        places = np.arange(heights.size) if numbers is None else np.asarray(numbers)
        doubtful = np.zeros(heights.size, np.bool_) if flagged is None else np.asarray(flagged, np.bool_)
        if not heights.shape == places.shape == doubtful.shape or heights.ndim != 1:
            raise ParameterError(
                f"curve '{name}' does not fit its slices",
                expected=f"{places.shape} values",
                got=f"{heights.shape} values, {doubtful.shape} flags",
            )
        self._curves[name] = Curve(name, heights, places.astype(np.float64), quantity, unit, doubtful)
        self._list_quantities(prefer=None)

    def clear(self) -> None:
        """Take all curves away."""
        if self._curves:
            self._curves.clear()
            self._list_quantities(prefer=None)

    def show_quantity(self, quantity: str) -> None:
        """Choose what is plotted."""
        self._list_quantities(prefer=quantity)

    def set_slice(self, index: int | None) -> None:
        """Mark the slice that is looked at."""
        self._slice = index
        self._cursor.setVisible(index is not None)
        if index is not None:
            self._cursor.setValue(index)
        self._say_value()

    def _list_quantities(self, prefer: str | None) -> None:
        shown = prefer or self._choice.currentText()
        names = list(dict.fromkeys(curve.quantity for curve in self._curves.values()))
        with QSignalBlocker(self._choice):
            self._choice.clear()
            self._choice.addItems(names)
            self._choice.setCurrentIndex(max(0, names.index(shown) if shown in names else 0) if names else -1)
        self._choice.setVisible(len(names) > 1)
        self._draw()

    def _shown(self) -> list[Curve]:
        return [curve for curve in self._curves.values() if curve.quantity == self._choice.currentText()]

    def _draw(self) -> None:
        item, curves = self._plot.getPlotItem(), self._shown()
        item.clear()
        self._empty.setVisible(not curves)
        self._plot.setVisible(bool(curves))
        for number, curve in enumerate(curves):
            self._draw_curve(item, number, curve)
        if curves:
            unit = f" ({curves[0].unit})" if curves[0].unit else ""
            self._plot.setLabel("left", curves[0].quantity + unit)
            item.legend.setVisible(len(curves) > 1)
            item.addItem(self._cursor, ignoreBounds=True)
            item.enableAutoRange()
        self._follow_theme()
        self.set_slice(self._slice)

    def _draw_curve(self, item: pg.PlotItem, number: int, curve: Curve) -> None:
        colour = curve_colour(number)
        symbols = {"symbol": "o", "symbolSize": 4, "symbolBrush": colour, "symbolPen": None}
        item.plot(
            curve.numbers,
            curve.values,
            name=curve.name,
            pen=pg.mkPen(colour, width=1.5),
            connect="finite",
            **(symbols if curve.values.size <= MOST_SYMBOLS else {}),
        )
        if curve.flagged.any():
            item.plot(
                curve.numbers[curve.flagged],
                curve.values[curve.flagged],
                pen=None,
                symbol="x",
                symbolSize=9,
                symbolPen=pg.mkPen("#d32f2f", width=2),
                symbolBrush=None,
            )

    def _say_value(self) -> None:
        parts = []
        for curve in self._shown():
            at = np.flatnonzero(curve.numbers == self._slice) if self._slice is not None else np.array([])
            if at.size and np.isfinite(curve.values[at[0]]):
                doubt = " (doubtful)" if curve.flagged[at[0]] else ""
                parts.append(f"{curve.name} {curve.values[at[0]]:.5g} {curve.unit}".rstrip() + doubt)
        self._value.setText(f"slice {self._slice}: " + ", ".join(parts) if parts else "")

    def _clicked(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]  # pyqtgraph has no types
            return
        if event.double():  # type: ignore[attr-defined]
            self._plot.getPlotItem().enableAutoRange()
            return
        self.choose_at(self._plot.getPlotItem().vb.mapSceneToView(event.scenePos()).x())  # type: ignore[attr-defined]

    def choose_at(self, position: float) -> None:
        """Announce the slice with a value that lies nearest to a position along the horizontal axis."""
        numbers = [curve.numbers[np.isfinite(curve.values)] for curve in self._shown()]
        known = np.unique(np.concatenate(numbers)) if numbers else np.array([])
        if known.size:
            self.slice_clicked.emit(int(known[np.argmin(np.abs(known - position))]))

    def _follow_theme(self) -> None:
        apply_palette(self._plot.getPlotItem(), self._plot, self.palette())
        self._cursor.setPen(pg.mkPen(self.palette().color(QPalette.ColorRole.Highlight), width=1.5))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()
