"""Reading stacks: one call for every format, lazy, with what is missing or doubtful said in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.io.assemble import assembled
from core.io.options import ReadOptions
from core.io.report import StackReport, describe
from core.io.table import READERS, found_at
from core.job import Job
from core.volume import Volume

__all__ = ["READERS", "ReadOptions", "StackReport", "describe", "input_files", "open_stack"]

_DEFAULT = ReadOptions()
_SILENT = Job()


def open_stack(path: Path | Sequence[Path], options: ReadOptions = _DEFAULT, job: Job = _SILENT) -> Volume:
    """Open a stack without reading its voxels.

    Parameters
    ----------
    path : Path or sequence of Path
        A file, a folder of slices, or the slices themselves (sorted by their names).
    options : ReadOptions
        What the user knows or chooses.
    job : Job
        Progress and cancelling.

    Returns
    -------
    Volume
        Shape (z, y, x), native byte order; ``notes`` are sentences the user has to see.

    Raises
    ------
    ReadError
        `UnsupportedFormatError`, `DamagedFileError`, `IncompleteStackError` or `AmbiguousInputError`, or the
        base class where the system denies access.
    ParameterError
        If ``options`` name something that is not there.
    """
    return assembled(found_at(path, options, job), options)


def input_files(
    path: Path | Sequence[Path], options: ReadOptions = _DEFAULT, job: Job = _SILENT
) -> tuple[Path, ...]:
    """Files whose bytes make the stack, in the order of the slices; for checksums.

    Raises
    ------
    ReadError
        As `open_stack`.
    """
    files: list[Path] = []
    for file in found_at(path, options, job).files:
        if file.is_dir():
            files += sorted(inner for inner in file.rglob("*") if inner.is_file())
        else:
            files.append(file)
    return tuple(files)
