"""Thickness per slice and its histogram."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.plots.thickness import Table, ThicknessHistogram, ThicknessPlot, band_of, thicknesses_of
from core.thickness.results import ThicknessEstimate
from tests.app.alignment import thickness_estimate

pytestmark = pytest.mark.gui
SLICES = range(100, 112)


@pytest.fixture
def plot(qtbot: QtBot) -> ThicknessPlot:
    made = ThicknessPlot()
    made.resize(600, 260)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def histogram(qtbot: QtBot) -> ThicknessHistogram:
    made = ThicknessHistogram()
    made.resize(400, 260)
    qtbot.addWidget(made)
    made.show()
    return made


def test_each_thickness_stands_at_the_slice_above_it(plot: ThicknessPlot) -> None:
    shown = thicknesses_of(thickness_estimate(), SLICES)
    plot.show_thicknesses(shown)
    curve = next(each for each in plot.rows[0].getPlotItem().items if isinstance(each, pg.PlotDataItem))
    np.testing.assert_array_equal(curve.xData, list(SLICES)[:-1])
    np.testing.assert_allclose(curve.yData, thickness_estimate().thickness_nm)
    assert plot.marked() == [102, 105, 107, 108], "unmeasured on both sides of slice 108"
    assert [name for name, _, _ in plot.keys(plot.rows[0])] == [
        "found", "outlier (z > 1.5)", "≤ 1 nm", "not measured",
    ]  # fmt: skip


def test_what_is_told_of_a_slice(plot: ThicknessPlot) -> None:
    other = Table("log.csv", np.array([102.0, 103.0]), np.array([12.5, 9.0]))
    plot.show_thicknesses(thicknesses_of(thickness_estimate(), SLICES, (other,)))
    plot.set_slice(102)
    assert "20 ± 0.3 nm to the next slice" in plot.said()
    assert "log.csv 12.5 nm" in plot.said()
    assert plot.said().endswith("outlier")
    plot.set_slice(105)
    assert "implausible" in plot.said()
    plot.set_slice(111)
    assert plot.said() == "", "nothing follows the last slice"


def test_the_last_slice_may_be_the_one_that_was_not_measured(plot: ThicknessPlot) -> None:
    estimate = thickness_estimate().model_copy(update={"flagged": (5, 11)})
    plot.show_thicknesses(thicknesses_of(estimate, SLICES))
    assert plot.marked() == [102, 105, 110]
    plot.set_slice(110)
    assert plot.said().endswith("not measured")
    plot.set_slice(105)
    assert "not measured" not in plot.said(), "implausible, but measured"


def test_keys_take_several_lines_rather_than_being_cut_off(plot: ThicknessPlot) -> None:
    plot.resize(260, 260)
    plot.show_thicknesses(thicknesses_of(thickness_estimate(), SLICES))
    QApplication.processEvents()
    above = plot._above[id(plot.rows[0])]
    assert above.height() >= above.heightForWidth(above.width()) > 1.8 * above.fontMetrics().height()


def test_a_name_from_a_file_is_text(plot: ThicknessPlot) -> None:
    other = Table("<b>x</b>.csv", np.array([102.0]), np.array([12.5]))
    plot.show_thicknesses(thicknesses_of(thickness_estimate(), SLICES, (other,)))
    assert "&lt;b&gt;x" in plot._above[id(plot.rows[0])].text()


def test_the_band_shows_the_standard_error_also_of_many_slices() -> None:
    few = thicknesses_of(thickness_estimate(), SLICES)
    x, low, high = band_of(few)
    np.testing.assert_allclose(high - low, 0.6)
    np.testing.assert_array_equal(x, few.numbers)
    many = thicknesses_of(thickness_estimate(5000), range(5000))
    x, low, high = band_of(many)
    assert len(x) <= 1000
    assert (low <= 9.0 - 0.3 + 1e-9).all()
    assert high.max() == pytest.approx(20.3)
    assert low.min() == pytest.approx(0.2), "no extreme is lost"


def test_sources_without_error_have_no_band(plot: ThicknessPlot) -> None:
    estimate = thickness_estimate().model_copy(update={"sigma_nm": (0.0,) * 11})
    shown = thicknesses_of(estimate, SLICES)
    assert np.isnan(shown.sigma_nm).all()
    plot.show_thicknesses(shown)
    plot.set_slice(101)
    assert "±" not in plot.said()


def test_the_histogram_counts_every_thickness_and_the_fit_has_the_same_area(
    histogram: ThicknessHistogram,
) -> None:
    random = np.random.default_rng(3)
    values = random.gamma(10.6, 0.96, 400)
    z = np.concatenate([[0.0], np.cumsum(values)])
    estimate = ThicknessEstimate(
        thickness_nm=tuple(values.tolist()), z_nm=tuple(z.tolist()), gamma_shape=10.6, gamma_scale_nm=0.96,
        mean_nm=float(values.mean()),
    )  # fmt: skip
    histogram.show_thicknesses(thicknesses_of(estimate, range(401)))
    assert histogram.counts.sum() == 400
    width = histogram.edges[1] - histogram.edges[0]
    assert histogram.expected is not None
    x, y = histogram.expected
    assert np.trapezoid(y, x) == pytest.approx(400 * width, rel=0.03)
    peak = x[np.argmax(y)]
    assert peak == pytest.approx(9.6 * 0.96, abs=0.1), "(shape - 1) x scale"
    assert "gamma (10.6, 0.96 nm)" in histogram._above.text().replace("&nbsp;", " ")


def test_too_little_for_a_histogram(histogram: ThicknessHistogram) -> None:
    histogram.show_thicknesses(thicknesses_of(thickness_estimate(), SLICES))
    assert histogram.counts.sum() == 9, "without those beside the slice that was not measured"
    histogram.show_thicknesses(None)
    assert histogram.counts.size == 0
    one = ThicknessEstimate(thickness_nm=(3.0,), z_nm=(0.0, 3.0))
    histogram.show_thicknesses(thicknesses_of(one, range(2)))
    assert histogram.counts.size == 0


def test_equal_thicknesses_can_be_shown(plot: ThicknessPlot, histogram: ThicknessHistogram) -> None:
    constant = ThicknessEstimate(thickness_nm=(5.0,) * 9, z_nm=tuple(5.0 * k for k in range(10)))
    shown = thicknesses_of(constant, range(10))
    plot.show_thicknesses(shown)
    histogram.show_thicknesses(shown)
    assert histogram.counts.sum() == 9
    assert plot.marked() == []


def test_they_follow_the_theme(histogram: ThicknessHistogram) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#654321"))
    histogram.setPalette(palette)
    assert histogram._plot.backgroundBrush().color() == QColor("#654321")


def test_a_distance_across_missing_slices_is_told_and_not_counted(histogram: ThicknessHistogram) -> None:
    estimate = thickness_estimate()
    histogram.show_thicknesses(thicknesses_of(estimate, SLICES))
    before = histogram.counts.sum()
    shown = thicknesses_of(estimate.model_copy(update={"across": (9,)}), SLICES)
    assert "across missing slices" in shown.at(9)
    histogram.show_thicknesses(shown)
    assert histogram.counts.sum() == before - 1
