"""Stalls of the window are noticed, with their length and their cause."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.heartbeat import Heartbeat, Stall, wanted_ms

LONG_S = 0.25


@pytest.fixture
def heartbeat(qtbot: QtBot) -> Iterator[Heartbeat]:
    made = Heartbeat()
    made.start()
    qtbot.wait(50)
    made.forget()
    yield made
    made.stop()
    made.deleteLater()


def hold_the_window_up() -> None:
    time.sleep(LONG_S)


def test_a_stall_is_measured_and_blamed(qtbot: QtBot, heartbeat: Heartbeat) -> None:
    told: list[Stall] = []
    heartbeat.stalled.connect(told.append)
    QTimer.singleShot(20, hold_the_window_up)
    qtbot.waitUntil(lambda: any(stall.ms > 150 for stall in told), timeout=5000)
    longest = max(told, key=lambda stall: stall.ms)
    assert longest.ms >= 0.8 * LONG_S * 1000
    assert "hold_the_window_up" in longest.where
    assert heartbeat.longest_ms >= longest.ms


def test_it_can_begin_anew_and_end(qtbot: QtBot, heartbeat: Heartbeat) -> None:
    hold_the_window_up()
    qtbot.waitUntil(lambda: bool(heartbeat.stalls), timeout=5000)
    heartbeat.forget()
    assert heartbeat.longest_ms == 0
    assert not heartbeat.stalls
    heartbeat.stop()
    hold_the_window_up()
    qtbot.wait(30)
    assert heartbeat.longest_ms == 0


def test_who_asks_for_it() -> None:
    assert wanted_ms({"TRUESLICE_HEARTBEAT": "80"}) == 80
    assert wanted_ms({"TRUESLICE_HEARTBEAT": "yes"}) is None
    assert wanted_ms({}) is None
