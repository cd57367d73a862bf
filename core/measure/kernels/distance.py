"""Squared Euclidean distances, one axis after the other, in place."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

_TILE = 16  # neighbouring columns handled together: one line of the processor's cache, two of its registers
_SHORT = 96  # places looked at to each side; beyond, the lower envelope of all is made instead


@njit(nogil=True, cache=True)
def along_rows(solid: Array, out: Array, weight: float) -> None:
    """Squared distance to the nearest False of the same row (last axis); infinite in a row without one.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        Where the distance is asked for; it is 0 elsewhere.
    out : ndarray of float32, shape (z, y, x)
        Written.
    weight : float
        Squared distance of neighbours.
    """
    depth, height, width = solid.shape
    for z in range(depth):
        for y in range(height):
            row = out[z, y]
            start = 0  # of the run of True that x lies in
            for x in range(width + 1):
                if x < width and solid[z, y, x]:
                    continue
                for i in range(start, x):
                    left = i - start + 1 if start > 0 else width
                    right = x - i if x < width else width
                    near = min(left, right)
                    row[i] = np.inf if near == width else weight * near * near
                if x < width:
                    row[x] = 0.0
                start = x + 1


@njit(nogil=True, cache=True)
def along_first(values: Array, weight: float) -> None:
    """Least of value + weight * steps ** 2 along the first axis, for every place, in place.

    Parameters
    ----------
    values : ndarray of float32, shape (n, any, any)
        Squared distances within the other axes so far; any strides.
    weight : float
        Squared distance of neighbours.
    """
    length, lines, width = values.shape
    tile = np.zeros((length, _TILE), np.float32)
    best = np.empty(_TILE, np.float32)
    done = np.empty(length, np.float64)
    sites = np.empty(length, np.int64)
    borders = np.empty(length + 1, np.float64)
    steps = np.empty(length, np.float32)
    for k in range(length):
        steps[k] = weight * k * k
    for line in range(lines):
        for first in range(0, width, _TILE):
            columns = min(_TILE, width - first)
            deepest = np.float32(0.0)
            for i in range(length):
                for c in range(columns):
                    tile[i, c] = values[i, line, first + c]
                    deepest = max(deepest, tile[i, c])
            if deepest == 0.0:
                continue
            far = False
            for i in range(length):
                if not _search(tile, i, steps, best):
                    far = True
                    break
                for c in range(columns):
                    values[i, line, first + c] = best[c]
            if far:
                for c in range(columns):
                    _envelope(tile[:, c], done, weight, sites, borders)
                    for i in range(length):
                        values[i, line, first + c] = done[i]


@njit(nogil=True, cache=True)
def _search(tile: Array, i: int, steps: Array, best: Array) -> bool:
    """Look to both sides of place i, all columns at once, until nothing farther away can be nearer.

    Returns False if that takes too long.
    """
    length = len(tile)
    limit = np.float32(0.0)
    for c in range(_TILE):
        best[c] = tile[i, c]
        limit = max(limit, best[c])
    k = 1
    while k < length and steps[k] < limit:
        if k > _SHORT:
            return False
        before, after = max(i - k, 0), min(i + k, length - 1)
        step = steps[k]
        # Beyond an end the end itself is looked at once more, as if it were farther: that changes nothing.
        for c in range(_TILE):
            near = min(tile[before, c], tile[after, c]) + step
            best[c] = min(best[c], near)
        if k & 3 == 0:
            limit = np.float32(0.0)
            for c in range(_TILE):
                limit = max(limit, best[c])
        k += 1
    return True


@njit(nogil=True, cache=True)
def _envelope(column: Array, done: Array, weight: float, sites: Array, borders: Array) -> None:
    """Lower envelope of the parabolas that stand on all finite values.

    References
    ----------
    Felzenszwalb P., Huttenlocher D., Theory of Computing 8 (2012) 415, doi:10.4086/toc.2012.v008a019.
    """
    count = 0
    for i in range(len(column)):
        if column[i] == np.inf:
            continue
        cut = -np.inf
        while count > 0:
            last = sites[count - 1]
            rise = (np.float64(column[i]) - np.float64(column[last])) / weight
            cut = 0.5 * (rise / (i - last) + i + last)
            if cut > borders[count - 1]:
                break
            count -= 1
            cut = -np.inf
        borders[count] = cut
        sites[count] = i
        count += 1
    if count == 0:
        done[:] = np.inf
        return
    k = 0
    for i in range(len(column)):
        while k + 1 < count and borders[k + 1] < i:
            k += 1
        step = i - sites[k]
        done[i] = column[sites[k]] + weight * step * step
