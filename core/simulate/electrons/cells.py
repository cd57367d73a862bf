"""Voxels packed for fast stepping: material and size of the uniform box around each, in one byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.job import Job
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Triple, World
from core.volume import Array


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
    """

    packed: Array
    voxel_nm: Triple
    materials: tuple[Material, ...]
    origin_nm: Triple
    beyond: Literal["mirror", "periodic"]
    present: tuple[bool, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels (z, y, x)."""
        z, y, x = self.packed.shape
        return z - 2, y - 2, x - 2

    @property
    def depth_nm(self) -> float:
        """Position (z) of the far side of the last plane."""
        return self.origin_nm[0] + self.shape[0] * self.voxel_nm[0]


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
    return Cells(packed, world.voxel_nm, world.materials, world.origin_nm, world.beyond, there)


def _plane(world: World, z: int) -> Array:
    """Labels of a plane, laid out in the one way that the loops are compiled for."""
    return np.array(world.labels[z], order="C")
