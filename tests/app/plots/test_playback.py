"""Playing slices: in time, leaving some out rather than falling behind, and ended by everybody else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.plots.playback import Player, place_after
from tests.app.leftovers import flush_deletions, nothing_left

pytestmark = pytest.mark.gui


class Slices:
    """Slices that take a while to come."""

    def __init__(self, count: int = 20, takes_s: float = 0.0) -> None:
        self.count, self.takes_s = count, takes_s
        self.z, self.since = 3, 0.0
        self.seen: list[int] = []
        self.player: Player | None = None

    def cursor_zyx(self) -> tuple[int, int, int]:
        return self.z, 0, 0

    def set_cursor(self, z: int, _y: int, _x: int) -> None:
        self.z, self.since = z, time.monotonic()
        self.seen.append(z)
        if self.player is not None:
            self.player.moved()

    def slice_count(self) -> int:
        return self.count

    def is_drawn(self) -> bool:
        return time.monotonic() - self.since >= self.takes_s


@pytest.fixture
def slices(qtbot: QtBot) -> Iterator[Slices]:
    with nothing_left():
        made = Slices()
        made.player = Player(made)
        yield made
        made.player.stop()
        made.player.deleteLater()
        flush_deletions()


def test_order_of_the_slices() -> None:
    assert [place_after(2, n, 4, "loop", True)[0] for n in range(5)] == [2, 3, 0, 1, 2]
    assert [place_after(2, n, 4, "bounce", True)[0] for n in range(8)] == [2, 3, 2, 1, 0, 1, 2, 3]
    assert [place_after(2, n, 4, "once", True)[0] for n in range(4)] == [2, 3, 3, 3]
    assert [place_after(1, n, 2, "bounce", True)[0] for n in range(3)] == [1, 0, 1]


def test_every_slice_is_shown_when_they_come_in_time(slices: Slices, qtbot: QtBot) -> None:
    player = slices.player
    assert player is not None
    player.set_speed(30)
    player.play()
    qtbot.waitUntil(lambda: len(slices.seen) >= 8, timeout=5000)
    player.stop()
    steps = {(b - a) % slices.count for a, b in zip(slices.seen, slices.seen[1:], strict=False)}
    assert steps <= {1, 2}, "at most one is left out when the machine is busy"


def test_slow_slices_are_left_out_instead_of_slowing_it_down(slices: Slices, qtbot: QtBot) -> None:
    player = slices.player
    assert player is not None
    slices.takes_s, slices.count = 0.2, 1000
    player.set_speed(60)
    with qtbot.waitSignal(player.missed, timeout=3000, check_params_cb=lambda share: share > 0.5):
        player.play()
        begun = time.monotonic()
    qtbot.waitUntil(lambda: len(slices.seen) >= 4, timeout=5000)
    gone = slices.z - 3
    assert gone == pytest.approx(60 * (time.monotonic() - begun), abs=20)
    assert len(slices.seen) < gone / 4


def test_anybody_else_who_moves_the_cursor_ends_it(slices: Slices, qtbot: QtBot) -> None:
    player = slices.player
    assert player is not None
    player.set_speed(60)
    player.play()
    qtbot.waitUntil(lambda: len(slices.seen) >= 2, timeout=5000)
    assert player.playing
    with qtbot.waitSignal(player.playing_changed) as told:
        slices.set_cursor(0, 0, 0)
    assert told.args == [False]
    assert not player.playing


def test_one_pass_ends_at_the_last_slice_and_begins_anew(slices: Slices, qtbot: QtBot) -> None:
    player = slices.player
    assert player is not None
    slices.count = 6
    player.set_way("once")
    player.set_speed(60)
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=5000)
    assert slices.z == 5
    player.play()
    assert slices.z == 0
    slices.count = 1
    player.stop()
    player.play()
    assert not player.playing, "one slice cannot be played"
