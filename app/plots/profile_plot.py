"""Grey values along the line that was drawn, over true distance."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.plots.profile import Profile
from app.plots.theme import apply_palette, curve_colour, plot_widget
from app.widgets import OneLine

AXIS_PX = 58  # both plots begin at the same place
FEW = 150  # so few values get a dot each
APART = 20.0  # ranges that differ by more than this are not drawn in one plot


class ProfilePlot(QWidget):
    """One curve for each volume; values of another kind get a plot of their own below. Double click: all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Profile | None = None
        self._said = OneLine()
        self._said.setAccessibleName("values at the mouse")
        self._plots = [self._plot("grey values along the line"), self._plot("further values along the line")]
        self._legend = self._plots[0].addLegend(offset=(-8, 2), colCount=2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._said)
        for plot in self._plots:
            layout.addWidget(plot, 1)
        self.set_profile(None)

    def _plot(self, name: str) -> pg.PlotWidget:
        plot = plot_widget(name)
        plot.getPlotItem().getAxis("left").setWidth(AXIS_PX)
        scene = plot.scene()
        scene.sigMouseMoved.connect(lambda place, plot=plot: self._hovered(plot, place))
        scene.sigMouseClicked.connect(self._clicked)
        return plot

    def set_profile(self, profile: Profile | None) -> None:
        """Show values; None shows none."""
        before, self.shown = self.shown, profile
        upper, lower = (plot.getPlotItem() for plot in self._plots)
        upper.clear()
        lower.clear()
        names = [] if profile is None else list(profile.values)
        apart = profile is not None and len(names) > 1 and not alike(profile, names[0], names[1])
        self._plots[1].setVisible(apart)
        self._plots[1].setXLink(self._plots[0] if apart else None)
        for number, name in enumerate(names):
            self._draw(lower if apart and number else upper, number, name)
        self._legend.setVisible(len(names) > 1 and not apart)
        self._name_axes(names, apart)
        if (
            before is None
            or profile is None
            or not np.array_equal(before.distance[-1:], profile.distance[-1:])
        ):
            for item in (upper, lower):
                item.enableAutoRange()
        self._said.setText(range_text(profile))
        self._follow_theme()

    def _draw(self, item: pg.PlotItem, number: int, name: str) -> None:
        if self.shown is None:
            return
        colour, values = curve_colour(number), self.shown.values[name]
        dots = {"symbol": "o", "symbolSize": 4, "symbolBrush": colour, "symbolPen": None}
        item.plot(
            self.shown.distance,
            values,
            name=name,
            pen=pg.mkPen(colour, width=1.5),
            connect="finite",
            **(dots if values.size <= FEW else {}),
        )

    def _name_axes(self, names: list[str], apart: bool) -> None:
        unit = "nm" if self.shown is None else self.shown.unit
        below = self._plots[1] if apart else self._plots[0]
        for plot in self._plots:
            plot.setLabel("bottom", f"distance ({unit})" if plot is below else None)
            plot.getPlotItem().getAxis("bottom").setStyle(showValues=plot is below)
        self._plots[0].setLabel("left", names[0] if apart else "grey value")
        self._plots[1].setLabel("left", names[1] if apart else "")

    def _hovered(self, plot: pg.PlotWidget, place: object) -> None:
        if self.shown is None or not self.shown.distance.size:
            return
        at = plot.getPlotItem().vb.mapSceneToView(place).x()
        nearest = int(np.argmin(np.abs(self.shown.distance - at)))
        values = ", ".join(f"{name} {each[nearest]:.5g}" for name, each in self.shown.values.items())
        self._said.setText(f"at {self.shown.distance[nearest]:.5g} {self.shown.unit}: {values}")

    def _clicked(self, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]  # pyqtgraph has no types
            for plot in self._plots:
                plot.getPlotItem().enableAutoRange()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is gone: the whole line counts again."""
        self._said.setText(range_text(self.shown))
        super().leaveEvent(event)

    def _follow_theme(self) -> None:
        for plot in self._plots:
            apply_palette(plot.getPlotItem(), plot, self.palette())

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()


def alike(profile: Profile, first: str, second: str) -> bool:
    """Whether two curves can be read in one plot: neither is flat beside the other."""
    spans = []
    for name in (first, second):
        known = profile.values[name][np.isfinite(profile.values[name])]
        if known.size:
            spans.append((float(known.min()), float(known.max())))
    whole = max((high for _, high in spans), default=0.0) - min((low for low, _ in spans), default=0.0)
    return all(high == low or whole / (high - low) <= APART for low, high in spans)


def range_text(profile: Profile | None) -> str:
    """Length and range of what is shown."""
    if profile is None:
        return ""
    parts = [f"{profile.distance[-1]:.5g} {profile.unit}"]
    for name, values in profile.values.items():
        known = values[np.isfinite(values)]
        if known.size:
            parts.append(f"{name} {known.min():.4g}–{known.max():.4g}, mean {known.mean():.4g}")
    return ";  ".join(parts)
