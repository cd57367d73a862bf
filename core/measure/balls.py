"""The largest balls that fit into a phase, and what they cover: the work behind local thickness.

Around each voxel of the phase lies a ball that reaches to the nearest voxel of the other phase. Most of these
balls lie within the ball of a neighbour and are left out; the others are painted in order of their radius, so
that each voxel is painted once, with the radius of the largest ball that covers it. Squared lengths are in
units of the shortest voxel edge squared (`Lattice`).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from core import machine
from core.job import Job
from core.measure.distance import Lattice, each, pieces
from core.volume import Array, Shape

_TABLE_BINS = 1 << 17  # 28 MB
_FINE = 8.0  # bins per unit where squared distances are not whole
_EXACT = 1 << 24  # whole numbers up to here are exact in float32
_ROUNDED = 1 - 1e-6  # covers the rounding of the passes that made a squared distance
_ROWS = 1 << 21  # rows of balls per call into the compiled loop: some 20 ms
_SCRATCH_VOXELS = 1 << 20


@dataclass(frozen=True)
class Balls:
    """The balls that are needed, the largest first.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x) of the volume.
    lattice : Lattice
        Voxel edges.
    places : ndarray of uint32 or int64, shape (balls,)
        Centres in the flat volume.
    squared : ndarray of float32, shape (sizes,)
        The different squared radii, decreasing.
    starts : ndarray of int64, shape (sizes + 1,)
        Where the balls of each begin in `places`; at the end, how many balls there are.
    shrink : float
        Factor on squared radii that covers their rounding; 1 where they are exact.
    """

    shape: Shape
    lattice: Lattice
    places: Array
    squared: Array
    starts: Array
    shrink: float


@dataclass(frozen=True)
class Box:
    """A range of voxels, first included, last excluded, along each axis."""

    low: Shape
    high: Shape

    @property
    def shape(self) -> Shape:
        """Voxels along z, y and x."""
        z, y, x = (high - low for low, high in zip(self.low, self.high, strict=True))
        return z, y, x

    @property
    def voxels(self) -> int:
        """How many."""
        return math.prod(self.shape)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """To index an array with."""
        z, y, x = (slice(low, high) for low, high in zip(self.low, self.high, strict=True))
        return z, y, x


def needed_balls(squared: Array, lattice: Lattice, *, job: Job, threads: int | None = None) -> Balls:
    """Leave out every ball that lies within the ball of a neighbour, or holds a single voxel.

    Parameters
    ----------
    squared : ndarray of float32, shape (z, y, x)
        From `core.measure.distance.squared_distances`, finite.
    lattice : Lattice
        Voxel edges.
    job : Job
        Cancelling.
    threads : int, optional
        As many as there are processors if not given.
    """
    from core.measure.kernels.containment import needed_balls as needed_in

    largest = float(squared.max())
    shrink = 1.0 if lattice.whole and largest < _EXACT else _ROUNDED
    table, scale = _reach_table(largest, lattice, job)
    steps = _steps()
    depth, height, width = squared.shape
    parts = pieces(depth, height * width, _SCRATCH_VOXELS)
    kind = np.uint32 if squared.size <= 1 << 32 else np.int64
    found: list[Array] = [np.empty(0, kind)] * len(parts)
    numbers = {part.start: number for number, part in enumerate(parts)}

    def search(part: range) -> None:
        scratch = np.empty(len(part) * height * width, dtype=np.int64)
        count = needed_in(squared, part.start, part.stop, steps, table, scale, shrink, scratch)
        found[numbers[part.start]] = scratch[:count].astype(kind)

    each(search, parts, job=job, threads=threads)
    places = np.concatenate(found)
    found.clear()
    radii = squared.ravel()[places]
    # Sixteen bits are sorted many times faster. The order of equals is kept: neighbours stay together.
    short = lattice.whole and largest < 1 << 16
    order = np.argsort((65535 - radii).astype(np.uint16) if short else -radii, kind="stable")
    job.check()
    places, radii = places[order], radii[order]
    starts = np.flatnonzero(np.diff(radii, prepend=np.float32(-1.0)))
    return Balls(
        (depth, height, width), lattice, places, radii[starts], np.append(starts, len(places)), shrink
    )


def paint(
    phase: Array, box: Box, balls: Balls, *, job: Job, out: Array | None = None, threads: int | None = None
) -> tuple[Array, int]:
    """Cover the phase's voxels within a box with balls, the largest first.

    Parameters
    ----------
    phase : ndarray of bool, shape (z, y, x)
        The volume of the balls.
    box : Box
        Which of its voxels are painted.
    balls : Balls
        From `needed_balls`.
    job : Job
        Progress and cancelling.
    out : ndarray of float32, shape (z, y, x), optional
        Gets the squared radius of the largest ball over each voxel of the phase. Voxels that no ball covers
        keep their value. Only if the box is the whole volume.
    threads : int, optional
        As many as there are processors if not given.

    Returns
    -------
    painted : ndarray of int64, shape (sizes,)
        Voxels painted with each squared radius.
    voxels : int
        Of the phase within the box. Those that were not painted have a squared radius of 1.
    """
    (low_z, low_y, low_x), (depth, _, _) = box.low, box.shape
    count = threads or machine.threads()
    thick = min(64, max(8, depth // (4 * count)))  # slabs that fit the processor's cache, several per thread
    total = np.zeros(len(balls.squared) + 1, dtype=np.int64)
    parts = [range(z, min(z + thick, depth)) for z in range(0, depth, thick)]
    results: list[Array] = []

    def slab(part: range) -> None:
        inside = phase[box.slices][part.start : part.stop]
        target = None if out is None else out[part.start : part.stop]
        results.append(_paint_slab(inside, (low_z + part.start, low_y, low_x), balls, target, job))

    each(slab, parts, job=job, threads=threads, message="Local thickness: painting")
    for result in results:
        total += result
    return total[:-1], int(total[-1])


def _paint_slab(
    inside: Array, corner: tuple[int, int, int], balls: Balls, target: Array | None, job: Job
) -> Array:
    """Voxels painted with each squared radius, and, last, the voxels of the phase."""
    from core.measure.kernels.thickness import paint_balls

    voxels = int(np.count_nonzero(inside))
    bits = _as_words(inside)
    groups = np.bitwise_or.reduceat(bits, np.arange(0, bits.shape[0], 2), axis=0)
    groups = np.bitwise_or.reduceat(groups, np.arange(0, bits.shape[1], 4), axis=1)
    painted = np.zeros(len(balls.squared) + 1, dtype=np.int64)
    writes = target is not None
    # The loop asks for the width even where it does not write.
    surface = np.empty((0, 0, inside.shape[2]), np.float32) if target is None else target
    weights = np.array(balls.lattice.weights)
    begin = 0 if voxels else len(balls.places)
    while begin < len(balls.places):
        job.check()
        begin = paint_balls(
            bits,
            groups,
            np.array(corner),
            surface,
            writes,
            np.array(balls.shape),
            balls.places,
            balls.squared,
            balls.starts,
            painted,
            begin,
            weights,
            balls.shrink,
            _ROWS,
        )
    painted[-1] = voxels
    return painted


def _as_words(inside: Array) -> Array:
    """One bit per voxel: voxel x is bit x % 64 of word x // 64; uint64, shape (z, y, words)."""
    depth, height, width = inside.shape
    packed = np.zeros((depth, height, -(-width // 64) * 8), dtype=np.uint8)
    packed[:, :, : -(-width // 8)] = np.packbits(inside, axis=2, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def _steps() -> Array:
    """Neighbours to look at, the nearest first; shape (98, 3).

    Balls of farther neighbours in the same direction add nothing to those of the nearer.
    """
    steps = [step for step in itertools.product(range(-2, 3), repeat=3) if math.gcd(*step) == 1]
    return np.array(sorted(steps, key=lambda step: sum(s * s for s in step)), dtype=np.int64)


def _reach_table(largest: float, lattice: Lattice, job: Job) -> tuple[Array, float]:
    """Table for `needed_balls` and its bins per unit; coarser bins leave more balls, never fewer."""
    from core.measure.kernels.containment import fill_reach

    fine = 1.0 if lattice.whole else _FINE
    scale = min(fine, _TABLE_BINS / largest) if largest > 0 else fine
    table = np.zeros((math.ceil(largest * scale) + 2, 27))
    weights = np.array(lattice.weights)
    for z in range(int(math.sqrt(largest / weights[0])) + 2):
        job.check()
        fill_reach(table, z, weights, scale)
    np.maximum.accumulate(table, axis=0, out=table)
    return table, scale
