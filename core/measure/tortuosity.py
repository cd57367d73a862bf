"""Geometric tortuosity: how much longer the shortest ways through a phase are than the straight one.

Ways go from middle to middle of neighbouring voxels (6 or 26 neighbours), every step as long as it is in
space. They are the shortest of these, exactly. A way in continuous space is shorter, as steps go in a few
directions only: with cubic voxels, 6 neighbours give up to 73 % (along a space diagonal) and 26 up to 13 %
more than the straight distance. Along the axis itself there is no such error, and a straight channel gives 1.

Differs from the diffusive tortuosity, which also counts narrow places: see ``transport.py``.

References
----------
Definitions compared in Holzer L. et al., Tortuosity and Microstructure Effects in Porous Media, Springer
2023, doi:10.1007/978-3-031-30477-4.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.volume import Array

_BUDGET = 200_000
_MOST_BUCKETS = 1_000_000


def geometric_tortuosity(
    phase: Array, *, axis: int, connectivity: int, voxel_nm: tuple[float, float, float], job: Job
) -> float | None:
    """Mean length of the shortest ways through a phase from face to face, over the distance of the faces.

    The mean is taken over those voxels of the phase in the last plane that are reached from any voxel of the
    phase in the first one; the distance is that of the middles of both planes.

    Parameters
    ----------
    phase : ndarray of bool, shape (z, y, x)
    axis : int
        0, 1 or 2: along z, y or x.
    connectivity : {6, 26}
        Neighbours that a step may go to.
    voxel_nm : tuple of float
        (z, y, x); only the ratios matter.
    job : Job
        Progress and cancelling.

    Returns
    -------
    float or None
        1 or more; None where no way leads through, or the volume is a single voxel thick.

    Raises
    ------
    ParameterError
        If an argument is out of its limits.
    Cancelled
        If the user asked to stop.
    """
    _check(phase, axis, connectivity, voxel_nm)
    planes = phase.shape[axis]
    if planes < 2:
        return None
    # In units of the voxel along the axis, so that sums of straight steps are whole numbers, hence exact.
    spacing = np.array(voxel_nm) / voxel_nm[axis]
    name = f"Shortest ways along {'zyx'[axis]}"
    length = np.full([side + 2 for side in phase.shape], -1.0)
    inner = length[1:-1, 1:-1, 1:-1]
    for z, plane in enumerate(phase):
        job.check()
        inner[z][plane] = np.inf
    first = np.moveaxis(inner, axis, 0)[0]
    first[first > 0] = 0.0
    _spread(length, connectivity, spacing, axis, job, name)
    last = np.moveaxis(inner, axis, 0)[-1]
    reached = last[np.isfinite(last) & (last >= 0)]
    return float(reached.mean()) / (planes - 1) if len(reached) else None


def _check(phase: Array, axis: int, connectivity: int, voxel_nm: tuple[float, float, float]) -> None:
    if phase.ndim != 3 or phase.dtype != np.bool_ or axis not in (0, 1, 2) or connectivity not in (6, 26):
        raise ParameterError(
            "cannot look for ways through this",
            expected="a volume (z, y, x) of bool, axis 0, 1 or 2, connectivity 6 or 26",
            got=f"{phase.dtype}, shape {phase.shape}, axis {axis}, connectivity {connectivity}",
        )
    if not all(np.isfinite(size) and size > 0 for size in voxel_nm):
        raise ParameterError("the voxel size must be above 0", expected="(z, y, x) in nm", got=voxel_nm)
    if max(voxel_nm) > _MOST_BUCKETS / 2 * min(voxel_nm):
        raise ParameterError("voxels are too far from cubes", expected="ratios below 500000", got=voxel_nm)


def _spread(length: Array, connectivity: int, spacing: Array, axis: int, job: Job, name: str) -> None:
    """Fill in the lengths of the shortest ways from where they are 0; a border of one voxel is negative."""
    from core.measure.kernels.geodesic import BUCKET, FREE, LEFT, spread

    flat = length.reshape(-1)
    offsets, steps = _steps(connectivity, spacing, length.shape)
    width = float(steps.min()) * (1 - 1e-9)
    heads = np.full(int(steps.max() / width) + 2, -1, dtype=np.int64)
    sources = np.flatnonzero(flat == 0)
    following, voxels = _store(max(1024, 2 * len(sources) + len(offsets)))
    voxels[: len(sources)] = sources
    state = np.zeros(3, dtype=np.int64)
    state[[BUCKET, FREE, LEFT]] = 0, len(sources), len(sources)
    if len(sources):
        following[len(sources) - 1] = -1
        heads[0] = 0
    planes = length.shape[axis] - 2
    while not spread(flat, offsets, steps, width, heads, following, voxels, state, _BUDGET):
        # How far the front has come at least: ways wind, so that the end can come later than told.
        job.progress(min(planes, int(state[BUCKET] * width)), planes, name)
        if state[LEFT] > len(following) - len(offsets):
            following, voxels = _larger(following, voxels, state)


def _steps(connectivity: int, spacing: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Distances of the neighbours in the flat volume, and lengths of the steps."""
    ways = [way for way in product((-1, 0, 1), repeat=3) if any(way)]
    if connectivity == 6:
        ways = [way for way in ways if sum(map(abs, way)) == 1]
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    squares = (np.array(ways) * spacing) ** 2
    return (np.array(ways) @ strides).astype(np.int64), np.sqrt(squares.sum(axis=1))


def _store(entries: int) -> tuple[Array, Array]:
    """Room for entries, chained one after the other."""
    following = np.arange(1, entries + 1, dtype=np.int64)
    return following, np.empty(entries, dtype=np.int64)


def _larger(following: Array, voxels: Array, state: Array) -> tuple[Array, Array]:
    """Twice the room; the new half comes first in the chain of free entries, and leads to the old rest."""
    from core.measure.kernels.geodesic import FREE

    entries = len(following)
    more = np.arange(entries + 1, 2 * entries + 1, dtype=np.int64)
    more[-1] = state[FREE]
    state[FREE] = entries
    return np.concatenate([following, more]), np.concatenate([voxels, np.empty(entries, dtype=np.int64)])
