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


def common_folder(inputs: Sequence[Sequence[Path]]) -> Path | None:
    """Folder in which several channels lie, each a file or a folder of its own; None where there is none."""
    if len(inputs) < 2:
        return None
    found = set()
    for paths in inputs:
        parent = Path(os.path.abspath(paths[0])).parent
        found.add(parent if len(paths) == 1 else parent.parent)
    one = next(iter(found))
    lie_together = len({Path(os.path.abspath(paths[0])).parent for paths in inputs if len(paths) > 1}) == 1
    return one if len(found) == 1 and one.name and not lie_together else None


def inputs_name(inputs: Sequence[Sequence[Path]]) -> str:
    """Short name of what is open: several channels go by the folder in which they lie."""
    common = common_folder(inputs)
    return stack_name(inputs[0]) if common is None else common.name


def channels_folders(inputs: Sequence[Sequence[Path]]) -> Iterator[Path]:
    """Places for the project of one or several channels, best first; see `project_folders`."""
    common = common_folder(inputs)
    if common is None:
        return project_folders(inputs[0])
    chosen = _chosen.get("projects")
    return numbered((_writable(common) if chosen is None else chosen) / f"{common.name}{SUFFIX}")


def known_folders(inputs: Sequence[Sequence[Path]]) -> Sequence[Iterator[Path]]:
    """Where the project of these channels may be: also from before another folder was chosen for projects,
    or from when several channels went by the first.
    """
    common = common_folder(inputs)
    beside = [] if common is None else [numbered(_writable(common) / f"{common.name}{SUFFIX}")]
    first = inputs[0]
    return [channels_folders(inputs), *beside, project_folders(first), usual_project_folders(first)]


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
    return numbered(_writable(beside) / f"{stack_name(paths)}{SUFFIX}")


def _writable(folder: Path) -> Path:
    return folder if os.access(folder, os.W_OK) else documents() / "Trueslice"


def numbered(folder: Path) -> Iterator[Path]:
    """The folder itself, then the same with numbers, for when the name is taken."""
    yield folder
    for number in range(2, MOST_TRIED):
        yield folder.with_name(f"{folder.name.removesuffix(SUFFIX)}-{number}{SUFFIX}")


def draft_file(paths: Sequence[Path]) -> Path:
    """Where the recipe of an input is kept until there is a project."""
    text = "\n".join(os.path.abspath(path) for path in paths)
    return program_data() / "drafts" / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.toml"
