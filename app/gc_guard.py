"""Python's cyclic garbage collector, on the GUI thread only.

Collected automatically, garbage is finalised in whichever thread happens to allocate: a worker that frees
Qt or OpenGL objects crashes the program at random (native, no traceback). So the automatic collector is off
while the window lives, and a timer on the GUI thread collects instead.
"""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000
YOUNG, MIDDLE, OLD = 0, 1, 2


class CollectorGuard(QObject):
    """Collects on the thread it was made on, from `start` to `stop`."""

    def __init__(self, parent: QObject | None = None, *, interval_ms: int = INTERVAL_MS) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.collect)
        self._was_on = False
        self.thread_id = threading.get_ident()

    def start(self) -> None:
        """Take over from the automatic collector."""
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer.start()

    def spare(self) -> None:
        """Leave out of later collections all that is there now.

        Modules, classes and the window live to the end; looking at them each time would hold the window up.
        """
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Give the collector back as it was."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_on:
            gc.enable()

    def collect(self) -> int | None:
        """Collect the oldest generation that is due by Python's own thresholds.

        Returns
        -------
        int or None
            The generation, None when nothing was due.
        """
        if threading.get_ident() != self.thread_id:
            raise RuntimeError("garbage may be collected on the GUI thread only")
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (OLD, MIDDLE, YOUNG):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return generation
        return None
