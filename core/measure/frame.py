"""Where and how a volume is measured: which slices, how long a voxel is, which lags; and what is left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ParameterError
from core.measure.params import MeasureParams
from core.measure.patches import PatchGrid
from core.slice_list import numbers_of
from core.volume import Array, Origin, Volume, VolumeInfo

_UNEVEN = 1e-6
"""Distances of slices that differ by less than this part count as equal: positions are rounded numbers."""

_WHOLE = "surface, components, thickness, transport and representative size take all slices as they are"


@dataclass(frozen=True)
class Frame:
    """Where the volume is measured: which slices, how long a voxel is, which lags.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x) of the volume.
    used : ndarray of bool, shape (z,)
        Slices that statistics along lines and in planes are taken from.
    step_nm : tuple of float, or None
        From the middle of a voxel to that of the next; None where it is not known.
    even : bool
        Whether slices follow each other at one distance; if not, nothing is measured along z.
    grid : PatchGrid or None
        Cubes for the isotropy errors; None where there can be none.
    lags : tuple of int
        Greatest lag of the curves along z, y and x.
    notes : tuple of str
        What the user has to see.
    """

    shape: tuple[int, int, int]
    used: Array
    step_nm: tuple[float, float, float] | None
    even: bool
    grid: PatchGrid | None
    lags: tuple[int, int, int]
    notes: tuple[str, ...]

    @property
    def range_nm(self) -> float | None:
        """Greatest distance compared."""
        if self.grid is None or self.step_nm is None:
            return None
        return self.grid.range_px * min(self.step_nm)


def frame_of(volume: Volume, params: MeasureParams) -> Frame:
    """Decide which slices, lags and cubes are used, with a note for everything that is left out."""
    info = volume.info
    notes: list[str] = []
    used = _used_slices(volume, params, notes)
    even = _even(volume, notes)
    z, y, x = info.voxel_nm
    if even:
        z = _pitch_nm(info, notes)
    elif z is None and info.z_nm is not None:
        z = info.z_nm[-1] / (info.shape[0] - 1)  # of no use along z, but what lies in the plane can be told
    step_nm = None if z is None or y is None or x is None else (z, y, x)
    if step_nm is None:
        notes.append(
            "The voxel size is not known: lengths, surfaces and tortuosities in nm are left out, and "
            "directions are compared as if voxels were cubes. State it (--voxel-nm-zyx Z Y X, or in the "
            "Import form)."
        )
    steps = (1.0, 1.0, 1.0) if step_nm is None else _relative(step_nm)
    lags = [
        # Beyond half the side few pairs are left, of the same few places.
        min(side - 1, max(1, side // 2), int(np.ceil(params.range_px / step - 1e-9)))
        for side, step in zip(info.shape, steps, strict=True)
    ]
    grid = None
    if even:
        try:
            grid = PatchGrid.of(info.shape, steps, patch_px=params.patch_px, range_px=params.range_px)
        except ParameterError:
            notes.append(
                f"The volume of {' x '.join(map(str, info.shape))} voxels is too thin to compare directions "
                "(the largest cube in it has fewer than four voxels along an axis): no isotropy errors."
            )
        else:
            notes += _range_notes(grid, params)
    return Frame(
        info.shape, used, step_nm, even, grid, (lags[0] if even else -1, lags[1], lags[2]), tuple(notes)
    )


def _range_notes(grid: PatchGrid, params: MeasureParams) -> list[str]:
    notes = []
    if grid.range_px < params.range_px:
        notes.append(
            f"Directions are compared up to {grid.range_px} voxels (half a cube) instead of "
            f"{params.range_px}; errors of another range are other numbers."
        )
    depth, height, width = grid.shape
    within = grid.layers * len(grid.corners) * int(np.prod(grid.sides))
    left = 100 * (1 - within / (depth * height * width))
    if left >= 1:
        notes.append(f"{left:.0f} % of the volume lies outside the cubes that directions are compared in.")
    return notes


def _used_slices(volume: Volume, params: MeasureParams, notes: list[str]) -> Array:
    count = volume.info.shape[0]
    used = np.ones(count, dtype=bool)
    origin = volume.info.origin
    if params.slices == "measured" and origin is not None:
        used = np.array(origin) == Origin.MEASURED
        if not used.all():
            notes.append(
                f"{count - int(used.sum())} of {count} slices are not measured (interpolated, inpainted or "
                f"empty) and are left out of what is measured along lines and in planes; {_WHOLE}."
            )
    gaps = 0 if origin is None else sum(value == Origin.GAP for value in origin)
    if gaps:
        notes.append(
            f"{gaps} of {count} slices are empty: they cut components and add surface where they lie. Fill "
            "them first."
        )
    excluded = numbers_of(params.exclude_slices)
    beyond = sorted(number for number in excluded if number >= count)
    if beyond:
        raise ParameterError("slices to leave out do not exist", expected=f"0-{count - 1}", got=beyond[:5])
    used[sorted(excluded)] = False
    if excluded:
        notes.append(f"{len(excluded)} slices are left out as asked ({params.exclude_slices}); {_WHOLE}.")
    if not used.any():
        raise ParameterError(
            "every slice is left out", remedy="measure all slices, or leave out fewer of them"
        )
    return used


def _even(volume: Volume, notes: list[str]) -> bool:
    places = volume.info.positions_nm()
    numbers = volume.info.slice_numbers
    steps = np.diff(
        np.array(numbers if places is None and numbers is not None else places or (), dtype=float)
    )
    if steps.size < 2 or np.ptp(steps) <= _UNEVEN * steps.mean():
        return True
    notes.append(
        f"Slices are unevenly spaced ({steps.min():g} to {steps.max():g} {'nm' if places else 'slices'} "
        "apart): nothing is measured along z, and no isotropy errors. Move the slices to their true z and "
        "fill the gaps first."
    )
    return False


def _pitch_nm(info: VolumeInfo, notes: list[str]) -> float | None:
    """Distance of evenly spaced slices; where some were dropped, it is more than their thickness."""
    places, stated = info.positions_nm(), info.voxel_nm[0]
    if places is None or len(places) < 2:
        return stated
    pitch = (places[-1] - places[0]) / (len(places) - 1)
    if stated is not None and abs(pitch - stated) <= _UNEVEN * stated:
        return stated
    if stated is not None:
        notes.append(
            f"Slices lie {pitch:g} nm apart, not {stated:g} nm as the voxel size says (some were dropped, or "
            f"their places were measured): everything along z goes by {pitch:g} nm."
        )
    return pitch


def _relative(step_nm: tuple[float, float, float]) -> tuple[float, float, float]:
    finest = min(step_nm)
    z, y, x = (step / finest for step in step_nm)
    return z, y, x
