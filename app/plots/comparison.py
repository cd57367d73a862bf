"""How two volumes are compared: which side is shown how, side by side or in turn."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.plots.pictures import AFTER, BEFORE, OVER, SWIPE

MODES = {"before": "Before", "swipe": "Swipe", "after": "After", "difference": "Difference", "over": "Over"}
BLINK_MS = 250  # each side of the comparison is shown for this long


class Comparison(QObject):
    """What the user has chosen; `changed` when something else is to be drawn."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.names = ("before", "after")
        self.mode = SWIPE
        self.blinks = False
        self._other_side = False
        self.timer = QTimer(self)
        self.timer.setInterval(BLINK_MS)
        self.timer.timeout.connect(self.blink_once)

    def next_mode(self) -> str:
        """The way to compare that comes after the present one."""
        modes = list(MODES)
        return modes[(modes.index(self.mode) + 1) % len(modes)]

    def set_mode(self, mode: str) -> None:
        """Compare in this way."""
        self.mode = mode
        self.changed.emit()

    def blink(self, on: bool) -> None:
        """Show both sides in turn, or no longer."""
        self.blinks, self._other_side = on, False
        self.changed.emit()

    def blink_once(self) -> None:
        """Show the other side."""
        self._other_side = not self._other_side
        self.changed.emit()

    def drawn(self, comparable: bool) -> str:
        """What is drawn now; the timer runs while both sides are shown in turn."""
        blinks = self.blinks and comparable
        if blinks != self.timer.isActive():
            (self.timer.start if blinks else self.timer.stop)()
        if not comparable:
            return BEFORE
        if not blinks:
            return self.mode
        other = OVER if self.mode == OVER else AFTER  # what lies over the slices comes and goes
        return BEFORE if self._other_side else other

    def stop(self) -> None:
        """Blink no more."""
        self.timer.stop()
