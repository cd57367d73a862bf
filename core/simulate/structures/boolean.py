"""Random pores, spheres and fibres: one phase made of overlapping objects.

References
----------
Torquato S., Random Heterogeneous Materials, Springer 2002, ch. 5 (overlapping spheres); article I, 2.1.1.3
(random pores; it states neither radii nor fractions, ours are parameters).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.structures.kinds import Fibres, RandomPores, Spheres
from core.simulate.structures.levels import BINS, histogram, level_of
from core.simulate.structures.objects import Directions, ObjectField, Radii, object_field
from core.simulate.structures.pattern import Continues, Range, Ranges, check_ranges
from core.volume import Array, Shape

_TAG = 0x0B


@dataclass(frozen=True)
class ObjectPattern:
    """Objects of label `inside` in the other phase."""

    field: ObjectField
    level: int
    inside: int
    shape: Shape
    voxel_nm: float
    notes: tuple[str, ...]
    labels: tuple[str, ...] = ("pore", "solid")
    continues: Continues = "endless"

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        check_ranges((z, y, x), bytes_per_voxel=6)
        covered = self.field.read((z, y, x), below=self.level) < self.level
        return (covered if self.inside else ~covered).astype(np.uint8)


def boolean_model(
    params: RandomPores | Spheres | Fibres, *, shape: Shape, voxel_nm: float, seed: int, job: Job
) -> ObjectPattern:
    """Place the objects and find how many it takes.

    Raises
    ------
    ParameterError
        If objects are not resolved by the voxels, or larger than the shape.
    Cancelled
        If the user asked to stop.
    """
    radii = Radii(params.radius_nm / voxel_nm, params.radius_sd_nm / voxel_nm)
    check_radii(radii, shape, voxel_nm, params.kind)
    pores = isinstance(params, RandomPores)
    share = 1 - params.solid_fraction if pores else params.solid_fraction
    half_length, directions = 0.0, Directions()
    if isinstance(params, Fibres):
        half_length = params.length_nm / 2 / voxel_nm
        axis = "zyx".index(params.axis)
        directions = Directions(params.orientation, axis, math.radians(params.spread_deg))
    field = object_field((seed, _TAG), share, shape, radii, half_length=half_length, directions=directions)
    counts = object_counts(field, shape, job, "Placing objects")
    level, reached = level_of(counts, share, params.kind)
    return ObjectPattern(
        field, level, 0 if pores else 1, shape, voxel_nm, missed(share, reached, params.kind)
    )


def object_counts(field: ObjectField, shape: Shape, job: Job, message: str) -> Array:
    """How often each number occurs; what no object covers counts as `BINS` (the last entry)."""

    def counts_of(ranges: Ranges, stride: int) -> Array:
        return np.bincount(field.read(ranges, stride).ravel(), minlength=BINS + 1)

    return histogram(counts_of, shape, job, message)


def check_radii(radii: Radii, shape: Shape, voxel_nm: float, what: str) -> None:
    """Refuse objects thinner than two voxels or wider than the longest side.

    Raises
    ------
    ParameterError
        With the limits.
    """
    if not 1 <= radii.mean <= max(shape) / 2:
        raise ParameterError(
            f"{what}: objects {2 * radii.mean * voxel_nm:g} nm wide do not fit voxels and volume",
            expected=f"{2 * voxel_nm:g}-{max(shape) * voxel_nm:g} nm (two voxels to the longest side)",
            remedy="choose other sizes, voxels or another shape",
        )
    if radii.sd > radii.mean:
        raise ParameterError(
            f"{what}: the sizes scatter by more than their mean", expected="a smaller standard deviation"
        )


def missed(asked: float, reached: float, what: str) -> tuple[str, ...]:
    """A note where a share cannot be met to 0.001 because the volume has too few voxels."""
    if abs(asked - reached) <= 0.001:
        return ()
    return (f"{what}: the share nearest to {asked:g} in so few voxels is {reached:.4g}",)
