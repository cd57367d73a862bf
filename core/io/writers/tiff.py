"""Uncompressed TIFF and BigTIFF, written in one forward pass, one plane in memory at a time.

Written here rather than by a library so that the same volume gives the same bytes with every version of every
library, and so that a full disk is reported by the system call that met it.

References
----------
TIFF revision 6.0, Adobe 1992; BigTIFF design, https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.volume import Array, Shape

ASCII, SHORT, LONG, RATIONAL, LONG8 = 2, 3, 4, 5, 16
SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
UNIT_NONE, UNIT_CENTIMETRE = 1, 3
ALIGN = 16


@dataclass(frozen=True)
class Resolution:
    """Pixels per unit along x and y as rationals; `unit` is the TIFF code of the unit."""

    x: tuple[int, int]
    y: tuple[int, int]
    unit: int


@dataclass(frozen=True)
class TiffLayout:
    """Where everything lies in a file of planes of one size and type.

    Header, first directory, resolution, description, all planes without gaps (as ImageJ's shortcut wants
    them), then one directory for each further plane.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x).
    dtype : numpy.dtype
        Type of the samples; written least significant byte first.
    description : bytes
        ImageDescription of the first directory, without the closing zero.
    resolution : Resolution, optional
        Left out where the pixel size is not known.
    big : bool
        BigTIFF: 64-bit offsets.
    """

    shape: Shape
    dtype: np.dtype[Any]
    description: bytes
    resolution: Resolution | None
    big: bool = False

    @property
    def plane_bytes(self) -> int:
        """Size of one plane."""
        return self.shape[1] * self.shape[2] * self.dtype.itemsize

    @property
    def description_offset(self) -> int:
        """Place of the first byte of the description."""
        return self._ratios_offset + (0 if self.big or self.resolution is None else 16)

    @property
    def data_offset(self) -> int:
        """Place of the first sample."""
        return _aligned(self.description_offset + len(self.description) + 1)

    @property
    def total_bytes(self) -> int:
        """Size of the whole file."""
        return self._rest_offset + (self.shape[0] - 1) * self._directory_bytes(1)

    def head(self) -> bytes:
        """Everything in front of the samples."""
        first = self._header_bytes
        mark = (
            struct.pack("<2sHHHQ", b"II", 43, 8, 0, first)
            if self.big
            else struct.pack("<2sHI", b"II", 42, first)
        )
        ratios = b""
        if self.resolution is not None and not self.big:
            ratios = struct.pack("<4I", *self.resolution.x, *self.resolution.y)
        text = mark + self._directory(0) + ratios + self.description
        return text.ljust(self.data_offset, b"\0")

    def tail(self) -> Iterator[bytes]:
        """What follows the samples."""
        yield bytes(self._rest_offset - self.data_offset - self.shape[0] * self.plane_bytes)
        for index in range(1, self.shape[0]):
            yield self._directory(index)

    # ---- details
    @property
    def _header_bytes(self) -> int:
        return 16 if self.big else 8

    @property
    def _ratios_offset(self) -> int:
        return self._header_bytes + self._directory_bytes(0)

    @property
    def _rest_offset(self) -> int:
        return _aligned(self.data_offset + self.shape[0] * self.plane_bytes)

    def _directory_bytes(self, index: int) -> int:
        count = 11 + (3 if self.resolution is not None else 0) + (1 if index == 0 else 0)
        return 16 + 20 * count if self.big else 6 + 12 * count

    def _directory(self, index: int) -> bytes:
        last = index == self.shape[0] - 1
        following = 0 if last else self._rest_offset + index * self._directory_bytes(1)
        count, entry, link = ("<Q", "<HHQ", "<Q") if self.big else ("<H", "<HHI", "<I")
        tags = sorted(self._tags(index).items())
        body = b"".join(
            struct.pack(entry, code, kind, number) + value.ljust(8 if self.big else 4, b"\0")
            for code, (kind, number, value) in tags
        )
        return struct.pack(count, len(tags)) + body + struct.pack(link, following)

    def _tags(self, index: int) -> dict[int, tuple[int, int, bytes]]:
        """Type, number and bytes (or their address) of the values of one directory."""
        _, rows, columns = self.shape
        address = (LONG8, 1) if self.big else (LONG, 1)
        tags = {
            254: (LONG, 1, _long(0)),
            256: (LONG, 1, _long(columns)),
            257: (LONG, 1, _long(rows)),
            258: (SHORT, 1, _short(8 * self.dtype.itemsize)),
            259: (SHORT, 1, _short(1)),  # no compression
            262: (SHORT, 1, _short(1)),  # 0 is black
            273: (*address, self._address(self.data_offset + index * self.plane_bytes)),
            277: (SHORT, 1, _short(1)),
            278: (LONG, 1, _long(rows)),
            279: (*address, self._address(self.plane_bytes)),
            339: (SHORT, 1, _short(SAMPLE_FORMAT[self.dtype.kind])),
        }
        if index == 0:
            tags[270] = (ASCII, len(self.description) + 1, self._address(self.description_offset))
        if self.resolution is not None:
            tags[282] = (RATIONAL, 1, self._ratio(self.resolution.x, 0))
            tags[283] = (RATIONAL, 1, self._ratio(self.resolution.y, 8))
            tags[296] = (SHORT, 1, _short(self.resolution.unit))
        return tags

    def _address(self, value: int) -> bytes:
        return struct.pack("<Q" if self.big else "<I", value)

    def _ratio(self, ratio: tuple[int, int], place: int) -> bytes:
        return struct.pack("<2I", *ratio) if self.big else self._address(self._ratios_offset + place)


def write_tiff(path: Path, layout: TiffLayout, planes: Iterable[Array]) -> None:
    """Write a new file.

    Parameters
    ----------
    path : Path
        File to make.
    layout : TiffLayout
        What the file looks like.
    planes : iterable of ndarray, shape (y, x)
        As many planes as the layout says, of its type.
    """
    with path.open("xb") as stream:
        stream.write(layout.head())
        for plane in planes:
            stream.write(plane_buffer(plane, layout.dtype))
        for part in layout.tail():
            stream.write(part)


def plane_buffer(plane: Array, dtype: np.dtype[Any]) -> memoryview:
    """Bytes of a plane, row by row, least significant byte first."""
    little = np.ascontiguousarray(plane, dtype.newbyteorder("<"))
    return little.data


def _aligned(offset: int) -> int:
    return -(-offset // ALIGN) * ALIGN


def _short(value: int) -> bytes:
    return struct.pack("<H", value)


def _long(value: int) -> bytes:
    return struct.pack("<I", value)
