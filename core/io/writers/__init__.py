"""Writing: one module per target, one table, one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ParameterError
from core.io.writers.bigtiff import write_bigtiff
from core.io.writers.delivery import WriteReport
from core.io.writers.dragonfly import write_dragonfly
from core.io.writers.fiji import write_fiji
from core.io.writers.flat import write_mhd, write_nrrd, write_raw
from core.io.writers.mask import with_mask
from core.io.writers.meshes import write_ply, write_stl
from core.io.writers.names import fitting_name, preset_for
from core.io.writers.ome_zarr import write_ome_zarr
from core.io.writers.options import Preset, WriteOptions
from core.io.writers.request import Request
from core.job import Job
from core.volume import Volume


@dataclass(frozen=True)
class Writer:
    """One preset: its name for the user, and the function."""

    label: str
    write: Callable[[Request], WriteReport]


WRITERS: Mapping[Preset, Writer] = {
    "fiji": Writer("Fiji / ImageJ (TIFF stack)", write_fiji),
    "dragonfly": Writer("Dragonfly (numbered slices)", write_dragonfly),
    "ome-zarr": Writer("OME-Zarr 0.5", write_ome_zarr),
    "bigtiff": Writer("BigTIFF (OME)", write_bigtiff),
    "nrrd": Writer("NRRD", write_nrrd),
    "mhd": Writer("MetaImage", write_mhd),
    "raw": Writer("Raw voxels + JSON", write_raw),
    "stl": Writer("Surface as STL, in nm", write_stl),
    "ply": Writer("Surface as PLY, in nm", write_ply),
}
VOXEL_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


def write(
    volume: Volume,
    target: Path,
    preset: Preset,
    job: Job | None = None,
    *,
    overwrite: bool = False,
    message: str = "Writing",
    **options: object,
) -> WriteReport:
    """Write a volume slice by slice; when this returns, everything is there, else nothing has changed.

    The same volume and options give the same bytes: no time stamps, no random numbers.

    Parameters
    ----------
    volume : Volume
        What to write; never in memory as a whole.
    target : Path
        File or folder; the suffix of the preset is added where it is missing.
    preset : str
        Key of `WRITERS`.
    job : Job, optional
        Progress and cancelling.
    overwrite : bool
        Whether an older file of this name may be replaced; a folder is only replaced if this program made it.
    message : str
        What the progress is called.
    **options
        Fields of `WriteOptions`.

    Raises
    ------
    ParameterError
        If preset, name or an option does not fit.
    NotEnoughDiskError
        Before anything is written, with the numbers, or when the disk becomes full.
    WriteError
        If the target exists, cannot be written, or cannot hold the values.
    MissingMetadataError
        If a surface is asked of a volume without a voxel size.
    Cancelled
        If the user asked to stop.
    """
    if preset not in WRITERS:
        raise ParameterError("there is no such preset", expected=", ".join(WRITERS), got=preset)
    if volume.info.dtype.name not in VOXEL_TYPES:
        raise ParameterError(
            "this type of voxel cannot be written",
            expected=", ".join(VOXEL_TYPES),
            got=volume.info.dtype.name,
        )
    choices = WriteOptions.parse(options, owner=f"writing for {preset}")
    if not target.name:
        raise ParameterError("the target has no name", got=str(target), remedy="choose a file name")
    request = Request(
        volume,
        target.with_name(fitting_name(target.name, preset)),
        job or Job(),
        choices,
        overwrite=overwrite,
        message=message,
    )
    report = WRITERS[preset].write(request)
    if volume.info.footprint is None or preset in _STATING or preset in _SURFACES:
        return report
    beside = with_mask(request)
    mask = WRITERS[preset].write(beside)
    note = (
        f"Not every slice covers the whole canvas: what was measured is 255 in {beside.target.name}; "
        "elsewhere the voxels are 0 and mean nothing."
    )
    return replace(report, files=(*report.files, *mask.files), notes=(note, *report.notes))


_STATING = ("ome-zarr", "raw")  # keep the footprints as numbers
_SURFACES = ("stl", "ply")

__all__ = [
    "WRITERS",
    "Preset",
    "WriteOptions",
    "WriteReport",
    "Writer",
    "fitting_name",
    "preset_for",
    "write",
]
