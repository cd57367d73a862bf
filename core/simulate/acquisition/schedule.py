"""Where every slice lies and where its images are taken: all that is random about it, drawn from the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from core.simulate.electrons.world import Pair, Raster
from core.simulate.plan import Plan
from core.simulate.plan_parts import Field, Milling
from core.volume import Array

_THINNEST_NM = 0.01


class Draw(IntEnum):
    """What random numbers are for. Each has a stream of its own: switching one on leaves the others alone."""

    THICKNESS = 1
    LOST = 2
    WALK = 3
    JUMP_WHEN = 4
    JUMP = 5
    OFFSET = 6
    JITTER = 7


@dataclass(frozen=True)
class Schedule:
    """Positions of slices and images.

    Attributes
    ----------
    z_nm : ndarray of float64, shape (slices,)
        Depth of every milled face below the first of which there is an image; increasing, lost slices
        included (those before the first image lie above 0).
    kept : tuple of int
        Slices of which there are images.
    shifts_px_yx : ndarray of float64, shape (voltages, slices, 2)
        How far the content lies from its place in the undisturbed field.
    pixel_nm_yx : tuple of float
        Distance of pixels on the face.
    """

    z_nm: Array
    kept: tuple[int, ...]
    shifts_px_yx: Array
    pixel_nm_yx: Pair
    shape: tuple[int, int]

    @property
    def kept_z_nm(self) -> Array:
        """Depth of the slices of which there are images below the first of these."""
        z_nm: Array = self.z_nm[list(self.kept)]
        return np.asarray(z_nm - z_nm[0])

    def relative_shifts_px(self, voltage: int) -> Array:
        """Shift of each kept image (y, x) against the first of its voltage, shape (kept, 2)."""
        shifts: Array = self.shifts_px_yx[voltage, list(self.kept)]
        return np.asarray(shifts - shifts[0])

    def undisturbed(self, index: int) -> Raster:
        """The pixels of a slice as if nothing had moved."""
        return Raster(float(self.z_nm[index]), self.shape, self.pixel_nm_yx)

    def raster(self, voltage: int, index: int) -> Raster:
        """The pixels of one image: content that moves by +1 px is a raster that moves by -1 px."""
        shift_y, shift_x = self.shifts_px_yx[voltage, index]
        y_nm, x_nm = self.pixel_nm_yx
        corner = (-float(shift_y) * y_nm + 0.0, -float(shift_x) * x_nm + 0.0)
        return Raster(float(self.z_nm[index]), self.shape, self.pixel_nm_yx, corner)


def schedule_of(plan: Plan) -> Schedule:
    """Draw positions and movements of a plan; depends on the plan alone."""
    field, kept = plan.field, _kept(plan)
    z_nm = positions_nm(plan.milling, field, plan.seed)
    return Schedule(
        z_nm=z_nm - z_nm[kept[0]],
        kept=kept,
        shifts_px_yx=_shifts_px(plan),
        pixel_nm_yx=pixel_nm_yx(field, plan.tilt_deg),
        shape=(field.rows, field.columns),
    )


def pixel_nm_yx(field: Field, tilt_deg: float) -> Pair:
    """Distance of pixels on the face: without tilt correction, y is foreshortened in the image."""
    stretch = 1.0 if field.tilt_corrected else 1 / math.cos(math.radians(tilt_deg))
    return field.pixel_nm * stretch, field.pixel_nm


def positions_nm(milling: Milling, field: Field, seed: int) -> Array:
    """Depth of each face below the first, shape (slices,).

    The gamma distribution has the wanted mean and spread (article II, 2.1.2); snapped to voxels, each
    thickness is a whole number of them, at least one.
    """
    count = field.slices - 1
    if milling.thickness == "given":
        thickness = np.array(milling.given_nm, dtype=np.float64)
    elif milling.thickness == "gamma":
        shape, scale = (milling.slice_nm / milling.sd_nm) ** 2, milling.sd_nm**2 / milling.slice_nm
        thickness = np.maximum(_rng(seed, Draw.THICKNESS).gamma(shape, scale, count), _THINNEST_NM)
    else:
        thickness = np.full(count, milling.slice_nm)
    if milling.snap_to_voxels:
        voxels = np.maximum(1, np.floor(thickness / field.voxel_nm + 0.5))
        return np.concatenate([[0.0], np.cumsum(voxels) * field.voxel_nm])
    if milling.thickness == "even":
        return np.arange(count + 1) * milling.slice_nm
    return np.concatenate([[0.0], np.cumsum(thickness)])


def _kept(plan: Plan) -> tuple[int, ...]:
    count, milling = plan.field.slices, plan.milling
    lost = set(milling.lost_slices)
    chance = _rng(plan.seed, Draw.LOST).random(count)
    lost |= {index for index in range(1, count) if chance[index] < milling.lost_probability}
    # The plan refuses that all slices are lost by name; chance spares the first of the others.
    kept = tuple(index for index in range(count) if index not in lost)
    return kept or tuple(index for index in range(count) if index not in milling.lost_slices)[:1]


def _shifts_px(plan: Plan) -> Array:
    drift, count, voltages = plan.drift, plan.field.slices, len(plan.voltages_kv)
    steps = _normal(plan.seed, Draw.WALK, (count, 2)) * drift.walk_px
    jumps = _rng(plan.seed, Draw.JUMP_WHEN).random(count) < drift.jump_probability
    steps += np.where(jumps[:, None], _normal(plan.seed, Draw.JUMP, (count, 2)) * drift.jump_px, 0.0)
    steps += np.array(drift.slant_nm_yx) / np.array(pixel_nm_yx(plan.field, plan.tilt_deg))
    steps[0] = 0.0
    offsets = _normal(plan.seed, Draw.OFFSET, (voltages, 1, 2)) * plan.misalignment.offset_px
    offsets[0] = 0.0
    # Drawn slice by slice, so that more slices do not change the first ones.
    jitter = _normal(plan.seed, Draw.JITTER, (count, voltages, 2)).swapaxes(0, 1)
    shifts: Array = np.cumsum(steps, axis=0)[None] + offsets + jitter * plan.misalignment.jitter_px
    return shifts


def _rng(seed: int, draw: Draw) -> np.random.Generator:
    return np.random.default_rng([seed, int(draw)])


def _normal(seed: int, draw: Draw, shape: tuple[int, ...]) -> Array:
    return _rng(seed, draw).normal(size=shape)
