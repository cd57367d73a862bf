"""Files a microscope wrote beside an image or a stack: sidecars and projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from core.io.vendor import atlas_setup, auto_slice_view, hitachi, jeol, tescan
from core.io.vendor.report import VendorReport, combined
from core.io.vendor.text import MAX_BYTES, decoded
from core.metadata import Metadata

SidecarReader = Callable[[str, str, tuple[int, int]], VendorReport | None]

SIDECAR_READERS: tuple[SidecarReader, ...] = (jeol.from_text, hitachi.from_text, tescan.from_text)
PROJECT_SUFFIXES = (".emxml", ".a3d-setup")
_LEVELS_UP = 2  # Auto Slice & View keeps slices in PROJECT/Images/NAME


def from_sidecar(path: Path, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the text file a microscope wrote beside an image (JEOL, Hitachi: ``.txt``; TESCAN: ``.hdr``).

    Parameters
    ----------
    path : Path
        The image; looked for are ``NAME.txt``, ``NAME.hdr`` and, as TESCAN does, ``NAME-tif.hdr``.
    shape_yx : tuple of int
        Rows and columns of the image.

    Returns
    -------
    VendorReport or None
        None where no such file of a known kind is there; an unreadable one gives a note, never an error.
    """
    notes: list[str] = []
    for candidate in _sidecars(path):
        data = _content(candidate, notes)
        if data is None:
            continue
        text = decoded(data)
        for read in SIDECAR_READERS:
            report = read(text, candidate.name, shape_yx)
            if report is not None:
                return combined([report, VendorReport(Metadata(), tuple(notes))])
    return VendorReport(Metadata(), tuple(notes)) if notes else None


def _sidecars(path: Path) -> Iterator[Path]:
    if not path.name:
        return
    extension = path.suffix.lstrip(".")
    stems = (path.stem, f"{path.stem}-{extension}", path.name)
    seen = set()
    for stem in stems:
        for suffix in (".txt", ".hdr", ".TXT", ".HDR"):
            candidate = path.with_name(stem + suffix)
            # A file system that ignores case must not give one file twice.
            if stem and str(candidate).lower() not in seen and _is_file(candidate):
                seen.add(str(candidate).lower())
                yield candidate


def from_project(folder_or_file: Path) -> VendorReport | None:
    """Read the project of a run: Auto Slice & View ``.emxml`` or Atlas 3D ``.a3d-setup``.

    Parameters
    ----------
    folder_or_file : Path
        The project file itself, or the folder (or a file in the folder) of the slices. The project is looked
        for there and up to two folders above, where it counts only if it names this folder.

    Returns
    -------
    VendorReport or None
        None where there is none; several in one folder give a note and no values.
    """
    if folder_or_file.suffix.lower() in PROJECT_SUFFIXES and _is_file(folder_or_file):
        return _read_project(folder_or_file, "")
    folder = folder_or_file.parent if _is_file(folder_or_file) else folder_or_file
    level = folder
    for above in range(_LEVELS_UP + 1):
        found = _projects(level)
        if len(found) > 1:
            names = ", ".join(file.name for file in found)
            return VendorReport(
                Metadata(), (f"Several projects lie in {level.name} ({names}); none was read.",)
            )
        if found and (above == 0 or _names(found[0], folder.name)):
            return _read_project(found[0], folder.name)
        level = level.parent
    return None


def _projects(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in PROJECT_SUFFIXES)
    except (OSError, ValueError):
        return []


def _names(project: Path, folder_name: str) -> bool:
    """Whether a project of a folder above mentions the folder of the slices."""
    data = _content(project, [])
    return data is not None and bool(folder_name) and folder_name in decoded(data)


def _read_project(file: Path, folder_name: str) -> VendorReport | None:
    notes: list[str] = []
    data = _content(file, notes)
    if data is None:
        return VendorReport(Metadata(), tuple(notes))
    if file.suffix.lower() == ".emxml":
        return combined([auto_slice_view.from_bytes(data, file.name, folder_name)])
    return combined([atlas_setup.from_bytes(data, file.name)])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _content(path: Path, notes: list[str]) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        notes.append(f"{path.name} could not be read ({error.strerror}).")
        return None
    if len(data) > MAX_BYTES:
        notes.append(f"{path.name} is longer than {MAX_BYTES / 2**20:.0f} MiB: no metadata; it was not read.")
        return None
    return data
