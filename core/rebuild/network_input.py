"""What a network that fills gaps is shown: distances from edges in the slices around the plane it makes.

For a plane between measured ones: signed distances (`core.rebuild.signed`, cut off at `CAP_PX`) in two slices
on either side, those interpolated along z for the plane itself, and how far each slice is. The side with the
nearer slice comes first, so that a stack that is turned over gives the same. All lengths are in pixels:
the network knows no nanometres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.rebuild.weights import TAIL, Row, row_at
from core.volume import Array

RULE = "signed-distances"
"""Name of this layout in cards; another layout gets another name."""

CAP_PX, SMOOTHING_PX = 5.0, 0.6
"""Of the signed distances."""
SIDE = 2
"""Slices on each side."""
_SIDES = ("nearer", "farther")
SLICES = tuple(f"{side} {number}" for side in _SIDES for number in range(1, SIDE + 1))
CHANNELS = (*SLICES, "interpolated", *(f"{name} offset" for name in SLICES))
"""Names of the input channels."""
DISTANCES = len(SLICES) + 1
"""Channels that hold distances; in the others one number stands for the whole plane."""
DISTANCE_UNIT_PX, OFFSET_UNIT_PX = 2.5, 8.0
"""What is 1 in the input."""


@dataclass(frozen=True)
class Between:
    """What one plane is made from.

    Attributes
    ----------
    row : Row
        Weights of the measured planes for the interpolated distances.
    knots : tuple of int
        Numbers of the measured planes in the order of `SLICES`; at the ends of a stack the last is repeated.
    offsets_px : tuple of float
        How far they are from the plane, >= 0.
    """

    row: Row
    knots: tuple[int, ...]
    offsets_px: tuple[float, ...]

    @property
    def first(self) -> int:
        """The first measured plane that is needed."""
        return min(self.row.first, *self.knots)

    @property
    def stop(self) -> int:
        """The first one that is no longer needed."""
        return max(self.row.stop, max(self.knots) + 1)


def between(knots_px: Array, z_px: float, tail: float = TAIL) -> Between:
    """Find what a plane is made from.

    Parameters
    ----------
    knots_px : ndarray of float64, shape (n,)
        Positions of the measured planes, in px, increasing.
    z_px : float
        Where the plane lies. On a measured plane, or beyond the outermost, `Between.row` is of it alone.
    tail : float
        See `core.rebuild.weights.row_at`.
    """
    last = len(knots_px) - 1
    after = int(np.clip(np.searchsorted(knots_px, z_px), 1, last)) if last else 0
    shallow = [max(0, after - 1 - number) for number in range(SIDE)]
    deep = [min(last, after + number) for number in range(SIDE)]
    upwards = z_px - knots_px[shallow[0]] <= knots_px[deep[0]] - z_px
    knots = (*shallow, *deep) if upwards else (*deep, *shallow)
    offsets = tuple(abs(float(knots_px[knot]) - z_px) for knot in knots)
    return Between(row_at(knots_px, z_px, "local-cubic", tail), knots, offsets)


def interpolated(distances: Array, row: Row, first_knot: int) -> Array:
    """Distances of a plane from those of the measured ones; always added up in the same order.

    Parameters
    ----------
    distances : ndarray of float32, shape (n, y, x)
        Of consecutive measured planes, in px.
    row : Row
    first_knot : int
        Number of ``distances[0]`` among all measured planes.

    Returns
    -------
    ndarray of float32, shape (y, x)
    """
    total = np.zeros(distances.shape[1:], dtype=np.float32)
    for weight, plane in zip(row.weights, distances[row.first - first_knot :], strict=False):
        total += np.float32(weight) * plane
    return total


def as_input(slices: Array, middle: Array, offsets_px: Sequence[float]) -> Array:
    """Put the channels of an input together.

    Parameters
    ----------
    slices : ndarray, shape (4, ...)
        Distances in px in the slices around, in the order of `SLICES`.
    middle : ndarray, shape (...)
        The interpolated ones.
    offsets_px : sequence of float
        See `Between`.

    Returns
    -------
    ndarray of float32, shape (9, ...)
    """
    found = np.empty((len(CHANNELS), *middle.shape), dtype=np.float32)
    found[: DISTANCES - 1] = slices
    found[DISTANCES - 1] = middle
    found[:DISTANCES] /= DISTANCE_UNIT_PX
    for place, offset in enumerate(offsets_px, start=DISTANCES):
        found[place] = offset / OFFSET_UNIT_PX
    return found
