"""All keys of the window, as they are listed under Help."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtGui import QKeySequence

from app.actions import TABLE
from app.plots.keys import SLICE_KEYS

Keys: TypeAlias = tuple[tuple[str, str], ...]
"""(keys, what they do)."""

OTHERS: tuple[tuple[str, Keys], ...] = (
    ("Slices, while they have the keyboard", SLICE_KEYS),
    ("3D, while it has the keyboard", (
        ("Arrows", "Turn"), ("+  −", "Zoom"), ("Home", "Everything, from the front"),
    )),
    ("Plots of slices, while they have the keyboard", (
        ("Left  Right", "Slice before or after"), ("N", "Next marked slice; with Shift the one before"),
    )),
    ("Manual", (
        ("Alt+Left  Alt+Right", "Page before or after"), ("Ctrl+F", "Search"),
        ("Esc", "End the search, or close"),
    )),
)  # fmt: skip


def key_table() -> tuple[tuple[str, Keys], ...]:
    """(heading, keys): each menu with its shortcuts, then what has keys of its own."""
    menus: dict[str, list[tuple[str, str]]] = {}
    for entry in TABLE:
        if entry.shortcut:
            keys = QKeySequence(entry.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            words = entry.text.replace("&", "").rstrip("…")
            menus.setdefault(entry.menu.replace("&", ""), []).append((keys, words))
    return (*((f"Menu {menu}", tuple(keys)) for menu, keys in menus.items()), *OTHERS)
