"""The check that nothing is left behind must itself be able to fail."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.app import leftovers
from tests.app.leftovers import flush_deletions, nothing_left


def test_a_widget_a_thread_or_a_timer_left_behind_is_told(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE_S", 0.05)
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="forgotten")
    widgets: list[QWidget] = []
    timers: list[QTimer] = []

    def leave_widget() -> None:
        widgets.append(QWidget())

    def leave_timer() -> None:
        timers.append(QTimer())
        timers[0].start(1000)

    leave: tuple[tuple[Callable[[], None], str], ...] = (
        (leave_widget, "QWidget"),
        (thread.start, "forgotten"),
        (leave_timer, "'timers': 1"),
    )
    for action, said in leave:
        with pytest.raises(AssertionError, match=said), nothing_left():
            action()
    end.set()
    thread.join()
    timers[0].stop()
    widgets[0].deleteLater()
    flush_deletions()


def test_what_is_taken_down_is_fine(qapp: QApplication) -> None:
    with nothing_left():
        widget, timer = QWidget(), QTimer()
        timer.start(1)
        timer.stop()
        widget.deleteLater()
