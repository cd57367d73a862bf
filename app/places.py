"""Where things are kept when the user has not said where."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths

SUFFIX = ".trueslice"
MOST_TRIED = 100

_chosen: dict[str, Path] = {}
"""Folders that the user wants instead of the usual ones: ``projects``, ``simulations``."""


def choose(kind: str, folder: Path | None) -> None:
    """Put projects or simulations into another folder from now on; None for the usual place."""
    if folder is None:
        _chosen.pop(kind, None)
    else:
        _chosen[kind] = folder


def forget_chosen() -> None:
    """Go back to the usual places."""
    _chosen.clear()


def simulations() -> Path:
    """Folder of virtual acquisitions."""
    return _chosen.get("simulations") or documents() / "Trueslice"


def program_data() -> Path:
    """Folder of the program's own files (log, drafts)."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation))


def documents() -> Path:
    """The user's folder of documents."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place else Path.home()


def stack_name(paths: Sequence[Path]) -> str:
    """Short name of what was opened: the folder or file without its ending; of several files their folder."""
    first = Path(os.path.abspath(paths[0]))
    if len(paths) > 1:
        return first.parent.name or "stack"
    name = first.name if first.is_dir() else first.stem.removesuffix(".ome")
    return name or "stack"


def project_folders(paths: Sequence[Path]) -> Iterator[Path]:
    """Places for the project of an input, best first.

    In the folder that was chosen for projects, else beside the input where that can be written, else among
    the documents.
    """
    chosen = _chosen.get("projects")
    if chosen is not None:
        return numbered(chosen / f"{stack_name(paths)}{SUFFIX}")
    return usual_project_folders(paths)


def usual_project_folders(paths: Sequence[Path]) -> Iterator[Path]:
    """The same where no folder was chosen."""
    beside = Path(os.path.abspath(paths[0])).parent
    if len(paths) > 1:
        beside = beside.parent
    parent = beside if os.access(beside, os.W_OK) else documents() / "Trueslice"
    return numbered(parent / f"{stack_name(paths)}{SUFFIX}")


def numbered(folder: Path) -> Iterator[Path]:
    """The folder itself, then the same with numbers, for when the name is taken."""
    yield folder
    for number in range(2, MOST_TRIED):
        yield folder.with_name(f"{folder.name.removesuffix(SUFFIX)}-{number}{SUFFIX}")


def draft_file(paths: Sequence[Path]) -> Path:
    """Where the recipe of an input is kept until there is a project."""
    text = "\n".join(os.path.abspath(path) for path in paths)
    return program_data() / "drafts" / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.toml"
