"""Local thickness of a volume that need not fit into memory: how many voxels have which largest ball.

A box is worked on with a halo of width h around it, cut at the border of the volume. In there each radius is
at least the true one, as voxels of the other phase outside are not seen. Let R be the largest radius among
the balls that reach the box, or miss it by less than a voxel diagonal d. If h >= 2 R + 2 d, the box is
exact:

- A ball of the halo that reaches the box has its centre less than R away from it, so more than R from the
  edge of what is seen: its radius is the true one.
- No ball with a centre beyond the halo reaches the box. If one covered a voxel x, the voxel next to the point
  on the line between x and its centre at a distance of h - d from x would have a radius above h - 1.5 d
  (radii change no faster than distances), would be one of the balls looked at, and would be larger than R.

Otherwise the halo is grown and the box done again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from core import machine
from core.errors import NotEnoughMemoryError, VoxelError
from core.job import Job
from core.measure.balls import Box, needed_balls, paint
from core.measure.distance import Lattice, pieces, squared_distances
from core.volume import Array, Shape, Source

_MEBI = 1 << 20
_USABLE_SHARE = 0.7
_VOXEL_BYTES = 12  # phase 1, squared radius 4, list of balls while it is sorted
_FIRST_HALO = 12.0  # in shortest voxel edges
_LEAST_SIDE = 8
_READ_BYTES = 16 * _MEBI


def count_radii(
    source: Source,
    is_phase: Callable[[Array], Array],
    *,
    lattice: Lattice,
    job: Job,
    memory_mb: float | None = None,
    threads: int | None = None,
) -> tuple[Array, Array]:
    """Largest balls over the voxels of a phase.

    Parameters
    ----------
    source, is_phase, job, memory_mb, threads
        As for `core.measure.thickness.thickness_distribution`.
    lattice : Lattice
        Voxel edges.

    Returns
    -------
    squared : ndarray of float32, shape (n,)
        Squared radii in units of the lattice, increasing.
    counts : ndarray of int64, shape (n,)
        Voxels that have each as the largest; none for an empty phase. The same however the volume is cut;
        where the lattice is not whole, radii of more than 96 voxels may differ in the last bit.

    Raises
    ------
    VoxelError
        If all voxels are of the phase.
    NotEnoughMemoryError
        If a box with the halo it needs does not fit.
    """
    budget = int(memory_mb * _MEBI if memory_mb else machine.free_bytes(_USABLE_SHARE))
    whole = Box((0, 0, 0), source.shape)
    waiting = [(whole, _FIRST_HALO)]
    usual, done = _FIRST_HALO, 0
    totals: dict[float, int] = {}
    while waiting:
        core, halo = waiting.pop()
        # What the last box needed spares most boxes a second try, but must not keep one out that needs less.
        if _bytes(_with_halo(core, usual, lattice, whole)) <= budget:
            halo = max(halo, usual)
        seen = _with_halo(core, halo, lattice, whole)
        if _bytes(seen) > budget:
            waiting.extend((half, halo) for half in _halves(core, seen, halo, lattice, budget))
            continue
        job.progress(done, whole.voxels, "Local thickness")
        needed = _add_box(source, is_phase, core, seen, halo, lattice, totals, job, threads)
        if needed > halo and seen != whole:
            # Radii near the edge of what is seen may be far too large: the next try says.
            waiting.append((core, min(needed, 2 * halo)))
        else:
            done += core.voxels
            usual = max(needed, _FIRST_HALO)
    job.progress(done, whole.voxels, "Local thickness")
    squared = np.array(sorted(totals), dtype=np.float32)
    return squared, np.array([totals[key] for key in sorted(totals)], dtype=np.int64)


def _add_box(
    source: Source,
    is_phase: Callable[[Array], Array],
    core: Box,
    seen: Box,
    halo: float,
    lattice: Lattice,
    totals: dict[float, int],
    job: Job,
    threads: int | None,
) -> float:
    """Count the voxels of one box, unless the halo proves too small; return the halo it needs."""
    phase = _read(source, is_phase, seen, job)
    if not phase[_within(core, seen).slices].any():
        return 0.0
    squared = squared_distances(phase, lattice, job=job, threads=threads)
    if math.isinf(squared[0, 0, 0]):
        if seen.shape == source.shape:
            raise boundless()
        return math.inf
    needed = 0.0
    if seen.shape != source.shape:
        needed = _needed_halo(squared, _within(core, seen), lattice, job)
        if needed > halo:
            return needed
    balls = needed_balls(squared, lattice, job=job, threads=threads)
    del squared
    painted, voxels = paint(phase, _within(core, seen), balls, job=Job(stop=job.stop), threads=threads)
    for value, count in zip(balls.squared.tolist(), painted.tolist(), strict=True):
        if count:
            totals[value] = totals.get(value, 0) + count
    if single := voxels - int(painted.sum()):
        totals[1.0] = totals.get(1.0, 0) + single
    return needed


def boundless() -> VoxelError:
    """What to raise where there is no voxel of another phase."""
    return VoxelError(
        "every voxel is of the phase, so nothing bounds its thickness",
        expected="voxels of at least two phases",
        remedy="measure a volume that holds more than one phase",
    )


def _read(source: Source, is_phase: Callable[[Array], Array], box: Box, job: Job) -> Array:
    """Read in pieces, so that only the phase is held as a whole."""
    depth, height, width = box.shape
    phase = np.empty(box.shape, dtype=np.bool_)
    _, y, x = box.slices
    for part in pieces(depth, height * width * source.dtype.itemsize, _READ_BYTES):
        job.check()
        planes = source.read(slice(box.low[0] + part.start, box.low[0] + part.stop), y, x)
        phase[part.start : part.stop] = is_phase(planes)
    return phase


def _needed_halo(squared: Array, core: Box, lattice: Lattice, job: Job) -> float:
    """Halo that the balls reaching the box, or nearly so, ask for; in shortest voxel edges."""
    diagonal = math.sqrt(sum(lattice.weights))
    away = [
        weight * np.maximum(0, np.maximum(low - np.arange(side), np.arange(side) - high + 1)) ** 2
        for weight, low, high, side in zip(lattice.weights, core.low, core.high, squared.shape, strict=True)
    ]
    in_plane = (away[1][:, None] + away[2]).astype(np.float32)
    largest = 0.0
    for plane, from_box in zip(squared, away[0], strict=True):
        job.check()
        if plane.max() <= largest:
            continue
        reach = np.sqrt(plane) + np.float32(diagonal * 1.001)
        near = plane[reach * reach > in_plane + np.float32(from_box)]
        largest = max(largest, float(near.max(initial=0)))
    return 2 * math.sqrt(largest) + 2.01 * diagonal


def _bytes(seen: Box) -> int:
    return seen.voxels * _VOXEL_BYTES


def _with_halo(core: Box, halo: float, lattice: Lattice, whole: Box) -> Box:
    wide = [math.ceil(halo / math.sqrt(weight)) for weight in lattice.weights]
    low = [max(0, start - width) for start, width in zip(core.low, wide, strict=True)]
    high = [min(stop + width, end) for stop, width, end in zip(core.high, wide, whole.high, strict=True)]
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _within(core: Box, seen: Box) -> Box:
    """The same box, counted from the first voxel that is seen."""
    low = [a - b for a, b in zip(core.low, seen.low, strict=True)]
    high = [a - b for a, b in zip(core.high, seen.low, strict=True)]
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _halves(core: Box, seen: Box, halo: float, lattice: Lattice, budget: int) -> tuple[Box, Box]:
    """Cut a box across its longest side; the half with the first voxels comes last.

    Raises
    ------
    NotEnoughMemoryError
        If it is so small already that nearly all the work would be for its halo.
    """
    sides: Shape = core.shape
    axis = max(range(3), key=lambda axis: sides[axis] * math.sqrt(lattice.weights[axis]))
    if sides[axis] <= max(_LEAST_SIDE, halo / 2 / math.sqrt(lattice.weights[axis])):
        raise NotEnoughMemoryError(
            f"local thickness of a box of {core.shape} voxels needs {seen.shape} voxels to be seen, because "
            f"balls are large there, and {_bytes(seen) / _MEBI:,.0f} MiB of memory",
            expected=f"at most {budget / _MEBI:,.0f} MiB",
            remedy="bin the volume, measure a part of it, close other programs, or raise the memory limit",
        )
    middle = (core.low[axis] + core.high[axis]) // 2
    end, start = list(core.high), list(core.low)
    end[axis] = start[axis] = middle
    return Box((start[0], start[1], start[2]), core.high), Box(core.low, (end[0], end[1], end[2]))
