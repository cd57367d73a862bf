"""Exact Euclidean distance from each voxel of a phase to the nearest voxel of the other phase.

Distances run between the centres of voxels. What lies outside the volume is not known and counts for nothing:
the border of the volume bounds no distance. Three passes, one per axis, work on one array in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from core import machine
from core.errors import ParameterError
from core.job import Job
from core.volume import Array

_ROUNDING = 1e-6  # squared ratios of voxel edges this close to a whole number are taken as whole
_PIECE_VOXELS = 1 << 20  # per call into a compiled loop: some 10 ms


@dataclass(frozen=True)
class Lattice:
    """Voxel edges as squared distances are counted in.

    Attributes
    ----------
    unit_nm : float
        Shortest edge; squared distances are in units of its square.
    weights : tuple of float
        Squared edges along z, y and x in that unit; the least is 1.
    """

    unit_nm: float
    weights: tuple[float, float, float]

    @property
    def whole(self) -> bool:
        """Whether all squared distances are whole numbers, and so exact."""
        return all(weight == round(weight) for weight in self.weights)


def lattice_of(voxel_nm: tuple[float, float, float]) -> Lattice:
    """Take the shortest edge as unit.

    Parameters
    ----------
    voxel_nm : tuple of float
        (z, y, x), above 0.

    Raises
    ------
    ParameterError
        If an edge is not above 0 or not finite, or edges differ more than a thousandfold.
    """
    edges = np.asarray(voxel_nm, dtype=np.float64)
    if edges.shape != (3,) or not np.all(np.isfinite(edges)) or edges.min() <= 0:
        raise ParameterError("voxel edges must be lengths", expected="three values above 0 nm", got=voxel_nm)
    unit_nm = float(edges.min())
    if edges.max() > 1000 * unit_nm:
        raise ParameterError(
            "voxels are far too stretched to measure distances",
            expected="edges within 1 : 1000",
            got=voxel_nm,
        )
    squared = (edges / unit_nm) ** 2
    near = np.rint(squared)
    z, y, x = np.where(np.abs(squared - near) < _ROUNDING * squared, near, squared).tolist()
    return Lattice(unit_nm, (z, y, x))


def squared_distances(solid: Array, lattice: Lattice, *, job: Job, threads: int | None = None) -> Array:
    """Squared distance to the nearest voxel that is False.

    Parameters
    ----------
    solid : ndarray of bool, shape (z, y, x)
        The phase.
    lattice : Lattice
        Voxel edges.
    job : Job
        Cancelling.
    threads : int, optional
        As many as there are processors if not given.

    Returns
    -------
    ndarray of float32, shape (z, y, x)
        In units of `lattice`; 0 outside the phase, infinite everywhere if all voxels are True. Exact up to
        2 ** 24 where the lattice is whole, else rounded in each of the three passes.

    Raises
    ------
    ParameterError
        If `solid` is no volume of bool.
    Cancelled
        If the user asked to stop.

    References
    ----------
    Felzenszwalb P., Huttenlocher D., Theory of Computing 8 (2012) 415, doi:10.4086/toc.2012.v008a019.
    """
    from core.measure.kernels.distance import along_first, along_rows

    check_volume(solid)
    out = np.empty(solid.shape, dtype=np.float32)
    weight_z, weight_y, weight_x = lattice.weights

    def rows_and_columns(part: range) -> None:
        planes = slice(part.start, part.stop)
        along_rows(solid[planes], out[planes], weight_x)
        # The columns of a plane follow at once, while it is in the processor's cache.
        along_first(out[planes].transpose(1, 0, 2), weight_y)

    def depths(part: range) -> None:
        along_first(out[:, part.start : part.stop], weight_z)

    depth, height, width = solid.shape
    each(rows_and_columns, pieces(depth, height * width), job=job, threads=threads)
    each(depths, pieces(height, depth * width), job=job, threads=threads)
    return out


def distances_nm(
    solid: Array, *, voxel_nm: tuple[float, float, float], job: Job, threads: int | None = None
) -> Array:
    """Distance in nm, as `squared_distances` finds it.

    Returns
    -------
    ndarray of float32, shape (z, y, x)
        In nm; 0 outside the phase, infinite everywhere if all voxels are True.
    """
    lattice = lattice_of(voxel_nm)
    out = squared_distances(solid, lattice, job=job, threads=threads)
    np.sqrt(out, out=out)
    out *= np.float32(lattice.unit_nm)
    return out


def check_volume(solid: Array) -> None:
    """Refuse anything but a volume of bool.

    Raises
    ------
    ParameterError
        With what was found.
    """
    if solid.ndim != 3 or solid.dtype != np.bool_ or solid.size == 0:
        raise ParameterError(
            "a phase is given as a volume of True and False",
            expected="bool, three axes, at least one voxel",
            got=f"{solid.dtype}, shape {solid.shape}",
            remedy="segment the volume, and choose the phase's value",
        )


def pieces(length: int, voxels: int, most: int = _PIECE_VOXELS) -> list[range]:
    """Cut `length` lines of `voxels` each into ranges of about `most` voxels."""
    step = max(1, most // max(1, voxels))
    return [range(start, min(start + step, length)) for start in range(0, length, step)]


def each(
    function: Callable[[range], None],
    parts: Sequence[range],
    *,
    job: Job,
    threads: int | None,
    message: str = "",
) -> None:
    """Call a function that leaves the interpreter lock for every part, in threads.

    Parameters
    ----------
    function : callable
        Called with each part, in several threads at once.
    parts : sequence of range
        Short enough to be waited for when the user asks to stop.
    job : Job
        Cancelling, and progress in parts if there is a message.
    threads : int or None
        As many as there are processors if None.
    message : str
        What is being done.

    Raises
    ------
    Cancelled
        If the user asked to stop; parts in work are finished first.
    """

    def guarded(part: range) -> None:
        job.check()
        function(part)

    with ThreadPoolExecutor(threads or machine.threads(), thread_name_prefix="measure") as pool:
        for done, _ in enumerate(pool.map(guarded, parts), start=1):
            if message:
                job.progress(done, len(parts), message)
