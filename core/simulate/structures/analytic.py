"""Structures without chance: cuboids under the imaging plane, and spheres stretched along z.

Cuboids follow thesis Fig. 1.1B: equal gold cuboids beside each other, each deeper under the imaging plane
than the one before, so that the same solid gives different intensities. The figure states no sizes but a
scale bar; ours are parameters with defaults that the electrons of 1-4 kV just reach.

Stretched spheres follow the thesis' test of the isotropy functions (2.5, Fig. 2.10; article I, supplement 1):
voids on a grid in a full solid, evenly spaced along x and y, with growing distances along z; below its middle
each void is stretched, ever more with depth, as shine-through would do. Sizes are not stated there either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.simulate.structures.kinds import Cuboids, StretchedSpheres
from core.simulate.structures.pattern import Continues, Range, check_ranges
from core.volume import Array, Shape


@dataclass(frozen=True)
class CuboidsPattern:
    """Cuboids in the middle of y and x of the nominal shape; nothing but pore around them."""

    params: Cuboids
    shape: Shape
    voxel_nm: float
    labels: tuple[str, ...] = ("pore", "solid")
    continues: Continues = "endless"
    notes: tuple[str, ...] = ()

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        out = np.zeros(check_ranges((z, y, x)), dtype=np.uint8)
        size, pitch = self.params, self.params.width_nm + self.params.gap_nm
        depth, down, along = (self._places(part) for part in (z, y, x))
        top = (self.shape[1] * self.voxel_nm - size.height_nm) / 2
        left = (self.shape[2] * self.voxel_nm - row_nm(size)) / 2
        rows = (down >= top) & (down < top + size.height_nm)
        for index, upper in enumerate(size.depths_nm):
            start = left + index * pitch
            planes = (depth >= upper) & (depth < upper + size.thickness_nm)
            columns = (along >= start) & (along < start + size.width_nm)
            out[np.ix_(planes, rows, columns)] = 1
        return out

    def _places(self, part: Range) -> Array:
        return (np.arange(*part) + 0.5) * self.voxel_nm


def row_nm(params: Cuboids) -> float:
    """Length of the whole row along x."""
    count = len(params.depths_nm)
    return count * params.width_nm + (count - 1) * params.gap_nm


def cuboids(params: Cuboids, *, shape: Shape, voxel_nm: float) -> CuboidsPattern:
    """Lay out the cuboids.

    Raises
    ------
    ParameterError
        If they do not fit into the shape, or are thinner than a voxel.
    """
    needed = (max(params.depths_nm) + params.thickness_nm, params.height_nm, row_nm(params))
    there = tuple(side * voxel_nm for side in shape)
    if any(need > have + 1e-9 for need, have in zip(needed, there, strict=True)):
        raise ParameterError(
            "the cuboids do not fit into the shape",
            expected=f"at least {needed[0]:g} x {needed[1]:g} x {needed[2]:g} nm (z, y, x)",
            got=f"{there[0]:g} x {there[1]:g} x {there[2]:g} nm",
        )
    if min(params.width_nm, params.height_nm, params.thickness_nm) < voxel_nm:
        raise ParameterError("the cuboids are thinner than a voxel", expected=f"{voxel_nm:g} nm or more")
    return CuboidsPattern(params, shape, voxel_nm)


@dataclass(frozen=True)
class StretchedPattern:
    """Voids in a solid; endless along y, x and +z, and mirrored at z = 0."""

    params: StretchedSpheres
    shape: Shape
    voxel_nm: float
    labels: tuple[str, ...] = ("pore", "solid")
    continues: Continues = "endless"
    notes: tuple[str, ...] = ()

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        out = np.ones(check_ranges((z, y, x), bytes_per_voxel=10), dtype=np.uint8)
        away = self._from_axis(y)[:, None] ** 2 + self._from_axis(x)[None, :] ** 2
        for plane, depth in zip(out, np.abs((np.arange(*z) + 0.5) * self.voxel_nm), strict=True):
            squared = self._squared_radius(float(depth))
            if squared > 0:
                plane[away <= squared] = 0
        return out

    def _from_axis(self, part: Range) -> Array:
        """Distance in nm from the nearest line of the grid."""
        spacing = self.params.spacing_nm
        return (np.arange(*part) + 0.5) * self.voxel_nm % spacing - spacing / 2

    def _squared_radius(self, depth: float) -> float:
        """Of the voids' sections at a depth, in nm²; negative between the layers."""
        size, index = self.params, 0
        centre = size.spacing_nm / 2
        while depth - centre > size.radius_nm * (size.stretch + index * size.stretch_growth):
            centre += size.spacing_nm + index * size.spacing_growth_nm
            index += 1
        stretch = size.stretch + index * size.stretch_growth if depth > centre else 1.0
        return size.radius_nm**2 * (1 - ((depth - centre) / (size.radius_nm * stretch)) ** 2)


def stretched_spheres(params: StretchedSpheres, *, shape: Shape, voxel_nm: float) -> StretchedPattern:
    """Lay out the voids.

    Raises
    ------
    ParameterError
        If they are not resolved by the voxels, or not one of them fits into the shape.
    """
    needed = math.ceil(params.spacing_nm / voxel_nm)
    if min(shape) < needed or params.radius_nm < voxel_nm:
        raise ParameterError(
            "the voids do not fit voxels and shape",
            expected=f"sides of at least {needed} voxels, a radius of at least {voxel_nm:g} nm",
            got=f"{shape}, {params.radius_nm:g} nm",
        )
    return StretchedPattern(params, shape, voxel_nm)
