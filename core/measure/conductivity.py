"""Effective conductivity of a volume along an axis.

Every voxel is one unknown potential. Neighbours across a face are joined by the harmonic mean of their
conductivities, so that layers along and across the flow give the arithmetic and the harmonic mean exactly;
the two faces of the volume are kept at fixed potentials, half a voxel from the middles of the outermost
voxels, and nothing flows through the sides. What is left is the error of the voxels themselves: stairs
instead of smooth surfaces, and few voxels across narrow necks.

The system is solved by flexible conjugate gradients with an algebraic multigrid as preconditioner. The value
is the power at unit voltage, of which the error is the square of that of the potentials; it can only be too
high, and the flows through both faces tell how far the potentials are right.

References
----------
Patankar S.V., Numerical Heat Transfer and Fluid Flow, Hemisphere 1980, 4.2-3 (harmonic mean); Notay Y., SIAM
J. Sci. Comput. 22 (2000) 1444, doi:10.1137/S1064827599362314 (flexible conjugate gradients).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from core import machine
from core.errors import ParameterError, VoxelError
from core.job import Job
from core.measure.conducting import Conducting, conducting
from core.measure.multigrid import Coarse
from core.volume import Array

MOST_ITERATIONS = 500
TOLERANCE = 1e-6
MOST_CONTRAST = 1e9
TINY = float(np.finfo(np.float64).tiny)


class Conductivity(NamedTuple):
    """What was found along one axis.

    Attributes
    ----------
    value : float or None
        Effective conductivity in the unit of the voxels'; 0 where nothing conducts from face to face, None
        where the iteration did not come to an end.
    residual : float or None
        Relative difference between the flows into and out of the volume; None without a flow.
    iterations : int
        Steps of the conjugate gradients.
    note : str
        A sentence for the user, or nothing.
    """

    value: float | None
    residual: float | None
    iterations: int = 0
    note: str = ""


def effective_conductivity(
    conductivities: Array,
    *,
    axis: int,
    voxel_nm: tuple[float, float, float],
    job: Job,
    tolerance: float = TOLERANCE,
    threads: int | None = None,
    most_iterations: int = MOST_ITERATIONS,
) -> Conductivity:
    """Effective conductivity along an axis.

    Parameters
    ----------
    conductivities : ndarray of bool, float32 or float64, shape (z, y, x)
        Of each voxel, 0 or more, in any unit. True conducts 1.
    axis : int
        0, 1 or 2: along z, y or x.
    voxel_nm : tuple of float
        (z, y, x); only the ratios matter.
    job : Job
        Progress and cancelling.
    tolerance : float
        Of the flows through both faces, and of the potentials in the sense of the power they spend.
    threads : int, optional
        As many as there are processors if left out; their number does not change the result.
    most_iterations : int
        When to give up.

    Raises
    ------
    ParameterError
        If an argument is out of its limits.
    VoxelError
        If a conductivity is negative or not finite, or they lie more than nine orders of magnitude apart.
    Cancelled
        If the user asked to stop.
    """
    _check(conductivities, axis, voxel_nm, tolerance)
    order = (axis, *(other for other in range(3) if other != axis))
    along = np.transpose(conductivities, order)
    spacing = np.array([voxel_nm[k] for k in order])
    count = threads or machine.threads()
    name = f"Conduction along {'zyx'[axis]}"
    with conducting(along, spacing, threads=count, job=job, name=name) as grid:
        if grid is None:
            return Conductivity(0.0, None, 0, f"nothing conducts through the volume along {'zyx'[axis]}")
        return _solved(grid, tolerance, most_iterations, job, name)


def conductivities_of(labels: Array, values: Mapping[int, float]) -> Array:
    """Conductivity of each voxel from its label.

    Parameters
    ----------
    labels : ndarray of int, shape (z, y, x)
        Which phase each voxel belongs to.
    values : mapping of int to float
        Conductivity of every phase.

    Returns
    -------
    ndarray of float32, shape (z, y, x)

    Raises
    ------
    ParameterError
        If a label has no conductivity.
    """
    out = np.full(labels.shape, np.nan, dtype=np.float32)
    for label, value in values.items():
        out[labels == label] = value
    missing = np.isnan(out)
    if missing.any():
        raise ParameterError(
            "a phase has no conductivity",
            expected=f"one for each of the labels {', '.join(str(label) for label in np.unique(labels))}",
            got=dict(values),
        )
    return out


def _check(conductivities: Array, axis: int, voxel_nm: tuple[float, float, float], tolerance: float) -> None:
    if conductivities.ndim != 3 or conductivities.dtype.kind not in "bf" or axis not in (0, 1, 2):
        raise ParameterError(
            "cannot conduct through this",
            expected="a volume (z, y, x) of bool or floats, axis 0, 1 or 2",
            got=f"{conductivities.dtype}, shape {conductivities.shape}, axis {axis}",
        )
    if not all(np.isfinite(size) and size > 0 for size in voxel_nm):
        raise ParameterError("the voxel size must be above 0", expected="(z, y, x) in nm", got=voxel_nm)
    if not 1e-12 <= tolerance < 1:
        raise ParameterError("no such tolerance", expected="1e-12 up to 1", got=tolerance)
    if conductivities.dtype.kind == "f":
        _check_range(conductivities)


def _check_range(conductivities: Array) -> None:
    least, most = np.inf, 0.0
    for plane in conductivities:
        if not np.isfinite(plane).all() or plane.min() < 0:
            raise VoxelError(
                "a conductivity is negative or not finite", expected="0 or more", got=f"{plane.min():g}"
            )
        least = min(least, float(plane.min(initial=np.inf, where=plane > 0)))
        most = max(most, float(plane.max()))
    if least < most / MOST_CONTRAST:
        raise VoxelError(
            "conductivities lie too far apart to be computed with",
            expected=f"at most 1:{MOST_CONTRAST:.0e}, and 0",
            got=f"{least:g} and {most:g}",
            remedy="set the lowest ones to 0",
        )


def _solved(grid: Conducting, tolerance: float, most: int, job: Job, name: str) -> Conductivity:
    coarse = Coarse(grid.graph, job)
    found = grid.linear()
    left, flow = np.empty(grid.size), np.zeros(grid.size)
    along, new = (np.zeros(grid.size, dtype=np.float32) for _ in range(2))
    grid.left(found, left)
    energy, start = 1.0, 0.0
    for iteration in range(most + 1):
        grid.precondition(left, new, coarse)
        gain, mixed = grid.products(new, left, flow)
        into, out = grid.face_flows(found)
        size = max(abs(into), abs(out), TINY)
        apart = abs(into - out) / size
        error = max(apart, (abs(gain) / size) ** 0.5)
        if error <= tolerance:
            return Conductivity(grid.power(found, flow), apart, iteration)
        start = start or error
        job.progress(round(100 * np.log(start / error) / np.log(start / tolerance)), 100, name)
        grid.direction(mixed / energy, new, along)
        energy = max(grid.apply(along, flow), TINY)
        grid.advance(gain / energy, along, flow, found, left)
    note = f"{name} did not come to an end in {most} steps: the flows differ by {apart:.1e}"
    return Conductivity(None, apart if np.isfinite(apart) else None, most, note)
