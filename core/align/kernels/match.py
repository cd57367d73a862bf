"""Sums over two overlapping slices from which correlation and the next step of a registration follow.

The names of the sums: n pixels, f fixed, w moving as seen through the transform, gx and gy the gradient of f,
X the column from the middle of the slice in units of `scale`. A kernel and all it calls stand in this file.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

SUMS = 36


@njit(nogil=True, cache=True)
def _taps(s: float) -> Array:
    """Weights of Lagrange's polynomial through six neighbours -2..3 at place `s`, 0-1."""
    out = np.empty(6, np.float32)
    for k in range(6):
        value = 1.0
        for j in range(6):
            if j != k:
                value *= (s - (j - 2)) / (k - j)
        out[k] = value
    return out


@njit(nogil=True, cache=True, fastmath=True)
def _shifted_row(moving: Array, row: int, ty: Array, tx: Array, shift: int, part: Array, out: Array) -> None:
    """A row of the moving slice, interpolated; `part` holds the columns `shift - 2` onwards."""
    count = len(out)
    a, b, c = moving[row - 2], moving[row - 1], moving[row]
    d, e, f = moving[row + 1], moving[row + 2], moving[row + 3]
    first = shift - 2
    for x in range(count + 5):
        at = x + first
        part[x] = (
            ty[0] * a[at] + ty[1] * b[at] + ty[2] * c[at] + ty[3] * d[at] + ty[4] * e[at] + ty[5] * f[at]
        )
    for x in range(count):
        value = tx[0] * part[x] + tx[1] * part[x + 1] + tx[2] * part[x + 2]
        out[x] = value + tx[3] * part[x + 3] + tx[4] * part[x + 4] + tx[5] * part[x + 5]


@njit(nogil=True, cache=True, fastmath=True)
def _cubic(s: float) -> tuple[float, float, float, float]:
    """Weights of cubic convolution with a = -1/2 (Keys 1981, doi 10.1109/TASSP.1981.1163711)."""
    return (
        ((-0.5 * s + 1.0) * s - 0.5) * s,
        (1.5 * s - 2.5) * s * s + 1.0,
        ((-1.5 * s + 2.0) * s + 0.5) * s,
        (0.5 * s - 0.5) * s * s,
    )


@njit(nogil=True, cache=True, fastmath=True)
def _warped_row(
    moving: Array, seen: Array, masked: bool, m: Array, y: int, first: int, out: Array, weight: Array
) -> None:
    """Pixels of row `y` from column `first` on, as the matrix `m` finds them in the moving slice."""
    height, width = moving.shape
    for k in range(len(out)):
        x = first + k
        px = m[0, 0] * x + m[0, 1] * y + m[0, 2]
        py = m[1, 0] * x + m[1, 1] * y + m[1, 2]
        ix, iy = int(np.floor(px)), int(np.floor(py))
        if ix < 1 or iy < 1 or ix > width - 3 or iy > height - 3:
            weight[k] = 0.0
            out[k] = 0.0
            continue
        if masked and not seen[int(py + 0.5), int(px + 0.5)]:
            weight[k] = 0.0
        a, b, c, d = _cubic(px - ix)
        p, q, r, s = _cubic(py - iy)
        top = a * moving[iy - 1, ix - 1] + b * moving[iy - 1, ix] + c * moving[iy - 1, ix + 1]
        top += d * moving[iy - 1, ix + 2]
        one = a * moving[iy, ix - 1] + b * moving[iy, ix] + c * moving[iy, ix + 1] + d * moving[iy, ix + 2]
        two = a * moving[iy + 1, ix - 1] + b * moving[iy + 1, ix] + c * moving[iy + 1, ix + 1]
        two += d * moving[iy + 1, ix + 2]
        low = a * moving[iy + 2, ix - 1] + b * moving[iy + 2, ix] + c * moving[iy + 2, ix + 1]
        low += d * moving[iy + 2, ix + 2]
        out[k] = p * top + q * one + r * two + s * low


@njit(nogil=True, cache=True, fastmath=True)
def _row_sums(
    above: Array, row: Array, below: Array, first: int, w: Array, weight: Array, xs: Array, out: Array
) -> None:
    """The sums of one row; `row` and its neighbours are whole rows of the fixed slice."""
    zero = np.float32(0.0)
    half = np.float32(0.5)
    n = f1 = w1 = ff = ww = fw = gx1 = gx2 = gy1 = gy2 = zero
    gxw = gxxw = gyw = gyxw = gxf = gxxf = gyf = gyxf = zero
    a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = zero
    d0 = d1 = d2 = e0 = e1 = e2 = h0 = h1 = h2 = zero
    two, quarter = np.float32(2.0), np.float32(0.25)
    for k in range(len(w)):
        x = first + k
        share = weight[k]
        f, v, at = row[x], w[k], xs[x]
        gx = half * (row[x + 1] - row[x - 1]) * share
        gy = half * (below[x] - above[x]) * share
        sf, sv = share * f, share * v
        n += share
        f1 += sf
        w1 += sv
        ff += sf * f
        ww += sv * v
        fw += sf * v
        hx, hy = gx * at, gy * at
        gx1 += gx
        gx2 += hx
        gy1 += gy
        gy2 += hy
        gxw += gx * v
        gxxw += hx * v
        gyw += gy * v
        gyxw += hy * v
        gxf += gx * f
        gxxf += hx * f
        gyf += gy * f
        gyxf += hy * f
        a0 += gx * gx
        a1 += hx * gx
        a2 += hx * hx
        b0 += gx * gy
        b1 += hx * gy
        b2 += hx * hy
        c0 += gy * gy
        c1 += hy * gy
        c2 += hy * hy
        across = (row[x + 1] + row[x - 1] - two * f) * sv
        down = (below[x] + above[x] - two * f) * sv
        both = quarter * (below[x + 1] - below[x - 1] - above[x + 1] + above[x - 1]) * sv
        d0 += across
        d1 += across * at
        d2 += across * at * at
        e0 += both
        e1 += both * at
        e2 += both * at * at
        h0 += down
        h1 += down * at
        h2 += down * at * at
    out[0], out[1], out[2], out[3], out[4], out[5] = n, f1, w1, ff, ww, fw
    out[6], out[7], out[8], out[9] = gx1, gx2, gy1, gy2
    out[10], out[11], out[12], out[13] = gxw, gxxw, gyw, gyxw
    out[14], out[15], out[16], out[17] = gxf, gxxf, gyf, gyxf
    out[18], out[19], out[20], out[21], out[22], out[23] = a0, a1, a2, b0, b1, b2
    out[24], out[25], out[26], out[27], out[28], out[29] = c0, c1, c2, d0, d1, d2
    out[30], out[31], out[32], out[33], out[34], out[35] = e0, e1, e2, h0, h1, h2


@njit(nogil=True, cache=True, fastmath=True)
def _shift_sums(
    above: Array, row: Array, below: Array, first: int, w: Array, weight: Array, out: Array
) -> None:
    """As `_row_sums`, without the sums that only turns and strains need."""
    zero = np.float32(0.0)
    half, two, quarter = np.float32(0.5), np.float32(2.0), np.float32(0.25)
    n = f1 = w1 = ff = ww = fw = gx1 = gy1 = gxw = gyw = gxf = gyf = zero
    a0 = b0 = c0 = d0 = e0 = h0 = zero
    for k in range(len(w)):
        x = first + k
        share = weight[k]
        f, v = row[x], w[k]
        gx = half * (row[x + 1] - row[x - 1]) * share
        gy = half * (below[x] - above[x]) * share
        sf, sv = share * f, share * v
        n += share
        f1 += sf
        w1 += sv
        ff += sf * f
        ww += sv * v
        fw += sf * v
        gx1 += gx
        gy1 += gy
        gxw += gx * v
        gyw += gy * v
        gxf += gx * f
        gyf += gy * f
        a0 += gx * gx
        b0 += gx * gy
        c0 += gy * gy
        d0 += (row[x + 1] + row[x - 1] - two * f) * sv
        e0 += quarter * (below[x + 1] - below[x - 1] - above[x + 1] + above[x - 1]) * sv
        h0 += (below[x] + above[x] - two * f) * sv
    out[0], out[1], out[2], out[3], out[4], out[5] = n, f1, w1, ff, ww, fw
    out[6], out[8], out[10], out[12], out[14], out[16] = gx1, gy1, gxw, gyw, gxf, gyf
    out[18], out[21], out[24], out[27], out[30], out[33] = a0, b0, c0, d0, e0, h0


@njit(nogil=True, cache=True)
def _add_row(s: Array, y: float, basic: Array, grams: Array) -> None:
    """Add one row to the totals; `y` is the row from the middle in units of `scale`."""
    for k in range(6):
        basic[k] += s[k]
    # Rows: gx X, gx Y, gx, gy X, gy Y, gy. Columns: their sums, with w, with f, with each other, f'' with w.
    for column, at in ((0, 6), (1, 10), (2, 14)):
        for g in range(2):
            one, byx = s[at + 2 * g], s[at + 2 * g + 1]
            grams[3 * g, column] += byx
            grams[3 * g + 1, column] += one * y
            grams[3 * g + 2, column] += one
    for g in range(2):
        for h in range(2):
            for start, column, sign in ((18, 3, 1.0), (27, 9, -1.0)):
                at = start + 3 * (g + h)
                p0, p1, p2 = sign * s[at], sign * s[at + 1], sign * s[at + 2]
                r, c = 3 * g, column + 3 * h
                grams[r, c] += p2
                grams[r, c + 1] += p1 * y
                grams[r, c + 2] += p1
                grams[r + 1, c] += p1 * y
                grams[r + 1, c + 1] += p0 * y * y
                grams[r + 1, c + 2] += p0 * y
                grams[r + 2, c] += p1
                grams[r + 2, c + 1] += p0 * y
                grams[r + 2, c + 2] += p0


@njit(nogil=True, cache=True)
def sums(
    fixed: Array,
    moving: Array,
    weight: Array,
    seen: Array,
    masked: bool,
    m: Array,
    shift_only: bool,
    simple: bool,
    box: Array,
    scale: float,
    basic: Array,
    grams: Array,
) -> None:
    """Sums of two slices over the pixels that both show.

    Parameters
    ----------
    fixed, moving : ndarray of float32, shape (y, x)
        Slices of one size.
    weight : ndarray of float32, shape (y, x)
        What each pixel of `fixed` counts, looked at if `masked`.
    seen : ndarray of bool, shape (y, x)
        Pixels of `moving` that may be used, looked at if `masked`.
    m : ndarray of float64, shape (3, 3)
        Where pixels (x, y, 1) of `fixed` lie in `moving`, in px.
    shift_only : bool
        Whether `m` is a translation, which is interpolated with six neighbours each way instead of four.
    simple : bool
        Whether only a translation is sought: sums that belong to other elements are then left out.
    box : ndarray of int64, shape (4,)
        Rows and columns (y0, y1, x0, x1) of `fixed` that are looked at.
    scale : float
        Unit of length of the gradients of the matrix elements, in px.
    basic : ndarray of float64, shape (6,)
        Sums of 1, f, w, f f, w w, f w: set here.
    grams : ndarray of float64, shape (6, 15)
        Sums of the gradient by each element of the matrix (row by row): alone, with w, with f, with the
        gradient of f by each element, and with that of w (from second derivatives of f times w, as noise does
        not go into that): set here.
    """
    height, width = fixed.shape
    basic[:] = 0.0
    grams[:] = 0.0
    y0, y1 = max(1, box[0]), min(height - 1, box[1])
    x0, x1 = max(1, box[2]), min(width - 1, box[3])
    iy, ix = 0, 0
    ty = tx = _taps(0.0)
    if shift_only:
        iy, ix = int(np.floor(m[1, 2])), int(np.floor(m[0, 2]))
        ty, tx = _taps(m[1, 2] - iy), _taps(m[0, 2] - ix)
        y0, y1 = max(y0, 2 - iy), min(y1, height - 3 - iy)
        x0, x1 = max(x0, 2 - ix), min(x1, width - 3 - ix)
    if y1 <= y0 or x1 <= x0:
        return
    count = x1 - x0
    part, w = np.empty(count + 5, np.float32), np.empty(count, np.float32)
    share, out = np.ones(count, np.float32), np.zeros(SUMS, np.float32)
    xs = ((np.arange(width) - 0.5 * (width - 1)) / scale).astype(np.float32)
    for y in range(y0, y1):
        if masked:
            share[:] = weight[y, x0:x1]
        elif not shift_only:
            share[:] = 1.0
        if shift_only:
            _shifted_row(moving, y + iy, ty, tx, x0 + ix, part, w)
            if masked:
                row, col = y + int(np.rint(m[1, 2])), x0 + int(np.rint(m[0, 2]))
                for k in range(count):
                    share[k] *= seen[row, col + k]
        else:
            _warped_row(moving, seen, masked, m, y, x0, w, share)
        if simple:
            _shift_sums(fixed[y - 1], fixed[y], fixed[y + 1], x0, w, share, out)
        else:
            _row_sums(fixed[y - 1], fixed[y], fixed[y + 1], x0, w, share, xs, out)
        _add_row(out, (y - 0.5 * (height - 1)) / scale, basic, grams)
