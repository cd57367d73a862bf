"""The plot of shifts: what is drawn, what a click or a key chooses, what is told of a slice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from app.plots.drift import Drift, DriftPlot, drift_of, drift_of_moves
from core.align.results import ChannelMoves, RegisterEstimate
from core.align.warp import shift_matrix
from tests.app.alignment import register_estimate

pytestmark = pytest.mark.gui
SLICES = range(20, 32)
WIDE = (3, 4, 9, 40)


@pytest.fixture
def plot(qtbot: QtBot) -> DriftPlot:
    made = DriftPlot()
    made.resize(700, 300)
    qtbot.addWidget(made)
    made.show()
    made.show_drift(drift_of(register_estimate(), SLICES))
    return made


def drawn(plot: DriftPlot, row: int) -> list[Any]:
    return [item for item in plot.rows[row].getPlotItem().listDataItems() if item.isVisible()]


def chosen(plot: DriftPlot) -> list[int]:
    found: list[int] = []
    plot.slice_chosen.connect(found.append)
    return found


@pytest.fixture
def wide(plot: DriftPlot) -> tuple[DriftPlot, list[int]]:
    plot.show_drift(drift_of(register_estimate(4, ()), WIDE))
    return plot, chosen(plot)


def test_shifts_and_their_slow_part_are_drawn_over_slices_of_the_input(plot: DriftPlot) -> None:
    y, slow, x, slow_x, *marks = drawn(plot, 0)
    np.testing.assert_array_equal(y.xData, list(SLICES))
    np.testing.assert_allclose(y.yData, [0.5 * k + k % 2 for k in range(12)])
    np.testing.assert_allclose(slow.yData, [0.5 * k for k in range(12)])
    np.testing.assert_allclose(x.yData, slow_x.yData)
    assert [list(mark.xData) for mark in marks] == [[23, 27], [23, 27]]
    names = [name for name, _colour, _sign in plot.keys(plot.rows[0])]
    assert names == ["y", "slow part of y", "x", "slow part of x", "did not lock"]
    assert plot.marked() == [23, 27]


def test_the_lower_row_shows_how_well_slices_fit(plot: DriftPlot) -> None:
    assert list(plot.qualities()) == ["Correlation", "Confidence"], "what was measured, and no more"
    before, after, *_marks = drawn(plot, 1)
    assert before.yData[5] == 0.5
    assert after.yData[5] == 0.9
    plot.show_quality("Confidence")
    assert [item.yData[0] for item in drawn(plot, 1)] == [1, 0], "the values, and the first flagged one"
    assert drawn(plot, 1)[0].yData[3] == 0


def test_a_corrected_shift_leaves_the_zoom_alone(plot: DriftPlot, qtbot: QtBot) -> None:
    view = plot.rows[0].getPlotItem().vb
    view.setRange(xRange=(22, 24), yRange=(0, 3), padding=0)
    plot.show_drift(drift_of(register_estimate(flagged=()), SLICES))
    assert view.viewRange()[0] == pytest.approx([22, 24])
    assert len(drawn(plot, 0)) == 4, "nothing is flagged any more"
    plot.show_drift(drift_of(register_estimate(8, ()), range(8)))
    qtbot.waitUntil(lambda: view.viewRange()[0][0] < 1, timeout=5000)


def test_flagged_slices_are_gone_through_in_order_and_around(plot: DriftPlot, qtbot: QtBot) -> None:
    found = chosen(plot)
    plot.slice_chosen.connect(plot.set_slice)
    plot.set_slice(20)
    for _ in range(3):
        qtbot.keyClick(plot, Qt.Key.Key_N)
    qtbot.keyClick(plot, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert found == [23, 27, 23, 27]


def test_arrows_go_from_slice_to_slice_and_stop_at_the_ends(plot: DriftPlot, qtbot: QtBot) -> None:
    found = chosen(plot)
    plot.slice_chosen.connect(plot.set_slice)
    plot.set_slice(30)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert found == [31, 31, 30]


def test_a_click_near_a_flagged_slice_means_that_one(plot: DriftPlot) -> None:
    found = chosen(plot)
    plot.choose_at(24.2, reach=1.5)
    plot.choose_at(24.2)
    plot.choose_at(1e6, reach=1.5)
    assert found == [23, 24, 31]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-100, 200, allow_nan=False))
def test_a_click_chooses_the_nearest_slice(wide: tuple[DriftPlot, list[int]], position: float) -> None:
    plot, found = wide
    plot.choose_at(position)
    assert abs(found[-1] - position) == min(abs(number - position) for number in WIDE)


def test_a_real_click_goes_to_the_slice_under_the_mouse(plot: DriftPlot, qtbot: QtBot) -> None:
    plot.show_drift(drift_of(register_estimate(flagged=()), SLICES))
    qtbot.wait(50)
    view = plot.rows[0].getPlotItem().vb
    scene = view.mapViewToScene(_point(25.1, 2.0))
    place = plot.rows[0].mapFromScene(scene)
    with qtbot.waitSignal(plot.slice_chosen, timeout=2000) as seen:
        qtbot.mouseClick(plot.rows[0].viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert seen.args == [25]


def test_values_of_the_slice_are_told(plot: DriftPlot) -> None:
    plot.set_slice(23)
    assert "slice 23:" in plot.said()
    assert "y +2.50 px, x -0.75 px" in plot.said()
    assert "slow part y +1.50" in plot.said()
    assert "correlation 0.5 → 0.9" in plot.said()
    assert "did not lock" in plot.said()
    plot.set_slice(24)
    assert "did not lock" not in plot.said()
    plot.set_slice(500)
    assert plot.said() == ""


def test_nothing_known_leaves_an_empty_page(plot: DriftPlot) -> None:
    plot.show_drift(None)
    assert not plot.rows[0].isVisible()
    assert plot.marked() == []
    plot.choose_marked(True)
    plot.show_drift(drift_of(RegisterEstimate(), ()))
    assert not plot.rows[0].isVisible()


def test_it_follows_the_theme(plot: DriftPlot) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#123456"))
    plot.setPalette(palette)
    assert plot.rows[1].backgroundBrush().color() == QColor("#123456")


def test_lists_that_do_not_fit_are_left_out() -> None:
    estimate = register_estimate().model_copy(update={"trend_px_yx": ((0.0, 0.0),), "flagged": (3, 99)})
    drift = drift_of(estimate, range(5))
    assert np.isnan(drift.trend).all()
    assert drift.flagged.sum() == 1
    np.testing.assert_array_equal(drift.numbers, range(12))


def test_moves_of_a_channel_show_where_its_content_lies() -> None:
    matrices = tuple(tuple(shift_matrix(-2.0, 3.0 - k).ravel().tolist()) for k in range(3))
    moves = ChannelMoves(
        channel="1kV", shape_yx=(8, 9), transforms=matrices, confidence=(1.0, 1.0, 0.0), flagged=(2,)
    )
    drift = drift_of_moves(moves, (4, 5, 6))
    np.testing.assert_allclose(drift.shifts, [[2, -3], [2, -2], [2, -1]])
    assert list(drift.numbers[drift.flagged]) == [6]


def _point(x: float, y: float) -> object:
    from PySide6.QtCore import QPointF

    return QPointF(x, y)


def test_types_of_arrays() -> None:
    drift = drift_of(register_estimate(), SLICES)
    assert isinstance(drift, Drift)
    assert drift.shifts.shape == drift.trend.shape == (12, 2)
