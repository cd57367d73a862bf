"""Share of solid voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import VoxelError
from core.volume import Array


@dataclass(frozen=True)
class TwoValues:
    """What a plane of at most two values holds: both values, and how often the greater one occurs."""

    low: float
    high: float
    high_count: int


def two_values(plane: Array, *, name: str) -> TwoValues:
    """Look for the only two values of a plane.

    Parameters
    ----------
    plane : ndarray, any shape
        Values of any real type, finite.
    name : str
        What to call the plane in the message.

    Raises
    ------
    VoxelError
        If there is a third value.
    """
    low, high = plane.min(), plane.max()
    high_count = int(np.count_nonzero(plane == high))
    if low != high and high_count + int(np.count_nonzero(plane == low)) != plane.size:
        found = np.unique(plane)
        raise VoxelError(
            f"{name} is not binary, so solid and pore cannot be counted",
            expected="at most 2 different values (0 pore, 255 solid)",
            got=f"{len(found)} values from {found[0]:g} to {found[-1]:g}",
            remedy="segment the stack first",
        )
    return TwoValues(float(low), float(high), high_count)


def solid_counts(low: Array, high: Array, high_count: Array, voxels: int) -> Array:
    """Solid voxels of each slice of a binary stack.

    The greater of the stack's two values is solid; a stack of one value only is all pore if that is 0, else
    all solid.

    Parameters
    ----------
    low, high : ndarray of float, shape (slices,)
        Smallest and greatest value of each slice.
    high_count : ndarray of int, shape (slices,)
        Voxels with the greatest value of their slice.
    voxels : int
        Voxels in a slice.

    Returns
    -------
    ndarray of int64, shape (slices,)

    Raises
    ------
    VoxelError
        If the slices together hold more than two values.
    """
    found = np.unique(np.concatenate([low, high]))
    if len(found) > 2:
        raise VoxelError(
            "the slices are binary, but not with the same two values",
            expected="at most 2 different values in the whole stack",
            got=", ".join(f"{value:g}" for value in found[:10]),
            remedy="segment the whole stack in one go",
        )
    solid = found[-1]
    if len(found) == 1 and solid == 0:
        return np.zeros(len(low), dtype=np.int64)
    counts: Array = np.where(high == solid, np.where(low == high, voxels, high_count), 0).astype(np.int64)
    return counts
