"""Polycrystal: Voronoi grains with round pores and a second phase, for ceramics.

Pores sit where grains meet, as sintering leaves them, or anywhere. The second phase is round inclusions or
whole grains. Both fractions refer to the whole volume and are exact within it: pores come first, and the
second phase is counted in what they leave. Grains of the matrix have no boundaries of their own in the
labels: they are of one material.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.structures.boolean import check_radii, missed, object_counts
from core.simulate.structures.grains import Grains, Meeting, voronoi
from core.simulate.structures.kinds import Polycrystal
from core.simulate.structures.levels import BINS, histogram, level_of
from core.simulate.structures.objects import ObjectField, Radii, object_field
from core.simulate.structures.pattern import Continues, Range, Ranges, check_ranges
from core.volume import Array, Shape

PORE, SOLID, SECOND = 0, 1, 2
_GRAINS_TAG, _PORES_TAG, _SECOND_TAG = 0x61, 0x62, 0x63
_INCLUSION_SPREAD = 0.2
_MEETING = {"corners": 4, "edges": 3, "boundaries": 2}


@dataclass(frozen=True)
class Phase:
    """A phase: its field, and the level below which it lies."""

    field: ObjectField | Grains
    level: int

    def covers(self, ranges: Ranges, stride: int = 1) -> Array:
        """Where the phase lies, bool."""
        if isinstance(self.field, ObjectField):
            return self.field.read(ranges, stride, below=self.level) < self.level
        return self.field.read(ranges, stride) < self.level


@dataclass(frozen=True)
class PolycrystalPattern:
    """Pore 0, solid (matrix) 1, second phase 2."""

    pores: Phase | None
    second: Phase | None
    shape: Shape
    voxel_nm: float
    labels: tuple[str, ...]
    notes: tuple[str, ...]
    continues: Continues = "endless"

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        out = np.full(check_ranges((z, y, x), bytes_per_voxel=8), SOLID, dtype=np.uint8)
        if self.second is not None:
            out[self.second.covers((z, y, x))] = SECOND
        if self.pores is not None:
            out[self.pores.covers((z, y, x))] = PORE
        return out


def polycrystal(
    params: Polycrystal, *, shape: Shape, voxel_nm: float, seed: int, job: Job
) -> PolycrystalPattern:
    """Place seeds, pores and inclusions, and find how many it takes.

    Raises
    ------
    ParameterError
        If grains, pores or inclusions are not resolved by the voxels, or larger than the shape.
    Cancelled
        If the user asked to stop.
    """
    edge = params.grain_nm / voxel_nm
    if not 4 <= edge <= max(shape):
        raise ParameterError(
            f"grains of {params.grain_nm:g} nm do not fit voxels and volume",
            expected=f"{4 * voxel_nm:g}-{max(shape) * voxel_nm:g} nm (four voxels to the longest side)",
            remedy="choose other grains, voxels or another shape",
        )
    grains = voronoi((seed, _GRAINS_TAG), edge, params.stretch_zyx, shape)
    notes: tuple[str, ...] = ()
    pores = second = None
    labels = ("pore", "solid", "second phase") if params.second_fraction else ("pore", "solid")
    if params.porosity:
        pore_field = _pore_field(params, grains, seed, shape, voxel_nm)
        counts = object_counts(pore_field, shape, job, "Placing pores")
        level, reached = level_of(counts, params.porosity, "pores")
        pores, notes = Phase(pore_field, level), notes + missed(params.porosity, reached, "pores")
    if params.second_fraction:
        field = _second_field(params, grains, seed, shape, voxel_nm)
        counts, rest = _counts_beside(field, pores, shape, job)
        level, reached = level_of(counts, params.second_fraction / rest, "second phase")
        second = Phase(field, level)
        notes += missed(params.second_fraction, reached * rest, "second phase")
    return PolycrystalPattern(pores, second, shape, voxel_nm, labels, notes)


def _pore_field(params: Polycrystal, grains: Grains, seed: int, shape: Shape, voxel_nm: float) -> ObjectField:
    radii = Radii(params.pore_nm / 2 / voxel_nm, params.pore_sd_nm / 2 / voxel_nm)
    check_radii(radii, shape, voxel_nm, "pores")
    key = (seed, _PORES_TAG)
    if params.pore_place == "anywhere":
        return object_field(key, params.porosity, shape, radii)
    move = Meeting(grains.cells, grains.stretch, _MEETING[params.pore_place])
    return object_field(key, params.porosity, shape, radii, move=move, moved=grains.moved)


def _second_field(
    params: Polycrystal, grains: Grains, seed: int, shape: Shape, voxel_nm: float
) -> ObjectField | Grains:
    if params.second == "grains":
        return grains
    mean = params.second_nm / 2 / voxel_nm
    radii = Radii(mean, _INCLUSION_SPREAD * mean)
    check_radii(radii, shape, voxel_nm, "inclusions")
    # Pores hide inclusions: more of them are needed than without.
    share = min(0.97, params.second_fraction / (1 - params.porosity))
    return object_field((seed, _SECOND_TAG), share, shape, radii)


def _counts_beside(
    field: ObjectField | Grains, pores: Phase | None, shape: Shape, job: Job
) -> tuple[Array, float]:
    """How often each number occurs outside the pores, and the share of the volume that is not pores."""

    def counts_of(ranges: Ranges, stride: int) -> Array:
        numbers = field.read(ranges, stride)
        if pores is None:
            return np.bincount(numbers.ravel(), minlength=BINS + 2)
        free = ~pores.covers(ranges, stride)
        counts = np.bincount(numbers[free], minlength=BINS + 2)
        counts[BINS + 1] = free.size - int(np.count_nonzero(free))  # a place of its own for what is hidden
        return counts

    counts = histogram(counts_of, shape, job, "Placing the second phase")
    return counts[: BINS + 1], float(counts[: BINS + 1].sum() / counts.sum())
