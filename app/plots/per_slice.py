"""Plots over the slice number, below each other on one axis: a click or a key chooses a slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.plots.theme import TICK_PX, apply_palette, plot_widget
from app.widgets import OneLine

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
BAD, DOUBT = "#d32f2f", "#e0a33a"  # on both grounds: what is wrong, what is unusual
SNAP_PX = 9  # a click this near to a marked slice means that slice
LINE, DASHES = "━", "╌"  # signs in the line above a plot
SIGNS = {"x": "✕", "o": "○", "t": "▽"}
AXIS_PX = 58  # all rows begin at the same place
LOWEST_PX = 52
KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class PerSlicePlots(QWidget):
    """Rows of plots with one horizontal axis of slices.

    Click: slice, or the marked slice next to it; drag: move; wheel: zoom; double click: all. Keys: arrows
    previous and next slice, N and Shift+N the next and the previous marked one.

    Signals: `slice_chosen` (slice).
    """

    slice_chosen = Signal(int)

    def __init__(self, names: Sequence[str], empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._marked: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._slice: int | None = None
        self._keys: dict[int, list[tuple[str, str, str]]] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._said = OneLine()
        self._said.setAccessibleName("values of the slice")
        self._empty = QLabel(empty)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self.rows = [self._row(name) for name in names]
        for upper in self.rows[:-1]:
            upper.setXLink(self.rows[-1])
            upper.getAxis("bottom").setStyle(showValues=False)
        self.rows[-1].setLabel("bottom", "slice")
        self._lines = [pg.InfiniteLine(angle=90, movable=False) for _ in names]
        for plot, line in zip(self.rows, self._lines, strict=True):
            plot.addItem(line, ignoreBounds=True)
        self._above = {id(plot): line_above() for plot in self.rows}
        self._drawn: dict[tuple[int, str], Any] = {}
        self._moved_on = False
        self._lay_out()
        self._show_rows(False)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._said)
        for plot in self.rows:
            layout.addWidget(self._above[id(plot)])
            layout.addWidget(plot, 1)
        layout.addWidget(self._empty, 1)

    def _row(self, name: str) -> pg.PlotWidget:
        plot = plot_widget(name)
        plot.setMinimumHeight(LOWEST_PX)
        item = plot.getPlotItem()
        item.getAxis("left").setWidth(AXIS_PX)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.setContentsMargins(4, 2, 12, 2)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys go to the whole
        scene = plot.scene()
        scene.sigMouseClicked.connect(lambda event, plot=plot: self._clicked(plot, event))
        scene.sigMouseMoved.connect(lambda place, plot=plot: self._hovered(plot, place))
        plot.viewport().installEventFilter(self)
        return plot

    # ------------------------------------------------------------------ what is shown
    def set_slice(self, index: int | None) -> None:
        """Mark the slice that is looked at."""
        self._slice = index
        for line in self._lines:
            line.setVisible(index is not None)
            if index is not None:
                line.setValue(index)
        self._say(index)

    def said(self) -> str:
        """What is told of the slice."""
        return self._said.text()

    def marked(self) -> Sequence[int]:
        """Slices that are marked, in order."""
        return [int(number) for number in self._marked]

    def choose_marked(self, forward: bool) -> None:
        """Go to the next marked slice after the present one, or the one before it; around the ends."""
        if not self._marked.size:
            return
        now = self._slice if self._slice is not None else -1
        beyond = self._marked[self._marked > now] if forward else self._marked[self._marked < now][::-1]
        around = self._marked[0] if forward else self._marked[-1]
        self.slice_chosen.emit(int(beyond[0] if beyond.size else around))

    def choose_at(self, position: float, reach: float = 0.0) -> None:
        """Announce the slice nearest to a position, or a marked one within `reach` of it."""
        for numbers, limit in ((self._marked, reach), (self._numbers, math.inf)):
            if numbers.size:
                nearest = int(numbers[np.argmin(np.abs(numbers - position))])
                if abs(nearest - position) <= limit:
                    self.slice_chosen.emit(nearest)
                    return

    def keys(self, plot: pg.PlotWidget) -> Sequence[tuple[str, str, str]]:
        """Name, colour and sign of what a row shows; written above it, where no curve is covered."""
        return self._keys.get(id(plot), [])

    def _key(self, plot: pg.PlotWidget, name: str, colour: str, sign: str = LINE) -> None:
        self._keys.setdefault(id(plot), []).append((name, colour, sign))

    def _begin(self, numbers: Sequence[int], marked: Sequence[int]) -> None:
        """Begin to draw anew; no numbers leave an empty page."""
        before, self._numbers = self._numbers, np.asarray(numbers, np.intp)
        self._marked = np.unique(np.asarray(marked, np.intp))
        self._moved_on = not np.array_equal(before, self._numbers)
        for item in self._drawn.values():
            item.setVisible(False)
        self._keys = {}
        self._show_rows(self._numbers.size > 0)

    def _draw_line(self, row: int, name: str, x: Values, y: Values, **look: Any) -> None:
        """Draw a curve or symbols; what is drawn again under its name is only changed, which is quicker."""
        item = self._drawn.get((row, name))
        if item is None:
            self._drawn[row, name] = self.rows[row].getPlotItem().plot(x, y, **look)
        else:
            item.setData(x, y)
            item.setVisible(True)

    def _draw_marks(self, row: int, name: str, x: Values, y: Values, colour: str, symbol: str = "x") -> bool:
        """Draw symbols at doubtful values; whether there are any."""
        known = np.isfinite(y)
        if not known.any():
            return False
        pen = pg.mkPen(colour, width=2)
        look = {"pen": None, "symbol": symbol, "symbolSize": 9, "symbolPen": pen, "symbolBrush": None}
        self._draw_line(row, name, x[known], y[known], **look)
        return True

    def _finish(self) -> None:
        for plot in self.rows:
            keys = "&nbsp;&nbsp; ".join(as_html(*key) for key in self.keys(plot))
            self._above[id(plot)].setText(keys)
        if self._moved_on:  # else the user keeps what was zoomed to
            self._show_all()
            self._follow_theme()
        self.set_slice(self._slice)

    def _show_all(self) -> None:
        for plot in self.rows:
            plot.getPlotItem().enableAutoRange()

    def _show_rows(self, shown: bool) -> None:
        self._said.setVisible(shown)
        self._empty.setVisible(not shown)
        for plot in self.rows:
            plot.setVisible(shown)
            self._above[id(plot)].setVisible(shown)

    def _text_of(self, place: int) -> str:
        """What there is to tell of the slice at a place among the numbers."""
        raise NotImplementedError

    def _say(self, index: int | None) -> None:
        at = [] if index is None else np.flatnonzero(self._numbers == index).tolist()
        self._said.setText(f"slice {index}:  {self._text_of(at[0])}" if at else "")
        self._said.setToolTip(self._said.text())  # where the window is narrow

    # ------------------------------------------------------------------ mouse and keys
    def _clicked(self, plot: pg.PlotWidget, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.double():
            self._show_all()
            return
        view = plot.getPlotItem().vb
        reach = SNAP_PX * view.viewPixelSize()[0]
        self.choose_at(view.mapSceneToView(event.scenePos()).x(), reach)

    def _hovered(self, plot: pg.PlotWidget, place: Any) -> None:
        if self._numbers.size:
            position = plot.getPlotItem().vb.mapSceneToView(place).x()
            self._say(int(self._numbers[np.argmin(np.abs(self._numbers - position))]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The mouse is gone: the values are those of the chosen slice again."""
        if event.type() == QEvent.Type.Leave:
            self._say(self._slice)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class for the keys."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_N:
            self.choose_marked(not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        elif key in KEYS and self._numbers.size:
            now = self._numbers[0] if self._slice is None else self._slice
            at = int(np.argmin(np.abs(self._numbers - now))) + KEYS[key]
            self.slice_chosen.emit(int(self._numbers[min(max(at, 0), self._numbers.size - 1)]))
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ colours
    def _follow_theme(self) -> None:
        highlight = self.palette().color(QPalette.ColorRole.Highlight)
        for plot, line in zip(self.rows, self._lines, strict=True):
            apply_palette(plot.getPlotItem(), plot, self.palette())
            line.setPen(pg.mkPen(highlight, width=1.5))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()


def line_above() -> QLabel:
    """Coloured words above a plot, in several lines if need be; they do not make the plot wider."""
    made = QLabel()
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.RichText)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    made.setStyleSheet(f"font-size: {TICK_PX}px")
    return made


def as_html(name: str, colour: str, sign: str) -> str:
    """One entry of the line above a plot; names may come from files."""
    words = f"{sign} {escape(name)}".replace(" ", "&nbsp;")
    return f'<span style="color:{colour}">{words}</span>'
