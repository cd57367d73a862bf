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

from core.errors import VoxelError
from core.measure.lines import LineCounts, count_lines, placements_of
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

    @classmethod
    def of(cls, counts: LineCounts) -> LinealPath:
        """From the runs that a `LineCounter` has found."""
        z, y, x = (placements_of(runs) for runs in counts.runs)
        return cls((z, y, x), counts.placements)

    def functions(self) -> tuple[Array, Array, Array]:
        """L(k) along z, y and x; float64, each as long as the volume along its axis; NaN without
        placements.
        """
        with np.errstate(invalid="ignore"):
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
    return LinealPath.of(count_lines(slabs, shape))


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
        In nm. Truncated where ligaments are longer than the volume; NaN along an axis where it is one voxel
        thick, and along z where no two used slices follow each other.

    Raises
    ------
    VoxelError
        If nothing is solid.
    """
    if path.solid[1][0] == 0:
        raise VoxelError("no voxel is solid, so there are no ligaments to measure", expected="solid voxels")
    z, y, x = (area_of(values, voxel) for values, voxel in zip(path.functions(), voxel_nm, strict=True))
    return z, y, x


def area_of(values: Array, step_nm: float) -> float:
    """Area below L(r) / L(0); NaN where L cannot be told beyond lag 0."""
    known = values[~np.isnan(values)]
    if known.size < 2 or not known[0] > 0:
        return float("nan")
    return float(np.trapezoid(known, dx=step_nm) / known[0])
