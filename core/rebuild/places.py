"""Which plane of a fine grid every slice goes to."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from core.errors import ParameterError
from core.volume import Array

_ROUNDING = 1e-9
"""Sums of thicknesses carry rounding errors; those must not decide at the middle between two places."""


def wanted_places(z_nm: Sequence[float], grid_nm: float) -> Array:
    """The plane nearest to each slice, ``floor((z - z0) / grid + 0.5)``.

    Parameters
    ----------
    z_nm : sequence of float
        Position of each slice, increasing.
    grid_nm : float
        Distance of the planes, above 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        Never decreasing, from 0; several slices may want the same plane.

    Raises
    ------
    ParameterError
        If the positions do not increase, or the grid is no length.
    """
    positions = np.asarray(z_nm, dtype=np.float64)
    if not (np.isfinite(grid_nm) and grid_nm > 0):
        raise ParameterError("the grid must be a length", expected="above 0 nm", got=grid_nm)
    if positions.ndim != 1 or positions.size == 0 or not np.all(np.isfinite(positions)):
        raise ParameterError("the positions of slices must be finite numbers", expected="at least one")
    if np.any(np.diff(positions) < 0):
        first = int(np.argmax(np.diff(positions) < 0))
        raise ParameterError(
            "the positions of slices must not decrease",
            got=f"slice {first} at {positions[first]:g} nm, slice {first + 1} at {positions[first + 1]:g} nm",
            remedy="correct the thicknesses, or leave one of the two slices out with drop-slices",
        )
    steps = (positions - positions[0]) / grid_nm
    wanted: Array = np.floor(steps + 0.5 + _ROUNDING).astype(np.int64)
    return wanted


def places(z_nm: Sequence[float], grid_nm: float) -> Array:
    """Give every slice a plane of its own: order kept, least total displacement, ties to deeper planes.

    Parameters
    ----------
    z_nm : sequence of float
        Position of each slice, increasing; the first goes to plane 0.
    grid_nm : float
        Distance of the planes, above 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        Strictly increasing, from 0. Of all such arrays one with the least sum of ``|place - wanted|`` (see
        `wanted_places`); of these the one whose planes are all deepest.

    Raises
    ------
    ParameterError
        If the positions decrease, or the grid is no length.
    """
    wanted = wanted_places(z_nm, grid_nm)
    order = np.arange(wanted.size)
    # Strictly increasing whole numbers less 0, 1, 2, ... are whole numbers that never decrease. None may be
    # below 0; bringing the aims there changes all sums by the same amount.
    aims = np.maximum(wanted - order, 0)
    return deepest_fit(aims) + order


def deepest_fit(aims: Array) -> Array:
    """Whole numbers that never decrease, with the least sum of distances to `aims`; the greatest of these.

    Parameters
    ----------
    aims : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    For every start of the (mirrored) sequence the least sum is a convex, piecewise linear function of its
    last number. A heap holds the places where its slope changes; the top is where the least is reached first.
    """
    heap: list[int] = []
    tops = np.empty(aims.size, dtype=np.int64)
    for index, aim in enumerate((-aims[::-1]).tolist()):
        heapq.heappush(heap, -aim)
        if -heap[0] > aim:
            heapq.heapreplace(heap, -aim)
        tops[index] = -heap[0]
    # What follows bounds what comes before it: the least of all tops from here on.
    mirrored = np.minimum.accumulate(tops[::-1])[::-1]
    return -mirrored[::-1]
