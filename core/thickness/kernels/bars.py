"""Bars in profiles: the strongest of many rows, and the least-squares fit of one."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from core.volume import Array

STEPS = 12
ROUNDS = 3
HUBER = 2.0


@njit(nogil=True, cache=True)
def strongest(response: Array, apart: int, places: Array, values: Array) -> None:
    """Find the highest values of each row that lie at least some distance apart.

    Parameters
    ----------
    response : ndarray of float32, shape (n, x)
    apart : int
        Least distance in px.
    places : ndarray of int64, shape (n, k)
        Filled, highest first; -1 where there are no more.
    values : ndarray of float32, shape (n, k)
        Filled; 0 where there are no more.
    """
    count = places.shape[1]
    width = response.shape[1]
    for row in range(response.shape[0]):
        free = np.ones(width, np.uint8)
        for k in range(count):
            best, at = np.float32(0.0), -1
            for x in range(width):
                if free[x] and response[row, x] > best:
                    best, at = response[row, x], x
            places[row, k], values[row, k] = at, best
            if at < 0:
                continue
            for x in range(max(0, at - apart + 1), min(width, at + apart)):
                free[x] = 0


@njit(nogil=True, cache=True)
def _step(t: float, blur: float) -> tuple[float, float]:
    """Mean over a pixel of a blurred unit step at distance -t from its centre, and its slope."""
    root, part = math.sqrt(2.0), math.sqrt(2.0 * math.pi)
    high, low = (t + 0.5) / blur, (t - 0.5) / blur
    upper = 0.5 * (1.0 + math.erf(high / root))
    lower = 0.5 * (1.0 + math.erf(low / root))
    value = (t + 0.5) * upper - (t - 0.5) * lower
    value += blur / part * (math.exp(-0.5 * high * high) - math.exp(-0.5 * low * low))
    return value, upper - lower


@njit(nogil=True, cache=True)
def _model(x: float, p: Array, row: Array) -> float:
    """Value of the bar at a pixel, and its derivatives by centre, width, height, ground and log blur."""
    blur = math.exp(p[4])
    left, left_slope = _step(x - p[0] + 0.5 * p[1], blur)
    right, right_slope = _step(x - p[0] - 0.5 * p[1], blur)
    row[0] = p[2] * (right_slope - left_slope)
    row[1] = 0.5 * p[2] * (left_slope + right_slope)
    row[2] = left - right
    row[3] = 1.0
    more = 1.05 * blur
    row[4] = p[2] * (
        _step(x - p[0] + 0.5 * p[1], more)[0] - left - _step(x - p[0] - 0.5 * p[1], more)[0] + right
    )
    row[4] /= math.log(1.05)
    return float(p[3] + p[2] * (left - right))


@njit(nogil=True, cache=True)
def _normal(profile: Array, first: int, weight: Array, p: Array, free: int, a: Array, g: Array) -> float:
    """Normal equations at the parameters; returns the weighted sum of squares."""
    row = np.empty(5)
    a[:] = 0.0
    g[:] = 0.0
    total = 0.0
    for i in range(profile.size):
        off = profile[i] - _model(first + i, p, row)
        total += weight[i] * off * off
        for j in range(free):
            g[j] += weight[i] * row[j] * off
            for k in range(free):
                a[j, k] += weight[i] * row[j] * row[k]
    return total


@njit(nogil=True, cache=True)
def _scaled(a: Array, free: int) -> tuple[Array, Array]:
    """Matrix with a diagonal of just over 1, so that it is never singular, and what it was divided by."""
    size = np.empty(free)
    for j in range(free):
        size[j] = math.sqrt(a[j, j]) if a[j, j] > 0.0 else 1.0
    m = np.empty((free, free))
    for j in range(free):
        for k in range(free):
            m[j, k] = a[j, k] / (size[j] * size[k])
        m[j, j] = 1.0 + 1e-9
    return m, size


@njit(nogil=True, cache=True)
def _solve(a: Array, g: Array, lift: float, free: int) -> Array:
    """Damped step; parameters that nothing depends on stay where they are."""
    m, size = _scaled(a, free)
    for j in range(free):
        m[j, j] += lift
    step = np.linalg.solve(m, g[:free] / size)
    return step / size


@njit(nogil=True, cache=True)
def _descend(profile: Array, first: int, weight: Array, p: Array, free: int, a: Array, g: Array) -> None:
    """Levenberg-Marquardt in place."""
    lift = 1e-3
    total = _normal(profile, first, weight, p, free, a, g)
    trial = p.copy()
    for _ in range(STEPS):
        step = _solve(a, g, lift, free)
        for j in range(free):
            trial[j] = p[j] + step[j]
        trial[1] = max(trial[1], 1.0)
        trial[4] = min(max(trial[4], -1.9), 3.0)
        after = _normal(profile, first, weight, trial, free, a, g)
        if after <= total:
            done = abs(trial[0] - p[0]) < 1e-5 and abs(trial[1] - p[1]) < 1e-4
            p[:] = trial
            lift = max(lift * 0.2, 1e-9)
            if done:
                break
            total = after
        else:
            lift = lift * 10.0 + 1e-6
            total = _normal(profile, first, weight, p, free, a, g)
            if lift > 1e8:
                break


@njit(nogil=True, cache=True)
def fit_bar(profile: Array, first: int, p: Array, free: int) -> tuple[float, float, float]:
    """Fit one blurred bar on level ground to a profile, robustly, in place.

    Parameters
    ----------
    profile : ndarray of float64, shape (n,)
    first : int
        Where the profile begins, in px.
    p : ndarray of float64, shape (5,)
        Centre in px, width in px, height in grey, ground in grey, log of the blur in px; changed in place.
    free : int
        How many of them, from the first, are fitted: 4 or 5.

    Returns
    -------
    tuple of float
        Standard error of the centre and of the width in px, and root mean square of the residuals in grey.
    """
    n = profile.size
    weight = np.ones(n)
    a, g, row = np.empty((5, 5)), np.empty(5), np.empty(5)
    off = np.empty(n)
    for again in range(ROUNDS):
        _descend(profile, first, weight, p, free, a, g)
        for i in range(n):
            off[i] = profile[i] - _model(first + i, p, row)
        if again == ROUNDS - 1:
            break
        spread = max(1.4826 * np.median(np.abs(off)), 1e-9)
        for i in range(n):
            far = abs(off[i]) / (HUBER * spread)
            weight[i] = 1.0 if far <= 1.0 else 1.0 / far
    total = _normal(profile, first, weight, p, free, a, g)
    variance = total / max(1.0, weight.sum() - free)
    m, size = _scaled(a, free)
    inverse = np.linalg.inv(m)
    return (
        math.sqrt(max(0.0, variance * inverse[0, 0])) / size[0],
        math.sqrt(max(0.0, variance * inverse[1, 1])) / size[1],
        math.sqrt(variance),
    )
