"""Planes of a volume that nothing was measured in, and what they are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Self

import numpy as np

from core.rebuild.weights import TAIL, Kind, Row, row_at
from core.volume import Array, Origin, Volume, VolumeInfo

SAMPLE = 24


@dataclass(frozen=True)
class Gaps:
    """Which planes are known, and where all lie.

    Attributes
    ----------
    known : ndarray of int64, shape (n,)
        Indices of the planes that are no gaps.
    z : ndarray of float64, shape (planes,)
        Position of every plane, increasing, in any unit.
    """

    known: Array
    z: Array

    @classmethod
    def of(cls, info: VolumeInfo) -> Self:
        """From the description of a volume; without an `origin` there are no gaps."""
        depth = info.shape[0]
        if info.origin is None:
            known = np.arange(depth)
        else:
            known = np.flatnonzero(np.asarray(info.origin) != Origin.GAP)
        places = info.z_nm or info.slice_numbers or range(depth)
        return cls(known, np.asarray(places, dtype=np.float64))

    @property
    def count(self) -> int:
        """Planes to be filled."""
        return len(self.z) - len(self.known)

    @cached_property
    def there(self) -> Array:
        """Whether each plane is known; ndarray of bool, shape (planes,)."""
        there = np.zeros(len(self.z), dtype=bool)
        there[self.known] = True
        return there

    @property
    def widest(self) -> int:
        """Most planes to be filled in a row."""
        return max((len(list(run)) for known, run in groupby(self.there.tolist()) if not known), default=0)

    @property
    def outside(self) -> int:
        """Planes beyond the outermost known ones."""
        return int(self.known[0]) + len(self.z) - 1 - int(self.known[-1])

    def rows(self, wanted: Sequence[int], kind: Kind, tail: float = TAIL) -> list[Row]:
        """What each of the wanted planes is made from; known ones of themselves."""
        knots = self.z[self.known]
        return [row_at(knots, float(self.z[plane]), kind, tail) for plane in wanted]

    def needed(self, rows: Sequence[Row]) -> Array:
        """Indices of the known planes that these rows need, consecutive among the known ones."""
        first, stop = min(row.first for row in rows), max(row.stop for row in rows)
        return self.known[first:stop]

    def sample(self, volume: Volume) -> Iterator[tuple[int, Array]]:
        """Some of the known planes, spread over the stack, one in memory at a time."""
        spread = np.unique(np.linspace(0, len(self.known) - 1, SAMPLE).round().astype(int))
        for index in self.known[spread].tolist():
            yield index, volume.slice(index)


def solid_value(planes: Sequence[Array] | Iterator[Array]) -> float | None:
    """Value of the solid if there are two values only, one of them 0; else None.

    Parameters
    ----------
    planes : iterable of ndarray, shape (y, x)
        Looked at one by one, and no further than needed.
    """
    found = 0.0
    for plane in planes:
        greatest = float(plane.max())
        if greatest == 0 and not plane.any():
            continue
        if greatest <= 0 or found not in (0.0, greatest) or not two_valued(plane, greatest):
            return None
        found = greatest
    return found or None


def two_valued(plane: Array, solid: float) -> bool:
    """Whether all voxels are either 0 or `solid`."""
    return bool(np.all((plane == 0) | (plane == solid)))
