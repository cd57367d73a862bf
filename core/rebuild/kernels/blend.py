"""Planes as weighted sums of other planes."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

_TILE = 1024  # pixels at once: those of some dozens of planes fit into the processor's cache

STORE, ROUND, SOLID = 0, 1, 2


@njit(nogil=True, cache=True)
def blend(
    planes: Array,
    first: Array,
    count: Array,
    weights: Array,
    place: Array,
    mode: int,
    low: float,
    high: float,
    out: Array,
) -> None:
    """Fill planes with weighted sums.

    Parameters
    ----------
    planes : ndarray, shape (n, pixels)
        What is added up.
    first, count : ndarray of int64, shape (m,)
        Planes that each result is made from: ``first[k] ... first[k] + count[k] - 1``.
    weights : ndarray of float32 or float64, shape (m, widest)
        What they count for. Sums are formed in this type.
    place : ndarray of int64, shape (m,)
        Plane of `out` that each result goes to.
    mode : int
        0: the sum itself; 1: rounded and kept within `low`-`high`; 2: `high` where the sum is above `low`,
        else 0.
    out : ndarray, shape (any, pixels)
        The result; other planes stay as they are.
    """
    total, pixels = planes.shape
    tile = np.zeros((total, _TILE), weights.dtype)
    sums = np.empty(_TILE, weights.dtype)
    for start in range(0, pixels, _TILE):
        width = min(_TILE, pixels - start)
        for i in range(total):
            for p in range(width):
                tile[i, p] = planes[i, start + p]
        for k in range(len(first)):
            sums[:] = 0
            j = 0
            while j + 4 <= count[k]:
                a, b, c, d = weights[k, j], weights[k, j + 1], weights[k, j + 2], weights[k, j + 3]
                i = first[k] + j
                one, two, three, four = tile[i], tile[i + 1], tile[i + 2], tile[i + 3]
                for p in range(_TILE):
                    sums[p] += a * one[p] + b * two[p] + (c * three[p] + d * four[p])
                j += 4
            while j < count[k]:
                a = weights[k, j]
                one = tile[first[k] + j]
                for p in range(_TILE):
                    sums[p] += a * one[p]
                j += 1
            target = out[place[k]]
            if mode == STORE:
                for p in range(width):
                    target[start + p] = sums[p]
            elif mode == ROUND:
                for p in range(width):
                    target[start + p] = min(high, max(low, np.rint(sums[p])))
            else:
                for p in range(width):
                    target[start + p] = high if sums[p] > low else 0
