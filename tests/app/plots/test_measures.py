"""The plot of measures draws what the figure holds."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.figures import PLOTS, figure_of
from app.plots.measures import MeasurePlot
from tests.app.measures import found, pore, solid

pytestmark = pytest.mark.gui


@pytest.fixture
def plot(qtbot: QtBot) -> MeasurePlot:
    made = MeasurePlot()
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def drawn(plot: MeasurePlot) -> list[tuple[np.ndarray, np.ndarray]]:
    return [curve.getOriginalDataset() for curve in plot._plot.getPlotItem().listDataItems()]


def names(plot: MeasurePlot) -> list[str]:
    return [label.text for _sample, label in plot._plot.getPlotItem().legend.items]


def test_curves_and_level_have_names(plot: MeasurePlot) -> None:
    plot.show_figure(figure_of("tpcf", found(), solid()))
    assert plot.message() == ""
    assert names(plot) == ["z", "y", "x", "φ² = 0.0625"]
    x, y = drawn(plot)[0]
    np.testing.assert_array_equal(x, [0.0, 20.0, 40.0])
    np.testing.assert_array_equal(y, [0.25, 0.2, 0.1])
    assert plot._plot.getPlotItem().getAxis("bottom").labelText == "distance (nm)"


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "fraction"])
def test_every_plot_can_be_drawn_and_replaced(plot: MeasurePlot, name: str) -> None:
    plot.show_figure(figure_of(name, found(), solid()))
    assert drawn(plot)
    assert plot.grab().toImage().width() == 500
    plot.show_figure(figure_of(name, found(), pore()))
    assert drawn(plot) == []
    assert plot.message()
    plot.show_figure(None)
    assert plot.message() == "Nothing measured yet."
