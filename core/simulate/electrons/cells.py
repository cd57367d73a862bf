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
    packed : ndarray of uint8, shape (z, y, x)
        Index of the material in the upper 3 bits; in the lower 5, how many voxels to every side (also across
        corners) are of the same material and within the block, at most 31.
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
    def depth_nm(self) -> float:
        """Position (z) of the far side of the last plane."""
        return self.origin_nm[0] + len(self.packed) * self.voxel_nm[0]


def pack(world: World, job: Job) -> Cells:
    """Prepare `world` for `shoot`; as much memory again as its labels."""
    from core.simulate.electrons.kernels import boxes

    labels = world.labels
    packed = np.empty(labels.shape, np.uint8)
    planes = range(len(labels))
    spare = np.empty(labels.shape[2], np.uint8)
    for z in planes:
        job.check()
        boxes.mark_borders(labels, z, packed)
        boxes.grow(packed, z, 1, spare)
    present = np.zeros(len(world.materials), np.bool_)
    for z in reversed(planes):
        job.check()
        boxes.grow(packed, z, -1, spare)
    for z in planes:
        job.check()
        boxes.join(labels[z], packed[z], present)
    there = tuple(bool(one) for one in present)
    return Cells(packed, world.voxel_nm, world.materials, world.origin_nm, world.beyond, there)
