"""Local thickness: the diameter of the largest ball that covers a voxel and fits into its phase. Exact.

T(x) = 2 max {r(p) : |x - p| < r(p)}, where r(p) is the distance from voxel p to the nearest voxel of the
other phase, centre to centre. A plate of n voxels is n thick if n is even and n + 1 if it is odd: thin
things come out up to a voxel too thick, by this definition as by others that count in voxels.

The border of the volume bounds no ball: nothing is known beyond it. There a ball may be larger than it would
be in a larger volume (what would bound it is not seen), or a larger one may be missing (its centre is not
seen).

References
----------
Hildebrand T., Ruegsegger P., J. Microsc. 185 (1997) 67, doi:10.1046/j.1365-2818.1997.1340694.x.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from core.errors import VoxelError
from core.job import Job
from core.measure.balls import Box, needed_balls, paint
from core.measure.distance import each, lattice_of, pieces, squared_distances
from core.measure.results import Distribution
from core.measure.thickness_blocks import boundless, count_radii
from core.volume import Array, Source

_BINS = 32


def local_thickness(
    solid: Array, *, voxel_nm: tuple[float, float, float], job: Job, threads: int | None = None
) -> Array:
    """Local thickness of every voxel of a phase.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        The phase.
    voxel_nm : tuple of float
        Voxel edges along z, y and x.
    job : Job
        Progress and cancelling.
    threads : int, optional
        As many as there are processors if not given.

    Returns
    -------
    ndarray of float32, shape (z, y, x)
        Diameter in nm; 0 outside the phase. Where squared distances are not whole multiples of the smallest,
        voxels within a millionth of a ball's surface count as outside.

    Raises
    ------
    ParameterError
        If `solid` is no volume of bool, or the voxel edges are no lengths.
    VoxelError
        If every voxel is of the phase, so that nothing bounds its thickness.
    Cancelled
        If the user asked to stop.
    """
    lattice = lattice_of(voxel_nm)
    values = squared_distances(solid, lattice, job=job, threads=threads)
    if math.isinf(values[0, 0, 0]):
        raise boundless()
    if values.any():
        balls = needed_balls(values, lattice, job=job, threads=threads)
        paint(solid, Box((0, 0, 0), balls.shape), balls, job=job, out=values, threads=threads)
    diameter_nm = np.float32(2 * lattice.unit_nm)

    def finish(part: range) -> None:
        planes = values[part.start : part.stop]
        np.sqrt(planes, out=planes)
        planes *= diameter_nm

    depth, height, width = solid.shape
    each(finish, pieces(depth, height * width), job=job, threads=threads)
    return values


def thickness_distribution(
    source: Source,
    is_phase: Callable[[Array], Array],
    *,
    voxel_nm: tuple[float, float, float],
    job: Job,
    memory_mb: float | None = None,
    threads: int | None = None,
) -> Distribution:
    """How the volume of a phase is distributed over local thicknesses, in bounded memory.

    What does not fit is worked on in boxes that overlap by more than the largest ball that reaches into a
    box, so that the result is the same however the volume is cut.

    Parameters
    ----------
    source : Source
        The volume.
    is_phase : callable
        From an array of the source's values to an array of bool: True for the phase.
    voxel_nm : tuple of float
        Voxel edges along z, y and x.
    job : Job
        Progress and cancelling.
    memory_mb : float, optional
        Memory to use in MiB; most of what is free if not given.
    threads : int, optional
        As many as there are processors if not given.

    Returns
    -------
    Distribution
        By volume; mean, standard deviation and median are those of the voxels, not of the bins. 32 bins from
        0 to the greatest thickness; a value on the border of two counts to the upper, the greatest to the
        last.

    Raises
    ------
    VoxelError
        If no voxel is of the phase, or all are.
    NotEnoughMemoryError
        If the balls are too large for boxes that fit into the memory.
    ParameterError
        If the voxel edges are no lengths.
    Cancelled
        If the user asked to stop.
    """
    lattice = lattice_of(voxel_nm)
    squared, counts = count_radii(
        source, is_phase, lattice=lattice, job=job, memory_mb=memory_mb, threads=threads
    )
    if len(counts) == 0:
        raise VoxelError("no voxel is of the phase, so it has no thickness", expected="voxels of the phase")
    return distribution_of(2 * lattice.unit_nm * np.sqrt(squared.astype(np.float64)), counts)


def distribution_of(lengths_nm: Array, counts: Array) -> Distribution:
    """Distribution of lengths that occur several times each.

    Parameters
    ----------
    lengths_nm : ndarray of float64, shape (n,)
        Increasing, above 0.
    counts : ndarray of int64, shape (n,)
        How often, above 0.
    """
    total = int(counts.sum())
    mean = math.fsum(lengths_nm * counts) / total
    variance = math.fsum((lengths_nm - mean) ** 2 * counts) / total
    upto = np.cumsum(counts)
    middle = [
        lengths_nm[np.searchsorted(upto, rank, side="right")] for rank in ((total - 1) // 2, total // 2)
    ]
    shares, edges = np.histogram(lengths_nm, bins=_BINS, range=(0.0, float(lengths_nm[-1])), weights=counts)
    return Distribution(
        edges_nm=tuple(edges.tolist()),
        shares=tuple((shares / total).tolist()),
        mean_nm=mean,
        sd_nm=math.sqrt(variance),
        median_nm=float(sum(middle) / 2),
        count=total,
    )
