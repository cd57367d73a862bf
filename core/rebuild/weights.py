"""How much each measured plane counts for a plane that is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from core.volume import Array

Kind: TypeAlias = Literal["nearest", "linear", "cubic", "local-cubic"]

REACH = {"nearest": 1, "linear": 1, "cubic": 24, "local-cubic": 4}
"""Knots on each side that are looked at. What a knot counts for falls to 0.27 (evenly spaced) with every
further one, so 24 give a spline through the whole stack to 14 digits."""

TAIL = 1e-8
"""What the weights that are left out may count for together: less than rounding to 32 bits does."""
BYTE_TAIL = 1e-5
"""The same for 8-bit values, of which one level is 0.004."""


@dataclass(frozen=True)
class Row:
    """One plane as a sum of measured planes.

    Attributes
    ----------
    first : int
        First knot that counts.
    weights : ndarray of float64, shape (n,)
        Of the knots from `first` on; their sum is 1.
    """

    first: int
    weights: Array

    @property
    def stop(self) -> int:
        """The first knot that no longer counts."""
        return self.first + len(self.weights)


def row_at(knots: Array, z: float, kind: Kind, tail: float = TAIL) -> Row:
    """Weights of the measured planes for a plane at z; it does not matter which others are asked for.

    Parameters
    ----------
    knots : ndarray of float64, shape (n,)
        Positions of the measured planes, increasing.
    z : float
        Where the plane lies. Beyond the ends the outermost measured plane is repeated: nothing is
        extrapolated.
    kind : str
        ``nearest`` (in the middle the deeper one), ``linear``, ``cubic`` (the cubic spline through all
        planes, not-a-knot at its ends, as `scipy.interpolate.CubicSpline`: through two planes a line, through
        three a parabola), or ``local-cubic`` (the same through the four nearest planes on each side).
    tail : float
        Weights of the outermost knots are left out that together count for less than this.
    """
    after = int(np.searchsorted(knots, z))
    if after == len(knots):
        return Row(len(knots) - 1, np.ones(1))
    if after == 0 or knots[after] == z:
        return Row(after, np.ones(1))
    before_nm, after_nm = float(z - knots[after - 1]), float(knots[after] - z)
    if kind == "nearest":
        return Row(after - 1 if before_nm < after_nm else after, np.ones(1))
    if kind == "linear":
        span = before_nm + after_nm
        return Row(after - 1, np.array([after_nm / span, before_nm / span]))
    first, last = max(0, after - REACH[kind]), min(len(knots), after + REACH[kind])
    # Positions relative to the window: windows of evenly spaced planes are found again.
    window = tuple((knots[first:last] - knots[first]).tolist())
    skipped, weights = _cardinal(window, float(z - knots[first]), tail)
    return Row(first + skipped, weights)


@lru_cache(maxsize=1024)
def _cardinal(window: tuple[float, ...], z: float, tail: float) -> tuple[int, Array]:
    """How many knots at the start count for nothing, and the weights of those that count."""
    weights = _spline(np.array(window), z)
    size = np.abs(weights)
    low = int(np.searchsorted(np.cumsum(size), tail))
    high = len(size) - int(np.searchsorted(np.cumsum(size[::-1]), tail))
    kept = weights[low:high]
    kept = kept / kept.sum()
    kept.setflags(write=False)
    return low, kept


def _spline(x: Array, z: float) -> Array:
    """What each value counts for in a cubic spline (not-a-knot at its ends) at z, for knots x.

    The slopes at the knots follow from a linear system, and the spline at z from two values and two slopes;
    only the one row of the inverse that is needed is solved for.
    """
    count, h = len(x), np.diff(x)
    if count <= 3:  # a line or a parabola: polynomials through all knots
        return np.array([np.prod((z - np.delete(x, i)) / (x[i] - np.delete(x, i))) for i in range(count)])
    system, right = np.zeros((count, count)), np.zeros((count, count))
    slope = np.zeros((count - 1, count))  # of the chords
    places = np.arange(count - 1)
    slope[places, places], slope[places, places + 1] = -1 / h, 1 / h
    for i in range(1, count - 1):
        system[i, i - 1 : i + 2] = h[i], 2 * (h[i - 1] + h[i]), h[i - 1]
        right[i] = 3 * (h[i] * slope[i - 1] + h[i - 1] * slope[i])
    for end, one, two, chord, next_chord in ((0, 0, 1, 0, 1), (count - 1, -1, -2, -1, -2)):
        inner = 1 if end == 0 else count - 2
        system[end, [end, inner]] = h[two], h[one] + h[two]
        outer = (3 * h[one] + 2 * h[two]) * h[two] * slope[chord] + h[one] ** 2 * slope[next_chord]
        right[end] = outer / (h[one] + h[two])
    i = min(int(np.searchsorted(x, z, side="right")) - 1, count - 2)
    t = (z - x[i]) / h[i]
    aim = np.zeros(count)
    aim[i], aim[i + 1] = h[i] * t * (1 - t) ** 2, h[i] * t**2 * (t - 1)
    weights = np.linalg.solve(system.T, aim) @ right
    weights[i] += (1 + 2 * t) * (1 - t) ** 2
    weights[i + 1] += t**2 * (3 - 2 * t)
    return np.asarray(weights)


def table(rows: Sequence[Row], first_knot: int) -> tuple[Array, Array, Array]:
    """Rows as arrays for compiled loops.

    Parameters
    ----------
    rows : sequence of Row
    first_knot : int
        The knot that is plane 0 of the planes at hand.

    Returns
    -------
    first, count : ndarray of int64, shape (rows,)
        First plane at hand of each row, and how many.
    weights : ndarray of float64, shape (rows, widest)
        Padded with 0.
    """
    first = np.array([row.first - first_knot for row in rows], dtype=np.int64)
    count = np.array([len(row.weights) for row in rows], dtype=np.int64)
    weights = np.zeros((len(rows), int(count.max())))
    for place, row in enumerate(rows):
        weights[place, : count[place]] = row.weights
    return first, count, weights
