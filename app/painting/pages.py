"""Labels of the slices that are being painted, and the strokes that can be taken back; no Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.labels.paint import Mask, Rect
from core.volume import Array

TILE = 256
MOST_BYTES = 256 << 20  # of what can be taken back
KEPT_PAGES = 6


@dataclass(eq=False)
class Page:
    """Labels of one slice.

    Attributes
    ----------
    z : int
    labels : ndarray of uint8, shape (y, x)
        Zeros until they are read.
    ready : bool
        Whether what is on disk has arrived; nothing is painted before.
    changes, saved : int
        How often it was changed, and which of these states is on disk.
    painted : int
        Pixels that are labelled.
    refused : bool
        Whether it could not be saved: it is kept, and tried again with the next stroke.
    """

    z: int
    labels: Array
    ready: bool = True
    changes: int = 0
    saved: int = 0
    painted: int = 0
    refused: bool = False

    @property
    def dirty(self) -> bool:
        """Whether it has to be saved."""
        return self.changes != self.saved


@dataclass(eq=False)
class Edit:
    """What a stroke covered: taking it back swaps the kept squares, or all labels, with what is there."""

    page: Page
    text: str
    squares: dict[Rect, Array] = field(default_factory=dict)
    whole: Array | None = None
    added: int = 0

    @property
    def nbytes(self) -> int:
        """Memory of what is kept."""
        whole = 0 if self.whole is None else self.whole.nbytes
        return whole + sum(square.nbytes for square in self.squares.values())

    def replace(self, labels: Array, painted: int) -> None:
        """Put other labels in place of all; nothing is copied. ``painted`` of their pixels are labelled."""
        self.whole, self.page.labels = self.page.labels, labels
        self.added = painted - self.page.painted

    def touch(self, rect: Rect) -> None:
        """Keep the squares that a rectangle lies on, before it is painted."""
        rows, columns = self.page.labels.shape
        for top in range(rect.top // TILE * TILE, rect.bottom, TILE):
            for left in range(rect.left // TILE * TILE, rect.right, TILE):
                square = Rect(top, min(rows, top + TILE), left, min(columns, left + TILE))
                if square not in self.squares:
                    self.squares[square] = self.page.labels[square.index].copy()

    def swap(self) -> None:
        """Take it back, or make it again."""
        if self.whole is not None:
            self.whole, self.page.labels = self.page.labels, self.whole
        for square, kept in self.squares.items():
            now = self.page.labels[square.index].copy()
            self.page.labels[square.index] = kept
            self.squares[square] = now
        self.page.painted -= self.added
        self.added = -self.added
        self.page.changes += 1

    def finish(self) -> bool:
        """Keep only squares that were changed, and count; whether anything was changed."""
        labels = self.page.labels
        self.squares = {
            square: kept
            for square, kept in self.squares.items()
            if not np.array_equal(kept, labels[square.index])
        }
        for square, kept in self.squares.items():
            self.added += int(np.count_nonzero(labels[square.index])) - int(np.count_nonzero(kept))
        self.page.painted += self.added
        return bool(self.squares) or self.whole is not None


class History:
    """Edits in order; a new one ends those that were taken back, and the oldest go when memory ends."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._done: list[Edit] = []
        self._undone: list[Edit] = []

    @property
    def undo_text(self) -> str:
        """What would be taken back; empty for nothing."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What would be made again."""
        return self._undone[-1].text if self._undone else ""

    @property
    def pages(self) -> set[int]:
        """Slices that edits belong to."""
        return {edit.page.z for edit in (*self._done, *self._undone)}

    def add(self, edit: Edit) -> bool:
        """Take over a finished edit; whether it changed anything."""
        if not edit.finish():
            return False
        edit.page.changes += 1
        self._undone.clear()
        self._done.append(edit)
        while len(self._done) > 1 and sum(one.nbytes for one in self._done) > self._most:
            self._done.pop(0)
        return True

    def undo(self) -> Page | None:
        """Take the last edit back; the slice it was on."""
        return self._move(self._done, self._undone)

    def redo(self) -> Page | None:
        """Make it again."""
        return self._move(self._undone, self._done)

    def _move(self, source: list[Edit], target: list[Edit]) -> Page | None:
        if not source:
            return None
        edit = source.pop()
        edit.swap()
        target.append(edit)
        return edit.page

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()


class Pages:
    """Pages by slice; those that are saved and not needed are forgotten, the oldest first."""

    def __init__(self) -> None:
        self._by_slice: dict[int, Page] = {}

    def __getitem__(self, z: int) -> Page:
        page = self._by_slice.pop(z)
        self._by_slice[z] = page
        return page

    def __contains__(self, z: int) -> bool:
        return z in self._by_slice

    def __iter__(self) -> Iterator[Page]:
        return iter(tuple(self._by_slice.values()))

    def add(self, page: Page, needed: set[int]) -> None:
        """Take a page in, and let go of one that nobody needs."""
        self._by_slice[page.z] = page
        needed = {page.z, *needed, *(z for z, one in self._by_slice.items() if one.dirty or one.refused)}
        free = [z for z in self._by_slice if z not in needed]
        for z in free[: max(0, len(self._by_slice) - KEPT_PAGES)]:
            del self._by_slice[z]

    def clear(self) -> None:
        """Forget all."""
        self._by_slice.clear()


def fill(edit: Edit, rect: Rect, mask: Mask, value: int) -> None:
    """Give the pixels of a mask a value."""
    if not rect.empty:
        edit.touch(rect)
        edit.page.labels[rect.index][mask] = value
