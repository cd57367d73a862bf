"""Measures how long the window does not answer: a second thread knocks, the GUI thread has to open.

What counts is what a user feels: the time from asking the event loop for a turn until it comes. Time that a
timer of the GUI thread itself would measure leaves out what holds back the timer.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal

SWITCH = "TRUESLICE_HEARTBEAT"
"""Environment variable: when set, the program logs stalls longer than so many milliseconds."""
PERIOD_S = 0.01
STALL_MS = 50.0


@dataclass(frozen=True)
class Stall:
    """One time the window did not answer.

    Attributes
    ----------
    ms : float
        How long.
    where : str
        What the GUI thread was doing when it was first noticed: the innermost lines of Python, outermost
        first; several seconds later it may have been elsewhere.
    """

    ms: float
    where: str


class Heartbeat(QObject):
    """Knocks from a thread of its own, from `start` to `stop`; to be made on the GUI thread.

    `stalled` carries a `Stall` once it is over. `longest_ms` holds since `forget`, whatever its length.
    """

    stalled = Signal(object)
    _knocked = Signal()

    def __init__(self, parent: QObject | None = None, *, stall_ms: float = STALL_MS) -> None:
        super().__init__(parent)
        self.stall_ms = stall_ms
        self.longest_ms = 0.0
        self.stalls: list[Stall] = []
        self._gui = threading.get_ident()
        self._opened, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._knocked.connect(self._opened.set, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin to knock."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._knock, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Knock no more."""
        self._ended.set()
        self._opened.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def forget(self) -> None:
        """Begin anew."""
        self.longest_ms, self.stalls = 0.0, []

    def _knock(self) -> None:
        while not self._ended.wait(PERIOD_S):
            self._opened.clear()
            asked = time.perf_counter()
            self._knocked.emit()
            where = ""
            while not self._opened.wait(self.stall_ms / 1000) and not self._ended.is_set():
                where = where or self._where()
            ms = (time.perf_counter() - asked) * 1000
            if self._ended.is_set():
                return
            self.longest_ms = max(self.longest_ms, ms)
            if where:
                stall = Stall(ms, where)
                self.stalls.append(stall)
                self.stalled.emit(stall)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._gui)
        if frame is None:
            return "outside of Python"
        lines = [line for line in traceback.extract_stack(frame) if not line.filename.startswith("<frozen")][
            -6:
        ]
        return " > ".join(f"{os.path.basename(line.filename)}:{line.lineno} {line.name}" for line in lines)


def wanted_ms(environment: dict[str, str] | os._Environ[str] = os.environ) -> float | None:
    """Length from which stalls are to be logged; None where nobody asked for it."""
    try:
        return float(environment[SWITCH])
    except (KeyError, ValueError):
        return None
