"""The one rule that brings grey values to the numbers a network is trained on and run with.

Per stack and imaging condition three levels are found: of empty pore, of bright solid, and the noise of a
pixel. Means and deviations would move with the solid fraction and with how much shines through; the levels
are the ends of the histogram instead, each looked for on its own side of the middle between them::

    middle = (low + high) / 2
    high   = value that a tenth of the voxels above the middle exceed
    low    = value that a tenth of the voxels below the middle fall short of

repeated until nothing changes. The histogram is that of a 3 x 3 mean without its greatest and smallest value
(noise counts a third, hot pixels nothing), and what noise still adds to the ends is taken off by half: all of
it where phases are pure, next to nothing where much lies in between. All is counted in whole numbers, which
may be added over blocks in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import VoxelError
from core.segment.histogram import FLOAT_BINS_PER_VALUE, Histogram, by_value, counted, histogram_of
from core.volume import Array

RULE = "levels"
"""Name of this rule in cards; another rule gets another name."""

COUNTS, DIFFERENCES = "counts", "differences"
LIMIT = 3.0
"""Greatest magnitude of what the network is given; pore is -1 and solid 1."""

_END = 0.1  # share of a side that lies beyond its level
_BEYOND = 1.2816  # standard deviations beyond which a tenth of a normal distribution lies
_SMOOTHED = 0.34  # noise of the trimmed mean of 9 by that of a pixel (white noise)
_MEDIAN = 0.6745  # median of the magnitude of a normal variable of standard deviation 1
_LAPLACE = 6.0  # root of the sum of squares of the mask (1 -2 1; -2 4 -2; 1 -2 1)
_KEPT = 7  # of 9 values, without the greatest and the smallest
_COARSE = 4  # 16-bit differences are counted in steps of 4, so that they fit 16 bits
_LEAST = 0.75  # contrast by noise: noise alone reaches 0.68
_ROUNDS = 100
_COARSEST = 1 / 4  # bin by contrast: wider ones move the levels by percents of the contrast


@dataclass(frozen=True)
class Levels:
    """What grey values of one stack and imaging condition mean.

    Attributes
    ----------
    low, high : float
        Grey value of empty pore and of bright solid.
    noise : float
        Standard deviation of a pixel of the commoner phase, in grey values, >= 0.
    """

    low: float
    high: float
    noise: float

    @property
    def contrast(self) -> float:
        """Difference of solid and pore in grey values, > 0."""
        return self.high - self.low

    @property
    def contrast_to_noise(self) -> float:
        """Contrast by noise; at most 1000, which stands for no noise at all."""
        return min(1000.0, self.contrast / self.noise) if self.noise > 0 else 1000.0


def observe(plane: Array) -> dict[str, Array]:
    """Count what the levels are found from; the counts of several planes may be added.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Whole numbers of any type, or floating-point values, which must be finite.

    Returns
    -------
    dict of str to ndarray of int64
        ``counts`` of smoothed grey values, ``differences`` of magnitudes of a second difference.

    Raises
    ------
    VoxelError
        If a value is not finite.
    """
    if np.issubdtype(plane.dtype, np.floating) and not np.isfinite(plane).all():
        raise VoxelError("a plane holds values that are not finite", expected="grey values")
    if min(plane.shape) < 3:
        plane = np.pad(plane, [(0, max(0, 3 - side)) for side in plane.shape], mode="edge")
    wide = plane.astype(_wide_type(plane.dtype))
    return {
        COUNTS: counted(_smoothed(wide, plane.dtype)),
        DIFFERENCES: counted(_differences(wide, plane.dtype)),
    }


def added(parts: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """Counts of several planes together."""
    total: dict[str, Array] = {}
    for part in parts:
        for key, counts in part.items():
            total[key] = total[key] + counts if key in total else counts
    return total


def levels_of(counts: Mapping[str, Array], dtype: np.dtype[np.generic]) -> Levels:
    """Levels of a stack from all its counts.

    Parameters
    ----------
    counts : mapping of str to ndarray of int64
        As `observe` gives them, added up.
    dtype : numpy.dtype
        Type of the planes that were observed.

    Raises
    ------
    VoxelError
        If there is no contrast, or none that noise alone would not show; or if values of more than 16 bits
        lie so far from 0 that the bins they are counted in are wide beside their contrast.
    """
    whole = by_value(dtype)
    smoothed = histogram_of(counts[COUNTS], _counted_type(dtype))
    differences = histogram_of(counts[DIFFERENCES], np.dtype(np.uint16 if whole else np.float32))
    noise = max(0.0, differences.level(0.5)) * _step(dtype) / (_MEDIAN * _LAPLACE)
    scale = _KEPT if _sevenths(dtype) else 1
    spread = scale * noise * _SMOOTHED * _BEYOND / 2
    low, high = (value / scale for value in _ends(smoothed, spread))
    if not high - low > _LEAST * noise or len(smoothed.counts) < 2:
        raise VoxelError(
            "the grey values have no contrast, so nothing can be told apart",
            expected="pore and solid that differ by more than the noise",
            got=f"levels {low:.4g} and {high:.4g}, noise {noise:.3g}",
            remedy="leave out blank slices (step drop-slices), or choose the channel that shows the sample",
        )
    if not whole and max(abs(low), abs(high)) / FLOAT_BINS_PER_VALUE > _COARSEST * (high - low):
        raise VoxelError(
            "the grey values lie too far from 0 for their contrast, so levels of them cannot be told",
            expected="values that begin near 0",
            got=f"about {low:.7g} to {high:.7g}",
            remedy="subtract what is common to all values, or save the images with 8 or 16 bits",
        )
    return Levels(float(low), float(high), float(noise))


def levels_of_planes(planes: Iterable[Array]) -> Levels:
    """Levels of a stack whose planes are at hand; all of one type.

    Raises
    ------
    VoxelError
        As `observe` and `levels_of`; or if there is no plane.
    """
    total: dict[str, Array] = {}
    dtype: np.dtype[np.generic] | None = None
    for plane in planes:
        dtype, total = plane.dtype, added((total, observe(plane)))
    if dtype is None:
        raise VoxelError("there is no plane to find levels from", expected="at least one slice")
    return levels_of(total, dtype)


def normalised(planes: Array, levels: Levels) -> Array:
    """Bring grey values to what the network is given: pore -1, solid 1, clipped to -3 and 3.

    Parameters
    ----------
    planes : ndarray, any shape
    levels : Levels

    Returns
    -------
    ndarray of float32, same shape
    """
    gain = np.float32(2 / levels.contrast)
    offset = np.float32(-2 * levels.low / levels.contrast - 1)
    result = np.multiply(planes, gain, dtype=np.float32)
    result += offset
    return np.clip(result, -LIMIT, LIMIT, out=result)


def _sevenths(dtype: np.dtype[np.generic]) -> bool:
    """Whether smoothed values are counted in sevenths of a grey value: there is room with 8 bits."""
    return by_value(dtype) and dtype.itemsize == 1


def _wide_type(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """Type that sums of 9 values and second differences fit."""
    if not by_value(dtype):
        return np.dtype(np.float32)
    return np.dtype(np.int16 if dtype.itemsize == 1 else np.int32)


def _counted_type(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    if not by_value(dtype):
        return np.dtype(np.float32)
    return np.dtype(np.uint16 if np.issubdtype(dtype, np.unsignedinteger) else np.int16)


def _step(dtype: np.dtype[np.generic]) -> float:
    return _COARSE if by_value(dtype) and dtype.itemsize == 2 else 1


def _smoothed(wide: Array, dtype: np.dtype[np.generic]) -> Array:
    """Mean of 3 x 3 values without the greatest and the smallest; shape (y - 2, x - 2)."""
    total = _along_both(np.add, wide)
    total -= _along_both(np.maximum, wide)
    total -= _along_both(np.minimum, wide)
    if _sevenths(dtype):
        return total.astype(_counted_type(dtype))
    if by_value(dtype):
        return ((total + _KEPT // 2) // _KEPT).astype(dtype)
    return np.asarray(total / np.float32(_KEPT))


def _along_both(combine: np.ufunc, wide: Array) -> Array:
    rows = combine(combine(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(combine(combine(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))


def _differences(wide: Array, dtype: np.dtype[np.generic]) -> Array:
    """Magnitude of the difference of second differences: blind to planes and straight edges (y, x).

    Immerkær 1996, doi:10.1006/cviu.1996.0060, there with the mean of the magnitudes.
    """
    rows = wide[:-2] - 2 * wide[1:-1] + wide[2:]
    found = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])
    if not by_value(dtype):
        return np.asarray(found)
    step = int(_step(dtype))
    if step > 1:
        found = np.minimum((found + step // 2) // step, np.iinfo(np.uint16).max)
    return np.asarray(found.astype(np.uint16))


def _ends(histogram: Histogram, spread: float) -> tuple[float, float]:
    """Levels of pore and solid in units of the histogram, see the head of the module."""
    reached, values = np.cumsum(histogram.counts), histogram.values
    low, high = histogram.level(0.001), histogram.level(0.999)
    for _ in range(_ROUNDS):
        below = int(np.searchsorted(values, (low + high) / 2, side="right"))
        dark = reached[below - 1] / reached[-1] if below else 0.0
        before = low, high
        low = histogram.level(_END * dark) + spread
        high = histogram.level(1 - _END * (1 - dark)) - spread
        if abs(low - before[0]) + abs(high - before[1]) <= 1e-4 * abs(high - low):
            break
    return low, high
