"""The search along the stack: about where each slice lies, and which slices it can be measured against."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from core.align.options import AlignOptions
from core.align.prepare import Field, Prepared, box_mask, field_of
from core.align.search import search
from core.volume import Array


@dataclass(frozen=True)
class Located:
    """A slice on its way: ready, with what counts of it and about where its content lies."""

    index: int
    ready: Prepared
    field: Field
    place: Array  # (x, y) in px from the first slice


@dataclass
class Chain:
    """The search along the stack: one slice after the other, as each start builds on the one before."""

    options: AlignOptions
    shape_yx: tuple[int, int]
    fixed: Located | None = None
    kept: deque[Located] = field(default_factory=deque)
    stray: Located | None = None
    last: Located | None = None
    place: Array = field(default_factory=lambda: np.zeros(2))

    def take(self, index: int, ready: Prepared) -> tuple[Located, list[Located]]:
        """Find about where a slice lies, and the slices it is to be measured against."""
        against = self._found(ready)
        slice_ = self.located(index, ready)
        self.last = slice_
        if against is None:
            if not ready.blank:
                self._start_or_stray(slice_)
            return slice_, []
        self.kept.append(slice_)
        self.stray = None
        while len(self.kept) > self.options.reach:
            self.kept.popleft()
        return slice_, against

    def located(self, index: int, ready: Prepared) -> Located:
        """A slice with its boxes where the content is now."""
        moved = (round(float(self.place[1])), round(float(self.place[0])))
        return Located(
            index, ready, field_of(ready, box_mask(self.options, self.shape_yx, moved)), self.place
        )

    def _found(self, ready: Prepared) -> list[Located] | None:
        """Slices to measure against; sets the place. None if none locks."""
        if ready.blank:
            return None
        for one in self._candidates():
            guess = np.eye(3)
            guess[:2, 2] = self.place - one.place
            matrix, locked = search(one.ready, ready, one.field, [guess, np.eye(3)])
            if locked and matrix is not None:
                self.place = one.place + matrix[:2, 2]
                if self.fixed is not None:
                    return [self.fixed]
                if one is self.stray:
                    self.kept = deque([one])
                return list(self.kept)
        return None

    def _candidates(self) -> list[Located]:
        if self.fixed is not None:
            return [self.fixed]
        found = [self.kept[-1]] if self.kept else []
        return found if self.stray is None else [*found, self.stray]

    def _start_or_stray(self, slice_: Located) -> None:
        if self.fixed is None and not self.kept:
            self.kept.append(slice_)
        else:
            self.stray = slice_
