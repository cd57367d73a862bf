"""What is done to every slice before it is matched: noise, shading and stripes are damped."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True, fastmath=True)
def smooth(plane: Array, taps: Array) -> Array:
    """Separable symmetric filter, the border repeated.

    Parameters
    ----------
    plane : ndarray of float32, shape (y, x)
    taps : ndarray of float32, shape (r + 1,)
        Weights of the middle and of neighbours at a distance of 1 to r.
    """
    height, width = plane.shape
    reach = len(taps) - 1
    out = np.empty((height, width), np.float32)
    row = np.empty(width + 2 * reach, np.float32)
    for y in range(height):
        middle = row[reach : reach + width]
        middle[:] = taps[0] * plane[y]
        for k in range(1, reach + 1):
            up, down = plane[max(0, y - k)], plane[min(height - 1, y + k)]
            for x in range(width):
                middle[x] += taps[k] * (up[x] + down[x])
        row[:reach] = row[reach]
        row[reach + width :] = row[reach + width - 1]
        target = out[y]
        for x in range(width):
            target[x] = taps[0] * row[reach + x]
        for k in range(1, reach + 1):
            for x in range(width):
                target[x] += taps[k] * (row[reach + x - k] + row[reach + x + k])
    return out


@njit(nogil=True, cache=True, fastmath=True)
def subtract_background(plane: Array, half_y: int, half_x: int) -> None:
    """Subtract the mean over a box around each pixel, in place; the box is cut at the border.

    Parameters
    ----------
    plane : ndarray of float32, shape (y, x)
    half_y, half_x : int
        The box reaches so many pixels to each side; 0 for one row or column.
    """
    height, width = plane.shape
    rows = np.empty((height, width), np.float32)
    if half_x > 0:
        for y in range(height):
            total, count = 0.0, 0
            for x in range(min(half_x, width)):
                total += plane[y, x]
                count += 1
            for x in range(width):
                if x + half_x < width:
                    total += plane[y, x + half_x]
                    count += 1
                if x - half_x - 1 >= 0:
                    total -= plane[y, x - half_x - 1]
                    count -= 1
                rows[y, x] = total / count
    else:
        rows[:] = plane
    sums = np.zeros(width, np.float64)
    count = 0
    for y in range(min(half_y, height)):
        for x in range(width):
            sums[x] += rows[y, x]
        count += 1
    for y in range(height):
        if y + half_y < height:
            for x in range(width):
                sums[x] += rows[y + half_y, x]
            count += 1
        if y - half_y - 1 >= 0:
            for x in range(width):
                sums[x] -= rows[y - half_y - 1, x]
            count -= 1
        part = 1.0 / count
        for x in range(width):
            plane[y, x] -= sums[x] * part


@njit(nogil=True, cache=True, fastmath=True)
def halved(plane: Array) -> Array:
    """Mean of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    out = np.empty((height, width), np.float32)
    quarter = np.float32(0.25)
    for y in range(height):
        a, b = plane[2 * y], plane[2 * y + 1]
        for x in range(width):
            out[y, x] = quarter * (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1])
    return out


@njit(nogil=True, cache=True)
def joint_counts(
    fixed: Array,
    moving: Array,
    weight: Array,
    seen: Array,
    masked: bool,
    m: Array,
    step: int,
    low: Array,
    per_bin: Array,
    bins: int,
) -> Array:
    """How often the grey values of two slices meet, on every `step`-th pixel of rows and columns.

    Parameters
    ----------
    fixed, moving, weight, seen, masked, m
        As for `core.align.kernels.match.sums`.
    low, per_bin : ndarray of float64, shape (2,)
        Lowest grey value and size of a bin, of `fixed` and of `moving`; values beyond go to the last bins.
    bins : int
        Bins of each.
    """
    height, width = fixed.shape
    out = np.zeros((bins, bins), np.int64)
    for y in range(0, height, step):
        for x in range(0, width, step):
            px = m[0, 0] * x + m[0, 1] * y + m[0, 2]
            py = m[1, 0] * x + m[1, 1] * y + m[1, 2]
            ix, iy = int(np.floor(px)), int(np.floor(py))
            if ix < 0 or iy < 0 or ix >= width - 1 or iy >= height - 1:
                continue
            if masked and (weight[y, x] == 0.0 or not seen[iy, ix]):
                continue
            u, v = px - ix, py - iy
            value = (1 - v) * ((1 - u) * moving[iy, ix] + u * moving[iy, ix + 1]) + v * (
                (1 - u) * moving[iy + 1, ix] + u * moving[iy + 1, ix + 1]
            )
            a = min(bins - 1, max(0, int((fixed[y, x] - low[0]) / per_bin[0])))
            b = min(bins - 1, max(0, int((value - low[1]) / per_bin[1])))
            out[a, b] += 1
    return out
