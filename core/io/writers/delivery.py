"""Files that appear beside each other whole, or not at all.

Everything is written into a hidden folder next to the target and moved to its place at the end, so that a
kill, a cancel, a full disk or an error leaves what was there before. A folder left behind by a killed process
is removed by the next export to the same target.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import NotEnoughDiskError, TruesliceError, WriteError
from core.io.writers.manifest import MANIFEST, holds_what_it_lists

SIGNATURE = "Written by Trueslice"
INFO_TEXT = "voxel-size.txt"
INFO_JSON = "voxel-size.json"
POSITIONS = "z_nm.csv"
_LAST_LOOKS, _LOOK_S = 3, 0.03
MEBI = 1 << 20


@dataclass(frozen=True)
class WriteReport:
    """What was written.

    Attributes
    ----------
    files : tuple of Path
        Every file, the one to open first.
    notes : tuple of str
        Sentences the user has to see: what the format cannot carry, what to type where.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


class Delivery:
    """The parts of one export, staged in `workshop` until all of them are complete.

    Parameters
    ----------
    parent : Path
        Folder in which the parts will lie.
    workshop : Path
        Hidden folder on the same disk.
    overwrite : bool
        Whether a part may take the place of an older one.
    """

    def __init__(self, parent: Path, workshop: Path, *, overwrite: bool) -> None:
        self.parent = parent
        self._new = workshop / "new"
        self._old = workshop / "old"
        self._overwrite = overwrite
        self._names: list[str] = []
        self._obsolete: list[str] = []
        self._new.mkdir()
        self._old.mkdir()

    def file(self, name: str) -> Path:
        """Where to write the file that will be called `name`."""
        target = self.parent / name
        if target.is_dir():
            raise WriteError(f"{target} is a folder, not a file", remedy="choose another name")
        self._claim(target)
        return self._new / name

    def folder(self, name: str) -> Path:
        """Return an empty folder to fill, which will be called `name`."""
        target = self.parent / name
        if target.exists() and not target.is_dir():
            raise WriteError(f"{target} is a file, not a folder", remedy="choose another name")
        if target.is_dir() and not _is_empty(target):
            self._claim(target)
            if not _is_ours(target):
                raise WriteError(
                    f"the folder {target} holds files of somebody else and is not replaced",
                    remedy="choose another name, or empty the folder yourself",
                )
        else:
            self._names.append(name)
        staged = self._new / name
        staged.mkdir()
        return staged

    def without(self, name: str) -> None:
        """Declare that no part is called `name`; a file of an older export under this name would be wrong."""
        target = self.parent / name
        if os.path.lexists(target):
            self._refuse_existing(target)
            self._obsolete.append(name)

    def report(self, notes: tuple[str, ...]) -> WriteReport:
        """Say what lies where, once everything is delivered."""
        files: list[Path] = []
        for name in self._names:
            part = self.parent / name
            files += sorted(path for path in part.rglob("*") if path.is_file()) if part.is_dir() else [part]
        return WriteReport(tuple(files), notes)

    def finish(self) -> None:
        """Move every part to its place, the first one last; on failure the older ones come back."""
        order = list(reversed(self._names))
        moved_away: list[str] = []
        moved_in: list[str] = []
        try:
            for name in [*order, *self._obsolete]:
                if os.path.lexists(self.parent / name):
                    # Somebody may have put it there in the meantime.
                    if not _is_empty(self.parent / name):
                        self._refuse_existing(self.parent / name)
                    os.replace(self.parent / name, self._old / name)
                    moved_away.append(name)
            for name in order:
                os.replace(self._new / name, self.parent / name)
                moved_in.append(name)
        except OSError:  # WriteError is one, too
            for name in moved_in:
                os.replace(self.parent / name, self._new / name)
            for name in moved_away:
                os.replace(self._old / name, self.parent / name)
            raise

    def _claim(self, target: Path) -> None:
        if os.path.lexists(target):
            self._refuse_existing(target)
        self._names.append(target.name)

    def _refuse_existing(self, target: Path) -> None:
        if not self._overwrite:
            raise WriteError(f"{target} exists already", remedy="choose another name, or allow overwriting")


@contextlib.contextmanager
def delivery(target: Path, *, needed_bytes: int, overwrite: bool) -> Iterator[Delivery]:
    """Stage the parts of an export to `target`; they are there when the block ends well, else nothing is.

    Parameters
    ----------
    target : Path
        File or folder the export is named after; missing parent folders are made.
    needed_bytes : int
        Upper bound of what will be written.
    overwrite : bool
        Whether older parts may be replaced (folders only if this program made them).

    Raises
    ------
    NotEnoughDiskError
        Before anything is written, with the numbers, or when the disk becomes full.
    WriteError
        If the target exists, or the system refuses to write there.
    """
    parent = Path(os.path.abspath(target)).parent
    made: list[Path] = []
    workshop: Path | None = None
    complete = False
    try:
        _check_disk(parent, needed_bytes)
        made = _make_parents(parent)
        _remove_leftovers(parent, target.name)
        workshop = _make_workshop(parent, target)
        staged = Delivery(parent, workshop, overwrite=overwrite)
        yield staged
        staged.finish()
        complete = True
    except TruesliceError:
        raise
    except OSError as error:
        raise _readable(error, target, parent) from error
    finally:
        if workshop is not None:
            shutil.rmtree(workshop, ignore_errors=True)
        if not complete:
            if target.suffix == ".zarr":
                _clear(workshop)
            for folder in reversed(made):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _clear(workshop: Path | None) -> None:
    """Remove what a thread of the zarr library has still written after another one had failed."""
    for _ in range(_LAST_LOOKS):
        if workshop is not None:
            time.sleep(_LOOK_S)
            shutil.rmtree(workshop, ignore_errors=True)


def _check_disk(parent: Path, needed: int) -> None:
    existing = parent
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise _no_space(parent, free, needed)


def _no_space(parent: Path, free: int, needed: int | None = None) -> NotEnoughDiskError:
    return NotEnoughDiskError(
        f"not enough space on the disk of {parent}",
        expected=None if needed is None else f"up to {needed / MEBI:,.1f} MiB free",
        got=f"{free / MEBI:,.1f} MiB free",
        remedy="free some space, choose another folder, or crop first",
    )


def _readable(error: OSError, target: Path, parent: Path) -> TruesliceError:
    # A write that stops short may come without an error number (numpy), so the disk is asked as well.
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(parent).free
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or (error.errno is None and free < MEBI):
            return _no_space(parent, free)
    if error.errno == errno.EFBIG:
        return WriteError(
            f"cannot write {target}: this disk or account does not allow files so large",
            remedy="choose another disk, or export slices instead of one file",
        )
    if error.errno == errno.ENAMETOOLONG:
        return WriteError(
            f"cannot write {target.name[:60]}...: the name or path is too long",
            got=f"a name of {len(os.fsencode(target.name))} bytes, a path of {len(os.fsencode(target))}",
            remedy="choose a shorter name or a folder nearer to the root",
        )
    return WriteError(
        f"cannot write {target}: {error.strerror or error}",
        remedy="choose a folder you may write to, on a disk that is there",
    )


def _make_parents(parent: Path) -> list[Path]:
    missing = []
    folder = parent
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    missing.reverse()
    parent.mkdir(parents=True, exist_ok=True)
    return missing


def _make_workshop(parent: Path, target: Path) -> Path:
    workshop = parent / (_workshop_prefix(target.name) + _process_mark() + ".part")
    try:
        workshop.mkdir()
    except FileExistsError as error:
        raise WriteError(
            f"an export to {target} is under way already", remedy="wait for it, or choose another name"
        ) from error
    return workshop


def _workshop_prefix(name: str) -> str:
    # Of fixed length, so that the longest name the disk allows still has room for it.
    return "." + hashlib.sha256(os.fsencode(name)).hexdigest()[:12] + "-"


def _process_mark() -> str:
    host = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
    return f"{host}-{os.getpid()}-{psutil.Process().create_time():.0f}"


def _remove_leftovers(parent: Path, name: str) -> None:
    """Remove what killed processes of this machine have left of exports called `name`."""
    host, *_ = _process_mark().split("-")
    for path in parent.glob(f"{_workshop_prefix(name)}{host}-*.part"):
        _, _, pid, started = path.name.removesuffix(".part").split("-")
        if not _is_running(int(pid), started):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(pid: int, started: str) -> bool:
    try:
        return f"{psutil.Process(pid).create_time():.0f}" == started
    except psutil.NoSuchProcess:
        return False


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _is_ours(folder: Path) -> bool:
    """Whether this program has made the folder and nobody has put anything else there."""
    names = {path.name for path in folder.iterdir()}
    if MANIFEST in names:
        return holds_what_it_lists(folder, SIGNATURE)
    if INFO_TEXT in names:
        text = (folder / INFO_TEXT).read_text(encoding="utf-8", errors="replace")
        extra = names - {INFO_TEXT, INFO_JSON, POSITIONS}
        return text.startswith(SIGNATURE) and all(name.endswith(".tif") for name in extra)
    if "zarr.json" in names:
        try:
            attributes = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        except (ValueError, KeyError, TypeError):
            return False
        extra = names - {"zarr.json"}
        return attributes.get("written_by") == SIGNATURE and all(name.isdecimal() for name in extra)
    return False
