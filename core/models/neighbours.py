"""Which slices a network is shown as the neighbours of one: those at the right distance, not the next ones.

Where slices were left out, the next one lies farther off than any the network was trained on. Slices are
therefore counted by their distance, and where there is none at the place that is looked at, the nearest one
stands in for it, as at the ends of a stack.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.volume import VolumeInfo

Places: TypeAlias = NDArray[np.int64]

_GAP = 1.75
"""Distance of slices without one missing between them, by the usual one, from which it counts as several:
distances scatter by a third, and networks are trained on such slices."""


def places_of(info: VolumeInfo) -> Places:
    """Where the slices of a stack lie, counted in slices of the usual (median) distance.

    Measured positions decide; without them, the numbers of the slices.

    Returns
    -------
    ndarray of int64, shape (z,)
        Increasing, from 0; 0, 1, 2, ... where nothing is missing.
    """
    numbers = np.asarray(info.slice_numbers or range(info.shape[0]), np.int64)
    steps = np.diff(numbers)
    if info.z_nm is not None and len(steps):
        apart_nm = np.diff(info.z_nm)
        ratio = apart_nm / np.median(apart_nm / steps)
        counted = np.maximum(1, np.rint(ratio).astype(np.int64))
        steps = np.where((steps == 1) & (ratio < _GAP), 1, counted)
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)


def nearest(places: Places, own: int, wanted: Iterable[int]) -> list[int]:
    """Indices of the slices nearest to some places; of two equally near, the one nearer to slice `own`.

    Parameters
    ----------
    places : ndarray of int64, shape (z,)
        See `places_of`.
    own : int
        Index of the slice that is looked at.
    wanted : iterable of int
        Places.
    """
    targets = np.asarray(list(wanted), np.int64)
    after = np.searchsorted(places, targets).clip(0, len(places) - 1)
    before = (after - 1).clip(0)
    behind, ahead = np.abs(targets - places[before]), np.abs(places[after] - targets)
    earlier = (behind < ahead) | ((behind == ahead) & (targets > places[own]))
    found: list[int] = np.where(earlier, before, after).tolist()
    return found


def lacking(places: Places, reach: int, slice_step: int) -> NDArray[np.bool_]:
    """Which slices have a neighbour missing, within the stack, among those the network looks at.

    Parameters
    ----------
    places : ndarray of int64, shape (z,)
    reach : int
        Neighbours on each side.
    slice_step : int
        Distance of adjacent ones.

    Returns
    -------
    ndarray of bool, shape (z,)
    """
    wanted = places[:, None] + slice_step * np.arange(-reach, reach + 1)
    inside = (wanted >= places[0]) & (wanted <= places[-1])
    found: NDArray[np.bool_] = (inside & ~np.isin(wanted, places)).any(axis=1)
    return found
