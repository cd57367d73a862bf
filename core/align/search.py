"""Where to start: the shift at which two reduced slices correlate most, so that jumps are caught."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from core.align.climb import from_level, to_level, walk
from core.align.prepare import COARSE_SIDE_PX, Field, Prepared
from core.boxes import Box
from core.volume import Array

COARSE_PX = 0.1
_SAME_PX = 1.5
"""A step as short as this ends the way on a coarse level."""
_LEAST_SHARE = 0.2  # of the searched part must overlap
_PEAKS = 3
_ROOM_PX = 96  # around a region, how far it is searched for at least


def search(
    fixed: Prepared, moving: Prepared, field: Field, guesses: list[Array]
) -> tuple[Array | None, bool]:
    """Translation, fixed to moving, in px of the whole slice, and whether it locked.

    The highest places of the cross-correlation and the guesses are compared by their correlation.
    """
    found: Array | None = None
    if fixed.blank or moving.blank:
        return None, False
    for level in range(len(fixed.levels) - 1, -1, -1):
        window = _window(fixed, field, level)
        longest = max(window[1] - window[0], window[3] - window[2])
        if 2 * longest <= COARSE_SIDE_PX and level > 0:
            continue  # a finer one costs nothing
        if found is not None and longest > 2 * COARSE_SIDE_PX:
            break
        # Fine structure can be lost on the coarse level: look closer before giving up.
        starts = [to_level(guess, level) for guess in guesses] + _peaks(fixed, moving, field, level, window)
        matrix, locked = _best(fixed, moving, field, level, starts)
        found = found if matrix is None else from_level(matrix, level)
        if locked:
            return found, True
    return found, False


def _window(fixed: Prepared, field: Field, level: int) -> Box:
    """Rows and columns of a level that are searched: all, or the region with room around it."""
    height, width = fixed.levels[level].shape
    y0, y1, x0, x1 = field.boxes[level]
    ry, rx = (max(_ROOM_PX >> level, side // 2) for side in (y1 - y0, x1 - x0))
    return max(0, y0 - ry), min(height, y1 + ry), max(0, x0 - rx), min(width, x1 + rx)


def _best(
    fixed: Prepared, moving: Prepared, field: Field, level: int, starts: list[Array]
) -> tuple[Array | None, bool]:
    best, strength, locked = None, -math.inf, False
    ends: list[Array] = []
    for start in starts:
        if any(np.abs(start - end)[:2, 2].max() < _SAME_PX for end in ends):
            continue  # would end there again
        told, _ = walk(fixed, moving, field, level, start, "translation", most=6, enough=COARSE_PX)
        if told is None:
            continue
        seen, matrix = told
        ends.append(matrix)
        if seen.correlation * math.sqrt(seen.pixels) > strength:
            best, strength = matrix, seen.correlation * math.sqrt(seen.pixels)
            locked = seen.locked
    return best, locked


def _peaks(fixed: Prepared, moving: Prepared, field: Field, level: int, window: Box) -> list[Array]:
    """Shifts at which the slices correlate most, as matrices in px of the level."""
    cut = np.s_[window[0] : window[1], window[2] : window[3]]
    one, two = fixed.levels[level][cut], moving.levels[level][cut]
    if field.weights is not None:
        one = one * field.weights[level][cut]
    if moving.seen is not None:
        two = two * moving.seen[level][cut]
    height, width = one.shape
    size = (fft.next_fast_len(3 * height // 2, real=True), fft.next_fast_len(3 * width // 2, real=True))
    product = np.conj(fft.rfft2(one, size)) * fft.rfft2(two, size)
    dy, dx = (np.fft.fftfreq(n, 1 / n) for n in size)
    overlap = np.outer(height - np.abs(dy), width - np.abs(dx)) / (height * width)
    strength = fft.irfft2(product, size) / np.sqrt(np.maximum(overlap, 1e-3))
    strength[overlap < _LEAST_SHARE] = -np.inf
    found = []
    for _ in range(_PEAKS):
        y, x = np.unravel_index(int(np.argmax(strength)), size)
        matrix = np.eye(3)
        matrix[1, 2], matrix[0, 2] = dy[y], dx[x]
        found.append(matrix)
        rows, columns = (np.arange(-3, 4) + y) % size[0], (np.arange(-3, 4) + x) % size[1]
        strength[np.ix_(rows, columns)] = -np.inf
    return found
