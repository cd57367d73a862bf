"""The thickness of slices: one by one with what is doubtful, and as a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.plots.per_slice import (
    BAD,
    DOUBT,
    LINE,
    SIGNS,
    Flags,
    PerSlicePlots,
    Values,
    as_html,
    line_above,
)
from app.plots.theme import apply_palette, curve_colour, plot_widget
from core.thickness.assemble import unmeasured_of
from core.thickness.results import ThicknessEstimate
from core.thickness.statistics import gamma_density, histogram_of

OWN, FIT = 0, 4  # colours of what was found and of the fitted distribution
TABLES = (2, 3, 5)  # of other sources: unlike what is marked as doubtful
BAND_ALPHA = 60
CURVE_POINTS = 200
MOST_PIECES = 1000


@dataclass(frozen=True, eq=False)
class Table:
    """Thicknesses from another source, beside those of the step.

    Attributes
    ----------
    name : str
        What the legend says.
    numbers, thickness_nm : ndarray, shape (n,)
        Slice of the input above each thickness, and the thickness.
    """

    name: str
    numbers: Values
    thickness_nm: Values


@dataclass(frozen=True, eq=False)
class Thicknesses:
    """What the plots show; all arrays have shape (n,), n thicknesses.

    Attributes
    ----------
    numbers : ndarray
        Slice of the input above each thickness.
    thickness_nm, sigma_nm : ndarray
        With standard error, NaN where the source states none.
    outliers, implausible, unmeasured : ndarray of bool
        What is marked; unmeasured: beside a slice whose position was not measured.
    across : ndarray of bool
        Distances that hold missing slices: no thickness of one, and not counted.
    gamma : tuple of float, optional
        Shape and scale (nm) of the fitted distribution.
    mean_nm : float, optional
        Mean thickness.
    tables : tuple of Table
        Other sources.
    """

    numbers: Values
    thickness_nm: Values
    sigma_nm: Values
    outliers: Flags
    implausible: Flags
    unmeasured: Flags
    across: Flags
    gamma: tuple[float, float] | None = None
    mean_nm: float | None = None
    tables: tuple[Table, ...] = field(default=())

    @property
    def counted(self) -> Flags:
        """Thicknesses of single slices that were measured on both sides."""
        found: Flags = ~self.unmeasured & ~self.across
        return found

    def at(self, place: int) -> str:
        """What there is to tell of a slice."""
        sigma = self.sigma_nm[place]
        error = f" ± {sigma:.2g}" if np.isfinite(sigma) else ""
        words = [f"{self.thickness_nm[place]:.4g}{error} nm to the next slice"]
        for table in self.tables:
            same = np.flatnonzero(table.numbers == self.numbers[place])
            if same.size:
                words.append(f"{table.name} {table.thickness_nm[same[0]]:.4g} nm")
        for marked, word in ((self.implausible, "implausible"), (self.outliers, "outlier")):
            if marked[place]:
                words.append(word)
        if self.across[place]:
            words.append("across missing slices")
        return "   ".join([*words, "not measured"] if self.unmeasured[place] else words)


def thicknesses_of(
    estimate: ThicknessEstimate, slices: Sequence[int], tables: Sequence[Table] = ()
) -> Thicknesses:
    """What is drawn of an estimate; `slices` are those of the input, one more than thicknesses."""
    count = len(estimate.thickness_nm)
    numbers = np.asarray(slices if len(slices) == count + 1 else range(count + 1), np.float64)[:count]
    sigma = np.asarray(estimate.sigma_nm if len(estimate.sigma_nm) == count else [0.0] * count, np.float64)
    fitted = estimate.gamma_shape, estimate.gamma_scale_nm
    return Thicknesses(
        numbers,
        np.asarray(estimate.thickness_nm, np.float64),
        np.where(sigma > 0, sigma, np.nan),
        _mask(estimate.outliers, count),
        _mask(estimate.implausible, count),
        _mask([beside for index in unmeasured_of(estimate) for beside in (index - 1, index)], count),
        _mask(estimate.across, count),
        None if fitted[0] is None or fitted[1] is None else (fitted[0], fitted[1]),
        estimate.mean_nm,
        tuple(tables),
    )


def _mask(indices: Sequence[int], count: int) -> Flags:
    found = np.zeros(count, np.bool_)
    found[[index for index in indices if 0 <= index < count]] = True
    return found


class ThicknessPlot(PerSlicePlots):
    """Thickness against slice number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            ("thickness per slice",), "The thickness of slices appears here after a run.", parent
        )
        self.shown: Thicknesses | None = None
        self._band: list[pg.GraphicsObject] = []
        self.rows[0].setLabel("left", "thickness (nm)")

    def show_thicknesses(self, shown: Thicknesses | None) -> None:
        """Draw other thicknesses; None empties the plot."""
        self.shown = shown
        if shown is None or not len(shown.numbers):
            self._begin((), ())
            return
        numbers = shown.numbers.astype(np.intp)
        marked = shown.outliers | shown.implausible | shown.unmeasured
        self._begin(numbers.tolist(), numbers[marked].tolist())
        self._draw(shown)
        self._finish()

    def _draw(self, shown: Thicknesses) -> None:
        plot = self.rows[0]
        self._draw_band(plot.getPlotItem(), shown)
        self._draw_line(
            0, "found", shown.numbers, shown.thickness_nm, pen=pg.mkPen(curve_colour(OWN), width=1.5)
        )
        self._key(plot, "found", curve_colour(OWN).name())
        for number, table in enumerate(shown.tables, start=1):
            ink = curve_colour(TABLES[(number - 1) % len(TABLES)])
            look = {"pen": pg.mkPen(ink, width=1.2), "connect": "finite"}
            self._draw_line(0, f"table {number}", table.numbers, table.thickness_nm, **look)
            self._key(plot, table.name, ink.name())
        kinds = (
            (shown.outliers, DOUBT, "t", "outlier (z > 1.5)"),
            (shown.implausible, BAD, "x", "≤ 1 nm"),
            (shown.unmeasured, BAD, "o", "not measured"),
        )
        for mask, colour, symbol, name in kinds:
            there, values = shown.numbers[mask], shown.thickness_nm[mask]
            if self._draw_marks(0, name, there, values, colour, symbol):
                self._key(plot, name, colour, SIGNS[symbol])

    def _draw_band(self, item: pg.PlotItem, shown: Thicknesses) -> None:
        for part in self._band:
            item.removeItem(part)
        self._band = []
        if not np.isfinite(shown.sigma_nm).any():
            return
        colour = QColor(curve_colour(OWN))
        colour.setAlpha(BAND_ALPHA)
        x, low, high = band_of(shown)
        edges = [pg.PlotCurveItem(x, edge, pen=None) for edge in (low, high)]
        self._band = [*edges, pg.FillBetweenItem(*edges, brush=colour)]
        for part in self._band:
            item.addItem(part)

    def _text_of(self, place: int) -> str:
        return "" if self.shown is None else self.shown.at(place)


class ThicknessHistogram(QWidget):
    """How often each measured thickness occurs, with the fitted gamma distribution. Double click: all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: Values = np.zeros(0)
        self.edges: Values = np.zeros(1)
        self.expected: tuple[Values, Values] | None = None
        self._plot = plot_widget("thickness histogram")
        self._plot.setLabel("bottom", "thickness (nm)")
        self._plot.setLabel("left", "slices")
        self._mean = pg.InfiniteLine(angle=90, movable=False)
        self._message = QLabel("")
        self._above, drawn = line_above(), QWidget()
        inside = QVBoxLayout(drawn)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2)
        inside.addWidget(self._above)
        inside.addWidget(self._plot, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(drawn)
        self._stack.addWidget(self._message)
        self._stack.setCurrentIndex(1)

    def show_thicknesses(self, shown: Thicknesses | None) -> None:
        """Count other thicknesses; None empties the plot."""
        item = self._plot.getPlotItem()
        item.clear()
        self._above.setText("")
        self.expected = None
        measured = np.zeros(0) if shown is None else shown.thickness_nm[shown.counted]
        drawn = len(measured) > 1
        self._stack.setCurrentIndex(0 if drawn else 1)
        if shown is None or not drawn:
            self.counts, self.edges = np.zeros(0), np.zeros(1)
            return
        self.edges, counts = histogram_of(np.maximum(measured, 0.0))
        self.counts = counts.astype(np.float64)
        ground = QColor(curve_colour(OWN))
        ground.setAlpha(110)
        item.plot(self.edges, self.counts, stepMode="center", fillLevel=0, fillBrush=ground,
                  pen=pg.mkPen(curve_colour(OWN), width=1.2))  # fmt: skip
        self._draw_fit(item, shown)
        if shown.mean_nm is not None:
            self._mean.setValue(shown.mean_nm)
            item.addItem(self._mean)
        item.enableAutoRange()
        self._follow_theme()

    def _draw_fit(self, item: pg.PlotItem, shown: Thicknesses) -> None:
        if shown.gamma is None:
            return
        high = float(self.edges[-1]) * 1.05
        reach = np.linspace(max(float(self.edges[0]), high / CURVE_POINTS), high, CURVE_POINTS)
        width = float(self.edges[1] - self.edges[0])
        fitted = int((shown.counted & ~shown.implausible).sum())
        self.expected = reach, gamma_density(reach, *shown.gamma) * width * fitted
        name = f"gamma ({shown.gamma[0]:.3g}, {shown.gamma[1]:.3g} nm)"
        self._above.setText(as_html(name, curve_colour(FIT).name(), LINE))
        item.plot(*self.expected, pen=pg.mkPen(curve_colour(FIT), width=2))

    def _follow_theme(self) -> None:
        apply_palette(self._plot.getPlotItem(), self._plot, self.palette())
        text = self.palette().color(QPalette.ColorRole.PlaceholderText)
        self._mean.setPen(pg.mkPen(text, width=1.2, dash=[4, 4]))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()


def band_of(shown: Thicknesses) -> tuple[Values, Values, Values]:
    """Places, lower and upper border of the error band; that of many slices is drawn in fewer pieces."""
    sigma = np.nan_to_num(shown.sigma_nm)
    low, high = shown.thickness_nm - sigma, shown.thickness_nm + sigma
    each = -(-len(sigma) // MOST_PIECES)
    if each == 1:
        return shown.numbers, low, high
    starts = np.arange(0, len(sigma), each)
    return shown.numbers[starts], np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
