"""Lineal path along z, y and x, and the ligament size it gives; exact counts, slab by slab.

L(k) is the share of placements of k + 1 consecutive voxels along an axis that are all solid. A run of n solid
voxels holds n - k of them, so the lengths of all runs say everything.

References
----------
Lu B., Torquato S., Phys. Rev. A 45 (1992) 922, doi:10.1103/PhysRevA.45.922; thesis 2.5 (lineal path) and
eq. 2.13 (sizes from the area below it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError, VoxelError
from core.volume import Array, Shape


@dataclass(frozen=True)
class LinealPath:
    """Counts behind the lineal path.

    Attributes
    ----------
    solid : tuple of ndarray of int64
        For z, y and x: placements of k + 1 voxels that are all solid, k = 0 to side - 1.
    placements : tuple of ndarray of int64
        All placements.
    """

    solid: tuple[Array, Array, Array]
    placements: tuple[Array, Array, Array]

    def functions(self) -> tuple[Array, Array, Array]:
        """L(k) along z, y and x; float64, each as long as the volume along its axis."""
        z, y, x = (hits / tries for hits, tries in zip(self.solid, self.placements, strict=True))
        return z, y, x

    def __add__(self, other: LinealPath) -> LinealPath:
        """Pool two volumes of the same shape."""
        solid = [a + b for a, b in zip(self.solid, other.solid, strict=True)]
        tries = [a + b for a, b in zip(self.placements, other.placements, strict=True)]
        return LinealPath((solid[0], solid[1], solid[2]), (tries[0], tries[1], tries[2]))


def lineal_path(slabs: Iterable[Array], shape: Shape) -> LinealPath:
    """Count the runs of solid voxels.

    Parameters
    ----------
    slabs : iterable of ndarray of bool, shape (any, y, x)
        The volume in order along z, in pieces of any thickness; the pieces do not change the result.
    shape : tuple of int
        (z, y, x) of the whole.

    Raises
    ------
    ParameterError
        If the slabs do not add up to the shape.
    """
    depth, height, width = shape
    runs = [np.zeros(side + 1, dtype=np.int64) for side in shape]
    growing = np.zeros((height, width), dtype=np.int32)
    seen = 0
    for slab in slabs:
        if slab.shape[1:] != (height, width) or slab.dtype != np.bool_:
            raise ParameterError(
                "slabs do not fit the volume", expected=(f"bool, {height} x {width}"), got=slab.shape
            )
        for plane in slab:
            runs[0] += np.bincount(growing[(growing > 0) & ~plane], minlength=depth + 1)
            growing = np.where(plane, growing + 1, 0)
            runs[1] += _row_runs(plane.T)
            runs[2] += _row_runs(plane)
        seen += len(slab)
    if seen != depth:
        raise ParameterError("slabs do not add up to the volume", expected=depth, got=seen)
    runs[0] += np.bincount(growing[growing > 0], minlength=depth + 1)
    voxels = depth * height * width
    solid = [_placements(found) for found in runs]
    tries = [voxels // side * (side - np.arange(side, dtype=np.int64)) for side in shape]
    return LinealPath((solid[0], solid[1], solid[2]), (tries[0], tries[1], tries[2]))


def ligament_size(path: LinealPath, voxel_nm: tuple[float, float, float]) -> tuple[float, float, float]:
    """Ligament size D = integral of L(r) dr / L(0) by the trapezoid rule, along z, y and x.

    Parameters
    ----------
    path : LinealPath
        Of one volume, or several pooled.
    voxel_nm : tuple of float
        (z, y, x).

    Returns
    -------
    tuple of float
        In nm. Truncated where ligaments are longer than the volume.

    Raises
    ------
    VoxelError
        If nothing is solid.
    """
    if path.solid[0][0] == 0:
        raise VoxelError("no voxel is solid, so there are no ligaments to measure", expected="solid voxels")
    z, y, x = (
        float(np.trapezoid(values, dx=voxel) / values[0])
        for values, voxel in zip(path.functions(), voxel_nm, strict=True)
    )
    return z, y, x


def _row_runs(plane: Array) -> Array:
    """How many runs of each length the rows of a plane hold; the index is the length."""
    rows, columns = plane.shape
    padded = np.zeros((rows, columns + 1), dtype=np.int8)
    padded[:, :-1] = plane
    ends = np.flatnonzero(np.diff(padded.ravel(), prepend=np.int8(0)))
    return np.bincount(ends[1::2] - ends[::2], minlength=columns + 1)


def _placements(runs: Array) -> Array:
    """Sum of max(n - k, 0) over all runs of length n, for k = 0 to side - 1."""
    longer = np.cumsum(runs[::-1])[::-1]  # runs of at least n voxels
    hits: Array = np.cumsum(longer[:0:-1])[::-1]
    return hits
