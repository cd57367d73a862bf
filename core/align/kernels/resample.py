"""Pixels between pixels: cubic B-splines, linear, nearest."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

_POLE = -0.2679491924311227  # sqrt(3) - 2
_REACH = 18  # |pole|**18 < 1e-10
_EDGE = 2e-3  # px beyond the outermost pixel centres that still count; the canvas rounds by half of that


@njit(nogil=True, cache=True)
def _filter_line(line: Array) -> None:
    """Values to coefficients of the cubic B-spline through them, mirrored at whole pixels, in place."""
    n = line.shape[0]
    if n == 1:
        return
    # Start of the causal recursion: the mirrored signal summed with falling weights.
    total, weight = 0.0, 1.0
    for k in range(min(_REACH, 2 * n - 2)):
        at = k if k < n else 2 * n - 2 - k
        total += weight * line[at]
        weight *= _POLE
    line[0] = total
    for i in range(1, n):
        line[i] += _POLE * line[i - 1]
    line[n - 1] = _POLE / (_POLE * _POLE - 1.0) * (line[n - 1] + _POLE * line[n - 2])
    for i in range(n - 2, -1, -1):
        line[i] = _POLE * (line[i + 1] - line[i])
    for i in range(n):
        line[i] *= 6.0


@njit(nogil=True, cache=True)
def coefficients(plane: Array, out: Array) -> None:
    """Cubic B-spline coefficients of a plane (Unser 1999, doi 10.1109/79.799930)."""
    rows, columns = plane.shape
    line = np.empty(columns, dtype=np.float64)
    for i in range(rows):
        for j in range(columns):
            line[j] = plane[i, j]
        _filter_line(line)
        for j in range(columns):
            out[i, j] = line[j]
    # Columns in bundles, so that memory is read along its lines.
    wide = 32
    for first in range(0, columns, wide):
        last = min(first + wide, columns)
        bundle = np.empty((last - first, rows), dtype=np.float64)
        for i in range(rows):
            for j in range(first, last):
                bundle[j - first, i] = out[i, j]
        for j in range(last - first):
            _filter_line(bundle[j])
        for i in range(rows):
            for j in range(first, last):
                out[i, j] = bundle[j - first, i]


@njit(nogil=True, cache=True)
def _mirrored(i: int, n: int) -> int:
    if i < 0:
        i = -i
    if i >= n:
        i = 2 * n - 2 - i
    return min(max(i, 0), n - 1)


@njit(nogil=True, cache=True)
def _weights(t: float, w: Array) -> None:
    s = 1.0 - t
    w[0] = s * s * s / 6.0
    w[1] = 2.0 / 3.0 - 0.5 * t * t * (2.0 - t)
    w[2] = 2.0 / 3.0 - 0.5 * s * s * (2.0 - s)
    w[3] = t * t * t / 6.0


@njit(nogil=True, cache=True)
def shift_cubic(c: Array, down: float, right: float, out: Array) -> None:
    """``out[i, j]`` = spline at (i + down, j + right); pixels outside of the data are left as they are."""
    rows, columns = c.shape
    fy, fx = np.floor(down), np.floor(right)
    # All in the type of the spline: 32-bit integers are interpolated in double precision.
    wy, wx = np.empty(4, dtype=c.dtype), np.empty(4, dtype=c.dtype)
    _weights(down - fy, wy)
    _weights(right - fx, wx)
    line = np.empty(columns, dtype=c.dtype)
    w0, w1, w2, w3 = wy[0], wy[1], wy[2], wy[3]
    v0, v1, v2, v3 = wx[0], wx[1], wx[2], wx[3]
    for i in range(out.shape[0]):
        y = i + down
        if y < -_EDGE or y > rows - 1 + _EDGE:
            continue
        y0 = int(i + fy) - 1
        a, b = _mirrored(y0, rows), _mirrored(y0 + 1, rows)
        d, e = _mirrored(y0 + 2, rows), _mirrored(y0 + 3, rows)
        for j in range(columns):
            line[j] = w0 * c[a, j] + w1 * c[b, j] + w2 * c[d, j] + w3 * c[e, j]
        for j in range(out.shape[1]):
            x = j + right
            if x < -_EDGE or x > columns - 1 + _EDGE:
                continue
            x0 = int(j + fx) - 1
            if x0 >= 0 and x0 + 3 < columns:
                out[i, j] = v0 * line[x0] + v1 * line[x0 + 1] + v2 * line[x0 + 2] + v3 * line[x0 + 3]
            else:
                out[i, j] = (
                    v0 * line[_mirrored(x0, columns)]
                    + v1 * line[_mirrored(x0 + 1, columns)]
                    + v2 * line[_mirrored(x0 + 2, columns)]
                    + v3 * line[_mirrored(x0 + 3, columns)]
                )


@njit(nogil=True, cache=True)
def warp_cubic(c: Array, back: Array, out: Array) -> None:
    """``out[i, j]`` = spline at ``back @ (j, i, 1)``; pixels outside of the data are left as they are."""
    rows, columns = c.shape
    wy, wx = np.empty(4), np.empty(4)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = back[0, 0] * j + back[0, 1] * i + back[0, 2]
            y = back[1, 0] * j + back[1, 1] * i + back[1, 2]
            if y < -_EDGE or y > rows - 1 + _EDGE or x < -_EDGE or x > columns - 1 + _EDGE:
                continue
            fy, fx = np.floor(y), np.floor(x)
            _weights(y - fy, wy)
            _weights(x - fx, wx)
            total = 0.0
            for a in range(4):
                row = _mirrored(int(fy) - 1 + a, rows)
                part = 0.0
                for b in range(4):
                    part += wx[b] * c[row, _mirrored(int(fx) - 1 + b, columns)]
                total += wy[a] * part
            out[i, j] = total


@njit(nogil=True, cache=True)
def warp_linear(plane: Array, back: Array, out: Array) -> None:
    """``out[i, j]`` = linear between pixels at ``back @ (j, i, 1)``; outside left as it is."""
    rows, columns = plane.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = back[0, 0] * j + back[0, 1] * i + back[0, 2]
            y = back[1, 0] * j + back[1, 1] * i + back[1, 2]
            if y < -_EDGE or y > rows - 1 + _EDGE or x < -_EDGE or x > columns - 1 + _EDGE:
                continue
            y, x = min(max(y, 0.0), rows - 1.0), min(max(x, 0.0), columns - 1.0)
            a, b = int(y), int(x)
            t, u = y - a, x - b
            d, e = min(a + 1, rows - 1), min(b + 1, columns - 1)
            above = (1 - u) * plane[a, b] + u * plane[a, e]
            below = (1 - u) * plane[d, b] + u * plane[d, e]
            out[i, j] = (1 - t) * above + t * below


@njit(nogil=True, cache=True)
def warp_nearest(plane: Array, back: Array, out: Array) -> None:
    """``out[i, j]`` = the pixel nearest to ``back @ (j, i, 1)``; outside left as it is."""
    rows, columns = plane.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = back[0, 0] * j + back[0, 1] * i + back[0, 2]
            y = back[1, 0] * j + back[1, 1] * i + back[1, 2]
            if y < -_EDGE or y > rows - 1 + _EDGE or x < -_EDGE or x > columns - 1 + _EDGE:
                continue
            out[i, j] = plane[
                int(min(max(np.floor(y + 0.5), 0), rows - 1)),
                int(min(max(np.floor(x + 0.5), 0), columns - 1)),
            ]
