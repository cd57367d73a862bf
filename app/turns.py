"""Work of the GUI thread in small pieces, a few in each turn of the event loop: the window stays fluent."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

TURN_S = 0.008  # a piece that is begun within it is finished: pieces of 20 ms still leave the window fluent


class Turns(QObject):
    """Goes through an iterator, whose pieces are what it does between its values.

    Signals: `ended`, once, when it is through.
    """

    ended = Signal()

    def __init__(self, pieces: Iterator[object], parent: QObject) -> None:
        super().__init__(parent)
        self._pieces = pieces
        self._over = False
        self.busy = False  # while a piece is being done
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        self._timer.start(0)

    def finish(self) -> None:
        """Do all that is left before this returns."""
        while not self.busy and not self._over:
            self._do_one()

    def _go_on(self) -> None:
        until = time.perf_counter() + TURN_S
        while not self._over and time.perf_counter() < until:
            self._do_one()
        if not self._over:
            self._timer.start(0)

    def _do_one(self) -> None:
        self.busy = True
        try:
            next(self._pieces)
        except StopIteration:
            self._over = True
        finally:
            self.busy = False
        if self._over and isValid(self):  # a piece may have ended what it was part of
            self.ended.emit()
