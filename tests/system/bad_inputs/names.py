"""Names in any script and paths as long as the system allows: they work, or are refused in clear words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.io import ReadOptions, open_stack, writers
from tests.system.bad_inputs.case import Case, Reading
from tests.system.bad_inputs.valid import RAW, Valid, valid, write_slices

NAMES: dict[str, str] = {
    "umlauts": "Größe äöü ß",
    "combining": "Gro\u0308\u00dfe a\u0308",
    "japanese": "断面画像 スライス",
    "cyrillic": "срез образца",
    "arabic": "شريحة",
    "emoji": "🔬 slice 👩‍🔬",
    "spaces": "  two  spaces  inside ",
    "quotes": 'it\'s "quoted" & <odd>',
    "percent": "100%d%s{}$HOME~`",
    "comma-and-dot": "a,b;c.d..e",
    "leading-dash": "--json",
    "brackets": "slices [1-3] *?",
    "newline": "two\nlines",
    "255-bytes": "n" * 251,
    "255-bytes-of-umlauts": "ä" * 125,
}
# Not every system allows these in a name.
_POSIX_ONLY = ("quotes", "brackets", "newline", "spaces", "percent")
_KINDS = ("tiff", "png", "mrc", "nrrd", "nifti-gzip", "hdf5", "dat", "raw", "zarr3")


def cases() -> Iterator[Reading | Case]:
    """All of them."""
    for name, stem in NAMES.items():
        if sys.platform == "win32" and name in _POSIX_ONLY:
            continue
        for kind in map(valid, _KINDS if name in ("umlauts", "emoji") else ("tiff", "nrrd")):
            long = name.startswith("255")
            suffix = kind.name[-4:] if long else kind.name.removeprefix("stack").removeprefix("slice")
            yield Reading(
                f"name-{name}-{kind.id}", partial(_named, kind, stem + suffix), "works", options=kind.options
            )
        if not name.startswith("255"):
            yield Reading(f"folder-name-{name}", partial(_folder_named, stem), "works")
    yield from _long()
    yield from _written()


def _named(kind: Valid, name: str, folder: Path) -> Path:
    plain = kind.make(folder)
    return plain.rename(folder / name)


def _folder_named(name: str, folder: Path) -> Path:
    (folder / name).mkdir()
    write_slices(folder / name / "slices")
    return folder / name / "slices"


def _deep(total: int, make: Callable[[Path], Path], folder: Path) -> Path:
    """A file below folders whose names together are `total` bytes long."""
    path = folder
    while len(str(path)) < total - 220:
        path = path / ("d" * 200)
        path.mkdir()
    rest = total - len(str(path)) - 1 - len("/x.tif")
    if rest > 0:
        path = path / ("e" * min(rest, 200))
        path.mkdir()
    return make(path)


def _tiff(folder: Path) -> Path:
    return valid("tiff").make(folder)


def _long() -> Iterator[Reading]:
    for total in (1000, 2000, 3900):
        if sys.platform == "linux" or total <= 1000:
            yield Reading(f"path-of-{total}-bytes", partial(_deep, total, _tiff), "either")
    yield Reading("path-of-5000-bytes", lambda folder: folder.joinpath(*["d" * 200] * 25))
    yield Reading("name-of-300-bytes", lambda folder: folder / ("n" * 300 + ".tif"))
    yield Reading("name-of-300-bytes-raw", lambda folder: folder / ("n" * 300 + ".raw"), options=RAW)
    yield Reading("name-with-a-zero-byte", lambda folder: folder / "a\0b.tif")
    yield Reading("name-that-is-no-text", lambda folder: folder / "a\udcff.tif")
    yield Reading("no-name", lambda _: Path(""), "error", says="")


def _written() -> Iterator[Case]:
    """Exports to such names."""
    for name, stem in NAMES.items():
        if sys.platform == "win32" and name in _POSIX_ONLY:
            continue
        for preset in ("fiji", "dragonfly", "nrrd", "mhd", "raw", "ome-zarr"):
            if preset != "fiji" and name not in ("umlauts", "emoji", "255-bytes"):
                continue
            outcome = "either" if name in ("255-bytes", "newline") or preset == "mhd" else "works"
            yield Case(f"export-{name}-{preset}", partial(_export, stem, preset), outcome)


def _export(stem: str, preset: str, folder: Path) -> Callable[[], object]:
    source = valid("tiff").make(folder)
    suffix = {"fiji": ".tif", "dragonfly": "", "mhd": ".mhd"}.get(preset, "." + preset.replace("-", "."))
    target = folder / "out" / (stem.strip() + suffix)

    def call() -> object:
        options = ReadOptions(voxel_nm_zyx=(10.0, 5.0, 5.0))
        report = writers.write(open_stack(source, options), target, preset)
        assert all(path.is_file() for path in report.files)
        return report

    return call
