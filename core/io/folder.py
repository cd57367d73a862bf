"""A folder (or list) of slice files: which belong together, in which order, and whether any is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import AmbiguousInputError, ReadError, UnsupportedFormatError
from core.io import ifd, janelia, tiff
from core.io.choose import chosen_sample
from core.io.found import Found, Picture
from core.io.guard import head_of, reading
from core.io.naming import natural_key, shortened
from core.io.options import ReadOptions
from core.io.series import Heads, Series, kept_files, numbering, series_of
from core.io.slices import SliceHead, SlicesSource, slice_head, suffixes_of
from core.io.tiff_layout import calibration_of
from core.io.values import type_note
from core.job import Job
from core.volume import VoxelSize

SUFFIXES: Final = (".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg", ".dat")
_DEPTH: Final = 3
_WORKERS: Final = 8  # network drives answer several questions at once

OpenFile = Callable[[Path, ReadOptions, Job], Found]


def open_folder(folder: Path, options: ReadOptions, job: Job, open_file: OpenFile) -> Found:
    """Open the series of slices in a folder.

    Parameters
    ----------
    folder : Path
        Folder of slices, or of one folder of slices.
    options : ReadOptions
        ``dataset`` may hold a pattern (``SE_*.tif``) or the name of a sub-folder.
    job : Job
        Progress and cancelling.
    open_file : callable
        Opens a single file, where the folder holds no more.

    Raises
    ------
    UnsupportedFormatError
        If there is no image.
    AmbiguousInputError
        If there are several series, or several folders.
    IncompleteStackError
        If slices are repeated, or differ in size or type.
    """
    files = _images(folder)
    if not files:
        return _in_subfolder(folder, options, job, open_file)
    return open_files(files, options, job, open_file)


def open_files(files: Sequence[Path], options: ReadOptions, job: Job, open_file: OpenFile) -> Found:
    """Open slices given one by one; see `open_folder`."""
    series = series_of(files, options)
    if len(series.files) == 1:
        found = open_file(series.files[0], options.model_copy(update={"dataset": series.dataset}), job)
        return found.with_(notes=(*found.notes, *series.notes))
    heads = _heads((*series.files, *series.strays), job)
    return _assemble(series, heads, options)


def _images(folder: Path) -> list[Path]:
    with reading(folder, "folder"), os.scandir(folder) as entries:
        # "._x.tif" are resource forks that macOS leaves on foreign drives. Dead links and pipes stay in the
        # list: what is called like a slice and cannot be read is a slice that is missing.
        names = [entry.name for entry in entries if not entry.name.startswith(".") and not _is_folder(entry)]
    return [folder / name for name in names if Path(name).suffix.lower() in SUFFIXES]


def _folders(folder: Path) -> list[Path]:
    with reading(folder, "folder"), os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries if _is_folder(entry) and entry.name[0] != "."]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _in_subfolder(folder: Path, options: ReadOptions, job: Job, open_file: OpenFile) -> Found:
    inner = _folders_with_images(folder, _DEPTH)
    names = tuple(path.relative_to(folder).as_posix() for path in inner)
    wanted = options.dataset
    rest = options
    if wanted is not None and wanted in names:
        inner, rest = [inner[names.index(wanted)]], options.model_copy(update={"dataset": None})
    if not inner:
        raise UnsupportedFormatError(
            f"{folder} holds no slices",
            expected="TIFF, PNG, BMP, JPEG or .dat files, one per slice",
            got=", ".join(sorted(os.listdir(folder))[:8]) or "an empty folder",
            remedy="name the folder of the slices, or the file itself",
        )
    if len(inner) > 1:
        raise AmbiguousInputError(
            f"{folder} holds slices in {len(inner)} folders",
            choices=names,
            option="dataset",
            got=shortened(names),
            remedy="open one of the folders",
        )
    found = open_folder(inner[0], rest, job, open_file)
    return found.with_(
        notes=(f"the slices lie in the sub-folder {inner[0].relative_to(folder)}.", *found.notes)
    )


def _folders_with_images(folder: Path, depth: int) -> list[Path]:
    found = []
    for inner in sorted(_folders(folder), key=lambda path: natural_key(path.name)):
        if _images(inner):
            found.append(inner)
        elif depth > 1:
            found += _folders_with_images(inner, depth - 1)
    return found


def _heads(files: Sequence[Path], job: Job) -> Heads:
    """Header of every file, or the error that reading it gives."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        heads = list(job.track(pool.map(_head_or_error, files), len(files), "checking the slices"))
    return dict(zip(files, heads, strict=True))


def _head_or_error(path: Path) -> SliceHead | ReadError:
    try:
        return slice_head(path)
    except ReadError as error:
        return error


def _assemble(series: Series, heads: Heads, options: ReadOptions) -> Found:
    usual, files, odd_notes = kept_files(series, heads, options)
    if usual.pages:
        raise AmbiguousInputError(
            f"the {len(files)} files from {files[0].name} on are stacks themselves: each holds several pages",
            choices=[path.name for path in files],
            option="dataset",
            remedy="open one of them",
        )
    counted = numbering(files)
    sample, sample_notes, choices = chosen_sample(usual.names, series.dataset, files[0].parent)
    folder, names = _common(files)
    source = SlicesSource(folder, names, (len(files), *usual.shape_yx), usual.stored, sample)
    voxel_nm, size_notes = _calibration(files)
    first, last = (_picture(path, usual.shape_yx, sample) for path in (files[0], files[-1]))
    notes = (
        *series.notes,
        *odd_notes,
        *counted.notes,
        *sample_notes,
        *_head_notes(files, heads),
        *size_notes,
    )
    kind = f"{len(files)} {usual.format} slice{'s' if len(files) > 1 else ''}"
    return Found(
        source,
        kind,
        tuple(files),
        voxel_nm,
        first,
        last,
        counted.numbers,
        _positions(files),
        channels=choices,
        missing=counted.missing,
        notes=(*notes, *type_note(np.dtype(usual.stored))),
    )


def _common(files: Sequence[Path]) -> tuple[Path, tuple[str, ...]]:
    """Common folder of the slices, and their paths within it."""
    try:
        folder = Path(os.path.commonpath([path.parent for path in files]))
    except ValueError:  # several drives
        return files[0].parent, tuple(str(path) for path in files)
    return folder, tuple(path.relative_to(folder).as_posix() for path in files)


def _positions(files: Sequence[Path]) -> tuple[float, ...] | None:
    """Position of every slice in nm as its name states it; None unless all do."""
    from core.io.vendor import z_from_name

    found = [z_from_name(path.name) for path in files]
    known = tuple(position for position in found if position is not None)
    return known if len(known) == len(files) > 1 else None


def _calibration(files: Sequence[Path]) -> tuple[VoxelSize, tuple[str, ...]]:
    """Voxel size from the first slice, checked against the last."""
    ends = (files[0], files[-1])
    if not all(tiff.recognises(path, head_of(path, 32)) for path in ends):
        return (None, None, None), ()
    first, last = (calibration_of(path) for path in ends)
    if first.voxel_nm != last.voxel_nm:
        note = f"voxel sizes of first ({first.voxel_nm}) and last slice ({last.voxel_nm} nm) differ: ignored."
        return (None, None, None), (*first.notes, note)
    return first.voxel_nm, first.notes


def _head_notes(files: Sequence[Path], heads: Heads) -> tuple[str, ...]:
    """Sentences of the headers, each once; files whose ending lies about their content."""
    known = [(path, head) for path in files if isinstance(head := heads[path], SliceHead)]
    notes = dict.fromkeys(note for _, head in known for note in head.notes)
    lying = [path.name for path, head in known if path.suffix.lower() not in suffixes_of(head.format)]
    if lying:
        formats = {head.format for path, head in known if path.name in set(lying)}
        notes[
            f"files named otherwise than their content ({', '.join(sorted(formats))}): {shortened(lying)}."
        ] = None
    return tuple(notes)


def _picture(path: Path, shape_yx: tuple[int, int], sample: int) -> Picture:
    """What vendor readers need of one slice."""
    head = head_of(path, 32)
    if janelia.recognises(path, head):
        return janelia.dat_picture(path, janelia.dat_header(path), sample)
    return Picture(path, shape_yx, ifd.tags_of(path) if tiff.recognises(path, head) else {})
