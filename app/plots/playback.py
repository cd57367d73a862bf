"""Goes through the slices by itself: at a steady speed, leaving slices out rather than falling behind."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.geometry import Z

SPEEDS = (1, 2, 5, 10, 20, 30, 60)  # slices a second
WAYS = {"loop": "Round and round", "bounce": "To and fro", "once": "Once"}
SHORTEST_MS = 16
PATIENCE_S = 2.0  # a slice that has not come by then is left out


class Played(Protocol):
    """What is asked of the slice views."""

    def cursor_zyx(self) -> tuple[int, int, int]:
        """Where the cuts meet."""
        ...

    def set_cursor(self, z: int, y: int, x: int) -> None:
        """Move there."""
        ...

    def slice_count(self) -> int:
        """How many slices there are."""
        ...

    def is_drawn(self) -> bool:
        """Whether the slice at the cursor has come."""
        ...


class Player(QObject):
    """Plays; anything else that moves the cursor ends it.

    Signals: `playing_changed` (bool), `missed` (share of the slices that were left out, 0-1) while playing.
    """

    playing_changed = Signal(bool)
    missed = Signal(float)

    def __init__(self, views: Played, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views = views
        self.speed, self.way = 10, "loop"
        self._forward = True
        self._begun = (0, 0.0)  # slice and moment
        self._moving = False
        self._last_move = 0.0
        self._steps, self._drawn = 0, 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether it goes on."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play, or stop."""
        if self.playing:
            self.stop()
        else:
            self.play()

    def play(self) -> None:
        """Go on from the slice that is shown; one pass begins anew at its end."""
        count = self._views.slice_count()
        if count < 2 or self.playing:
            return
        z, y, x = self._views.cursor_zyx()
        if self.way == "once" and z == count - 1:
            self._go(0, y, x)
        self._forward = True
        self._restart()
        self._timer.start(max(SHORTEST_MS, round(1000 / self.speed)))
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stay at the slice that is shown."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def set_speed(self, speed: int) -> None:
        """Slices a second."""
        self.speed = max(1, speed)
        if self.playing:
            self._restart()
            self._timer.setInterval(max(SHORTEST_MS, round(1000 / self.speed)))

    def set_way(self, way: str) -> None:
        """What comes after the last slice: see `WAYS`."""
        self.way = way
        if self.playing:
            self._restart()

    def moved(self) -> None:
        """The cursor has moved: by somebody else, unless this is the player's own step."""
        if not self._moving:
            self.stop()

    def _restart(self) -> None:
        self._begun = self._views.cursor_zyx()[Z], time.monotonic()
        self._last_move = self._begun[1]
        self._steps, self._drawn = 0, 0

    def _tick(self) -> None:
        z, y, x = self._views.cursor_zyx()
        count, now = self._views.slice_count(), time.monotonic()
        if count < 2:
            self.stop()
            return
        if not self._views.is_drawn() and now - self._last_move < PATIENCE_S:
            return  # asking for the next one now would take this wish back, and nothing would ever be shown
        steps = int((now - self._begun[1]) * self.speed)
        wanted, forward = place_after(self._begun[0], steps, count, self.way, self._forward)
        if wanted != z:
            self._drawn += 1
            self._steps = max(steps, self._drawn)
            self._last_move = now
            self._go(wanted, y, x)
            self.missed.emit(1 - self._drawn / self._steps)
        if self.way == "once" and wanted == (count - 1 if forward else 0):
            self.stop()

    def _go(self, z: int, y: int, x: int) -> None:
        self._moving = True
        self._views.set_cursor(z, y, x)
        self._moving = False


def place_after(first: int, steps: int, count: int, way: str, forward: bool) -> tuple[int, bool]:
    """Slice after some steps, and whether it goes up there."""
    if way == "loop":
        return (first + (steps if forward else -steps)) % count, forward
    last = count - 1
    if way == "once":
        return min(max(0, first + (steps if forward else -steps)), last), forward
    turn = (first if forward else 2 * last - first) + steps
    at = turn % (2 * last)
    return (at, True) if at < last else (2 * last - at, False)
