"""The directory of a TIFF file, read with bounded effort: ten thousand pages in a fraction of a second.

tifffile decodes the pixels; this walk decides what is there, because it must be quick for thousands of pages,
must survive loops and lies, and must hand vendors' tags over as raw bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from core.errors import DamagedFileError
from core.io.guard import reading

_SIZES: Final = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_CODES: Final = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
MAX_PAGES: Final = 2_000_000
MAX_TAGS: Final = 4096
MAX_TAG_BYTES: Final = 64 * 2**20

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION = 256, 257, 258, 259, 262, 270
STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_BYTES, X_RESOLUTION, Y_RESOLUTION = 273, 274, 277, 279, 282, 283
PLANAR, RESOLUTION_UNIT, TILE_WIDTH, TILE_OFFSETS, TILE_BYTES = 284, 296, 322, 324, 325
SAMPLE_FORMAT, SUBFILE, FILL_ORDER = 339, 254, 266


@dataclass(frozen=True)
class Page:
    """What decides whether a page fits its neighbours, and where its pixels are."""

    offset: int
    shape_yx: tuple[int, int]
    bits: int
    samples: int
    sample_format: int
    compression: int
    photometric: int
    planar: int
    subfile: int
    strips: int
    tiled: bool
    fill_order: int
    data_offset: int
    data_end: int

    @property
    def is_one_plain_strip(self) -> bool:
        """Whether the pixels lie row after row in one piece, as they are."""
        return self.strips == 1 and not self.tiled and self.compression == 1 and self.fill_order == 1

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for pages that can be slices of one stack."""
        return (self.shape_yx, self.bits, self.samples, self.sample_format)

    def __str__(self) -> str:
        colour = "" if self.samples == 1 else f" with {self.samples} samples"
        kind = {2: "signed ", 3: "float "}.get(self.sample_format, "")
        return f"{self.shape_yx[1]} × {self.shape_yx[0]} px, {kind}{self.bits} bit{colour}"


@dataclass(frozen=True)
class Entry:
    """One tag as it lies in the file: type, number of values, and the values or their place."""

    kind: int
    count: int
    inline: bytes


Tags = dict[int, Entry]


class Directory:
    """An open TIFF file."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path = file, path
        self.size = file.seek(0, 2)
        file.seek(0)
        head = file.read(16)
        order, version = head[:2], head[2:4]
        if order not in (b"II", b"MM") or len(head) < 8:
            raise DamagedFileError(f"{path.name} is no TIFF file", expected="II or MM", got=head[:4])
        self.order = "<" if order == b"II" else ">"
        (number,) = struct.unpack(self.order + "H", version)
        self.big = number == 43
        if number not in (42, 43):
            raise DamagedFileError(f"{path.name} is no TIFF file", expected="version 42 or 43", got=number)
        form = self.order + ("Q" if self.big else "I")
        place = head[8:16] if self.big else head[4:8]
        (self.first,) = struct.unpack(form, place)

    def pages(self) -> Iterator[Page]:
        """Walk the chain of pages.

        Raises
        ------
        DamagedFileError
            If the chain leaves the file, runs in a circle, or a page makes no sense.
        """
        seen: set[int] = set()
        offset = self.first
        while offset:
            if offset in seen or len(seen) >= MAX_PAGES:
                raise DamagedFileError(
                    f"{self.path.name}: the list of pages runs in a circle", got=f"page {len(seen)}"
                )
            seen.add(offset)
            entries, following = self.entries(offset)
            yield self._page(offset, entries)
            offset = following

    def entries(self, offset: int) -> tuple[Tags, int]:
        """Tags of the page at `offset`, and where the next page is (0: nowhere)."""
        count_form, entry_form, next_form = ("Q", "HHQ8s", "Q") if self.big else ("H", "HHI4s", "I")
        (count,) = self._unpack(offset, count_form)
        if not 0 < count <= MAX_TAGS:
            raise DamagedFileError(
                f"{self.path.name}: damaged list of tags", expected=f"1-{MAX_TAGS}", got=count
            )
        start = offset + struct.calcsize(self.order + count_form)
        size = struct.calcsize(self.order + entry_form)
        block = self.bytes_at(start, count * size)
        found = {
            tag: Entry(kind, number, inline)
            for tag, kind, number, inline in struct.iter_unpack(self.order + entry_form, block)
        }
        (following,) = self._unpack(start + count * size, next_form)
        return found, following

    def _page(self, offset: int, tags: Tags) -> Page:
        width, length = self.number(tags, WIDTH, 0), self.number(tags, LENGTH, 0)
        if width < 1 or length < 1:
            raise DamagedFileError(
                f"{self.path.name}: a page without pixels",
                expected="at least 1 × 1",
                got=f"{width} × {length}",
            )
        bits, samples = self.number(tags, BITS, 1), self.number(tags, SAMPLES, 1)
        if bits < 1 or samples < 1:
            raise DamagedFileError(
                f"{self.path.name}: a page whose pixels hold nothing",
                expected="at least 1 sample of 1 bit",
                got=f"{samples} samples of {bits} bits",
            )
        tiled = TILE_WIDTH in tags
        places, lengths = (TILE_OFFSETS, TILE_BYTES) if tiled else (STRIP_OFFSETS, STRIP_BYTES)
        strips = tags[places].count if places in tags else 0
        return Page(
            offset=offset,
            shape_yx=(length, width),
            bits=bits,
            samples=samples,
            sample_format=self.number(tags, SAMPLE_FORMAT, 1),
            compression=self.number(tags, COMPRESSION, 1),
            photometric=self.number(tags, PHOTOMETRIC, 1),
            planar=self.number(tags, PLANAR, 1),
            subfile=self.number(tags, SUBFILE, 0),
            strips=strips,
            tiled=tiled,
            fill_order=self.number(tags, FILL_ORDER, 1),
            data_offset=self.number(tags, places, 0),
            data_end=self.number(tags, places, 0, strips - 1) + self.number(tags, lengths, 0, strips - 1),
        )

    def number(self, tags: Tags, tag: int, default: int, index: int = 0) -> int:
        """Value number `index` of a whole-number tag."""
        entry = tags.get(tag)
        if entry is None or not 0 <= index < entry.count or entry.kind not in _CODES:
            return default
        size = _SIZES[entry.kind]
        if size * entry.count <= len(entry.inline):
            data = entry.inline[size * index : size * (index + 1)]
        else:
            data = self.bytes_at(self._place(entry) + size * index, size)
        (value,) = struct.unpack(self.order + _CODES[entry.kind], data)
        return int(value)

    def ratio(self, tags: Tags, tag: int) -> float | None:
        """Value of a fraction, for the resolution; None where absent or senseless."""
        entry = tags.get(tag)
        if entry is None or entry.kind != 5:
            return None
        data = entry.inline if self.big else self.bytes_at(self._place(entry), 8)
        over, under = struct.unpack(self.order + "II", data)
        return over / under if under else None

    def text(self, tags: Tags, tag: int) -> str:
        """Text of a tag; empty where absent."""
        data = self.raw(tags, tag)
        return "" if data is None else _decoded(data)

    def raw(self, tags: Tags, tag: int) -> bytes | None:
        """Bytes of a text or byte tag; None where absent, of another type, or beyond the file."""
        entry = tags.get(tag)
        if entry is None or entry.kind not in (1, 2, 6, 7) or entry.count > MAX_TAG_BYTES:
            return None
        if entry.count <= len(entry.inline):
            return entry.inline[: entry.count]
        place = self._place(entry)
        return self.bytes_at(place, entry.count) if place + entry.count <= self.size else None

    def lost(self, tags: Tags) -> tuple[int, ...]:
        """Tags whose values lie beyond the end of the file."""
        outside = []
        for tag, entry in tags.items():
            nbytes = _SIZES.get(entry.kind, 0) * entry.count
            if nbytes > len(entry.inline) and self._place(entry) + nbytes > self.size:
                outside.append(tag)
        return tuple(outside)

    def vendor_tags(self, offset: int) -> dict[int, str | bytes]:
        """Every text (as str) and byte tag (as bytes) of the page at `offset`."""
        tags, _ = self.entries(offset)
        found: dict[int, str | bytes] = {}
        for tag, entry in tags.items():
            data = self.raw(tags, tag)
            if data is not None:
                found[tag] = _decoded(data) if entry.kind == 2 else data
        return found

    def bytes_at(self, offset: int, count: int) -> bytes:
        """Bytes of a part of the file, all of them."""
        if not 0 <= offset <= self.size - count:
            raise DamagedFileError(
                f"{self.path.name} is truncated: a list of tags lies beyond the end of the file",
                expected=f"at least {offset + count:,} bytes",
                got=f"{self.size:,} bytes",
                remedy="copy the file again from the microscope",
            )
        self.file.seek(offset)
        return self.file.read(count)

    def _place(self, entry: Entry) -> int:
        (place,) = struct.unpack(self.order + ("Q" if self.big else "I"), entry.inline)
        return int(place)

    def _unpack(self, offset: int, form: str) -> tuple[int, ...]:
        return struct.unpack(self.order + form, self.bytes_at(offset, struct.calcsize(self.order + form)))


def _decoded(data: bytes) -> str:
    text = data.rstrip(b"\0")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def first_page(path: Path) -> tuple[Page, bool]:
    """First page of a file, and whether more pages follow."""
    with reading(path, "TIFF file"), path.open("rb") as file:
        directory = Directory(file, path)
        page = next(directory.pages(), None)
        if page is None:
            raise DamagedFileError(f"{path.name} is a TIFF file without a page")
        return page, bool(directory.entries(page.offset)[1])


def tags_of(path: Path, offset: int | None = None) -> dict[int, str | bytes]:
    """Text and byte tags of the page at `offset` (None: the first page)."""
    with reading(path, "TIFF file"), path.open("rb") as file:
        directory = Directory(file, path)
        return directory.vendor_tags(directory.first if offset is None else offset)
