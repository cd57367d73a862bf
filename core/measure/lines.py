"""Pairs and runs of one phase along z, y and x: exact counts of a stack that comes in slabs.

Behind the two-point correlation, the lineal path and the chord lengths. Slices that are not to be used count
as absent: no pair has an end in them and every run along z ends there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.measure.words import WORD, Task, packed, shares, words_of
from core.volume import Array, Shape


@dataclass(frozen=True)
class LineCounts:
    """Exact counts along z, y and x.

    Attributes
    ----------
    pairs, tries : tuple of ndarray of int64
        Per axis: pairs of voxels at lag 0, 1, ... that are both of the phase, and all pairs.
    runs, inner : tuple of ndarray of int64
        Per axis: runs by length (the index), and those of them that end at the other phase on both sides.
    placements : tuple of ndarray of int64
        Per axis: placements of k + 1 voxels, k = 0 to side - 1.
    """

    pairs: tuple[Array, Array, Array]
    tries: tuple[Array, Array, Array]
    runs: tuple[Array, Array, Array]
    inner: tuple[Array, Array, Array]
    placements: tuple[Array, Array, Array]


class LineCounter:
    """Counts one phase along the three axes; slabs come in order along z and their size does not matter.

    Parameters
    ----------
    shape : tuple of int
        (z, y, x) of the whole.
    lags : tuple of int
        Greatest lag of the pairs along z, y and x, below each side; -1 along an axis for no pairs.
    used : ndarray of bool, shape (z,), optional
        Slices that count; all if left out.
    periodic : bool
        Whether the volume repeats itself, so that pairs (not runs) reach across its borders.
    """

    def __init__(
        self,
        shape: Shape,
        lags: tuple[int, int, int],
        used: Array | None = None,
        *,
        periodic: bool = False,
        parts: int = 4,
    ) -> None:
        for lag, side in zip(lags, shape, strict=True):
            if not -1 <= lag < side:
                raise ParameterError(
                    "lags must be shorter than the volume", expected=f"0-{side - 1}", got=lag
                )
        self._shape, self._lags, self._periodic, self._parts = shape, lags, periodic, parts
        self._used = np.ones(shape[0], dtype=bool) if used is None else used
        self._bordered = np.zeros(shape[0] + 2, dtype=bool)
        self._bordered[1:-1] = self._used
        self._words = words_of(shape[2])
        self._history = max(1, lags[0])
        self._last = np.zeros((self._history, shape[1], self._words), dtype=np.uint64)
        self._first: list[Array] = []
        self._start = np.zeros((shape[1], self._words * WORD), dtype=np.int32)
        self._seen = 0
        self._rows = shares(shape[1], parts)
        self._columns = shares(self._words, parts)
        self._pairs = [[np.zeros(lag + 1, dtype=np.int64) for _ in range(parts)] for lag in lags]
        self._runs = [[np.zeros((2, side + 1), dtype=np.int64) for _ in range(parts)] for side in shape]

    def add(self, slab: Array) -> list[Task]:
        """Take the next slices, bool of shape (n, y, x); returns the tasks that count them.

        All tasks have to be finished before the next slab is added; they may run beside each other.
        """
        begin, stop = self._seen, self._seen + len(slab)
        if slab.shape[1:] != self._shape[1:] or slab.dtype != np.bool_ or stop > self._shape[0]:
            raise ParameterError(
                "slabs do not fit the volume", expected=f"bool, {self._shape}", got=slab.shape
            )
        self._seen = stop
        wide = self._words + (max(0, self._lags[2]) >> 6) + 2
        words = packed(slab, wide)
        words[~self._used[begin:stop]] = 0
        rows = np.ascontiguousarray(words[:, :, : self._words])
        if self._periodic and self._lags[2] > 0:
            again = np.concatenate([slab, slab[:, :, : self._lags[2]]], axis=2)
            words = packed(again, wide)
            words[~self._used[begin:stop]] = 0
        if self._periodic and sum(map(len, self._first)) < self._lags[0]:
            self._first.append(rows[: self._lags[0] - sum(map(len, self._first))])
        deep = np.concatenate([self._last, rows])
        self._last = deep[-self._history :].copy()
        return [*self._plane_tasks(rows, words), *self._deep_tasks(deep, begin)]

    def finish(self) -> LineCounts:
        """All counts, once every slice has been added and counted."""
        if self._seen != self._shape[0]:
            raise ParameterError("slabs do not add up to the volume", expected=self._shape[0], got=self._seen)
        for task in self._end_tasks():
            task()
        pairs = [np.sum(found, axis=0) for found in self._pairs]
        runs = [np.sum(found, axis=0) for found in self._runs]
        tries, places = self._tries(), self._placements()
        return LineCounts(
            (pairs[0], pairs[1], pairs[2]),
            (tries[0], tries[1], tries[2]),
            (runs[0][0], runs[1][0], runs[2][0]),
            (runs[0][1], runs[1][1], runs[2][1]),
            (places[0], places[1], places[2]),
        )

    # ---- tasks
    def _plane_tasks(self, rows: Array, beyond: Array) -> list[Task]:
        from core.measure.kernels.words import pairs_x, pairs_y, runs_x, runs_y

        width = self._shape[2]
        tasks: list[Task] = []
        for part, (first, last) in enumerate(self._rows):
            every, inner = self._runs[2][part]
            tasks.append(partial(runs_x, rows, width, first, last, every, inner))
            if self._lags[2] >= 0:
                tasks.append(partial(pairs_x, rows, beyond, first, last, self._pairs[2][part]))
            if self._lags[1] >= 0:
                hits = self._pairs[1][part]
                tasks.append(partial(pairs_y, rows, first, last, self._periodic, hits))
        for part, (first, last) in enumerate(self._columns):
            every, inner = self._runs[1][part]
            tasks.append(partial(runs_y, rows, first, last, every, inner))
        return tasks

    def _deep_tasks(self, deep: Array, begin: int) -> list[Task]:
        from core.measure.kernels.words import pairs_z, runs_z

        tasks: list[Task] = []
        for part, (first, last) in enumerate(self._rows):
            every, inner = self._runs[0][part]
            known = (self._bordered, self._start)
            tasks.append(partial(runs_z, deep, self._history, begin, *known, first, last, every, inner))
            if self._lags[0] >= 0:
                hits = self._pairs[0][part]
                tasks.append(partial(pairs_z, deep, self._history, False, first, last, hits))
        return tasks

    def _end_tasks(self) -> list[Task]:
        """Runs that reach the last slice, and pairs across the border of a periodic volume."""
        from core.measure.kernels.words import pairs_z, runs_z

        empty = np.zeros((1, *self._last.shape[1:]), dtype=np.uint64)
        deep = np.concatenate([self._last[-1:], empty])
        known = (self._bordered, self._start)
        tasks: list[Task] = [
            partial(runs_z, deep, 1, self._shape[0], *known, first, last, *self._runs[0][part])
            for part, (first, last) in enumerate(self._rows)
        ]
        if self._periodic and self._lags[0] > 0:
            around = np.concatenate([self._last, *self._first])
            tasks += [
                partial(pairs_z, around, self._history, True, first, last, self._pairs[0][part])
                for part, (first, last) in enumerate(self._rows)
            ]
        return tasks

    # ---- how often there was something to count
    def _tries(self) -> list[Array]:
        _, height, width = self._shape
        used = int(self._used.sum())
        out = []
        for axis, (lag, side) in enumerate(zip(self._lags, self._shape, strict=True)):
            lags = np.arange(lag + 1, dtype=np.int64)
            if axis == 0:
                found = [self._slice_pairs(int(k)) for k in lags]
                out.append(np.array(found, dtype=np.int64) * (height * width))
            else:
                lines = used * height * width // side
                out.append(lines * (np.full_like(lags, side) if self._periodic else side - lags))
        return out

    def _slice_pairs(self, lag: int) -> int:
        both = self._used & np.roll(self._used, -lag)
        return int((both if self._periodic else both[: len(both) - lag]).sum())

    def _placements(self) -> list[Array]:
        depth, height, width = self._shape
        lines = int(self._used.sum()) * height * width
        edges = np.flatnonzero(np.diff(self._bordered.astype(np.int8)))
        slices = np.bincount(edges[1::2] - edges[::2], minlength=depth + 1)
        return [
            placements_of(slices) * (height * width),
            *(lines // side * (side - np.arange(side, dtype=np.int64)) for side in (height, width)),
        ]


def placements_of(runs: Array) -> Array:
    """Sum of max(n - k, 0) over all runs of length n, for k = 0 to side - 1; the index is the length."""
    longer = np.cumsum(runs[::-1])[::-1]  # runs of at least n voxels
    hits: Array = np.cumsum(longer[:0:-1])[::-1]
    return hits


def count_lines(
    slabs: Iterable[Array], shape: Shape, lags: tuple[int, int, int] = (-1, -1, -1), **options: Any
) -> LineCounts:
    """Count a volume that comes in slabs, on this thread; see `LineCounter` for the options."""
    counter = LineCounter(shape, lags, parts=1, **options)
    for slab in slabs:
        for task in counter.add(slab):
            task()
    return counter.finish()
