from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.gc_guard import CollectorGuard


class Cyclic:
    """Garbage that only the cyclic collector finds; says which thread freed it."""

    def __init__(self, freed_on: list[int]) -> None:
        self.itself = self
        self._freed_on = freed_on

    def __del__(self) -> None:
        self._freed_on.append(threading.get_ident())


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.collect()
    yield
    (gc.enable if was_on else gc.disable)()


def litter_in_a_thread(freed_on: list[int]) -> int:
    """Make cyclic garbage in another thread, much more than the automatic collector tolerates."""
    thread_id: list[int] = []

    def work() -> None:
        thread_id.append(threading.get_ident())
        for _ in range(5000):
            Cyclic(freed_on)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return thread_id[0]


def test_without_the_guard_garbage_is_freed_in_the_worker(qtbot: QtBot) -> None:
    """The danger is real: this is what the guard is there to prevent, and what the next test would catch."""
    gc.enable()
    freed_on: list[int] = []
    worker = litter_in_a_thread(freed_on)
    assert worker in freed_on


def test_with_the_guard_garbage_is_freed_on_the_gui_thread_only(qtbot: QtBot) -> None:
    freed_on: list[int] = []
    guard = CollectorGuard(interval_ms=10)
    guard.start()
    worker = litter_in_a_thread(freed_on)
    assert freed_on == [], "the automatic collector is still at work"
    qtbot.waitUntil(lambda: len(freed_on) > 4000, timeout=5000)
    guard.stop()
    assert worker not in freed_on
    assert set(freed_on) == {threading.get_ident()}


def test_collecting_from_another_thread_is_refused(qtbot: QtBot) -> None:
    guard = CollectorGuard()
    caught: list[BaseException] = []

    def work() -> None:
        try:
            guard.collect()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "GUI thread only" in str(caught[0])


@pytest.mark.parametrize("was_on", [True, False])
def test_stop_gives_the_collector_back_as_it_was(qtbot: QtBot, was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    guard = CollectorGuard()
    guard.start()
    assert not gc.isenabled()
    guard.stop()
    assert gc.isenabled() is was_on


def test_nothing_due_is_not_collected(qtbot: QtBot) -> None:
    guard = CollectorGuard()
    guard.start()
    gc.collect()
    assert guard.collect() is None
    guard.stop()


def test_what_is_spared_is_given_back_at_the_end(qtbot: QtBot) -> None:
    guard = CollectorGuard()
    guard.start()
    guard.spare()
    assert gc.get_freeze_count() > 0
    guard.stop()
    assert gc.get_freeze_count() == 0
