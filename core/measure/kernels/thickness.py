"""Painting the balls that fit into a phase, the largest first.

A ball holds the voxels at a squared distance below its own squared radius. Squared lengths are in units of
the shortest voxel edge squared.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

# A single bit times this number has its place, as `_PLACE` tells it, in the six bits at the top: every six
# neighbouring bits of a de Bruijn sequence are different.
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACE = np.zeros(64, np.int64)
for _bit in range(64):
    _PLACE[((0x03F79D71B4CB0A89 << _bit) & 0xFFFFFFFFFFFFFFFF) >> 58] = _bit


@njit(nogil=True, cache=True)
def paint_balls(
    bits: Array,
    groups: Array,
    corner: Array,
    out: Array,
    writes: bool,
    shape: Array,
    places: Array,
    squared: Array,
    sizes: Array,
    painted: Array,
    begin: int,
    weights: Array,
    shrink: float,
    most_rows: int,
) -> int:
    """Give every open voxel the squared radius of the first ball that covers it, and close it.

    Parameters
    ----------
    bits : ndarray of uint64, shape (z, y, words)
        Open voxels of a box, changed in place; voxel x is bit x % 64 of word x // 64.
    groups : ndarray of uint64, shape (z / 2, y / 4, words), rounded up
        Rows of `bits` combined by "or", changed in place: most of what a ball covers is closed already, and
        is seen to be so here.
    corner : ndarray of int64, shape (3,)
        First voxel of the box in the volume.
    out : ndarray of float32, shape (z, y, x)
        The box, without gaps in memory; written if `writes`, else only its width counts.
    writes : bool
        Whether `out` is written.
    shape : ndarray of int64, shape (3,)
        Of the volume, to which the places belong.
    places : ndarray of uint32 or int64, shape (balls,)
        Centres in the flat volume, by squared radius, the largest first.
    squared : ndarray of float32, shape (sizes,)
        The different squared radii, the largest first.
    sizes : ndarray of int64, shape (sizes + 1,)
        Where the balls of each squared radius begin in `places`; at the end, how many balls there are.
    painted : ndarray of int64, shape (sizes,)
        Voxels painted with each squared radius; raised.
    begin : int
        First ball to paint.
    weights : ndarray of float64, shape (3,)
        Squared voxel edges.
    shrink : float
        Factor on squared radii that covers their rounding.
    most_rows : int
        Stop after about so many rows, so that the caller can look up.

    Returns
    -------
    int
        The ball to go on with.
    """
    depth, height, words = bits.shape
    flat, target = bits.ravel(), out.ravel()
    box_width = out.shape[2]
    width, plane = shape[2], shape[1] * shape[2]
    halves, masks = np.empty((1, 1), np.int64), np.empty((1, 1), np.uint64)
    value, size = 0.0, -1
    reach_z, reach_y, rows = 0, 0, 0
    for ball in range(begin, len(places)):
        if rows > most_rows:
            return ball
        if size < 0 or ball >= sizes[size + 1]:
            size = int(np.searchsorted(sizes, ball, side="right")) - 1
            value = float(squared[size])
            limit = value * shrink
            reach_z, reach_y = _reach(limit, weights[0]), _reach(limit, weights[1])
            halves = _halves(limit, weights)
            masks = _masks(halves)
        place = np.int64(places[ball])
        z0 = place // plane - corner[0]
        if z0 + reach_z < 0 or z0 - reach_z >= depth:
            rows += 1
            continue
        rest = place % plane
        y0 = rest // width - corner[1]
        x0 = rest % width - corner[2]
        if reach_y < 4:
            rows += halves.size
            painted[size] += _paint_small(
                flat, depth, height, words, target, box_width, writes, value, halves, masks, z0, y0, x0
            )
        else:
            rows += halves.size // 4
            painted[size] += _paint_large(
                flat, groups, depth, height, words, target, box_width, writes, value, halves, z0, y0, x0
            )
    return len(places)


@njit(nogil=True, cache=True)
def _paint_small(
    bits: Array,
    depth: int,
    height: int,
    words: int,
    out: Array,
    width: int,
    writes: bool,
    value: float,
    halves: Array,
    masks: Array,
    z0: int,
    y0: int,
    x0: int,
) -> int:
    """Paint a ball row by row; most lie within one word of every row."""
    reach_z, reach_y, reach_x = halves.shape[0] - 1, halves.shape[1] - 1, halves[0, 0]
    word, shift = (x0 - reach_x) >> 6, np.uint64((x0 - reach_x) & 63)
    single = x0 >= reach_x and x0 + reach_x < width and word == (x0 + reach_x) >> 6
    new = 0
    for z in range(max(0, z0 - reach_z), min(depth, z0 + reach_z + 1)):
        for y in range(max(0, y0 - reach_y), min(height, y0 + reach_y + 1)):
            row = z * height + y
            if single:
                hit = bits[np.uint64(row * words + word)] & (masks[abs(z - z0), abs(y - y0)] << shift)
                if hit != 0:
                    bits[row * words + word] ^= hit
                    new += _paint_word(hit, out, row * width + 64 * word, writes, value)
                continue
            half = halves[abs(z - z0), abs(y - y0)]
            new += _paint_row(bits, row * words, x0 - half, x0 + half, width, out, row * width, writes, value)
    return new


@njit(nogil=True, cache=True)
def _paint_large(
    bits: Array,
    groups: Array,
    depth: int,
    height: int,
    words: int,
    out: Array,
    width: int,
    writes: bool,
    value: float,
    halves: Array,
    z0: int,
    y0: int,
    x0: int,
) -> int:
    """Paint those rows of a ball whose group still has an open voxel in the ball's reach."""
    reach_z, reach_y = halves.shape[0] - 1, halves.shape[1] - 1
    low_z, high_z = max(0, z0 - reach_z), min(depth - 1, z0 + reach_z)
    low_y, high_y = max(0, y0 - reach_y), min(height - 1, y0 + reach_y)
    coarse, across = groups.ravel(), groups.shape[1]
    new = 0
    for gz in range(low_z >> 1, (high_z >> 1) + 1):
        near_z = max(0, 2 * gz - z0, z0 - 2 * gz - 1)
        for gy in range(low_y >> 2, (high_y >> 2) + 1):
            half = halves[near_z, max(0, 4 * gy - y0, y0 - 4 * gy - 3)]
            if not _any_open(coarse, (gz * across + gy) * words, x0 - half, x0 + half, width):
                continue
            hits = 0
            for z in range(max(low_z, 2 * gz), min(high_z, 2 * gz + 1) + 1):
                for y in range(max(low_y, 4 * gy), min(high_y, 4 * gy + 3) + 1):
                    half = halves[abs(z - z0), abs(y - y0)]
                    row = z * height + y
                    hits += _paint_row(
                        bits, row * words, x0 - half, x0 + half, width, out, row * width, writes, value
                    )
            if hits:
                _combine(bits, depth, height, words, groups, gz, gy)
                new += hits
    return new


@njit(nogil=True, cache=True)
def _any_open(bits: Array, row: int, left: int, right: int, width: int) -> bool:
    """Whether a bit of left to right (the last included) is set in the row that begins at word `row`."""
    left, right = max(0, left), min(width - 1, right)
    if left > right:
        return False
    full = np.uint64(0xFFFFFFFFFFFFFFFF)
    # Unsigned numbers are no places counted from the end, which would have to be looked for.
    first, last = np.uint64(row + (left >> 6)), np.uint64(row + (right >> 6))
    head = full << np.uint64(left & 63)
    tail = full >> np.uint64(63 - (right & 63))
    if first == last:
        return bool((bits[first] & head & tail) != 0)
    if (bits[first] & head) | (bits[last] & tail):
        return True
    between = np.uint64(0)
    for word in range(first + np.uint64(1), last):
        between |= bits[word]
    return bool(between != 0)


@njit(nogil=True, cache=True)
def _paint_row(
    bits: Array,
    row: int,
    left: int,
    right: int,
    width: int,
    out: Array,
    out_row: int,
    writes: bool,
    value: float,
) -> int:
    """Paint the open voxels from left to right (the last included) and say how many there were."""
    if not _any_open(bits, row, left, right, width):
        return 0
    left, right = max(0, left), min(width - 1, right)
    full = np.uint64(0xFFFFFFFFFFFFFFFF)
    new = 0
    for word in range(left >> 6, (right >> 6) + 1):
        hit = bits[row + word]
        if word == left >> 6:
            hit &= full << np.uint64(left & 63)
        if word == right >> 6:
            hit &= full >> np.uint64(63 - (right & 63))
        bits[row + word] ^= hit
        new += _paint_word(hit, out, out_row + 64 * word, writes, value)
    return new


@njit(nogil=True, cache=True)
def _paint_word(hit: np.uint64, out: Array, first: int, writes: bool, value: float) -> int:
    """Paint the voxels of the bits that are set, and say how many there are."""
    new = 0
    while hit != 0:
        lowest = hit & (~hit + np.uint64(1))
        hit ^= lowest
        new += 1
        if writes:
            out[first + _PLACE[(lowest * _DE_BRUIJN) >> np.uint64(58)]] = value
    return new


@njit(nogil=True, cache=True)
def _combine(bits: Array, depth: int, height: int, words: int, groups: Array, gz: int, gy: int) -> None:
    for word in range(words):
        value = np.uint64(0)
        for z in range(2 * gz, min(2 * gz + 2, depth)):
            for y in range(4 * gy, min(4 * gy + 4, height)):
                value |= bits[(z * height + y) * words + word]
        groups[gz, gy, word] = value


@njit(nogil=True, cache=True)
def _reach(limit: float, weight: float) -> int:
    """Greatest n with weight * n ** 2 < limit; -1 if there is none."""
    n = int(np.sqrt(max(limit, 0.0) / weight)) + 1
    while n >= 0 and weight * n * n >= limit:
        n -= 1
    return n


@njit(nogil=True, cache=True)
def _halves(limit: float, weights: Array) -> Array:
    """Rows of a ball: the greatest |dx| for each |dz| and |dy|; -1 where there is none."""
    wz, wy, wx = weights
    reach_z, reach_y = _reach(limit, wz), _reach(limit, wy)
    halves = np.empty((reach_z + 1, reach_y + 1), np.int64)
    for z in range(reach_z + 1):
        for y in range(reach_y + 1):
            halves[z, y] = _reach(limit - wz * z * z - wy * y * y, wx)
    return halves


@njit(nogil=True, cache=True)
def _masks(halves: Array) -> Array:
    """The rows of a ball as bits, the widest from bit 0 on; of no use for more than 64 of them."""
    masks = np.zeros(halves.shape, np.uint64)
    widest = halves[0, 0]
    if 2 * widest + 1 > 64:
        return masks
    for z in range(halves.shape[0]):
        for y in range(halves.shape[1]):
            half = halves[z, y]
            if half >= 0:
                full = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(63 - 2 * half)
                masks[z, y] = full << np.uint64(widest - half)
    return masks
