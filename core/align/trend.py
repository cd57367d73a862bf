"""The slow part of shifts: drift, or structure that slants; what is left is jitter."""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
from core.volume import Array

_ROUNDS = 10


def slow_part(shifts_px_yx: Array, slices: int | None = None, use: Array | None = None) -> Array:
    """Slow part of the shifts of a stack.

    Parameters
    ----------
    shifts_px_yx : ndarray, shape (n, 2)
        Shift of each slice, in px.
    slices : int, optional
        Over how many slices it is smoothed by local straight lines (weights of a cosine bell); None or 0: one
        straight line through all.
    use : ndarray of bool, shape (n,), optional
        Slices that count; the others (flagged) only get a value.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        The jitter is what the shifts differ from it. Single slices that jump lose their weight (bisquare;
        Cleveland 1979, doi 10.1080/01621459.1979.10481038).

    Raises
    ------
    ParameterError
        If the shape does not fit or the number of slices is negative.
    """
    shifts = np.asarray(shifts_px_yx, np.float64)
    if shifts.ndim != 2 or shifts.shape[1] != 2 or (slices or 0) < 0:
        raise ParameterError(
            "slow part: a shift (y, x) per slice, smoothed over at least 0 slices", got=(shifts.shape, slices)
        )
    count = len(shifts)
    usable = np.ones(count, bool) if use is None else np.asarray(use, bool)
    if usable.sum() < 3:
        return np.tile(shifts[usable].mean(axis=0) if usable.any() else np.zeros(2), (count, 1))
    weight, line = usable.astype(float), shifts
    for _ in range(_ROUNDS):
        line = _straight(shifts, weight) if not slices else _local(shifts, weight, slices)
        away = np.sqrt(((shifts - line) ** 2).sum(axis=1))
        scale = 6 * float(np.median(away[usable]))
        if scale <= 1e-9:
            break
        weight = np.where(usable, np.clip(1 - (away / scale) ** 2, 0, None) ** 2, 0.0)
    return line


def _straight(shifts: Array, weight: Array) -> Array:
    at = np.arange(len(shifts)) - 0.5 * (len(shifts) - 1)
    design = np.stack([np.ones_like(at), at], axis=1)
    root = np.sqrt(weight)[:, None]
    found: Array = design @ np.linalg.lstsq(design * root, shifts * root, rcond=None)[0]
    return found


def _local(shifts: Array, weight: Array, slices: int) -> Array:
    """Straight line around each slice; moments by convolution, so that long stacks cost little."""
    half = max(1.0, slices / 2)
    reach = int(np.ceil(half))
    offset = np.arange(-reach, reach + 1)
    bell = np.cos(0.5 * np.pi * np.clip(offset / (half + 1), -1, 1)) ** 2

    def moments(values: Array, power: int) -> Array:
        # Not mode="same": that gives the length of the kernel where it is the longer.
        full = np.convolve(values, (bell * offset**power)[::-1])
        return full[reach : reach + len(values)]

    s0, s1, s2 = (moments(weight, power) for power in range(3))
    out = np.empty_like(shifts)
    determinant = s0 * s2 - s1 * s1
    good = determinant > 1e-9 * np.maximum(s0 * s2, 1e-300)
    fallback = _straight(shifts, weight)
    for axis in range(2):
        t0, t1 = (moments(weight * shifts[:, axis], power) for power in range(2))
        safe = np.where(good, determinant, 1.0)
        mean = np.divide(t0, s0, out=fallback[:, axis].copy(), where=s0 > 1e-9)
        out[:, axis] = np.where(good, (s2 * t0 - s1 * t1) / safe, mean)
    return out
