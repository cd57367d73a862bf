"""Signed distance from the edge within planes, up to a cap."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True)
def signed_distance(solid: Array, cap: float, taps: Array, out: Array) -> None:
    """Distance of every pixel from the edge, positive in solid, smoothed.

    Parameters
    ----------
    solid : ndarray of bool, shape (n, y, x)
    cap : float
        Greatest distance, in px.
    taps : ndarray of float32, shape (2 r + 1,)
        Smoothing along y and x, adding up to 1; beyond the border its pixels are repeated.
    out : ndarray of float32, shape (n, y, x)
        The result.
    """
    depth, height, width = solid.shape
    reach = int(np.ceil(cap + 0.5))
    edge, most = np.float32(0.5), np.float32(cap)
    rows = np.empty((height, width), np.float32)  # along the row, to the other phase; negative in pore
    plane = np.empty((height, width), np.float32)
    sign = np.empty(width, np.float32)
    best = np.empty(width, np.float32)
    zero = np.float32(0.0)
    for z in range(depth):
        for y in range(height):
            _along_row(solid[z, y], reach, rows[y])
        for y in range(height):
            own = rows[y]
            for x in range(width):
                sign[x] = np.float32(1.0) if solid[z, y, x] else np.float32(-1.0)
                best[x] = own[x] * own[x]
            for step in range(1, reach + 1):
                square = np.float32(step * step)
                above, below = rows[max(0, y - step)], rows[min(height - 1, y + step)]
                # Beyond the border its row is looked at again, as if it were farther: that changes nothing.
                for x in range(width):
                    one, two = max(zero, sign[x] * above[x]), max(zero, sign[x] * below[x])
                    near = min(one, two)
                    best[x] = min(best[x], near * near + square)
            target = plane[y]
            for x in range(width):
                target[x] = sign[x] * min(most, np.sqrt(best[x]) - edge)
        _smooth(plane, taps, rows, out[z])


@njit(nogil=True, cache=True)
def _along_row(solid: Array, reach: int, out: Array) -> None:
    """Steps to the nearest pixel of the other phase within a row, at most `reach`; negative in pore."""
    width = len(solid)
    steps = reach
    for x in range(width):
        steps = 1 if x > 0 and solid[x] != solid[x - 1] else min(reach, steps + 1)
        out[x] = steps
    steps = reach
    for x in range(width - 1, -1, -1):
        steps = 1 if x < width - 1 and solid[x] != solid[x + 1] else min(reach, steps + 1)
        near = min(out[x], np.float32(steps))
        out[x] = near if solid[x] else -near


@njit(nogil=True, cache=True)
def _smooth(plane: Array, taps: Array, room: Array, out: Array) -> None:
    """Weighted means along y, then x."""
    height, width = plane.shape
    radius = len(taps) // 2
    for y in range(height):
        target = room[y]
        target[:] = 0
        for k in range(len(taps)):
            source, weight = plane[min(height - 1, max(0, y + k - radius))], taps[k]
            for x in range(width):
                target[x] += weight * source[x]
    padded = np.empty(width + 2 * radius, np.float32)
    for y in range(height):
        padded[:radius] = room[y, 0]
        padded[radius : radius + width] = room[y]
        padded[radius + width :] = room[y, width - 1]
        target = out[y]
        target[:] = 0
        for k in range(len(taps)):
            weight = taps[k]
            source = padded[k : k + width]
            for x in range(width):
                target[x] += weight * source[x]
