"""Folders of slices with gaps, repeats, strangers, dead links, pipes and circles."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from core.errors import AmbiguousInputError, IncompleteStackError, ReadError
from core.io import ReadOptions
from tests.system.bad_inputs.case import Asked, Outcome, Reading, permissions_bind
from tests.system.bad_inputs.valid import grey, write_dat, write_slices

Change = Callable[[Path], object]


def _slices(change: Change, suffix: str = ".png") -> Callable[[Path], Path]:
    """A folder of five good slices, then changed."""

    def make(folder: Path) -> Path:
        path = folder / "slices"
        write_slices(path, suffix)
        change(path)
        return path

    return make


def _empty(change: Change) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "slices"
        path.mkdir()
        change(path)
        return path

    return make


def _picture(path: Path, shape: tuple[int, int] = (24, 32), dtype: type = np.uint8) -> None:
    Image.fromarray(np.full(shape, 90, dtype)).save(path)


def _chain(path: Path) -> None:
    for _ in range(60):
        path = path / "d"
        path.mkdir()
    _picture(path / "slice_0.png")


def _link(name: str, target: str) -> Change:
    return lambda path: (path / name).symlink_to(target)


def _pipe(path: Path) -> None:
    os.mkfifo(path / "slice_005.png")


def _only_pipes(path: Path) -> None:
    for number in range(3):
        os.mkfifo(path / f"slice_{number}.tif")


def _socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("slice_005.png")
    finally:
        os.chdir(before)


def _unreadable(path: Path) -> None:
    (path / "slice_002.png").chmod(0)


def _replaced(name: str, write: Change) -> Change:
    def change(path: Path) -> None:
        (path / name).unlink(missing_ok=True)
        write(path / name)

    return change


def _folder_in_place(path: Path) -> None:
    (path / "slice_002.png").unlink()
    (path / "slice_002.png").mkdir()


def _two_series(path: Path) -> None:
    for number in range(5):
        _picture(path / f"other-{number}.png")


def _two_folders(path: Path) -> None:
    for name in ("a", "b"):
        write_slices(path / name)


def _without(*numbers: int) -> Change:
    return lambda path: [(path / f"slice_{number:03d}.png").unlink() for number in numbers]


def _stacks(path: Path) -> None:
    for number in range(3):
        tifffile.imwrite(path / f"slices_{number}.tif", grey(), photometric="minisblack")


def _in_circles(path: Path) -> None:
    (path / "inner").mkdir()
    (path / "inner" / "again").symlink_to(path, target_is_directory=True)


def _many_notes(path: Path) -> None:
    for number in range(2000):
        (path / f"note_{number}.txt").write_text("no slice", encoding="ascii")


def _types(path: Path) -> None:
    _picture(path / "slice_005.png", dtype=np.uint16)


def _renumbered(path: Path) -> None:
    (path / "slice_003.png").rename(path / "slice_99999999999999999999999999.png")


def _long_numbers(path: Path) -> None:
    for number in range(3):
        _picture(path / f"slice_{'9' * 200}{number}.png")


def _dat_of_many(path: Path) -> None:
    write_dat(path / "one.dat")
    _picture(path / "slice_1.png")
    _picture(path / "slice_2.png")


_FOLDERS: dict[str, tuple[Outcome, type[ReadError], Callable[[Path], Path]]] = {
    "empty": ("error", ReadError, _empty(lambda _: None)),
    "missing": ("error", ReadError, lambda folder: folder / "slices"),
    "text-files-only": ("error", ReadError, _empty(_many_notes)),
    "hidden-files-only": ("error", ReadError, _empty(lambda path: _picture(path / ".slice_1.png"))),
    "empty-sub-folder-only": ("error", ReadError, _empty(lambda path: (path / "inner").mkdir())),
    "sub-folder-only": ("works", ReadError, _empty(lambda path: write_slices(path / "inner"))),
    "two-sub-folders": ("error", AmbiguousInputError, _empty(_two_folders)),
    "60-folders-deep": ("error", ReadError, _empty(_chain)),
    "in-circles": ("error", ReadError, _empty(_in_circles)),
    "link-to-itself": ("error", ReadError, _empty(_link("slice_1.png", "slice_1.png"))),
    "folder-is-a-link-to-itself": ("error", ReadError, lambda folder: _to_itself(folder / "slices")),
    "dead-link-only": ("error", ReadError, _empty(_link("slice_1.png", "nowhere.png"))),
    "dead-link-among-slices": ("error", IncompleteStackError, _slices(_link("slice_005.png", "nowhere.png"))),
    "looping-link-among-slices": (
        "error", IncompleteStackError, _slices(_link("slice_005.png", "slice_005.png"))
    ),
    "one-gap": ("works", ReadError, _slices(_without(2))),
    "several-gaps": ("works", ReadError, _slices(_without(1, 3))),
    "other-size": (
        "error", IncompleteStackError, _slices(lambda path: _picture(path / "slice_005.png", (24, 31)))
    ),
    "other-type": ("error", IncompleteStackError, _slices(_types)),
    "colour-among-grey": (
        "error", IncompleteStackError,
        _slices(lambda path: Image.fromarray(grey()[0]).convert("RGB").save(path / "slice_005.png")),
    ),
    "one-pixel-among-slices": (
        "error", IncompleteStackError, _slices(lambda path: _picture(path / "slice_005.png", (1, 1)))
    ),
    "repeated-number": ("error", IncompleteStackError, _slices(lambda path: _picture(path / "slice_3.png"))),
    "repeated-in-another-format": (
        "error", IncompleteStackError,
        _slices(lambda path: tifffile.imwrite(path / "slice_003.tif", grey()[3])),
    ),
    "stranger": ("either", ReadError, _slices(lambda path: _picture(path / "overview.png", (99, 99)))),
    "stranger-of-the-same-size": (
        "error", IncompleteStackError, _slices(lambda path: _picture(path / "overview.png"))
    ),
    "two-series": ("error", AmbiguousInputError, _slices(_two_series)),
    "two-formats": ("error", ReadError, _slices(lambda path: write_slices_as(path, ".tif"))),
    "stacks-instead-of-slices": ("error", AmbiguousInputError, _empty(_stacks)),
    "text-in-the-middle": (
        "error", IncompleteStackError,
        _slices(_replaced("slice_002.png", lambda path: path.write_text("no image"))),
    ),
    "empty-file-in-the-middle": (
        "error", IncompleteStackError, _slices(_replaced("slice_002.png", lambda path: path.touch()))
    ),
    "folder-in-the-middle": ("either", ReadError, _slices(_folder_in_place)),
    "number-of-26-digits": ("either", ReadError, _slices(_renumbered)),
    "numbers-of-200-digits": ("works", ReadError, _empty(_long_numbers)),
    "slices-and-one-dat": ("error", ReadError, _empty(_dat_of_many)),
    "not-empty-but-no-image": ("error", ReadError, _empty(lambda path: (path / "x.docx").write_bytes(b"PK"))),
}  # fmt: skip

_POSIX: dict[str, tuple[Outcome, type[ReadError], Callable[[Path], Path]]] = {
    "pipe-among-slices": ("error", IncompleteStackError, _slices(_pipe)),
    "pipes-only": ("error", ReadError, _empty(_only_pipes)),
    "socket-among-slices": ("error", IncompleteStackError, _slices(_socket)),
}


def write_slices_as(folder: Path, suffix: str) -> None:
    """Add slices of the same numbers in another format."""
    for number, plane in enumerate(grey()):
        tifffile.imwrite(folder / f"slice_{number:03d}{suffix}", plane)


def _to_itself(path: Path) -> Path:
    path.symlink_to(path.name)
    return path


def _lists() -> Iterator[Reading]:
    """Slices that are named one by one."""

    def chosen(*names: str) -> Callable[[Path], Asked]:
        def make(folder: Path) -> Asked:
            write_slices(folder / "slices")
            return tuple(folder / "slices" / name for name in names)

        return make

    good = [f"slice_{number:03d}.png" for number in range(5)]
    yield Reading("list-good", chosen(*reversed(good)), "works")
    yield Reading("list-with-one-missing", chosen(*good, "slice_099.png"), kind=IncompleteStackError)
    yield Reading("list-of-missing", chosen("a_1.png", "a_2.png"), kind=ReadError)
    yield Reading("list-with-a-folder", chosen(*good, "."), "either", ReadError)
    yield Reading("list-with-one-twice", chosen(*good, good[0]), kind=IncompleteStackError)


def cases() -> Iterator[Reading]:
    """All of them."""
    table = _FOLDERS | (_POSIX if os.name == "posix" else {})
    for name, (outcome, kind, make) in table.items():
        yield Reading(f"folder-{name}", make, outcome, kind, says="slice")
    for name in ("dead-link-among-slices", "other-size", "text-in-the-middle", "other-type"):
        yield Reading(
            f"folder-{name}-left-out", _FOLDERS[name][2], "works", options=ReadOptions(skip_odd=True)
        )
    yield from _lists()
    yield from _special()


def _special() -> Iterator[Reading]:
    """Single things that are no plain file."""
    if os.name != "posix":
        return

    def made(make: Callable[[Path], object], name: str) -> Callable[[Path], Path]:
        def build(folder: Path) -> Path:
            make(folder / name)
            return folder / name

        return build

    yield Reading("pipe", made(os.mkfifo, "x.tif"), kind=ReadError, says="x.tif")
    yield Reading("device", lambda _: Path("/dev/zero"), kind=ReadError, says="zero")
    yield Reading("device-null", lambda _: Path("/dev/null"), kind=ReadError, says="null")
    yield Reading("link-to-a-pipe", made(_linked_pipe, "x.tif"), kind=ReadError, says="x.tif")
    yield Reading("dead-link", made(lambda path: path.symlink_to("gone.tif"), "x.tif"), kind=ReadError)
    yield Reading("link-in-circles", made(lambda path: path.symlink_to("x.tif"), "x.tif"), kind=ReadError)
    if permissions_bind():
        yield Reading("denied-file", made(_denied, "x.tif"), kind=ReadError, says="permission")
        yield Reading("denied-slice", _slices(_unreadable), kind=IncompleteStackError, says="permission")
        yield Reading("denied-folder", _slices(lambda path: path.chmod(0)), kind=ReadError, says="permission")
    yield Reading("missing", lambda folder: folder / "gone.tif", kind=ReadError, says="gone.tif")
    yield Reading("file-as-folder", made(lambda path: path.touch(), "x.tif"), kind=ReadError, says="x.tif")
    yield Reading("below-a-file", lambda folder: _below_a_file(folder), kind=ReadError, says="inner.tif")


def _denied(path: Path) -> None:
    tifffile.imwrite(path, grey(), photometric="minisblack")
    path.chmod(0)


def _linked_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def _below_a_file(folder: Path) -> Path:
    (folder / "x.tif").write_bytes(b"II*\0")
    return folder / "x.tif" / "inner.tif"
