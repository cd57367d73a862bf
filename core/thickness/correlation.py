"""How alike two places of a stack are, against their distance: within a slice, and between two slices.

Noise that differs from pixel to pixel adds to the variance at distance 0 and to nothing else. So covariances
at a distance are compared, never correlation coefficients as they come, and the variance without noise is
what the covariances at 1, 2 and 3 px extrapolate to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.job import Job
from core.volume import Array

MAX_LAG_PX: Final = 128
MAX_SHIFT_PX: Final = 16
LEAST_SIDE_PX: Final = 16
_CHUNK_PIXELS: Final = 2**19
_LEAST_SIGNAL: Final = 0.02
"""Share of the variance that has to reach to the next pixel; below it a slice shows noise alone."""
_CHANCE: Final = 5.0
"""Standard deviations by which it has to be more than noise has by chance."""


@dataclass(frozen=True)
class PlaneCurve:
    """Covariance within one slice against distance.

    Attributes
    ----------
    y, x : ndarray, shape (lags,)
        Covariance (grey values squared) along each axis at 0, 1, 2 ... px; at 0 without noise.
    variance : float
        Without noise, mean of both axes.
    noise_variance : float
        What was taken for noise.
    usable : bool
        Whether there is anything but noise: neighbouring pixels are alike, by more than chance.
    """

    y: Array
    x: Array
    variance: float
    noise_variance: float
    usable: bool

    @property
    def noise_factor(self) -> float:
        """How much higher correlation coefficients of this slice would be without noise, squared."""
        return 1 + self.noise_variance / self.variance


def plane_curve(plane: Array, job: Job) -> PlaneCurve:
    """Covariance within a slice.

    Parameters
    ----------
    plane : ndarray, shape (y, x), float64
        With its mean subtracted; each side at least `LEAST_SIDE_PX`.
    job : Job
        Checked every half million pixels.
    """
    y, x = _covariance(plane.T, job), _covariance(plane, job)
    raw, beside = float(y[0]), float(y[1] + x[1]) / 2
    y[0], x[0] = _without_noise(y), _without_noise(x)
    variance = float(y[0] + x[0]) / 2
    least = max(_LEAST_SIGNAL, _CHANCE / math.sqrt(plane.size)) * raw
    return PlaneCurve(y, x, variance, max(0.0, raw - variance), usable=beside > least)


def _covariance(plane: Array, job: Job) -> Array:
    """Unbiased covariance along the rows at lags from 0 px, by way of the power spectrum of padded rows."""
    rows, length = plane.shape
    lags = min(MAX_LAG_PX, length // 2) + 1
    size = 1 << int(length + lags - 1).bit_length()
    step = max(1, _CHUNK_PIXELS // length)
    power = np.zeros(size // 2 + 1)
    for start in range(0, rows, step):
        job.check()
        spectrum = np.fft.rfft(plane[start : start + step], size, axis=1)
        power += np.sum(spectrum.real**2 + spectrum.imag**2, axis=0)
    total: Array = np.fft.irfft(power, size)[:lags]
    total /= rows * (length - np.arange(lags))
    return total


def _without_noise(covariance: Array) -> float:
    """Variance without noise: a parabola through lags 1 to 3, held between the value at 1 and the raw one."""
    first, second, third = covariance[1:4]
    return float(np.clip(3 * first - 3 * second + third, first, max(first, covariance[0])))


def aligned_correlation(one: Array, other: Array) -> tuple[float, tuple[float, float]]:
    """Greatest correlation of two slices that are shifted a little against each other.

    Parameters
    ----------
    one, other : ndarray, shape (y, x), float64
        With their means subtracted.

    Returns
    -------
    float
        Correlation coefficient, noise included, at the best shift; between whole pixels by a parabola.
    tuple of float
        That shift (y, x) in px. Where it reaches `MAX_SHIFT_PX`, no peak was found.
    """
    known: dict[tuple[int, int], float] = {}

    def at(dy: int, dx: int) -> float:
        if (dy, dx) not in known:
            known[dy, dx] = _correlation_at(one, other, dy, dx)
        return known[dy, dx]

    y, x = 0, 0
    while max(abs(y), abs(x)) < MAX_SHIFT_PX:
        around = ((y, x), (y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
        best = max(around, key=lambda place: at(*place))
        if best == (y, x):
            break
        y, x = best
    peak = at(y, x)
    gain_y, part_y = _vertex(at(y - 1, x), peak, at(y + 1, x))
    gain_x, part_x = _vertex(at(y, x - 1), peak, at(y, x + 1))
    return peak + gain_y + gain_x, (y + part_y, x + part_x)


def _vertex(before: float, peak: float, after: float) -> tuple[float, float]:
    """How much the vertex of a parabola through three values lies above the middle one, and where."""
    bend = 2 * peak - before - after
    if bend <= 0:
        return 0.0, 0.0
    return (after - before) ** 2 / (8 * bend), float(np.clip((after - before) / (2 * bend), -0.5, 0.5))


def _correlation_at(one: Array, other: Array, dy: int, dx: int) -> float:
    """Correlation of `one` with `other` shifted back by whole pixels, over the area that both show."""
    (rows_a, rows_b), (columns_a, columns_b) = _overlap(dy), _overlap(dx)
    a, b = one[rows_a, columns_a], other[rows_b, columns_b]
    mean_a, mean_b = a.mean(), b.mean()
    of_a = np.einsum("ij,ij->", a, a) / a.size - mean_a**2
    of_b = np.einsum("ij,ij->", b, b) / b.size - mean_b**2
    both = np.einsum("ij,ij->", a, b) / a.size - mean_a * mean_b
    return float(both / np.sqrt(of_a * of_b)) if of_a > 0 and of_b > 0 else 0.0


def _overlap(shift: int) -> tuple[slice, slice]:
    if shift >= 0:
        return slice(0, -shift or None), slice(shift, None)
    return slice(-shift, None), slice(0, shift)
