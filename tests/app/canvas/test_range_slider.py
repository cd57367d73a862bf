"""The slider with two ends."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.canvas.range_slider import SMALLEST_GAP, RangeSlider

pytestmark = pytest.mark.gui


@pytest.fixture
def slider(qtbot: QtBot) -> RangeSlider:
    made = RangeSlider("Shown part of x")
    made.resize(220, 24)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_nearer_handle_is_taken(slider: RangeSlider, qtbot: QtBot) -> None:
    with qtbot.waitSignal(slider.changed, timeout=500):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(66, 12))
    low, high = slider.range()
    assert low == pytest.approx(0.28, abs=0.05)
    assert high == 1.0
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(200, 12))
    assert slider.range()[0] == low
    assert 0.9 < slider.range()[1] < 1.0


def test_ends_never_cross(slider: RangeSlider) -> None:
    slider.set_range(0.9, 0.2)
    low, high = slider.range()
    assert high - low >= SMALLEST_GAP
    slider.set_range(-5, 7)
    assert slider.range() == (0.0, 1.0)


def test_keys_move_one_end_and_space_takes_the_other(slider: RangeSlider, qtbot: QtBot) -> None:
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    assert slider.range() == pytest.approx((0.1, 1.0))
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.range() == pytest.approx((0.1, 0.99))
    assert "10% to 99%" in slider.accessibleName()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert slider.range() == (0.0, 1.0)
