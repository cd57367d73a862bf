"""The commonest value within a pixel."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True)
def majority(plane: Array, rows: Array, high: Array, columns: Array, wide: Array, out: Array) -> None:
    """Find the value that covers most of each pixel.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
    rows, columns : ndarray of int64, shape (new, taps)
        Old pixels of each new one.
    high, wide : ndarray of float64, shape (new, taps)
        Share of the new pixel that they cover, along y and x.
    out : ndarray of the type of `plane`, shape (new y, new x)
        The result; of equal shares the smallest value.
    """
    taps_y, taps_x = rows.shape[1], columns.shape[1]
    values = np.empty(taps_y * taps_x, plane.dtype)
    shares = np.empty(taps_y * taps_x, np.float64)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            count = 0
            for i in range(taps_y):
                for j in range(taps_x):
                    share = high[y, i] * wide[x, j]
                    if share <= 0.0:
                        continue
                    value = plane[rows[y, i], columns[x, j]]
                    k = 0
                    while k < count and values[k] != value:
                        k += 1
                    if k == count:
                        values[k] = value
                        shares[k] = 0.0
                        count += 1
                    shares[k] += share
            best = 0
            for k in range(1, count):
                # Shares are sums of rounded products: what differs by less is equal.
                more = shares[k] - shares[best]
                if more > 1e-9 or (more > -1e-9 and values[k] < values[best]):
                    best = k
            out[y, x] = values[best]
