"""Overlapping objects at random places in endless space, as many as give the share asked for.

Each object has a random mark between 0 and 1; those with marks below a level are there. A voxel's number is
that of the lowest mark among the objects covering it, so the level for a share comes from one count of
numbers, and the density of objects is what it has to be in this very volume. Marks rise a little from the
middle of an object to its surface, by what lies between one object and the next: the last object (of however
many) is smaller than drawn, and the share is met although objects are large.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.simulate.structures.cells import Cells
from core.simulate.structures.levels import BINS
from core.simulate.structures.pattern import Ranges
from core.volume import Array, Shape

PER_CELL = 16.0
_SPREAD = 4.0
_SMALLEST_PX = 0.5


@dataclass(frozen=True)
class Radii:
    """Gaussian radii in voxels, cut at four standard deviations and at half a voxel."""

    mean: float
    sd: float

    @property
    def largest(self) -> float:
        """No radius is larger."""
        return self.mean + _SPREAD * self.sd

    def at(self, uniform: Array) -> Array:
        """Radii for uniform numbers 0-1 (inverse of the cut distribution)."""
        from scipy.special import ndtr, ndtri

        if self.sd == 0:
            return np.full(len(uniform), self.mean)
        low = float(ndtr(max(-_SPREAD, (_SMALLEST_PX - self.mean) / self.sd)))
        high = float(ndtr(_SPREAD))
        return np.asarray(self.mean + self.sd * ndtri(low + (high - low) * uniform))

    def moment(self, power: int) -> float:
        """Mean of a power of the radius."""
        return float(np.mean(self.at((np.arange(4000) + 0.5) / 4000) ** power))


@dataclass(frozen=True)
class Directions:
    """Directions of axes: all alike, or tilted by `spread` (rad) out of an axis or the plane across it."""

    orientation: str = "isotropic"
    axis: int = 0
    spread: float = 0.0

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Unit vectors (z, y, x), shape (count, 3)."""
        vectors = rng.normal(size=(count, 3))
        tilt = rng.normal(size=count) * self.spread
        if self.orientation != "isotropic":
            vectors[:, self.axis] = 0
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            along, across = np.sin(tilt), np.cos(tilt)
            if self.orientation == "aligned":
                along, across = across, along
            vectors *= across[:, None]
            vectors[:, self.axis] = along
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@dataclass(frozen=True)
class DrawObjects:
    """Draws the objects of one cell; `move`, if any, shifts their centres (rows that are NaN vanish)."""

    edge: float
    count: float
    radii: Radii
    half_length: float = 0.0
    directions: Directions = Directions()
    move: Callable[[Array], Array] | None = None

    def __call__(self, rng: np.random.Generator, corner: Array) -> Array:
        """Objects as `kernels.paint` wants them."""
        count = int(rng.poisson(self.count))
        rows = np.zeros((count, 8))
        rows[:, :3] = corner + rng.random((count, 3)) * self.edge
        rows[:, 6] = self.radii.at(rng.random(count))
        rows[:, 7] = rng.random(count)
        if self.half_length:
            rows[:, 3:6] = self.directions.draw(rng, count) * self.half_length
        if self.move is not None and count:
            rows[:, :3] = self.move(rows[:, :3])
            rows = rows[np.isfinite(rows[:, 0])]
        return rows


@dataclass(frozen=True)
class ObjectField:
    """Numbers of voxels: `BINS` where no object lies.

    Attributes
    ----------
    cells : Cells
        Holds the objects.
    reach : float
        No object reaches farther from the cell it was drawn in, in voxels.
    growth : float
        Rise of the mark from the middle of an object to its surface.
    """

    cells: Cells
    reach: float
    growth: float

    def read(self, ranges: Ranges, stride: int = 1, *, below: int = BINS) -> Array:
        """Numbers of every `stride`-th voxel, int32; objects that are `below` no level are left out."""
        from core.simulate.structures.kernels.paint import paint

        corner = np.array([start for start, _ in ranges], dtype=np.int64)
        end = np.array([stop for _, stop in ranges], dtype=np.int64)
        out = np.full(tuple(-(-(end - corner) // stride)), BINS, dtype=np.int32)
        rows = self.cells.within(corner - self.reach, end + self.reach)
        extent = np.abs(rows[:, 3:6]) + rows[:, 6:7]
        touching = ((rows[:, :3] + extent >= corner) & (rows[:, :3] - extent <= end)).all(axis=1)
        paint(out, corner, stride, rows[touching & (rows[:, 7] * BINS < below)], self.growth, BINS)
        return out


def object_field(
    key: tuple[int, ...],
    share: float,
    shape: Shape,
    radii: Radii,
    *,
    half_length: float = 0.0,
    directions: Directions = Directions(),
    move: Callable[[Array], Array] | None = None,
    moved: float = 0.0,
) -> ObjectField:
    """Enough objects for a share of `shape`.

    Parameters
    ----------
    key : tuple of int
        Seed and what tells several fields of one structure apart.
    share : float
        Share to be covered, 0-1.
    shape : tuple of int
        Where that is to hold.
    radii, half_length, directions
        Size and direction of the objects, in voxels.
    move : callable, optional
        Shifts centres, by at most `moved` voxels.
    """
    volume = 4 / 3 * math.pi * radii.moment(3) + 2 * half_length * math.pi * radii.moment(2)
    size = radii.largest + half_length
    hit = math.prod(side + 2 * size for side in shape)
    # Objects overlap at random: a share s needs -ln(1 - s) object volumes per volume (Boolean model). Twice
    # that, and some more where few objects fit, so that the level lies well inside in any volume; objects
    # that are drawn to edges and corners of grains overlap more.
    density = (2.0 if move is None else 6.0) * -math.log1p(-share) / volume + 20 / hit
    edge = max((PER_CELL / density) ** (1 / 3), (size + moved) / 2)
    draw = DrawObjects(edge, density * edge**3, radii, half_length, directions, move)
    return ObjectField(Cells(key, edge, draw), size + moved + 1, min(0.5, 1 / (density * hit)))
