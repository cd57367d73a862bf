"""Writing: one module per target, one table, one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ParameterError
from core.io.writers.bigtiff import write_bigtiff
from core.io.writers.delivery import WriteReport
from core.io.writers.dragonfly import write_dragonfly
from core.io.writers.fiji import write_fiji
from core.io.writers.flat import write_mhd, write_nrrd, write_raw
from core.io.writers.meshes import write_ply, write_stl
from core.io.writers.ome_zarr import write_ome_zarr
from core.io.writers.options import Preset, WriteOptions
from core.io.writers.request import Request
from core.job import Job
from core.volume import Volume


@dataclass(frozen=True)
class Writer:
    """One preset: its name for the user, the suffixes that fit (the first is added), and the function."""

    label: str
    suffixes: tuple[str, ...]
    write: Callable[[Request], WriteReport]


WRITERS: Mapping[Preset, Writer] = {
    "fiji": Writer("Fiji / ImageJ (TIFF stack)", (".tif", ".tiff"), write_fiji),
    "dragonfly": Writer("Dragonfly (numbered slices)", (), write_dragonfly),
    "ome-zarr": Writer("OME-Zarr 0.5", (".ome.zarr", ".zarr"), write_ome_zarr),
    "bigtiff": Writer(
        "BigTIFF (OME)", (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".btf", ".tf8"), write_bigtiff
    ),
    "nrrd": Writer("NRRD", (".nrrd",), write_nrrd),
    "mhd": Writer("MetaImage", (".mhd", ".mha"), write_mhd),
    "raw": Writer("Raw voxels + JSON", (".raw",), write_raw),
    "stl": Writer("Surface as STL, in nm", (".stl",), write_stl),
    "ply": Writer("Surface as PLY, in nm", (".ply",), write_ply),
}
VOXEL_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
# Suffixes that belong to one preset when nothing else is said; longer ones first.
_BY_SUFFIX: tuple[tuple[str, Preset], ...] = (
    (".ome.tif", "bigtiff"),
    (".ome.tiff", "bigtiff"),
    (".btf", "bigtiff"),
    (".tf8", "bigtiff"),
    (".tif", "fiji"),
    (".tiff", "fiji"),
    (".zarr", "ome-zarr"),
    (".nrrd", "nrrd"),
    (".mhd", "mhd"),
    (".mha", "mhd"),
    (".raw", "raw"),
    (".stl", "stl"),
    (".ply", "ply"),
)


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
    request = Request(
        volume, fitting_target(target, preset), job or Job(), choices, overwrite=overwrite, message=message
    )
    return WRITERS[preset].write(request)


def preset_for(path: Path) -> Preset:
    """Preset that a file name asks for; a folder means numbered slices.

    Raises
    ------
    ParameterError
        If the suffix is not one of those known.
    """
    name = path.name.lower()
    for suffix, preset in _BY_SUFFIX:
        if name.endswith(suffix):
            return preset
    if not path.suffix or path.is_dir():
        return "dragonfly"
    raise ParameterError(
        f"it is not clear what to write as '{path.name}'",
        expected="a name that ends in " + ", ".join(suffix for suffix, _ in _BY_SUFFIX) + ", or a folder",
        got=path.suffix,
        remedy="change the suffix, or choose a preset",
    )


def fitting_target(target: Path, preset: Preset) -> Path:
    """Return the target with a suffix that fits the preset.

    Raises
    ------
    ParameterError
        If there is no name, or its suffix belongs to another format.
    """
    name, suffixes = target.name, WRITERS[preset].suffixes
    if not name or name in (".", ".."):
        raise ParameterError("the target has no name", got=str(target), remedy="choose a file name")
    found = next((suffix for suffix, _ in _BY_SUFFIX if name.lower().endswith(suffix)), None)
    if found in suffixes:
        return target
    if found is not None:
        raise ParameterError(
            f"the name '{name}' does not fit the preset {preset}",
            expected=" or ".join(suffixes) or "a folder name without a suffix",
            got=found,
            remedy="change the suffix, or choose another preset",
        )
    return target.with_name(name + (suffixes[0] if suffixes else ""))


__all__ = [
    "WRITERS",
    "Preset",
    "WriteOptions",
    "WriteReport",
    "Writer",
    "fitting_target",
    "preset_for",
    "write",
]
