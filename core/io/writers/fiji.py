"""Volumes for Fiji and ImageJ: uncompressed stack with calibration, in micrometres.

What ImageJ reads (``ij/io/TiffDecoder.java``, ``FileOpener.java``, ``ij/plugin/FolderOpener.java``): an
ImageDescription that starts with ``ImageJ`` holds properties (`images`, `slices`, `unit`, `spacing`, `min`,
`max`); the pixel size is 1 / resolution in `unit`; planes have to follow each other
uncompressed and without gaps.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.io.writers.bigtiff import write_bigtiff
from core.io.writers.calibration import Calibration, calibration_of, pixels_per
from core.io.writers.delivery import INFO_TEXT, POSITIONS, WriteReport
from core.io.writers.request import Request
from core.io.writers.sidecars import add_positions, folder_text
from core.io.writers.tiff import UNIT_NONE, Resolution, TiffLayout, write_tiff
from core.io.writers.voxel_types import DisplayRange, VoxelType, imagej_type
from core.volume import Shape, VolumeInfo

GIBI = 1 << 30
UNIT_NM = {"um": 1e3, "nm": 1.0}
# Room for any number: min and max are known last, but stand first in the file. Java skips white space after
# the equals sign, so the value is set flush right.
NUMBER_WIDTH = 25


def write_fiji(request: Request) -> WriteReport:
    """Write one stack, or what the user chose for volumes too large for one TIFF file."""
    info = request.volume.info
    kind = imagej_type(request)
    calibration = calibration_of(info)
    layout = imagej_layout(info.shape, kind, calibration)
    if layout.total_bytes <= request.options.largest_file_gb * GIBI:
        return _write_stack(request, kind, calibration, layout)
    size = f"{layout.total_bytes / GIBI:.3g} GiB"
    if request.options.over_4_gb == "bigtiff":
        report = write_bigtiff(request)
        note = (
            f"At {size} the volume is too large for a TIFF file of ImageJ, so it is a BigTIFF: "
            "open it in Fiji with File > Import > Bio-Formats."
        )
        return replace(report, notes=(note, *report.notes))
    return _write_slices(request, kind, calibration, size)


def imagej_layout(
    shape: Shape,
    kind: VoxelType,
    calibration: Calibration,
    *,
    resolution_unit: int = UNIT_NONE,
    unit: str = "um",
) -> TiffLayout:
    """TIFF with the properties ImageJ reads.

    Parameters
    ----------
    shape : tuple of int
        (z, y, x) of the file.
    kind : VoxelType
        Type in the file.
    calibration : Calibration
        Without a complete voxel size, none is written: ImageJ would take what is missing for 1.
    resolution_unit : int
        TIFF code of the unit of the resolution tags: none, as ImageJ itself writes it (pixels per `unit`), or
        centimetres, which ImageJ understands together with ``unit=um`` only.
    unit : {'um', 'nm'}
        Unit of the properties.
    """
    lines = ["ImageJ=1.53t"]
    if shape[0] > 1:
        lines += [f"images={shape[0]}", f"slices={shape[0]}"]
    resolution = None
    if calibration.voxel_nm is not None:
        z, y, x = calibration.voxel_nm
        lines += [f"unit={unit}", f"spacing={z / UNIT_NM[unit]!r}"]
        per_nm = UNIT_NM[unit] if resolution_unit == UNIT_NONE else 1e7
        resolution = Resolution(pixels_per(per_nm, x), pixels_per(per_nm, y), resolution_unit)
    lines += ["loop=false", f"min={'0.0':>{NUMBER_WIDTH}}", f"max={'255.0':>{NUMBER_WIDTH}}", ""]
    return TiffLayout(shape, kind.dtype, "\n".join(lines).encode("ascii"), resolution)


def set_display_range(path: Path, layout: TiffLayout, limits: tuple[float, float]) -> None:
    """Put the display range into a file that is complete but for it."""
    text = layout.description
    for key, value in zip((b"min=", b"max="), limits, strict=True):
        start = text.index(b"\n" + key) + 1 + len(key)
        text = text[:start] + f"{value!r:>{NUMBER_WIDTH}}".encode("ascii") + text[start + NUMBER_WIDTH :]
    with path.open("r+b") as stream:
        stream.seek(layout.description_offset)
        stream.write(text)


def slice_unit(calibration: Calibration) -> str:
    """Unit for numbered slices: micrometres, unless the spacing would then read 1.0.

    ImageJ's Image Sequence import takes a spacing of exactly 1.0 for "not stated" and puts the pixel width in
    its place.
    """
    reads_one = calibration.voxel_nm is not None and calibration.voxel_nm[0] / UNIT_NM["um"] == 1.0
    return "nm" if reads_one else "um"


def slice_names(stem: str, count: int) -> list[str]:
    """File names of numbered slices, zero-padded so that any sorting keeps their order."""
    digits = max(4, len(str(count - 1)))
    return [f"{stem}_{index:0{digits}d}.tif" for index in range(count)]


def _display_limits(info: VolumeInfo, kind: VoxelType, seen: DisplayRange) -> tuple[float, float]:
    if kind.dtype == np.uint8 and info.content != "labels":
        return 0.0, 255.0
    low, high = seen.limits()
    if kind.dtype == np.int16:
        # ImageJ keeps signed values as value + 32768 and takes the display range in the same way.
        return low + 0x8000, high + 0x8000
    return low, high


def _write_stack(
    request: Request, kind: VoxelType, calibration: Calibration, layout: TiffLayout
) -> WriteReport:
    seen = DisplayRange()
    info = request.volume.info
    with request.delivery(layout.total_bytes) as out:
        path = out.file(request.target.name)
        add_positions(out, request.stem, calibration)
        write_tiff(path, layout, map(seen.passed, kind.converted(request.planes())))
        set_display_range(path, layout, _display_limits(info, kind, seen))
    return out.report((*calibration.notes, *kind.notes))


def _write_slices(request: Request, kind: VoxelType, calibration: Calibration, size: str) -> WriteReport:
    note = (
        f"At {size} the volume is too large for a TIFF file of ImageJ, so it is a folder of numbered slices, "
        f"{request.stem}: open it in Fiji with File > Import > Image Sequence."
    )
    out_report = write_slice_folder(request, kind, calibration, unit=slice_unit(calibration))
    return replace(out_report, notes=(note, *out_report.notes))


def write_slice_folder(
    request: Request,
    kind: VoxelType,
    calibration: Calibration,
    *,
    resolution_unit: int = UNIT_NONE,
    unit: str = "um",
    extra: dict[str, bytes] | None = None,
) -> WriteReport:
    """Write a folder of numbered slices that each carry the whole calibration.

    Parameters
    ----------
    request, kind, calibration
        What to write; the folder is named like the target without its suffix.
    resolution_unit, unit
        See `imagej_layout`.
    extra : dict of str to bytes, optional
        Further small files of the folder.
    """
    info = request.volume.info
    layout = imagej_layout(
        (1, *info.shape[1:]), kind, calibration, resolution_unit=resolution_unit, unit=unit
    )
    names = slice_names(request.stem, info.shape[0])
    small = {INFO_TEXT: folder_text(info, kind.dtype.name, calibration).encode("utf-8"), **(extra or {})}
    if calibration.positions is not None:
        small[POSITIONS] = calibration.positions.encode("ascii")
    seen = DisplayRange()
    with request.delivery(layout.total_bytes * info.shape[0]) as out:
        folder = out.folder(request.stem)
        for name, data in small.items():
            (folder / name).write_bytes(data)
        for name, plane in zip(names, kind.converted(request.planes()), strict=True):
            write_tiff(folder / name, layout, [seen.passed(plane)])
        limits = _display_limits(info, kind, seen)
        for name in names:
            request.job.check()
            set_display_range(folder / name, layout, limits)
    return out.report((*calibration.notes, *kind.notes))
