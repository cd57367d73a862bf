"""Thickness from the images alone: the further two slices are apart, the less alike they are.

How fast likeness decays is read within the slices, along x and y. That carries over to z only if the
structure is the same in all directions; for real samples it is so to about a quarter: the error stated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.align.footprint import require_whole
from core.boxes import Box, require_inside
from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.thickness.assemble import estimate_of, listed, require_slices
from core.thickness.correlation import (
    LEAST_SIDE_PX,
    MAX_LAG_PX,
    MAX_SHIFT_PX,
    PlaneCurve,
    aligned_correlation,
    plane_curve,
)
from core.thickness.results import ThicknessEstimate
from core.volume import Array, Volume

METHOD: Final = "image"
RELATIVE_ERROR: Final = 0.25
"""Error of the scale, common to all slices: samples are not the same in all directions. On FIB-SEM stacks of
nominally equal spacing in x, y and z such methods were found off by 5 to 23 %."""
MAX_SIDE_PX: Final = 2048
_SHIFT_WORTH_SAYING_PX: Final = 1.0
_LEAST_SHARE: Final = 0.5


@dataclass(frozen=True)
class _Pair:
    """Two readable slices, one after the other (with unreadable ones between them, if any)."""

    first: int
    last: int
    raw_correlation: float
    shift_px: float
    curves: tuple[PlaneCurve, PlaneCurve]

    @property
    def correlation(self) -> float:
        """Without noise."""
        one, other = self.curves
        return self.raw_correlation * math.sqrt(one.noise_factor * other.noise_factor)


@dataclass(frozen=True)
class _Distance:
    """What a pair says of the distance of its slices, in nm; None where they have nothing in common."""

    pair: _Pair
    distance_nm: float | None
    sigma_nm: float


def image_thickness(volume: Volume, region: Box | None, job: Job) -> ThicknessEstimate:
    """Thickness of every slice from the decay of correlation; two slices in memory at a time.

    Parameters
    ----------
    volume : Volume
        Registered grey (or binary) slices with known pixel sizes.
    region : tuple of int or None
        Rows and columns that are looked at (y0, y1, x0, x1); None for the middle, at most `MAX_SIDE_PX` wide
        and high, which is plenty.
    job : Job
        Progress and cancelling.

    Raises
    ------
    MissingMetadataError
        If the pixel sizes are not known.
    ParameterError
        If there is one slice, or the region is too small or outside.
    VoxelError
        If most slices show nothing but noise, or have nothing in common.

    References
    ----------
    After Sporring et al., Estimating the thickness of ultra thin sections for electron microscopy by image
    statistics, IEEE ISBI 2014; with covariances in place of differences, so that noise and contrast cancel.
    """
    require_slices(volume.info)
    if region is None:
        require_whole(volume.info, "thickness")
    pixel_nm = _pixel_nm(volume)
    box = _box(volume, region)
    found = [_distance(pair, pixel_nm, box) for pair in _pairs(volume, box, job)]
    count = volume.info.shape[0]
    measured = [one for one in found if one.distance_nm is not None]
    if len(measured) < max(1, _LEAST_SHARE * (count - 1)):
        raise VoxelError(
            "thickness: the slices have too little in common to tell their distance",
            expected=f"at least {_LEAST_SHARE:.0%} of {count - 1} pairs of neighbours that are alike",
            got=len(measured),
            remedy="register the slices first, choose a region with structure, or use another source",
        )
    lost = _lost(found, count)
    said = _notes(volume, box, measured, lost)
    return _estimate(measured, count, lost, said, volume.info.slice_numbers)


def _lost(found: Sequence[_Distance], count: int) -> list[int]:
    """Slices that show nothing, and those that have nothing in common with the one before."""
    measured = [one.pair for one in found if one.distance_nm is not None]
    seen = {index for pair in measured for index in (pair.first, pair.last)}
    unlike = {one.pair.last for one in found if one.distance_nm is None}
    return sorted((set(range(count)) - seen) | unlike)


def _pixel_nm(volume: Volume) -> tuple[float, float]:
    _, y_nm, x_nm = volume.info.voxel_nm
    if y_nm is None or x_nm is None:
        raise MissingMetadataError(
            "thickness: the size of a pixel is not known, so that correlation has no scale",
            expected="pixel sizes along y and x in nm",
            remedy="state them when opening the stack (--voxel-nm-zyx)",
        )
    return y_nm, x_nm


def _box(volume: Volume, region: Box | None) -> Box:
    _, rows, columns = volume.info.shape
    if region is None:
        high, wide = min(rows, MAX_SIDE_PX), min(columns, MAX_SIDE_PX)
        y0, x0 = (rows - high) // 2, (columns - wide) // 2
        region = (y0, y0 + high, x0, x0 + wide)
    y0, y1, x0, x1 = require_inside(region, (rows, columns), what="thickness: the region")
    if min(y1 - y0, x1 - x0) < LEAST_SIDE_PX:
        raise ParameterError(
            "thickness: too few pixels to read a correlation from",
            expected=f"at least {LEAST_SIDE_PX} rows and columns",
            got=(y1 - y0, x1 - x0),
        )
    return region


def _pairs(volume: Volume, box: Box, job: Job) -> Iterator[_Pair]:
    """Neighbours among the slices that show something."""
    y0, y1, x0, x1 = box
    before: tuple[int, Array, PlaneCurve] | None = None
    count = volume.info.shape[0]
    for index in job.track(range(count), count, "Thickness from the images"):
        plane = volume.read(slice(index, index + 1), slice(y0, y1), slice(x0, x1))[0].astype(np.float64)
        if not np.isfinite(plane).all():
            raise VoxelError(f"thickness: slice {index} holds values that are no numbers")
        plane -= plane.mean()
        curve = plane_curve(plane, job)
        if not curve.usable:
            continue
        if before is not None:
            raw, shift = aligned_correlation(before[1], plane)
            yield _Pair(before[0], index, raw, math.hypot(*shift), (before[2], curve))
        before = index, plane, curve


def _distance(pair: _Pair, pixel_nm: tuple[float, float], box: Box) -> _Distance:
    """Distance at which the mean curve of both slices is as low as what they have in common."""
    from scipy.interpolate import PchipInterpolator

    lags_nm, decay = _decay([*pair.curves], pixel_nm)
    height = pair.correlation
    if len(decay) < 2 or height <= decay[-1] or pair.shift_px >= MAX_SHIFT_PX:
        return _Distance(pair, None, 0.0)
    if height >= 1:
        return _Distance(pair, 0.0, 0.0)
    inverse = PchipInterpolator(-decay, lags_nm)
    sigma = float(inverse(-height, 1)) * _height_error(height, lags_nm, decay, pixel_nm, box)
    return _Distance(pair, float(inverse(-height)), sigma)


def _decay(curves: Sequence[PlaneCurve], pixel_nm: tuple[float, float]) -> tuple[Array, Array]:
    """Correlation without noise against distance in nm, mean of x and y, as far as it falls."""
    y_nm, x_nm = pixel_nm
    y = np.mean([curve.y / curve.variance for curve in curves], axis=0)
    x = np.mean([curve.x / curve.variance for curve in curves], axis=0)
    step = min(y_nm, x_nm)
    reach = min((len(y) - 1) * y_nm, (len(x) - 1) * x_nm)
    lags_nm = np.arange(0.0, reach + step / 2, step)[: MAX_LAG_PX + 1]
    along = (
        np.interp(lags_nm, np.arange(len(values)) * size, values) for values, size in ((y, y_nm), (x, x_nm))
    )
    decay: Array = sum(along) / 2
    falling = np.diff(decay) < 0
    end = len(decay) if falling.all() else int(np.argmin(falling)) + 1
    positive = int(np.count_nonzero(decay[:end] > 0))
    return lags_nm[:positive], decay[:positive]


def _height_error(
    height: float, lags_nm: Array, decay: Array, pixel_nm: tuple[float, float], box: Box
) -> float:
    """Standard error of a correlation from a field of finite size: independent patches are few."""
    y0, y1, x0, x1 = box
    area_nm2 = (y1 - y0) * pixel_nm[0] * (x1 - x0) * pixel_nm[1]
    patch_nm2 = 2 * math.pi * float(np.trapezoid(decay**2 * lags_nm, lags_nm))
    return (1 - height**2) * math.sqrt(max(patch_nm2, pixel_nm[0] * pixel_nm[1]) / area_nm2)


def _estimate(
    measured: Sequence[_Distance],
    count: int,
    lost: Sequence[int],
    notes: Sequence[str],
    numbers: Sequence[int] | None,
) -> ThicknessEstimate:
    """Thicknesses of all slices: shared evenly between readable ones; where nothing is known, the median."""
    single = [one.distance_nm or 0.0 for one in measured if one.pair.last - one.pair.first == 1]
    usual = float(np.median(single or [_share(one) for one in measured]))
    thickness, random = np.full(count - 1, usual), np.full(count - 1, float(np.std(single or [usual])))
    for one in measured:
        part = slice(one.pair.first, one.pair.last)
        gaps = one.pair.last - one.pair.first
        thickness[part], random[part] = _share(one), one.sigma_nm / math.sqrt(gaps)
    # Slices that are as alike as noise allows still lie one after the other.
    thickness = np.maximum(thickness, 1e-3 * max(usual, 1e-3))
    z_nm = np.concatenate([[0.0], np.cumsum(thickness)])
    z_random = np.concatenate([[0.0], np.sqrt(np.cumsum(random**2))])
    return estimate_of(
        z_nm,
        method=METHOD,
        sigma_nm=np.hypot(RELATIVE_ERROR * thickness, random),
        z_sigma_nm=np.hypot(RELATIVE_ERROR * z_nm, z_random),
        unmeasured=lost,
        numbers=numbers,
        notes=notes,
    )


def _share(one: _Distance) -> float:
    return (one.distance_nm or 0.0) / (one.pair.last - one.pair.first)


def _notes(volume: Volume, box: Box, measured: Sequence[_Distance], lost: Sequence[int]) -> tuple[str, ...]:
    notes = [
        f"read from the images alone: all thicknesses may be off by ± {RELATIVE_ERROR:.0%} together, because "
        "samples are not the same in all directions; among each other they are better known than that."
    ]
    if (box[1] - box[0], box[3] - box[2]) != volume.info.shape[1:]:
        notes.append(f"rows {box[0]} to {box[1] - 1} and columns {box[2]} to {box[3] - 1} were looked at.")
    shift = max(one.pair.shift_px for one in measured)
    if shift > _SHIFT_WORTH_SAYING_PX:
        notes.append(
            f"neighbours are shifted by up to {shift:.1f} px against each other; the best shift was used. "
            "Register the slices first: structure that runs at a slant is taken for a shift, too."
        )
    if lost:
        notes.append(
            f"{len(lost)} slices show nothing but noise or are unlike the one before (slice {listed(lost)}): "
            "they are flagged, and put evenly between the others or at the median distance."
        )
    return tuple(notes)
