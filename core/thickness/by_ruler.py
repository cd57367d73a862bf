"""From what was read off the ruler to positions that increase, with their errors and statistics."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.boxes import Box, require_inside
from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.step import Room
from core.thickness.assemble import estimate_of, listed, require_slices
from core.thickness.results import ThicknessEstimate
from core.volume import Volume

METHOD: Final = "ruler"


def ruler_thickness(
    volume: Volume,
    job: Job,
    room: Room | None,
    *,
    angle_deg: float | None,
    angle_sigma_deg: float,
    pixel_nm: float | None = None,
    parallel_spacing_nm: float | None = None,
    region: Box | None = None,
    marks_x_px: tuple[float, ...] | None = None,
) -> ThicknessEstimate:
    """Thickness of every slice from the marks in the cap.

    Parameters
    ----------
    volume : Volume
        At least two slices that show the ruler.
    job, room : Job, Room or None
        Progress and cancelling; how much of the machine may be used.
    angle_deg, angle_sigma_deg : float
        Of the inclined trenches against the milling direction, with standard error.
    pixel_nm : float, optional
        Along x; otherwise as the files state it.
    parallel_spacing_nm : float, optional
        Distance of the parallel trenches: calibrates the pixel size.
    region : tuple of int, optional
        Where the marks are (y0, y1, x0, x1); otherwise they are found.
    marks_x_px : tuple of float, optional
        Their centres in the first slice that shows them, left to right; otherwise they are found.

    Raises
    ------
    ParameterError
        If there is one slice, no angle, or the region lies outside.
    MissingMetadataError
        If the pixel size is not known.
    VoxelError
        If the marks are not found, or can be read in too few slices.
    """
    from core.thickness.ruler import RulerOptions, measure_ruler
    from core.thickness.ruler_order import increasing

    require_slices(volume.info)
    pixel = pixel_nm or volume.info.voxel_nm[2]
    if angle_deg is None:
        raise ParameterError(
            "thickness: the angle of the ruler is needed",
            expected="the angle between the inclined trenches and the milling direction, in degrees",
            remedy="give it (--angle-deg 30), or choose another source",
        )
    if pixel is None and parallel_spacing_nm is None:
        raise MissingMetadataError(
            "thickness: the pixel size along x is not known",
            expected="a size in nm, or the distance of the parallel marks",
            remedy="give --pixel-nm, --parallel-spacing-nm, or the voxel size when opening the stack",
        )
    if region is not None:
        require_inside(region, volume.info.shape[1:], what="thickness: the region")
    options = RulerOptions(
        region=region,
        angle_deg=angle_deg,
        angle_sigma_deg=angle_sigma_deg,
        pixel_nm=pixel,
        parallel_spacing_nm=parallel_spacing_nm,
        marks_x_px=marks_x_px,
    )
    reading = measure_ruler(volume, options, job, room)
    common = reading.common_share * reading.z_nm  # stretches all together, so that no order depends on it
    apart_nm = np.sqrt(np.maximum(reading.z_sigma_nm**2 - common**2, 0.0))
    z_nm, moved = increasing(reading.z_nm, apart_nm)
    notes = list(reading.notes)
    if moved:
        notes.append(f"{len(moved)} slices were moved, as little as makes z increase ({listed(moved)}).")
    return estimate_of(
        z_nm,
        method=METHOD,
        sigma_nm=reading.sigma_nm,
        z_sigma_nm=reading.z_sigma_nm,
        unmeasured=sorted({*reading.flagged, *moved}),
        numbers=volume.info.slice_numbers,
        notes=notes,
        marks=reading.marks,
        drift_px_yx=tuple((float(y), float(x)) for y, x in reading.drift_px_yx),
        scale=tuple(map(float, reading.scale)),
        pixel_nm=reading.pixel_nm,
        angle_deg=angle_deg,
    )
