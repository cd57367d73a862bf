"""Thresholds from a histogram: Otsu's, and exact k-means in one dimension."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.errors import VoxelError
from core.segment.histogram import Histogram
from core.volume import Array


def otsu(histogram: Histogram) -> float:
    """Threshold that makes the variance between the two classes greatest.

    Parameters
    ----------
    histogram : Histogram
        At least two occupied bins.

    Returns
    -------
    float
        In grey values; ``value > threshold`` is the bright class. Lies in the middle of the gap where no
        voxel has a value near the border; the first of several equal maxima.

    Raises
    ------
    VoxelError
        If all values are equal.

    References
    ----------
    N. Otsu, IEEE Trans. Syst. Man Cybern. 9 (1979) 62-66, doi 10.1109/TSMC.1979.4310076.
    """
    _require_values(histogram, 2)
    number, weight = _sums(histogram)
    ends = np.arange(1, len(histogram.counts))
    between = _gain(number, weight, 0, ends) + _gain(number, weight, ends, len(histogram.counts))
    return histogram.between(int(np.argmax(between)))


def kmeans(histogram: Histogram, clusters: int) -> tuple[float, ...]:
    """Cluster centres that make the sum of squared distances least; the exact optimum, no random start.

    Parameters
    ----------
    histogram : Histogram
        At least as many occupied bins as clusters.
    clusters : int
        2 or 3.

    Returns
    -------
    tuple of float
        Mean grey value of each cluster, increasing.

    Raises
    ------
    VoxelError
        If there are fewer different values than clusters.

    References
    ----------
    Optimal clusters in one dimension are intervals, found by dynamic programming over their ends: H. Wang and
    M. Song, The R Journal 3 (2011) 29-33, doi 10.32614/RJ-2011-015.
    """
    if clusters not in (2, 3):
        raise ValueError(f"2 or 3 clusters, got {clusters}")
    _require_values(histogram, clusters)
    number, weight = _sums(histogram)
    count = len(histogram.counts)
    if clusters == 2:
        ends = np.arange(1, count)
        gains = _gain(number, weight, 0, ends) + _gain(number, weight, ends, count)
        borders = [0, int(ends[np.argmax(gains)]), count]
    else:
        ends, splits, gains = _best_pairs(number, weight)
        gains = gains + _gain(number, weight, ends, count)
        best = int(np.argmax(gains))
        borders = [0, int(splits[best]), int(ends[best]), count]
    offset = _offset(histogram)
    return tuple(
        float((weight[b] - weight[a]) / (number[b] - number[a]) + offset) for a, b in pairwise(borders)
    )


def brightest_cluster(centres: tuple[float, ...]) -> float:
    """Threshold above which a value is nearest to the brightest of the centres."""
    return (centres[-2] + centres[-1]) / 2


def brighter(plane: Array, threshold: float) -> Array:
    """Mark with 255 (uint8) every value greater than `threshold`; the others get 0."""
    if np.issubdtype(plane.dtype, np.integer):
        # value > t and value > floor(t) are the same for whole numbers, which need no conversion then.
        limits = np.iinfo(plane.dtype)
        whole = int(np.floor(threshold))
        if whole < limits.min:
            return np.full(plane.shape, 255, dtype=np.uint8)
        mask = plane > plane.dtype.type(min(whole, limits.max))
    else:
        mask = plane > plane.dtype.type(threshold)
    return as_binary(mask)


def as_binary(mask: Array) -> Array:
    """Solid (True) as 255, pore as 0, uint8."""
    binary: Array = np.multiply(mask, np.uint8(255), dtype=np.uint8)
    return binary


def _require_values(histogram: Histogram, needed: int) -> None:
    found = len(histogram.counts)
    if found < needed:
        raise VoxelError(
            "the grey values cannot be divided: there are too few different ones",
            expected=f"at least {needed} different values",
            got=", ".join(f"{value:g}" for value in histogram.values),
            remedy="use method threshold with a typed-in value, or leave blank slices out with drop-slices",
        )


def _offset(histogram: Histogram) -> float:
    # Sums of squares about zero lose digits when the contrast is small beside the brightness.
    return float(np.round(np.average(histogram.values, weights=histogram.counts)))


def _sums(histogram: Histogram) -> tuple[Array, Array]:
    """Voxels and summed values (about the rounded mean) of the first 0, 1, ... n bins."""
    number = np.concatenate([[0], np.cumsum(histogram.counts)]).astype(np.float64)
    values = histogram.values - _offset(histogram)
    return number, np.concatenate([[0.0], np.cumsum(values * histogram.counts)])


def _gain(number: Array, weight: Array, start: Array | int, stop: Array | int) -> Array:
    """Sum of squares that a cluster of the bins ``start..stop`` explains."""
    gain: Array = (weight[stop] - weight[start]) ** 2 / (number[stop] - number[start])
    return gain


def _best_pairs(number: Array, weight: Array) -> tuple[Array, Array, Array]:
    """For every end 2 ... n-1: the best division of the bins before it in two, and what that explains.

    The best division moves up with the end, so each level of a bisection over the ends looks at every
    candidate about once: n log n instead of n² trials.
    """
    count = len(number) - 1
    splits = np.zeros(count + 1, dtype=np.int64)
    gains = np.zeros(count + 1)
    # Rows of (first end, last end, lowest split, highest split) still to be done.
    tasks = np.array([[2, count - 1, 1, count - 2]])
    while len(tasks):
        ends = (tasks[:, 0] + tasks[:, 1]) // 2
        highest = np.minimum(tasks[:, 3], ends - 1)
        splits[ends], gains[ends] = _best_in_ranges(number, weight, ends, tasks[:, 2], highest)
        left = np.column_stack([tasks[:, 0], ends - 1, tasks[:, 2], splits[ends]])
        right = np.column_stack([ends + 1, tasks[:, 1], splits[ends], tasks[:, 3]])
        tasks = np.concatenate([left, right])
        tasks = tasks[tasks[:, 0] <= tasks[:, 1]]
    ends = np.arange(2, count)
    return ends, splits[ends], gains[ends]


def _best_in_ranges(
    number: Array, weight: Array, ends: Array, lowest: Array, highest: Array
) -> tuple[Array, Array]:
    """Best split between `lowest` and `highest` (included) for each end, with its gain."""
    lengths = highest - lowest + 1
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = np.repeat(np.arange(len(ends)), lengths)
    split = np.arange(lengths.sum()) - firsts[owner] + lowest[owner]
    gain = _gain(number, weight, 0, split) + _gain(number, weight, split, ends[owner])
    best = np.maximum.reduceat(gain, firsts)
    hits = np.flatnonzero(gain == best[owner])
    first_hits = hits[np.unique(owner[hits], return_index=True)[1]]
    return split[first_hits], best
