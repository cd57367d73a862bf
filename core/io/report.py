"""What ``trueslice info`` says of an input: everything that is known, and what is not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.errors import (
    AmbiguousInputError,
    DamagedFileError,
    IncompleteStackError,
    ReadError,
    UnsupportedFormatError,
)
from core.io.assemble import assembled
from core.io.found import Found
from core.io.janelia import header_report
from core.io.options import ReadOptions
from core.io.table import found_at
from core.io.texts import metadata_file
from core.job import Job
from core.metadata import Metadata
from core.volume import Volume, VolumeInfo

_DEFAULT = ReadOptions()
_SILENT = Job()


class StackReport(BaseModel):
    """Description of a file or folder; ``None`` means nobody has stated it.

    Attributes
    ----------
    shape_zyx, dtype
        None for files that hold metadata only.
    voxel_nm_zyx
        Voxel size in nm.
    z_nm, slice_numbers
        Per slice, where uneven or incomplete.
    channels
        Choices where the input holds several; the description is that of the first.
    unknown
        Names of metadata that nothing states.
    missing
        Missing slices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    format: str
    files: int
    shape_zyx: tuple[int, int, int] | None = None
    dtype: str | None = None
    voxel_nm_zyx: tuple[float | None, float | None, float | None] = (None, None, None)
    z_nm: tuple[float, ...] | None = None
    slice_numbers: tuple[int, ...] | None = None
    channel: str = ""
    channels: tuple[str, ...] = ()
    instrument: str | None = None
    metadata: dict[str, Any] = {}
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def describe(path: Path | Sequence[Path], options: ReadOptions = _DEFAULT, job: Job = _SILENT) -> StackReport:
    """Describe a file or folder without reading voxels.

    What stops `open_stack` but can be told from headers (odd slices, several channels) becomes a warning.

    Raises
    ------
    ReadError
        If the input is damaged or of no known kind.
    """
    try:
        found = found_at(path, options, job)
    except DamagedFileError as error:
        report = _header_alone(path, error)
        if report is None:
            raise
        return report
    except UnsupportedFormatError:
        report = _without_pixels(path)
        if report is None:
            raise
        return report
    except IncompleteStackError as error:
        if options.skip_odd or not _skippable(error):
            raise
        report = describe(path, options.model_copy(update={"skip_odd": True}), job)
        return report.model_copy(update={"warnings": (_sentence(error), *report.warnings)})
    except AmbiguousInputError as error:
        if options.dataset is not None or not error.choices:
            raise
        first = options.model_copy(update={"dataset": error.choices[0]})
        report = describe(path, first, job)
        warning = f"{_sentence(error)} The description is that of {error.choices[0]}."
        return report.model_copy(update={"warnings": (warning, *report.warnings), "channels": error.choices})
    return _report(path, found, assembled(found, options))


def _header_alone(path: Path | Sequence[Path], error: DamagedFileError) -> StackReport | None:
    """Report on a Janelia file that was cut off behind its header."""
    known = header_report(path) if isinstance(path, Path) and os.path.isfile(path) else None
    if known is None:
        return None
    header, sentence = known
    return StackReport(
        path=str(path),
        format="metadata without pixels",
        files=1,
        voxel_nm_zyx=(None, header.pixel_nm, header.pixel_nm),
        channels=header.names,
        instrument=_instrument(header.metadata),
        metadata=_stated(header.metadata),
        unknown=header.metadata.missing(),
        warnings=(_sentence(error), sentence),
    )


def _without_pixels(path: Path | Sequence[Path]) -> StackReport | None:
    """Report on a file (or on the files of a folder) that holds metadata only."""
    if not isinstance(path, Path):
        return None
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    known = [(file, answer) for file in files if (answer := _metadata_or_none(file)) is not None]
    if not known:
        return None
    names = ", ".join(file.name for file, _ in known)
    warnings = [f"no pixels here: {names} hold{'s' if len(known) == 1 else ''} metadata of an acquisition."]
    metadata = known[0][1][0]
    if len(known) > 1:
        warnings.append(f"the metadata are those of {known[0][0].name}; describe the other files one by one.")
    warnings += known[0][1][1]
    y, x = metadata.pixel_nm_yx
    return StackReport(
        path=str(path),
        format="metadata without pixels",
        files=len(known),
        voxel_nm_zyx=(metadata.slice_nm, y, x),
        instrument=_instrument(metadata),
        metadata=_stated(metadata),
        unknown=metadata.missing(),
        warnings=tuple(warnings),
    )


def _metadata_or_none(file: Path) -> tuple[Metadata, tuple[str, ...]] | None:
    try:
        return metadata_file(file)
    except ReadError:
        return None  # an empty or unreadable bystander says nothing of the acquisition


def _stated(metadata: Metadata) -> dict[str, Any]:
    return metadata.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def _skippable(error: IncompleteStackError) -> bool:
    return "skip_odd" in error.remedy


def _sentence(error: Exception) -> str:
    return " - ".join(str(error).splitlines())


def _report(path: Path | Sequence[Path], found: Found, volume: Volume) -> StackReport:
    info, metadata = volume.info, volume.metadata
    return StackReport(
        path=str(path) if isinstance(path, Path) else f"{len(path)} files",
        format=found.format,
        files=len(found.files),
        shape_zyx=info.shape,
        dtype=info.dtype.name,
        voxel_nm_zyx=info.voxel_nm,
        z_nm=info.z_nm,
        slice_numbers=info.slice_numbers,
        channel=info.channel,
        channels=found.channels,
        instrument=_instrument(metadata),
        metadata=_stated(metadata),
        unknown=_unknown(metadata, info),
        missing=found.missing,
        warnings=volume.notes,
    )


def _unknown(metadata: Metadata, info: VolumeInfo) -> tuple[str, ...]:
    """What nothing states: neither metadata, nor the file itself, nor the user."""
    z, y, x = info.voxel_nm
    known = set() if y is None or x is None else {"pixel_nm_yx"}
    if z is not None or info.z_nm is not None or info.shape[0] == 1:
        known.add("slice_nm")
    return tuple(name for name in metadata.missing() if name not in known)


def _instrument(metadata: Metadata) -> str | None:
    return metadata.instrument or metadata.vendor
