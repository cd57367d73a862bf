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
