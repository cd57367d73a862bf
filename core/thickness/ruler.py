"""Thickness of slices from a ruler: four marks at the top edge, two parallel to milling and two inclined.

The parallel marks keep their place in the sample, so that their movement in the image is drift and the
change of their distance is magnification. The inclined marks move against them by the tangent of their angle
times the depth: ``z = movement * pixel_nm / tan(angle)``. The movement is along x, the direction that tilting
the sample does not shorten: unlike y, it needs no tilt correction.

The ruler is that of Shkurmanov et al., as described in "Role of slice thickness quantification in the 3D
reconstruction of FIB tomography data of nanoporous materials"; here z comes from the position of the marks,
not from summed differences, so that errors do not add up over the stack.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.boxes import Box
from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.step import Room
from core.thickness.marks import FoundMarks, RulerError, find_marks
from core.thickness.results import MarkTrack
from core.thickness.ruler_depth import Depths, depths_of
from core.thickness.ruler_kinds import Kinds, kinds_of
from core.thickness.ruler_notes import angle_share, notes_of
from core.thickness.ruler_order import increasing
from core.thickness.ruler_samples import Samples, sampled, sound
from core.thickness.ruler_solve import Solution, solve
from core.thickness.ruler_track import Tracks, follow
from core.volume import Array, Volume

LEAST_SHARE = 0.25


@dataclass(frozen=True)
class RulerOptions:
    """What is known of a ruler.

    Attributes
    ----------
    angle_deg : float
        Between the inclined marks and the milling direction, 0-80 (both ends excluded).
    angle_sigma_deg : float
        Standard error of the angle: a common factor on all of z, which the standard errors contain.
    pixel_nm : float or None
        Pixel size along x; None for that of the volume.
    parallel_spacing_nm : float or None
        Distance of the parallel marks; if given, it calibrates the pixel size.
    region : tuple of int or None
        (y0, y1, x0, x1) px in which to look for the marks; None for everywhere.
    marks_x_px : tuple of float or None
        Where the marks are in the first slice that can be read; None to find them.
    """

    angle_deg: float
    angle_sigma_deg: float = 0.5
    pixel_nm: float | None = None
    parallel_spacing_nm: float | None = None
    region: Box | None = None
    marks_x_px: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.angle_deg < 80:
            raise ParameterError("the angle of the inclined marks", expected="0-80°", got=self.angle_deg)
        if not 0 <= self.angle_sigma_deg < 10:
            raise ParameterError(
                "the standard error of the angle", expected="0-10°", got=self.angle_sigma_deg
            )
        for name, value in (("pixel size", self.pixel_nm), ("spacing", self.parallel_spacing_nm)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ParameterError(f"the {name} has to be above 0 nm", got=value)
        if self.marks_x_px is not None and not 3 <= len(self.marks_x_px) <= 4:
            raise ParameterError(
                "a ruler has two parallel marks and one or two inclined ones",
                expected="3 or 4 positions",
                got=len(self.marks_x_px),
            )

    @property
    def angle_share(self) -> float:
        """Relative standard error that the angle gives to all of z."""
        return angle_share(self.angle_deg, self.angle_sigma_deg)


@dataclass(frozen=True)
class RulerReading:
    """What a ruler says of a stack of n slices.

    Attributes
    ----------
    marks : tuple of MarkTrack
        Left to right; their kinds stand in them.
    drift_px_yx : ndarray of float64, shape (n, 2)
        Of the parallel marks from the first measured slice.
    scale : ndarray of float64, shape (n,)
        Distance of the parallel marks relative to its median, smoothed.
    z_nm : ndarray of float64, shape (n,)
        From the first slice, as measured: a step back is possible (see `increasing`).
    z_sigma_nm : ndarray of float64, shape (n,)
        Standard error of each position relative to the first, that of the angle included.
    thickness_nm, sigma_nm : ndarray of float64, shape (n - 1,)
        Between each slice and the next, and its standard error, that of the angle included.
    common_share : float
        The part of these errors that all have in common, as a share of z: angle and pixel size.
    measured : ndarray of bool, shape (n,)
        Slices whose position was read; the others lie where their neighbours let expect.
    flagged : tuple of int
        Slices that were not measured, or whose position steps back.
    pixel_nm : float
        That was used.
    notes : tuple of str
        What the user has to see.
    """

    marks: tuple[MarkTrack, ...]
    drift_px_yx: Array
    scale: Array
    z_nm: Array
    z_sigma_nm: Array
    thickness_nm: Array
    sigma_nm: Array
    common_share: float
    measured: Array
    flagged: tuple[int, ...]
    pixel_nm: float
    notes: tuple[str, ...]


def measure_ruler(volume: Volume, options: RulerOptions, job: Job, room: Room | None = None) -> RulerReading:
    """Measure where every slice lies.

    Parameters
    ----------
    volume : Volume
        Grey slices that show the ruler.
    options : RulerOptions
    job, room : Job, Room
        For progress and cancelling; how many threads read.

    Raises
    ------
    RulerError
        If no ruler is found, it cannot measure thickness, or too few slices can be read.
    MissingMetadataError
        If nobody has stated the pixel size.
    """
    _check_region(volume, options.region)
    pixel_nm = options.pixel_nm or volume.info.voxel_nm[2]
    if pixel_nm is None and options.parallel_spacing_nm is None:
        raise MissingMetadataError(
            "the ruler needs the pixel size along x",
            remedy="type in the pixel size, or the distance of the parallel marks",
        )
    samples, found, kinds = _begin(volume, options, job)
    tracks = follow(volume, found, kinds, int(samples.indices[0]), job, room)
    _check_enough(tracks, kinds, found)
    solution = solve(tracks, kinds.ways)
    if options.parallel_spacing_nm is not None:
        pixel_nm = options.parallel_spacing_nm / solution.distance_px
    assert pixel_nm is not None
    per_px = pixel_nm / math.tan(math.radians(options.angle_deg))
    depths = depths_of(solution, per_px, _common(options, solution))
    return _reading(volume, options, kinds, tracks, solution, depths, pixel_nm)


def _check_region(volume: Volume, region: Box | None) -> None:
    if region is None:
        return
    y0, y1, x0, x1 = region
    _, rows, columns = volume.info.shape
    if not (0 <= y0 < y1 <= rows and 0 <= x0 < x1 <= columns and y1 - y0 >= 8 and x1 - x0 >= 24):
        raise ParameterError(
            "the region of the ruler does not fit the slices",
            expected=f"y0-y1 within 0-{rows}, x0-x1 within 0-{columns}, at least 8 by 24 px",
            got=region,
        )


def _begin(volume: Volume, options: RulerOptions, job: Job) -> tuple[Samples, FoundMarks, Kinds]:
    """Find the marks in a few slices, from the first in which they are sound."""
    samples = sampled(volume, options.region, job)
    found = find_marks(samples, at_px=_at(options, samples), job=job)
    first = sound(found, samples.indices)
    if first > 0:
        # A later slice gives the start, but what the user has said holds for the first that can be read.
        samples = Samples(volume, options.region, samples.indices[first:])
        found = find_marks(samples, at_px=None, job=job)
    kinds = kinds_of(found, samples.indices)
    return samples, samples.whole(found), kinds


def _at(options: RulerOptions, samples: Samples) -> Sequence[float] | None:
    if options.marks_x_px is None:
        return None
    return [x - samples.corner[1] for x in sorted(options.marks_x_px)]


def _check_enough(tracks: Tracks, kinds: Kinds, found: FoundMarks) -> None:
    seen = np.isfinite(tracks.y_px)
    least = max(2, math.ceil(LEAST_SHARE * seen.size))
    if int(seen.sum()) < least:
        raise RulerError(
            "the marks of the ruler can be read in too few slices",
            marks=found.marks,
            expected=f"at least {least} of {seen.size} slices",
            got=f"{int(seen.sum())} slices",
        )


def _common(options: RulerOptions, solution: Solution) -> float:
    # Which magnification the stated pixel size belongs to, nobody has said: that of the middle is taken.
    uneven = float(np.ptp(solution.scale)) / math.sqrt(12)
    if options.parallel_spacing_nm is None:
        return math.hypot(options.angle_share, uneven)
    # Two wandering marks gave the pixel size; taken as if one slice had to do, to be on the safe side.
    spacing = math.sqrt(2) * solution.noise.wander_px / solution.distance_px
    return math.hypot(options.angle_share, spacing)


def _reading(
    volume: Volume,
    options: RulerOptions,
    kinds: Kinds,
    tracks: Tracks,
    solution: Solution,
    depths: Depths,
    pixel_nm: float,
) -> RulerReading:
    _, changed = increasing(depths.z_nm, depths.apart_nm)
    missing = np.flatnonzero(~depths.measured).tolist()
    flagged = tuple(sorted({*missing, *changed}))
    y = _between(tracks.y_px)
    drift = np.stack([y - y[0], _between(solution.drift_px)], axis=1)
    return RulerReading(
        _mark_tracks(kinds, tracks, solution, y),
        drift,
        solution.scale,
        depths.z_nm,
        depths.z_sigma_nm,
        depths.thickness_nm,
        depths.sigma_nm,
        depths.common_share,
        depths.measured,
        flagged,
        pixel_nm,
        kinds.notes
        + notes_of(
            (options.angle_deg, options.angle_sigma_deg),
            solution,
            depths,
            changed,
            pixel_nm,
            options.pixel_nm or volume.info.voxel_nm[2],
        ),
    )


def _between(values: Array) -> Array:
    """Values that are missing, from the line between their neighbours."""
    good = np.flatnonzero(np.isfinite(values))
    found: Array = np.interp(np.arange(values.size), good, values[good])
    return found


def _mark_tracks(kinds: Kinds, tracks: Tracks, solution: Solution, y: Array) -> tuple[MarkTrack, ...]:
    found = []
    for m, way in enumerate(kinds.ways):
        x = np.where(solution.used[:, m], tracks.x_px[:, m], solution.x_px[:, m])
        guess = _between(x)
        sigma = np.sqrt(tracks.sigma_px[:, m] ** 2 * solution.noise.fit_share + solution.noise.wander_px**2)
        # Where nothing was seen the place is as unsure as the step from slice to slice is large.
        usual = float(np.nanmedian(np.abs(np.diff(guess)))) + float(np.nanmedian(sigma))
        found.append(
            MarkTrack(
                kind="inclined" if way else "parallel",
                x_px=tuple(guess.tolist()),
                y_px=tuple(y.tolist()),
                sigma_px=tuple(np.where(solution.used[:, m], sigma, usual).tolist()),
                seen=tuple(solution.used[:, m].tolist()),
                width_px=float(np.nanmedian(tracks.width_px[:, m])),
            )
        )
    return tuple(found)
