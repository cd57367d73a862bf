"""Which of the files that were dropped together are imaging conditions of the same slices; no widgets."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from app.session import Opened

Paths: TypeAlias = tuple[Path, ...]
TRUTH = "truth.json"
MOST_CHANNELS = 16
LONGEST = 34  # letters of a name that is shown
SLICES = frozenset({".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg", ".dat"})
STACKS = frozenset({
    ".mrc", ".mrcs", ".map", ".rec", ".st", ".h5", ".hdf5", ".hdf", ".nrrd", ".nhdr", ".mhd", ".mha", ".nii",
    ".gz", ".btf",
})  # fmt: skip
VOLTAGE = re.compile(r"(?<![0-9.,])(\d+(?:[.,p]\d+)?)[ _-]?kv(?![a-z])", re.IGNORECASE)
DETECTORS = (
    "InLens", "SESI", "ESB", "BSE", "BSD", "CBS", "TLD", "ICD", "MD", "ETD", "SE2", "SE", "T1", "T2",
    "T3", "Mirror",
)  # fmt: skip
WORDS = re.compile(r"[a-z]+\d*|\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """What may be one channel: its files, what their names say of the condition, and the stack."""

    paths: Paths
    named: str
    opened: Opened

    @property
    def stated(self) -> str:
        """The condition as the files themselves state it; empty where they do not."""
        return self.opened.volume.metadata.channel_name()

    @property
    def name(self) -> str:
        """The best name there is."""
        first = self.paths[0]
        usual = first.parent.name if len(self.paths) > 1 else first.name if first.is_dir() else first.stem
        return self.stated or self.named or usual


def condition(name: str) -> str:
    """Voltage and detector that a file or folder is named by, such as ``2kV-TLD``; empty if none is."""
    voltage = VOLTAGE.search(name)
    parts = [] if voltage is None else [f"{float(re.sub('[,p]', '.', voltage[1].lower())):g}kV"]
    words = {word.casefold() for word in WORDS.findall(name)}
    found = next((detector for detector in DETECTORS if detector.casefold() in words), "")
    return "-".join([*parts, found] if found else parts)


def parted(paths: Sequence[Path]) -> tuple[tuple[str, Paths], ...]:
    """What of the paths may be channels, each with the condition it is named by; empty: one stack alone.

    Sub-folders, several folders, several stack files, and slices of which each names its condition.
    """
    if len(paths) == 1 and paths[0].is_dir():
        if _is_store(paths[0]):
            return ()
        files, folders = _inside(paths[0])
        found = _files(files) if files else _folders(folders)
    elif all(path.is_dir() for path in paths):
        found = _folders(paths)
    elif not any(path.is_dir() for path in paths):
        found = _files(paths)
    else:
        found = ()
    return found if 2 <= len(found) <= MOST_CHANNELS else ()


def slices_of(paths: Sequence[Path], *, single: bool = False) -> Paths:
    """The files of one stack at several paths: what lies in folders takes their place.

    Where the user says that all of it is a `single` stack, so does what lies in the sub-folders of a folder.
    """
    if not any(path.is_dir() for path in paths) or (len(paths) == 1 and not single):
        return tuple(paths)
    files: list[Path] = []
    for path in paths:
        inner, folders = _inside(path) if path.is_dir() else ([path], [])
        files += sorted(inner)
        if single and not inner:
            files += [file for folder in sorted(folders) for file in sorted(_inside(folder)[0])]
    return tuple(files) or tuple(paths)


def acquisition_stacks(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The stacks of the channels, if what was dropped is the folder of a virtual acquisition."""
    if len(paths) != 1 or not (paths[0] / TRUTH).is_file():
        return ()
    try:
        channels = json.loads((paths[0] / TRUTH).read_text(encoding="utf-8"))["channels"]
        stacks = tuple(paths[0] / f"{channel}.tif" for channel in channels)
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # of another program: its files are looked at as those of any folder
    return stacks if all(stack.is_file() for stack in stacks) else ()


def certain(found: Sequence[Candidate]) -> Mapping[str, Candidate] | None:
    """The channels by name where files or names tell them apart; None where the user has to be asked."""
    shapes = {one.opened.volume.info.shape for one in found}
    for names in ([one.stated for one in found], [one.named for one in found]):
        if all(names) and len(set(names)) == len(names) and len(shapes) == 1:
            by_name = dict(zip(names, found, strict=True))
            return {name: by_name[name] for name in sorted(names, key=_rank)}
    return None


def _files(files: Sequence[Path]) -> tuple[tuple[str, Paths], ...]:
    """Groups of files: by the condition in the names, else every file if they are stacks, else by pattern."""
    if len(files) < 2:
        return ()
    groups: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(files):
        groups[condition(file.stem)].append(file)
    if len(groups) > 1 and "" not in groups:
        return tuple((name, tuple(groups[name])) for name in sorted(groups, key=_rank))
    if len(files) <= MOST_CHANNELS and all(map(_is_stack, files)):
        return tuple((condition(file.stem), (file,)) for file in sorted(files))
    return ()


def _folders(folders: Sequence[Path]) -> tuple[tuple[str, Paths], ...]:
    """Folders with slices; a single picture beside stacks is an overview, no stack."""
    counts = {folder: 2 if _is_store(folder) else len(_inside(folder)[0]) for folder in folders}
    least = 2 if sum(count > 1 for count in counts.values()) > 1 else 1
    kept = [folder for folder, count in counts.items() if count >= least]
    named = [(condition(folder.name), (folder,)) for folder in kept]
    return tuple(sorted(named, key=lambda one: (_rank(one[0]), one[1][0].name)))


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """Pictures and folders that lie in a folder."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                folders.append(folder / entry.name)
            elif Path(entry.name).suffix.lower() in SLICES:
                files.append(folder / entry.name)
    return files, folders


def _is_store(folder: Path) -> bool:
    from core.io.zarr_store import is_zarr

    return is_zarr(folder)


def _is_stack(file: Path) -> bool:
    """Whether a file holds several slices."""
    if file.suffix.lower() in STACKS:
        return True
    from core.errors import ReadError
    from core.io.slices import slice_head

    try:
        return slice_head(file).pages
    except ReadError:
        return False  # opening it says what is wrong


def _rank(name: str) -> tuple[float, str]:
    """Order of channels: by voltage, then by name."""
    voltage = VOLTAGE.search(name)
    return (float(voltage[1].replace(",", ".")) if voltage else float("inf"), name)


def described(one: Candidate) -> str:
    """What was found, for the user to recognise it."""
    info = one.opened.volume.info
    z, y, x = info.shape
    first = one.paths[0]
    place = f"{len(one.paths)} files in {first.parent.name}" if len(one.paths) > 1 else first.name
    place = place if len(place) <= LONGEST else f"{place[: LONGEST - 10]}…{place[-8:]}"
    return f"{place}  ·  {z} slice{'s' * (z != 1)}, {x} × {y} px"
