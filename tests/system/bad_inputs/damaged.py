"""Every kind of file cut short, emptied, overwritten with noise, or under a name that is not its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.system.bad_inputs.case import Outcome, Reading
from tests.system.bad_inputs.valid import FILES, Valid, valid


@dataclass(frozen=True)
class Damage:
    """What happens to the bytes of a file."""

    id: str
    change: Callable[[bytes, Valid], bytes]
    outcome: Outcome = "error"


def _cut(share: float, data: bytes, _kind: Valid) -> bytes:
    return data[: int(len(data) * share)]


def _noise(size: int) -> bytes:
    return random.Random(3).randbytes(size)


DAMAGES: tuple[Damage, ...] = (
    Damage("empty", lambda _data, _kind: b""),
    Damage("one-byte", lambda data, _kind: data[:1]),
    Damage("magic-only", lambda data, _kind: data[:8]),
    Damage("header-only", lambda data, kind: data[: kind.header_bytes]),
    Damage("cut-25", partial(_cut, 0.25)),
    Damage("cut-50", partial(_cut, 0.5)),
    Damage("cut-90", partial(_cut, 0.9)),
    Damage("one-byte-short", lambda data, _kind: data[:-1], "either"),
    Damage("noise-after-magic", lambda data, _kind: data[:8] + _noise(len(data) - 8)),
    Damage("zeros-after-magic", lambda data, _kind: data[:8] + bytes(len(data) - 8)),
    Damage("noise-after-header", lambda data, kind: _noise_after_header(data, kind), "either"),
    Damage("text", lambda _data, _kind: b"<html><body>404 Not Found</body></html>\n" * 4),
)
# Bare values have no header that could be wrong: only their number can be.
_BARE_OUTCOMES: dict[str, Outcome] = {
    "one-byte-short": "error",
    "noise-after-magic": "works",
    "zeros-after-magic": "works",
    "noise-after-header": "works",
}


# What is lost here are descriptions of pages, not pixels: a note, for which there is a test of its own.
_NOTED = ("tiff-ome-cut-90", "tiff-palette-cut-90")


def _outcome(kind: Valid, damage: Damage) -> Outcome:
    if kind.id == "raw":
        return _BARE_OUTCOMES.get(damage.id, damage.outcome)
    return "either" if f"{kind.id}-{damage.id}" in _NOTED else damage.outcome


def _noise_after_header(data: bytes, kind: Valid) -> bytes:
    start = min(kind.header_bytes, len(data))
    return data[:start] + _noise(len(data) - start)


def cases() -> Iterator[Reading]:
    """All of them."""
    for kind in FILES:
        for damage in DAMAGES:
            yield Reading(
                f"{kind.id}-{damage.id}",
                partial(_damaged, kind, damage),
                _outcome(kind, damage),
                options=kind.options,
                says=kind.name,
            )
    yield from _members()
    yield from _mislabelled()


def _damaged(kind: Valid, damage: Damage, folder: Path) -> Path:
    path = kind.make(folder)
    path.write_bytes(damage.change(path.read_bytes(), kind))
    return path


MEMBERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # folder, the file of it that is hurt, the damages that a reader has to notice
    ("zarr2", ".zarray", ("empty", "one-byte", "cut-50", "cut-90", "text", "gone")),
    ("zarr2", "0.0.0", ("empty", "one-byte", "cut-50", "text", "noise-after-magic")),
    ("zarr3", "zarr.json", ("empty", "one-byte", "cut-50", "cut-90", "text", "gone")),
    ("zarr3", "c/0/0/0", ("empty", "one-byte", "cut-50", "text", "noise-after-magic")),
    ("ome-zarr2", ".zattrs", ("empty", "cut-50", "text")),
    ("ome-zarr2", "0/.zarray", ("empty", "cut-50", "text", "gone")),
    ("ome-zarr2", "0/0/0/0", ("empty", "cut-50")),
    ("ome-zarr3", "zarr.json", ("empty", "cut-50", "text")),
    ("ome-zarr3", "0/zarr.json", ("empty", "cut-50", "text", "gone")),
    ("ome-zarr3", "0/c/0/0/0", ("empty", "cut-50")),
    ("mhd", "../stack.mhd", ("empty", "one-byte", "cut-50", "cut-90", "text", "gone", "noise-after-magic")),
    ("mhd", "../stack.raw", ("empty", "one-byte", "cut-50", "cut-90", "one-byte-short", "gone")),
    ("png-slices", "slice_002.png", ("empty", "one-byte", "cut-50", "text", "zeros-after-magic")),
    ("tiff-slices", "slice_002.tif", ("empty", "one-byte", "cut-50", "text", "zeros-after-magic")),
    ("dat-slices", "slice_002.dat", ("empty", "one-byte", "cut-50", "text", "zeros-after-magic")),
)


def _members() -> Iterator[Reading]:
    by_name = {damage.id: damage.change for damage in DAMAGES} | {"gone": None}
    for name, member, damages in MEMBERS:
        for damage in damages:
            plain = member.removeprefix("../").replace("/", "-")
            yield Reading(
                f"{name}-{plain}-{damage}", partial(_member_damaged, valid(name), member, by_name[damage])
            )


def _member_damaged(
    kind: Valid, member: str, change: Callable[[bytes, Valid], bytes] | None, folder: Path
) -> Path:
    path = kind.make(folder)
    hurt = Path(folder, kind.name, member).resolve() if "../" not in member else folder / member[3:]
    if change is None:
        hurt.unlink()
    else:
        hurt.write_bytes(change(hurt.read_bytes(), kind))
    return path


_OTHER_NAMES = (
    "x.tif", "x.png", "x.bmp", "x.jpg", "x.mrc", "x.mha", "x.nrrd", "x.nii", "x.nii.gz", "x.h5", "x.dat",
    "x.mhd", "x.zarr", "x", "x.docx",
)  # fmt: skip


def _mislabelled() -> Iterator[Reading]:
    """Content decides, so another name may give the same image or a clear error, nothing else."""
    for kind in (
        valid("tiff"),
        valid("png"),
        valid("mrc"),
        valid("nrrd"),
        valid("hdf5"),
        valid("nifti-gzip"),
    ):
        for name in _OTHER_NAMES:
            if name != "x" + "".join(Path(kind.name).suffixes):
                yield Reading(f"{kind.id}-named-{name}", partial(_renamed, kind, name), "either", says=name)


def _renamed(kind: Valid, name: str, folder: Path) -> Path:
    path = kind.make(folder)
    return path.rename(folder / name)
