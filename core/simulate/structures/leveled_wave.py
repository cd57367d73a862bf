"""The leveled wave model, one level or a hierarchy of levels.

Each level is a field of waves, solid where it lies above a level; the solid of a hierarchy is what all levels
have in common. The level of a coarser field is set first. That of a finer one is set twice, once within the
solid of the coarser ones and once outside of it, each for the fraction asked: so the fraction of every level
by itself and that of the whole (the product) are both exact in any finite volume, where the fields are never
quite independent. The two levels differ by some thousandths; what lies outside is cut away in any case.

References
----------
Soyarslan C. et al., Acta Mater. 149 (2018) 326, doi:10.1016/j.actamat.2018.01.005; Li Y. et al., Data in
Brief 29 (2020) 105030, doi:10.1016/j.dib.2019.105030; Shi S. et al., Science 371 (2021) 1026 (hierarchies);
thesis 2.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.structures.kinds import LeveledWave
from core.simulate.structures.levels import BINS, histogram, level_of
from core.simulate.structures.ligament import wavelength_px
from core.simulate.structures.pattern import Continues, Range, Ranges, check_ranges, pieces
from core.simulate.structures.waves import WaveField, periodic_vectors, random_vectors
from core.volume import Array, Shape

_LIMIT = 6.0
_FEW_LIGAMENTS = 4
_WAVES_TAG = 0x57


@dataclass(frozen=True)
class Level:
    """One level: its field, and the cut within and outside the solid of the coarser levels."""

    field: WaveField
    ligament_nm: float
    solid_fraction: float
    wavelength_nm: float
    inside: int = 0
    outside: int = 0


@dataclass(frozen=True)
class WavePattern:
    """Pore 0, solid 1; `levels` from the coarsest to the finest."""

    levels: tuple[Level, ...]
    shape: Shape
    voxel_nm: float
    continues: Continues
    notes: tuple[str, ...]
    labels: tuple[str, ...] = ("pore", "solid")

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        return self._folded((z, y, x), len(self.levels))

    def level(self, index: int, z: Range, y: Range, x: Range) -> Array:
        """One level by itself (0: the coarsest), before the levels are combined."""
        return self._folded((z, y, x), index + 1, alone=True)

    def _folded(self, ranges: Ranges, count: int, *, alone: bool = False) -> Array:
        shape = check_ranges(ranges, bytes_per_voxel=8)
        if self.continues == "endless":
            return self._cut(ranges, count, alone)
        out = np.empty(shape, dtype=np.uint8)
        parts = [list(pieces(part, n, "periodic")) for part, n in zip(ranges, self.shape, strict=True)]
        for z, to_z in parts[0]:
            for y, to_y in parts[1]:
                for x, to_x in parts[2]:
                    out[to_z, to_y, to_x] = self._cut((z, y, x), count, alone)
        return out

    def _cut(self, ranges: Ranges, count: int, alone: bool) -> Array:
        last = self.levels[count - 1]
        field = cut_field(last.field, ranges)
        before = solid_of(self.levels[: count - 1], ranges)
        if before is None:
            return (field < last.inside).astype(np.uint8)
        if alone:
            return np.where(before, field < last.inside, field < last.outside).astype(np.uint8)
        return (before & (field < last.inside)).astype(np.uint8)


def cut_field(field: WaveField, ranges: Ranges, stride: int = 1) -> Array:
    """Field as whole numbers 0 to `BINS` - 1, high values of the field first; int32."""
    values = field.read(ranges, stride)
    values *= -BINS / (2 * _LIMIT)
    values += BINS / 2
    return np.clip(values, 0, BINS - 1, out=values).astype(np.int32)


def solid_of(levels: tuple[Level, ...], ranges: Ranges, stride: int = 1) -> Array | None:
    """Where all these levels are solid; None without any level."""
    solid: Array | None = None
    for level in levels:
        here = cut_field(level.field, ranges, stride) < level.inside
        solid = here if solid is None else solid & here
    return solid


def leveled_wave(params: LeveledWave, *, shape: Shape, voxel_nm: float, seed: int, job: Job) -> WavePattern:
    """Draw the waves and find the levels.

    Raises
    ------
    ParameterError
        If ligaments are not resolved by the voxels, are larger than the shape, or nothing would be solid.
    Cancelled
        If the user asked to stop.
    """
    asked = sorted(zip(params.ligament_nm, params.solid_fraction, strict=True), reverse=True)
    notes = _check_size(max(params.ligament_nm), shape, voxel_nm)
    levels: tuple[Level, ...] = ()
    for index, (ligament_nm, fraction) in enumerate(asked):
        length = wavelength_px(ligament_nm / voxel_nm, fraction)
        rng = np.random.default_rng([seed, _WAVES_TAG, index])
        if params.periodic:
            vectors = periodic_vectors(rng, length, params.waves, shape)
        else:
            vectors = random_vectors(rng, length, params.waves)
        field = WaveField(vectors, rng.uniform(0, 2 * np.pi, len(vectors)))
        what = f"Level {index + 1} of {len(asked)}" if len(asked) > 1 else "Level"
        inside, outside = _levels(field, levels, fraction, shape, job, what)
        levels += (Level(field, ligament_nm, fraction, length * voxel_nm, inside, outside),)
    continues: Continues = "periodic" if params.periodic else "endless"
    return WavePattern(levels, shape, voxel_nm, continues, notes)


def _levels(
    field: WaveField, coarser: tuple[Level, ...], fraction: float, shape: Shape, job: Job, what: str
) -> tuple[int, int]:
    def counts_of(ranges: Ranges, stride: int) -> Array:
        values = cut_field(field, ranges, stride)
        within = solid_of(coarser, ranges, stride)
        if within is None:
            return np.bincount(values.ravel(), minlength=BINS)[None]
        return np.stack([np.bincount(values[part], minlength=BINS) for part in (within, ~within)])

    counts = histogram(counts_of, shape, job, f"{what}: solid fraction")
    found = [level_of(part, fraction, what)[0] for part in counts if part.any()]
    return found[0], found[-1]


def _check_size(ligament_nm: float, shape: Shape, voxel_nm: float) -> tuple[str, ...]:
    sides = [side * voxel_nm for side in shape]
    if ligament_nm > max(sides):
        raise ParameterError(
            f"ligaments of {ligament_nm:g} nm are larger than the volume",
            expected=f"at most {max(sides):g} nm, its longest side",
            remedy="choose a larger shape or smaller ligaments",
        )
    if ligament_nm * _FEW_LIGAMENTS <= min(sides):
        return ()
    return (
        f"the shortest side ({min(sides):g} nm) is less than {_FEW_LIGAMENTS} ligaments of {ligament_nm:g} "
        "nm: the solid fraction holds within this volume, but sizes measured in it will scatter widely",
    )
