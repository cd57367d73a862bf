"""Random things in endless space: each cubic cell of a grid draws its own from its place and the seed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from core.volume import Array

Draw: TypeAlias = Callable[[np.random.Generator, Array], Array]
_KEPT_BYTES = 128 << 20
_ENTRY_BYTES = 500
_WORD = (1 << 64) - 1


class Cells:
    """What the cells of a grid hold.

    Parameters
    ----------
    key : tuple of int
        Seed and whatever tells apart several such grids.
    edge : float
        Edge of a cell.
    draw : callable
        ``draw(generator, corner)`` gives the rows of one cell: float64, shape (n, columns), whose first three
        columns are a place (z, y, x). Has to be picklable.
    """

    def __init__(self, key: tuple[int, ...], edge: float, draw: Draw) -> None:
        self.key, self.edge, self.draw = key, edge, draw
        self._words = np.random.SeedSequence(key).generate_state(2, np.uint64)
        self._kept: OrderedDict[tuple[int, ...], Array] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Cells, (self.key, self.edge, self.draw)

    def within(self, low: Array, high: Array) -> Array:
        """Rows of all cells that a box touches, in the order of the cells."""
        first = np.floor(low / self.edge).astype(int)
        last = np.floor(high / self.edge).astype(int)
        places = product(*(range(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True)))
        return np.concatenate([self._cell(place) for place in places])

    def _cell(self, place: tuple[int, ...]) -> Array:
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                return found
        counter = np.array([0, *(index & _WORD for index in place)], dtype=np.uint64)
        rng = np.random.Generator(np.random.Philox(counter=counter, key=self._words))
        rows = self.draw(rng, np.array(place) * self.edge)
        with self._lock:
            if self._kept.setdefault(place, rows) is rows:
                self._bytes += rows.nbytes + _ENTRY_BYTES
            while self._bytes > _KEPT_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes + _ENTRY_BYTES
        return rows
