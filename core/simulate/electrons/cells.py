"""Voxels packed for fast stepping: material and size of the uniform box around each, in one byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.job import Job
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Triple, World
from core.volume import Array

_BLOCK, _MOST_BLOCKS = 8, 254  # voxels to a side; blocks that are counted


@dataclass(frozen=True, eq=False)
class Cells:
    """A `World` ready for electrons; does not depend on voltage or face.

    Attributes
    ----------
    packed : ndarray of uint8, shape (z + 2, y + 2, x + 2)
        The voxels with one layer around them. Index of the material in the upper 3 bits; in the lower 5, how
        many voxels to every side (also across corners) are of the same material, at most 30. Boxes end with
        the block at its last plane, and beside it unless it is mirrored. The layer around has 31.
    voxel_nm, materials, origin_nm, beyond
        As of the world.
    present : tuple of bool
        Which of the materials there are.
    clearance : ndarray of uint8, shape (z / 8, y / 8, x / 8) rounded up, and 2 more
        Per block of 8 x 8 x 8 voxels: how many blocks without vacuum lie at least, to every side (also across
        corners), between it and the next with vacuum. Unless the sample is mirrored, its edges count as
        vacuum. With a layer of 0 around; a single 0 where there is no vacuum.
    """

    packed: Array
    voxel_nm: Triple
    materials: tuple[Material, ...]
    origin_nm: Triple
    beyond: Literal["mirror", "periodic"]
    present: tuple[bool, ...]
    clearance: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels (z, y, x)."""
        z, y, x = self.packed.shape
        return z - 2, y - 2, x - 2

    @property
    def depth_nm(self) -> float:
        """Position (z) of the far side of the last plane."""
        return self.origin_nm[0] + self.shape[0] * self.voxel_nm[0]

    @property
    def clearance_nm(self) -> float:
        """Length for which a 1 in `clearance` stands at least; 0 where nothing is clear or all is."""
        return _BLOCK * min(self.voxel_nm) if self.clearance.any() else 0.0

    @property
    def has_vacuum(self) -> bool:
        """Whether any voxel is empty."""
        return any(there and m.is_vacuum for there, m in zip(self.present, self.materials, strict=True))


def pack(world: World, job: Job) -> Cells:
    """Prepare `world` for `shoot`; as much memory again as its labels.

    Raises
    ------
    Cancelled
        If the job was stopped.
    """
    from core.simulate.electrons.kernels import boxes
    from core.simulate.electrons.kernels.electron import OUTSIDE

    depth, height, width = world.labels.shape
    packed = np.full((depth + 2, height + 2, width + 2), OUTSIDE, np.uint8)
    present = np.zeros(len(world.materials), np.bool_)
    spare = np.empty(width + 2, np.uint8)
    # Above its first plane no electron is ever inside the block: what stands there limits no box.
    before = own = _plane(world, 0)
    for z in range(depth - 1):
        job.check()
        after = _plane(world, z + 1)
        boxes.mark_borders(before, own, after, world.beyond == "mirror", packed[z + 1])
        boxes.grow(packed, z, 1, spare)
        before, own = own, after
    packed[-2, 1:-1, 1:-1] = 0
    for z in reversed(range(depth)):
        job.check()
        boxes.grow(packed, z, -1, spare)
    for z in range(depth):
        job.check()
        boxes.join(_plane(world, z), packed[z + 1], present)
    there = tuple(bool(one) for one in present)
    clearance = _clearance(world, there, job)
    return Cells(packed, world.voxel_nm, world.materials, world.origin_nm, world.beyond, there, clearance)


def _clearance(world: World, present: tuple[bool, ...], job: Job) -> Array:
    """See `Cells`."""
    from core.simulate.electrons.kernels import boxes

    void = [at for at, m in enumerate(world.materials) if m.is_vacuum and present[at]]
    if not void:
        return np.zeros((1, 1, 1), np.uint8)
    depth, height, width = (-(-side // _BLOCK) for side in world.labels.shape)
    blocks = np.full((depth + 2, height + 2, width + 2), _MOST_BLOCKS, np.uint8)
    for z in range(depth):
        job.check()
        blocks[z + 1, 1:-1, 1:-1][_holding(world.labels[z * _BLOCK : (z + 1) * _BLOCK], void)] = 0
    if world.beyond != "mirror":
        blocks[:, [1, -2]] = blocks[:, :, [1, -2]] = 0
    spare = np.empty(width + 2, np.uint8)
    for z in range(depth):
        boxes.grow(blocks, z, 1, spare)
    for z in reversed(range(depth)):
        boxes.grow(blocks, z, -1, spare)
    # A block beside one with vacuum: nothing is sure to lie between.
    return np.pad(np.maximum(blocks[1:-1, 1:-1, 1:-1], 1) - 1, 1)


def _holding(labels: Array, wanted: list[int]) -> Array:
    """Which blocks in a layer of them hold one of the `wanted` labels."""
    found = np.zeros(labels.shape[1:], np.bool_)
    for label in wanted:
        for plane in labels:
            found |= plane == label
    for axis in (0, 1):
        found = np.logical_or.reduceat(found, np.arange(0, found.shape[axis], _BLOCK), axis=axis)
    return found


def _plane(world: World, z: int) -> Array:
    """Labels of a plane, laid out in the one way that the loops are compiled for."""
    return np.array(world.labels[z], order="C")
