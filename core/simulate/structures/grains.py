"""Voronoi grains in endless space: one seed per cubic cell, anywhere in it.

That makes sizes more even than seeds at entirely random places would: closer to a sintered ceramic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.simulate.structures.cells import Cells
from core.simulate.structures.levels import BINS
from core.simulate.structures.pattern import Ranges
from core.volume import Array, Shape

# A voxel's nearest seed is at most the diagonal of a cell away, its four nearest practically within two
# cells.
_NEAR_CELLS, _FOUR_CELLS = 1.75, 2.5
_FARTHEST_CELLS = 1.25
_ROUNDS = 4


@dataclass(frozen=True)
class DrawSeed:
    """Draws the seed of a cell: its place and a mark 0-1."""

    edge: float

    def __call__(self, rng: np.random.Generator, corner: Array) -> Array:
        """One row: z, y, x, mark."""
        return np.concatenate([corner + rng.random(3) * self.edge, rng.random(1)])[None]


@dataclass(frozen=True)
class Grains:
    """The grains.

    Attributes
    ----------
    cells : Cells
        Hold the seeds, in space with the stretch undone.
    stretch : tuple of float
        How many times longer grains are along z, y and x.
    growth : float
        Rise of the mark from the seed of a grain outwards.
    """

    cells: Cells
    stretch: tuple[float, float, float]
    growth: float

    @property
    def moved(self) -> float:
        """`Meeting` shifts no point farther than this, in voxels."""
        return _FARTHEST_CELLS * self.cells.edge * max(self.stretch)

    def read(self, ranges: Ranges, stride: int = 1) -> Array:
        """Number of the grain of every `stride`-th voxel (its mark, rising outwards), int32 below `BINS`."""
        from core.simulate.structures.kernels.paint import paint_grains

        corner = np.array([start for start, _ in ranges], dtype=np.int64)
        end = np.array([stop for _, stop in ranges], dtype=np.int64)
        out = np.empty(tuple(-(-(end - corner) // stride)), dtype=np.int32)
        stretch = np.array(self.stretch)
        reach = _NEAR_CELLS * self.cells.edge
        seeds = self.cells.within(corner / stretch - reach, end / stretch + reach)
        paint_grains(out, corner, stride, seeds, stretch, self.growth, reach, BINS - 1)
        return out


@dataclass(frozen=True)
class Meeting:
    """Moves points to where `grains` grains meet: 2 (boundary), 3 (edge) or 4 (corner)."""

    cells: Cells
    stretch: tuple[float, float, float]
    grains: int

    def __call__(self, points: Array) -> Array:
        """Moved points (z, y, x), shape (n, 3); NaN where none is near enough.

        Places at equal distance from several seeds form a line or plane: the nearest point of it is taken,
        and again with the seeds nearest to that, until they stay the same.
        """
        from scipy.spatial import cKDTree

        stretch = np.array(self.stretch)
        start = points / stretch
        reach = (_FOUR_CELLS + _FARTHEST_CELLS) * self.cells.edge
        seeds = self.cells.within(start.min(axis=0) - reach, start.max(axis=0) + reach)[:, :3]
        tree = cKDTree(seeds)
        place = start
        for _ in range(_ROUNDS):
            _, nearest = tree.query(place, k=self.grains)
            place = _equidistant(place, seeds[nearest])
            away = np.linalg.norm(place - start, axis=1)
            place = np.where((away > _FARTHEST_CELLS * self.cells.edge)[:, None], start, place)
        distance, _ = tree.query(place, k=self.grains)
        meets = np.ptp(distance, axis=1) < 1e-6 * self.cells.edge
        return np.where(meets[:, None], place * stretch, np.nan)


def voronoi(key: tuple[int, ...], edge: float, stretch: tuple[float, float, float], shape: Shape) -> Grains:
    """Grains with the mean volume of a cube of `edge` voxels (times the stretch)."""
    sides = [side / factor / edge + 4 for side, factor in zip(shape, stretch, strict=True)]
    return Grains(Cells(key, edge, DrawSeed(edge)), stretch, min(0.5, 1 / math.prod(sides)))


def _equidistant(points: Array, seeds: Array) -> Array:
    """Nearest points at equal distance from all their seeds; seeds of shape (n, k, 3)."""
    normals = seeds[:, 1:] - seeds[:, :1]
    middle = (seeds[:, 1:] + seeds[:, :1]) / 2
    missing = np.einsum("nki,nki->nk", normals, middle - points[:, None])
    products = normals @ normals.swapaxes(1, 2)
    # Seeds on one line have no point in common; the smallest addition keeps the solver from failing on them.
    products += np.eye(len(products[0])) * 1e-12 * np.trace(products, axis1=1, axis2=2)[:, None, None]
    along = np.linalg.solve(products, missing[:, :, None])
    return np.asarray(points + np.einsum("nki,nk->ni", normals, along[:, :, 0]))
