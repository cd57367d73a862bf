"""How far marks stray from their common movement: noise of the fit, and edges that wander along z."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from core.volume import Array

FAR, CHANCE = 4.0, 2.0
LONGEST_SHARE, LONGEST = 0.25, 200


@dataclass(frozen=True)
class Noise:
    """Errors of the positions of marks, from how much they contradict each other.

    Attributes
    ----------
    fit_share : float
        Factor on the squared standard errors of the fits.
    wander_px : float
        Standard deviation of what is in addition to that: edges that wander.
    steps_px2 : ndarray of float64, shape (k,)
        Mean squared change of that addition over 1, 2, ... k slices; beyond, twice its variance.
    freedom : float
        Degrees of freedom it rests on; infinite where it is only assumed.
    """

    fit_share: float
    wander_px: float
    steps_px2: Array
    freedom: float

    @classmethod
    def of_fit(cls, sigma: Array) -> Self:
        """The fits' own errors, nothing in addition."""
        return cls(1.0, 0.0, np.zeros(1), math.inf)

    def steps(self, apart: Array) -> Array:
        """Mean squared change of the wandering between slices so far apart, in px²."""
        k = np.clip(np.asarray(apart, dtype=int), 0, len(self.steps_px2))
        table = np.concatenate([[0.0], self.steps_px2])
        beyond = np.asarray(apart) > len(self.steps_px2)
        found: Array = np.where(beyond, 2 * self.wander_px**2, table[k])
        return found

    @property
    def broadening(self) -> float:
        """How much wider a 95 % interval has to be than with many slices (Student)."""
        if not math.isfinite(self.freedom):
            return 1.0
        from scipy.special import stdtrit

        return float(stdtrit(max(self.freedom, 2.0), 0.975)) / 1.959964


def _clipped_mean(values: Array) -> float:
    """Mean of squares whose largest are cut, so that a few blunders do not count."""
    if values.size == 0:
        return 0.0
    middle = float(np.median(values))
    # The median of a squared normal variable is 0.455 of its mean.
    return float(np.mean(np.minimum(values, FAR**2 * middle / 0.455)))


def noise_of_marks(residual: Array, sigma: Array, ways: Array) -> Noise:
    """Errors of the marks from the residuals of slices in which all were seen.

    Each slice has two unknowns, so that four marks leave two degrees of freedom. The change of the residuals
    over k slices says how much of the error two slices have in common, of which their distance is free.

    Parameters
    ----------
    residual : ndarray of float64, shape (n, marks)
        Position less what the others say, in px; NaN where not seen.
    sigma : ndarray of float64, shape (n, marks)
        Standard errors of the fits, in px.
    ways : ndarray of float64, shape (marks,)
        Slopes; only their number counts.
    """
    freedom = ways.size - 2
    whole = np.flatnonzero(np.isfinite(residual).all(axis=1))
    if freedom < 1 or whole.size < 4:
        return Noise(1.0, 0.0, np.zeros(1), math.inf)
    off = residual[whole] - residual[whole].mean(axis=0)
    fit = float(np.mean(sigma[whole] ** 2))
    total = _clipped_mean((off**2).sum(axis=1) / freedom) * whole.size / (whole.size - 1)
    steps = _steps(off, whole, freedom)
    count = freedom * (whole.size - 1.0)
    # The fits' own errors are lowered only as far as chance cannot have made the residuals that small.
    chance = 1.0 + CHANCE * math.sqrt(3.0 / count)
    share = float(np.clip(min(steps[0] / 2, total) * chance / max(fit, 1e-12), 0.25, 1.0))
    wander = max(0.0, total - share * fit)
    over = np.maximum.accumulate(np.clip(steps - 2 * share * fit, 0.0, 2 * wander))
    return Noise(share, math.sqrt(wander), over, count)


def _steps(off: Array, slices: Array, freedom: int) -> Array:
    """Mean squared change per mark over 1, 2, ... slices, in px²."""
    longest = min(LONGEST, max(1, int(LONGEST_SHARE * slices.size)))
    place = np.full(int(slices[-1]) + 1, -1)
    place[slices] = np.arange(slices.size)
    found = np.zeros(longest)
    for k in range(1, longest + 1):
        pairs = np.flatnonzero((place[:-k] >= 0) & (place[k:] >= 0)) if place.size > k else np.zeros(0, int)
        change = off[place[pairs + k]] - off[place[pairs]]
        found[k - 1] = _clipped_mean((change**2).sum(axis=1) / freedom) if pairs.size else found[k - 2]
    return found
