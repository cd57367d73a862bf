"""Colour images of a volume for Fiji and ImageJ: a stack of red, green and blue, or numbered slices.

Above 4 GiB the stack is a BigTIFF with OME metadata, which Fiji opens through Bio-Formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.io.writers.calibration import Calibration, calibration_of, pixels_per
from core.io.writers.delivery import INFO_TEXT, POSITIONS, WriteReport, delivery
from core.io.writers.fiji import GIBI, UNIT_NM, slice_names, slice_unit
from core.io.writers.names import split_suffix
from core.io.writers.sidecars import add_positions, folder_text
from core.volume import Array, VolumeInfo

SUFFIXES = (".tif", ".tiff")
_LARGEST_IMAGEJ = 4 * GIBI - (1 << 24)  # less room for the directories
_HEAD_BYTES = 1 << 16
_UUID = "00000000-0000-0000-0000-000000000000"  # a random one would make every file different


def write_colour(planes: Iterable[Array], info: VolumeInfo, target: Path, *, overwrite: bool) -> WriteReport:
    """Write colour planes one after the other; when this returns, everything is there, else nothing is.

    Parameters
    ----------
    planes : iterable of ndarray of uint8, shape (y, x, 3)
        As many as `info` has slices; red, green, blue.
    info : VolumeInfo
        Shape (z, y, x), voxel size and positions; what is not known is said, not guessed.
    target : Path
        A name that ends in .tif: one stack (BigTIFF where ImageJ's own form ends, at 4 GiB); without suffix:
        a folder of numbered slices.
    overwrite : bool
        Whether an older export may be replaced; a folder only if this program made it.

    Raises
    ------
    ParameterError
        If the name fits neither.
    WriteError
        If the target exists, or cannot be written.
    NotEnoughDiskError
        Before anything is written, with the numbers, or when the disk becomes full.
    """
    stem, suffix = split_suffix(target.name)
    calibration = calibration_of(info)
    needed = 3 * info.shape[0] * info.shape[1] * info.shape[2] + _HEAD_BYTES * info.shape[0]
    if suffix.lower() not in SUFFIXES and target.suffix:
        raise ParameterError(
            f"a colour stack cannot be written as '{target.name}'",
            expected="a name that ends in .tif, or a folder",
            remedy="change the suffix",
        )
    with delivery(target, needed_bytes=needed, overwrite=overwrite) as out:
        if suffix:
            notes = _write_stack(out.file(target.name), planes, info, calibration)
            add_positions(out, stem, calibration)
        else:
            notes = ()
            _write_slices(out.folder(target.name), planes, info, calibration)
    return out.report((*notes, *calibration.notes))


def _write_stack(
    path: Path, planes: Iterable[Array], info: VolumeInfo, calibration: Calibration
) -> tuple[str, ...]:
    large = 3 * info.shape[0] * info.shape[1] * info.shape[2] > _LARGEST_IMAGEJ
    _write(path, planes, info.shape[0], info, calibration, unit="um", imagej=not large)
    if not large:
        return ()
    return (
        "The colour stack is too large for a TIFF file of ImageJ, so it is a BigTIFF: open it in Fiji with "
        "File > Import > Bio-Formats.",
    )


def _write_slices(folder: Path, planes: Iterable[Array], info: VolumeInfo, calibration: Calibration) -> None:
    text = folder_text(info, "red, green and blue of 8 bits each", calibration)
    (folder / INFO_TEXT).write_bytes(text.encode("utf-8"))
    if calibration.positions is not None:
        (folder / POSITIONS).write_bytes(calibration.positions.encode("ascii"))
    unit = slice_unit(calibration)
    for name, plane in zip(slice_names(folder.name, info.shape[0]), planes, strict=True):
        _write(folder / name, [plane], 1, info, calibration, unit=unit, imagej=True)


def _write(
    path: Path,
    planes: Iterable[Array],
    count: int,
    info: VolumeInfo,
    calibration: Calibration,
    *,
    unit: str,
    imagej: bool,
) -> None:
    import tifffile

    metadata: dict[str, Any] = {"axes": "ZYXS"}
    options: dict[str, Any] = {}
    if not imagej:
        metadata["UUID"] = _UUID
    if calibration.voxel_nm is not None:
        z, y, x = calibration.voxel_nm
        options["resolution"] = (pixels_per(UNIT_NM[unit], x), pixels_per(UNIT_NM[unit], y))
        options["resolutionunit"] = "none"
        if imagej:
            metadata |= {"unit": unit, "spacing": z / UNIT_NM[unit]}
        else:
            metadata |= _ome_sizes(z, y, x)
    with tifffile.TiffWriter(path, bigtiff=not imagej, imagej=imagej, ome=not imagej) as writer:
        writer.write(
            _checked(planes, info),
            shape=(count, *info.shape[1:], 3),
            dtype=np.uint8,
            photometric="rgb",
            software=False,
            metadata=metadata,
            **options,
        )


def _ome_sizes(z_nm: float, y_nm: float, x_nm: float) -> dict[str, Any]:
    sizes = {f"PhysicalSize{axis}": size for axis, size in zip("ZYX", (z_nm, y_nm, x_nm), strict=True)}
    return sizes | {f"{name}Unit": "nm" for name in sizes}


def _checked(planes: Iterable[Array], info: VolumeInfo) -> Iterator[Array]:
    for plane in planes:
        if plane.shape != (*info.shape[1:], 3) or plane.dtype != np.uint8:
            raise ParameterError(
                "a colour plane does not fit the volume",
                expected=f"uint8, {(*info.shape[1:], 3)}",
                got=f"{plane.dtype}, {plane.shape}",
            )
        yield plane
