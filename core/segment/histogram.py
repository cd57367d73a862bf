"""Histograms that do not depend on how the stack was cut: whole counts in bins fixed by the voxel type.

Types of at most 16 bits have one bin per value. All others are sorted by the upper 20 bits of their float32
bit pattern in increasing order (1 sign, 8 exponent, 11 mantissa bits): no range has to be known before
counting, and a bin is at most 1/2048 of its value wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.volume import Array

FLOAT_BINS_PER_VALUE = 1 << 11
"""Bins of values of more than 16 bits are at most their value by this number wide."""
_DROPPED_BITS = 12
_FLOAT_BINS = 1 << (32 - _DROPPED_BITS)
_SIGN = np.uint32(0x80000000)


@dataclass(frozen=True)
class Histogram:
    """The occupied bins of a histogram, in increasing order of value.

    Attributes
    ----------
    counts : ndarray of int64
        Voxels in each bin, all > 0.
    lows, highs : ndarray of float64
        Smallest and largest value a bin can hold; equal for whole numbers of up to 16 bits.
    whole : bool
        Whether the voxels are whole numbers.
    """

    counts: Array
    lows: Array
    highs: Array
    whole: bool

    @property
    def values(self) -> Array:
        """The value that stands for each bin: its middle."""
        middle: Array = (self.lows + self.highs) / 2
        return middle

    def quantile(self, share: float) -> float:
        """Value of the bin below or in which at least `share` (0-1) of the voxels lie."""
        reached = np.cumsum(self.counts)
        place = int(np.searchsorted(reached, share * float(reached[-1])))
        return float(self.values[min(place, len(reached) - 1)])

    def level(self, share: float) -> float:
        """Like `quantile`, but interpolated within the bin, so that it moves smoothly with the brightness.

        A whole number stands for the range half a step to either side of it.
        """
        half = 0.5 if self.whole else 0.0
        reached = np.cumsum(self.counts)
        wanted = share * float(reached[-1])
        place = min(int(np.searchsorted(reached, wanted)), len(reached) - 1)
        within = 1 - (float(reached[place]) - wanted) / float(self.counts[place])
        low, high = float(self.lows[place]) - half, float(self.highs[place]) + half
        return low + within * (high - low)

    def between(self, place: int) -> float:
        """Threshold between the occupied bins `place` and ``place + 1``: the middle of the gap.

        Rounded down for whole numbers, which separates the same voxels.
        """
        middle = (float(self.highs[place]) + float(self.lows[place + 1])) / 2
        return float(np.floor(middle)) if self.whole else middle


def by_value(dtype: np.dtype[Any]) -> bool:
    """Whether a voxel type has one bin per value."""
    return bool(np.issubdtype(dtype, np.integer)) and dtype.itemsize <= 2


def counted(plane: Array) -> Array:
    """Count the voxels in every bin of their type.

    Parameters
    ----------
    plane : ndarray, any shape
        Any real type; floating-point values must be finite. Wider types are rounded to float32.

    Returns
    -------
    ndarray of int64
        One count per bin (256, 65536 or 2**20), occupied or not; counts of parts may be added.
    """
    if by_value(plane.dtype):
        limits = np.iinfo(plane.dtype)
        keys = plane.ravel()
        if limits.min < 0:
            keys = keys.astype(np.int32) - limits.min
        return np.bincount(keys, minlength=limits.max - limits.min + 1)
    return np.bincount(_float_keys(plane.ravel()), minlength=_FLOAT_BINS)


def _float_keys(values: Array) -> Array:
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    # Negative numbers grow with falling bit patterns: turn all their bits, and only the sign of the others.
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return ordered >> np.uint32(_DROPPED_BITS)


def _float_edges(keys: Array) -> tuple[Array, Array]:
    low = keys.astype(np.uint32) << np.uint32(_DROPPED_BITS)
    high = low | np.uint32((1 << _DROPPED_BITS) - 1)
    lows, highs = (
        np.where(bits & _SIGN, bits ^ _SIGN, ~bits).astype(np.uint32).view(np.float32).astype(np.float64)
        for bits in (low, high)
    )
    return lows, highs


def histogram_of(counts: Array, dtype: np.dtype[Any]) -> Histogram:
    """Read the counts of `counted` as a histogram of values.

    Parameters
    ----------
    counts : ndarray of int64
        Counts of one plane, or the sum of several.
    dtype : numpy.dtype
        Type of the voxels that were counted.
    """
    keys = np.flatnonzero(counts)
    whole = bool(np.issubdtype(dtype, np.integer))
    if by_value(dtype):
        values = keys.astype(np.float64) + np.iinfo(dtype).min
        return Histogram(counts[keys], values, values, whole)
    lows, highs = _float_edges(keys)
    return Histogram(counts[keys], lows, highs, whole)
