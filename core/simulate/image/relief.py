"""The open surface below a milled face: how deep it lies under each place, and how much sky it sees."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from core.errors import ParameterError
from core.simulate.electrons.world import Raster, World
from core.volume import Array

_DIRECTIONS = 16
# Grid points outside the field that are looked at for walls which shade pores at its border.
_LEAST_MARGIN = 48
_FARTHEST_STEPS = 64


@dataclass(frozen=True)
class Relief:
    """What the beam meets first, on a grid that is at least as fine as the pixels and a margin wider.

    Attributes
    ----------
    depth_nm : ndarray of float32, shape (y, x)
        Depth below the face; 0 at it, infinite where nothing is met.
    labels : ndarray of uint8, shape (y, x)
        Material met (of no meaning where nothing is met).
    pitch_nm : tuple of float
        (y, x) distance of grid points.
    margin : tuple of int
        (y, x) grid points outside the field, on either side.
    finer : tuple of int
        (y, x) grid points per pixel.
    """

    depth_nm: Array
    labels: Array
    pitch_nm: tuple[float, float]
    margin: tuple[int, int]
    finer: tuple[int, int]

    def per_pixel(self, values: Array) -> Array:
        """Mean of the grid points within each pixel of the field, shape of the raster."""
        (my, mx), (fy, fx) = self.margin, self.finer
        inner = values[my : values.shape[0] - my, mx : values.shape[1] - mx]
        rows, columns = inner.shape[0] // fy, inner.shape[1] // fx
        return np.asarray(inner.reshape(rows, fy, columns, fx).mean(axis=(1, 3)))


def relief_of(world: World, raster: Raster, *, margin_nm: float, deepest_nm: float) -> Relief:
    """Look straight down from the face.

    Parameters
    ----------
    world : World
        The sample; sideways it goes on as it says.
    raster : Raster
        Field and face.
    margin_nm, deepest_nm : float
        How far outside the field (at least 48 grid points), and how deep, to look.

    Raises
    ------
    ParameterError
        If the face lies outside the sample.
    """
    finer = tuple(max(1, round(raster.pixel_nm[a] / world.voxel_nm[a + 1])) for a in (0, 1))
    pitch = tuple(raster.pixel_nm[a] / finer[a] for a in (0, 1))
    margin = tuple(max(_LEAST_MARGIN, ceil(margin_nm / pitch[a])) for a in (0, 1))
    rows, columns = (_voxels(world, raster, a, finer[a], margin[a]) for a in (0, 1))
    first = floor((raster.face_nm - world.origin_nm[0]) / world.voxel_nm[0] + 1e-9)
    if not 0 <= first < len(world.labels):
        raise ParameterError(
            "the face lies outside the sample",
            expected=f"{world.origin_nm[0]:g} to {world.depth_nm:g} nm",
            got=f"{raster.face_nm:g} nm",
        )
    last = min(len(world.labels), first + ceil(deepest_nm / world.voxel_nm[0]) + 1)
    depth, labels = _first_met(world, first, last, rows, columns)
    depth = np.maximum(world.origin_nm[0] + depth * world.voxel_nm[0] - raster.face_nm, 0)
    depth[depth > deepest_nm] = np.inf
    return Relief(
        depth.astype(np.float32), labels, (pitch[0], pitch[1]), (margin[0], margin[1]), (finer[0], finer[1])
    )


def _voxels(world: World, raster: Raster, axis: int, finer: int, margin: int) -> Array:
    """Index of the voxel below each grid point along y (0) or x (1)."""
    size = world.labels.shape[axis + 1]
    points = np.arange(-margin, raster.shape[axis] * finer + margin) + 0.5
    place = raster.corner_nm[axis] + points * raster.pixel_nm[axis] / finer
    index = np.floor((place - world.origin_nm[axis + 1]) / world.voxel_nm[axis + 1]).astype(np.int64)
    if world.beyond == "periodic":
        return np.asarray(index % size)
    index %= 2 * size
    return np.asarray(np.minimum(index, 2 * size - 1 - index))


def _first_met(world: World, first: int, last: int, rows: Array, columns: Array) -> tuple[Array, Array]:
    """Plane and label of the first voxel that is not vacuum; plane infinite where there is none."""
    empty = np.array([material.is_vacuum for material in world.materials])
    depth = np.full((len(rows), len(columns)), np.inf)
    labels = np.zeros(depth.shape, dtype=np.uint8)
    waiting = np.ones(depth.shape, dtype=bool)
    for plane in range(first, last):
        here = world.labels[plane][np.ix_(rows, columns)]
        met = waiting & ~empty[here]
        depth[met], labels[met] = plane, here[met]
        waiting &= ~met
        if not waiting.any():
            break
    return depth, labels


def sky_share(relief: Relief) -> Array:
    """Share (0-1) of electrons leaving upward by Lambert's law that no wall stops.

    Per place 1 minus the mean, over 16 directions, of sin² of the angle under which the horizon stands above
    it (the sky view factor of a horizontal surface; exact for a round hole: on its axis a² / (a² + h²)).
    Places where nothing is met see nothing. Horizons are looked for up to 64 grid points away.

    Returns
    -------
    share : ndarray of float32, shape (y, x)
    """
    depth = relief.depth_nm
    # Bottomless places cannot be higher than anything; as neighbours they are as deep as the deepest place.
    met = np.isfinite(depth)
    if not met.any() or not (depth > 0).any():
        return met.astype(np.float32)
    deepest = float(depth[met].max())
    depth = np.where(met, depth, deepest).astype(np.float32)
    if deepest == 0:
        return met.astype(np.float32)
    blocked = np.zeros(depth.shape, dtype=np.float32)
    for angle in 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS:
        slope = _horizon(depth, float(np.sin(angle)), float(np.cos(angle)), relief.pitch_nm, deepest)
        square = slope * slope
        blocked += square / (1 + square)
    return np.where(met, 1 - blocked / _DIRECTIONS, 0).astype(np.float32)


def _horizon(depth: Array, down: float, right: float, pitch: tuple[float, float], deepest: float) -> Array:
    """Greatest tangent of the elevation of what lies in one direction, at least 0."""
    slope = np.zeros_like(depth)
    step = min(pitch) / max(abs(down), abs(right))
    # Beyond this distance a wall of the greatest height hides less than 1.5 % of the sky in its direction.
    steps = min(_FARTHEST_STEPS, ceil(8 * deepest / step))
    seen = set()
    for number in range(1, steps + 1):
        dy, dx = round(number * step * down / pitch[0]), round(number * step * right / pitch[1])
        if (dy, dx) in seen or abs(dy) >= depth.shape[0] or abs(dx) >= depth.shape[1]:
            continue
        seen.add((dy, dx))
        distance = np.float32(np.hypot(dy * pitch[0], dx * pitch[1]))
        here, there = _overlap(depth.shape[0], dy), _overlap(depth.shape[1], dx)
        rise = depth[here[0], there[0]] - depth[here[1], there[1]]
        rise /= distance
        target = slope[here[0], there[0]]
        np.maximum(target, rise, out=target)
    return slope


def _overlap(size: int, shift: int) -> tuple[slice, slice]:
    """Places that have a neighbour `shift` further, and these neighbours."""
    here = slice(max(0, -shift), size - max(0, shift))
    there = slice(max(0, shift), size - max(0, -shift))
    return here, there
