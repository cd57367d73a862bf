"""The keys of the slice views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from app.geometry import X, Y, Z

FAR = 1 << 30  # beyond the end of any stack: the cursor stops at the edge
MANY = 10
CLOSER = 1 / 1.25


class Navigated(Protocol):
    """What keys can do with the views."""

    def move_along(self, axis: int, steps: int) -> None:
        """Move the cursor."""

    def zoom(self, factor: float) -> None:
        """Zoom about the cursor."""

    def fit(self) -> None:
        """Show everything."""

    def auto_contrast(self) -> None:
        """Fit the contrast."""

    def next_mode(self) -> None:
        """Compare in another way."""

    def play_or_stop(self) -> None:
        """Go through the slices, or stay."""

    def leave(self) -> None:
        """Put the tool aside, and stay at this slice."""

    def remove_line(self) -> None:
        """Take the chosen line away."""


MOVES = {
    Qt.Key.Key_PageUp: (Z, -1),
    Qt.Key.Key_PageDown: (Z, 1),
    Qt.Key.Key_Up: (Y, -1),
    Qt.Key.Key_Down: (Y, 1),
    Qt.Key.Key_Left: (X, -1),
    Qt.Key.Key_Right: (X, 1),
    Qt.Key.Key_Home: (Z, -FAR),
    Qt.Key.Key_End: (Z, FAR),
}

SLICE_KEYS = (
    ("Page Up  Page Down", "Slice before or after; with Shift ten"),
    ("Arrows", "Move the cursor in the slice; with Shift ten pixels"),
    ("Home  End", "First or last slice"),
    ("Space", "Go through the slices, or stay"),
    ("+  −", "Zoom about the cursor"),
    ("F", "Show the whole slice"),
    ("A", "Fit the contrast"),
    ("B", "Before and after in turn"),
    ("C", "Compare in another way"),
    ("1 … 9", "Channel"),
    ("Esc", "Put the tool aside"),
    ("Del", "Take the chosen line away"),
)
"""The same in words; B and the digits are keys of the views themselves."""


def action_of(event: QKeyEvent, views: Navigated) -> Callable[[], None] | None:
    """Return what a key press means; None if it means nothing here."""
    key = Qt.Key(event.key())
    if key in MOVES:
        axis, steps = MOVES[key]
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps *= MANY
        return lambda: views.move_along(axis, steps)
    actions: dict[Qt.Key, Callable[[], None]] = {
        Qt.Key.Key_Plus: lambda: views.zoom(CLOSER),
        Qt.Key.Key_Equal: lambda: views.zoom(CLOSER),
        Qt.Key.Key_Minus: lambda: views.zoom(1 / CLOSER),
        Qt.Key.Key_F: views.fit,
        Qt.Key.Key_A: views.auto_contrast,
        Qt.Key.Key_C: views.next_mode,
        Qt.Key.Key_Space: views.play_or_stop,
        Qt.Key.Key_Escape: views.leave,
        Qt.Key.Key_Delete: views.remove_line,
    }
    held = event.isAutoRepeat() and key == Qt.Key.Key_Space
    return None if held else actions.get(key)
