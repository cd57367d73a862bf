"""Curves per slice and histograms with thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from app.forms_number import NumberBox
from app.plots.curves import CurvePanel
from app.plots.histogram import HistogramPanel
from core.errors import ParameterError

pytestmark = pytest.mark.gui


@pytest.fixture
def curves(qtbot: QtBot) -> CurvePanel:
    made = CurvePanel()
    made.resize(500, 300)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def histogram(qtbot: QtBot) -> HistogramPanel:
    made = HistogramPanel()
    made.resize(500, 300)
    qtbot.addWidget(made)
    made.show()
    return made


def text_of(panel: CurvePanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def drawn(panel: CurvePanel) -> list[np.ndarray]:
    return [item.yData for item in panel._plot.getPlotItem().listDataItems()]


def test_curves_of_one_quantity_share_a_plot(curves: CurvePanel) -> None:
    curves.set_curve("raw", [1.0, 2.0, 3.0], quantity="brightness", unit="grey")
    curves.set_curve("normalised", [2.0, 2.0, 2.0], quantity="brightness", unit="grey")
    curves.set_curve("segmented", [0.1, 0.2, 0.3], quantity="solid fraction")
    assert len(drawn(curves)) == 2
    curves.show_quantity("solid fraction")
    assert len(drawn(curves)) == 1
    np.testing.assert_array_equal(drawn(curves)[0], [0.1, 0.2, 0.3])
    assert curves.findChild(QComboBox).count() == 2


def test_the_value_of_the_chosen_slice_is_told(curves: CurvePanel) -> None:
    curves.set_curve(
        "raw", [1.5, np.nan, 3.0], quantity="drift", unit="px", numbers=[4, 5, 6], flagged=[0, 0, 1]
    )
    curves.set_slice(4)
    assert "slice 4: raw 1.5 px" in text_of(curves)
    curves.set_slice(5)
    assert "raw" not in text_of(curves)
    curves.set_slice(6)
    assert "3 px (doubtful)" in text_of(curves)
    curves.set_slice(None)
    assert "slice" not in text_of(curves)


def test_a_click_chooses_the_nearest_slice_with_a_value(curves: CurvePanel, qtbot: QtBot) -> None:
    curves.set_curve("raw", [1.0, np.nan, 3.0], quantity="drift", numbers=[10, 11, 20])
    with qtbot.waitSignal(curves.slice_clicked, timeout=500) as clicked:
        curves.choose_at(11.2)
    assert clicked.args == [10]
    with qtbot.waitSignal(curves.slice_clicked, timeout=500) as clicked:
        curves.choose_at(1e9)
    assert clicked.args == [20]


def test_replacing_and_clearing(curves: CurvePanel, qtbot: QtBot) -> None:
    curves.set_curve("raw", [1.0], quantity="drift")
    curves.set_curve("raw", [5.0, 6.0], quantity="drift")
    np.testing.assert_array_equal(drawn(curves)[0], [5.0, 6.0])
    curves.clear()
    assert "Nothing measured yet" in text_of(curves)
    curves.set_curve("all bad", [np.nan, np.nan], quantity="drift")
    with qtbot.assertNotEmitted(curves.slice_clicked):
        curves.choose_at(0.0)
    curves.clear()
    assert drawn(curves) == []


def test_lengths_that_differ_are_refused(curves: CurvePanel) -> None:
    with pytest.raises(ParameterError, match="does not fit"):
        curves.set_curve("raw", [1.0, 2.0], quantity="drift", numbers=[1])
    with pytest.raises(ParameterError):
        curves.set_curve("raw", [1.0, 2.0], quantity="drift", flagged=[True])


def test_ten_thousand_slices_are_drawn(curves: CurvePanel) -> None:
    curves.set_curve("raw", np.sin(np.arange(10_000) / 50), quantity="drift")
    curves.set_slice(5000)
    assert not curves.grab().isNull()


def test_plots_follow_the_theme(curves: CurvePanel, histogram: HistogramPanel, qtbot: QtBot) -> None:
    curves.set_curve("raw", [1.0, 2.0], quantity="drift")
    histogram.set_values(np.arange(100, dtype=np.uint8))
    for panel in (curves, histogram):
        palette = panel.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(12, 34, 56))
        panel.setPalette(palette)
        qtbot.wait(10)
        colours = panel._plot.grab().toImage().pixelColor(2, 2)
        assert (colours.red(), colours.green(), colours.blue()) == (12, 34, 56)


def test_whole_numbers_get_a_bin_each(histogram: HistogramPanel) -> None:
    histogram.set_values(np.array([[3, 3], [4, 7]], np.uint8))
    assert histogram._counts.tolist() == [2, 1, 0, 0, 1]
    assert histogram._edges.tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5]


def test_reals_may_hold_gaps(histogram: HistogramPanel) -> None:
    histogram.set_values(np.array([0.0, 1.0, np.nan, np.inf]))
    assert histogram._counts.sum() == 2
    histogram.set_values(np.array([np.nan]))
    assert histogram._counts.size == 0


def test_edges_must_fit(histogram: HistogramPanel) -> None:
    with pytest.raises(ParameterError, match="one edge more"):
        histogram.set_histogram(np.ones(4), np.arange(4))


def test_thresholds_are_shown_exactly_and_not_announced(histogram: HistogramPanel, qtbot: QtBot) -> None:
    histogram.set_values(np.arange(256, dtype=np.uint8))
    with qtbot.assertNotEmitted(histogram.threshold_moved):
        histogram.set_thresholds((90.123456789, 150))
    assert histogram.thresholds() == (90.123456789, 150.0)
    histogram.set_thresholds((7,))
    assert histogram.thresholds() == (7.0,)
    histogram._log.setChecked(True)
    assert histogram.thresholds() == (7.0,), "drawing anew keeps them"


def test_dragging_announces_while_moving_and_once_at_the_end(histogram: HistogramPanel, qtbot: QtBot) -> None:
    histogram.set_values(np.arange(256, dtype=np.uint8))
    histogram.set_thresholds((90, 150))
    line = histogram._lines[1]
    line.setValue(171.5)
    with qtbot.waitSignal(histogram.threshold_moving, timeout=500) as moving:
        line.sigDragged.emit(line)
    assert moving.args == [1, 171.5]
    with qtbot.waitSignal(histogram.threshold_moved, timeout=500) as moved:
        line.sigPositionChangeFinished.emit(line)
    assert moved.args == [1, 171.5]
    assert histogram.thresholds() == (90.0, 171.5)


def test_typing_a_threshold_moves_it(histogram: HistogramPanel, qtbot: QtBot) -> None:
    histogram.set_values(np.arange(256, dtype=np.uint8))
    histogram.set_thresholds((90,))
    box = histogram.findChild(NumberBox)
    box.lineEdit().setText("101,5")
    with qtbot.waitSignal(histogram.threshold_moved, timeout=500) as moved:
        box.editingFinished.emit()
    assert moved.args == [0, 101.5]
    box.lineEdit().setText("")
    with qtbot.assertNotEmitted(histogram.threshold_moved):
        box.editingFinished.emit()
    assert histogram.thresholds() == (101.5,)


def test_clearing_takes_the_thresholds_along(histogram: HistogramPanel) -> None:
    histogram.set_values(np.arange(256, dtype=np.uint8))
    histogram.set_thresholds((90,))
    histogram.clear()
    assert histogram.thresholds() == ()
