"""Pixels of TIFF pages: only the strips and tiles that are asked for are read and decoded."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.flat import fill
from core.io.guard import reading, require_bytes, require_plausible
from core.io.ifd import Page
from core.io.values import as_delivered, delivered
from core.volume import ALL, Array, Shape, extent

# Damage is reported by errors and notes of our own; tifffile's log would appear on standard error besides.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_JPEG: Final = (6, 7, 34892, 33007)
# Largest size a byte can decode to; other methods are bound by the pixel limit alone.
_RATIOS: Final = {5: 4096, 8: 1032, 32946: 1032, 32773: 128}
_NAMES: Final = {5: "LZW", 8: "Deflate", 32946: "Deflate", 32773: "PackBits", 7: "JPEG", 1: "no"}
_SMALL_TILE: Final = 2**24
_FLOATS: Final = {16: "float16", 32: "float32", 64: "float64"}


def stored_dtype(page: Page, path: Path) -> np.dtype[Any]:
    """Type in which tifffile decodes the samples of a page.

    Raises
    ------
    UnsupportedFormatError
        For complex samples and unusual numbers of bits.
    """
    bits, form = page.bits, page.sample_format
    if form == 3 and bits in _FLOATS:
        return np.dtype(_FLOATS[bits])
    if form in (1, 2, 4) and bits == 1:
        return np.dtype(np.bool_)
    if form in (1, 2, 4) and 1 < bits <= 64:
        size = next(size for size in (8, 16, 32, 64) if bits <= size)
        if bits == size or form != 2:
            return np.dtype(f"{'int' if form == 2 else 'uint'}{size}")
    raise UnsupportedFormatError(
        f"{path.name} holds samples of an unusual type",
        expected="whole numbers of 1-64 bits, or decimal numbers of 16, 32 or 64 bits",
        got=f"sample format {form} with {bits} bits",
        remedy="save as 8-, 16- or 32-bit grey values",
    )


def check_page(page: Page, path: Path, size: int) -> None:
    """Refuse a page whose claims its file cannot hold, before any pixel is read.

    Raises
    ------
    DamagedFileError
        If the file is truncated, or the claimed size impossible.
    UnsupportedFormatError
        If the compression method is unknown.
    """
    rows, columns = page.shape_yx
    pixels = rows * columns
    nbytes = ((columns * page.samples * page.bits + 7) // 8) * rows
    if page.strips < 1:
        raise DamagedFileError(f"{path.name}: a page without pixel data")
    if page.compression == 1:
        require_bytes(path, expected=max(nbytes, page.data_end), got=size, kind="TIFF file")
        return
    require_bytes(path, expected=page.data_end, got=size, kind="TIFF file")
    if page.compression not in tifffile.TIFF.DECOMPRESSORS:
        raise UnsupportedFormatError(
            f"{path.name} is compressed with method {page.compression}, which cannot be read",
            expected="no compression, LZW, Deflate, PackBits, JPEG or Zstandard",
            got=page.compression,
            remedy="save it uncompressed with the program that wrote it",
        )
    ratio = _RATIOS.get(page.compression, 2**20)
    require_plausible(path, pixels=pixels, nbytes=nbytes, stored=size, ratio=ratio, kind="TIFF file")


def compression_name(page: Page) -> str:
    """Name of the compression method, for people."""
    return _NAMES.get(page.compression, f"method {page.compression}")


@dataclass(frozen=True)
class TiffSource:
    """Pages of one TIFF file, in any compression.

    Attributes
    ----------
    path : Path
        The file.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type of the samples.
    pages : tuple of int
        Position of each page's list of tags.
    sample : int
        Which sample of each pixel is delivered.
    """

    path: Path
    shape: Shape
    stored: str
    pages: tuple[int, ...]
    sample: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.stored), self.path)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range, page after page."""
        z0, z1 = extent(z, self.shape[0])
        rows, columns = extent(y, self.shape[1]), extent(x, self.shape[2])
        out = np.empty((z1 - z0, rows[1] - rows[0], columns[1] - columns[0]), self.dtype)
        with reading(self.path, "TIFF file"), tifffile.TiffFile(self.path) as file:
            for index in range(z0, z1):
                page = _page_at(file, self.pages[index], index, self.shape[1:])
                out[index - z0] = as_delivered(
                    _region(page, rows, columns, self.sample, self.path), self.path
                )
        return out


def _page_at(
    file: tifffile.TiffFile, offset: int, index: int, shape_yx: tuple[int, int]
) -> tifffile.TiffPage:
    file.filehandle.seek(offset)
    page = tifffile.TiffPage(file, index)
    if (page.imagelength, page.imagewidth) != shape_yx:
        raise DamagedFileError(
            "the file has changed since it was opened",
            expected=shape_yx,
            got=(page.imagelength, page.imagewidth),
            remedy="open it again",
        )
    return page


def _region(
    page: tifffile.TiffPage, rows: tuple[int, int], columns: tuple[int, int], sample: int, path: Path
) -> Array:
    if page.is_contiguous and page.predictor == 1 and page.fillorder == 1 and page.dtype is not None:
        return _plain_region(page, rows, columns, sample, path)
    out = np.empty((rows[1] - rows[0], columns[1] - columns[0]), page.dtype)
    size = page.parent.filehandle.size
    extra = (
        {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader} if page.compression in _JPEG else {}
    )
    plane = sample if page.planarconfig == 2 else 0
    channel = 0 if page.planarconfig == 2 else sample
    for index, top, left in _segments(page, plane, rows, columns):
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        require_bytes(path, expected=offset + max(count, 1), got=size, kind="TIFF file")
        if count < 1:
            raise DamagedFileError(
                f"{path.name}: a part of the image was never written", got=f"strip {index} is empty"
            )
        page.parent.filehandle.seek(offset)
        data = page.parent.filehandle.read(count)  # before `decode`, whose making may move the position
        decoded = page.decode(data, index, **extra)[0]
        if decoded is None:
            raise DamagedFileError(f"{path.name}: strip {index} of the image cannot be decoded")
        _paste(out, np.asarray(decoded)[0, :, :, channel], (top - rows[0], left - columns[0]))
    return out


def _plain_region(
    page: tifffile.TiffPage, rows: tuple[int, int], columns: tuple[int, int], sample: int, path: Path
) -> Array:
    item = np.dtype(page.parent.byteorder + page.dtype.char) if page.dtype is not None else np.dtype("u1")
    separate = page.planarconfig == 2
    samples = 1 if separate else page.samplesperpixel
    row_bytes = page.imagewidth * samples * item.itemsize
    start = page.dataoffsets[0] + rows[0] * row_bytes
    if separate:
        start += sample * page.imagelength * row_bytes
    buffer = np.empty((rows[1] - rows[0]) * row_bytes, np.uint8)
    fill(page.parent.filehandle, start, buffer, path)
    pixels = buffer.view(item).reshape(rows[1] - rows[0], page.imagewidth, samples)
    return pixels[:, columns[0] : columns[1], 0 if separate else sample]


def _segments(
    page: tifffile.TiffPage, plane: int, rows: tuple[int, int], columns: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Index, top row and left column of every strip or tile that meets the asked range."""
    height = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    width = page.tilewidth if page.is_tiled else page.imagewidth
    # Decoders make room for a whole tile first; files of one tile are padded to a multiple of 16 at most.
    if height < 1 or width < 1 or height * width > 4 * page.imagelength * page.imagewidth + _SMALL_TILE:
        raise DamagedFileError("strips or tiles of an impossible size", got=f"{width} × {height}")
    down, across = -(-page.imagelength // height), -(-page.imagewidth // width)
    for row in range(rows[0] // height, -(-rows[1] // height)):
        for column in range(columns[0] // width, -(-columns[1] // width)):
            index = (plane * down + row) * across + column
            if index >= len(page.dataoffsets):
                raise DamagedFileError("strips of the image are missing", got=len(page.dataoffsets))
            yield index, row * height, column * width


def _paste(out: Array, part: Array, corner: tuple[int, int]) -> None:
    """Copy the overlap of `part`, whose first pixel belongs at `corner` (may be negative), into `out`."""
    top, left = corner
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + part.shape[0], out.shape[0]), min(left + part.shape[1], out.shape[1])
    out[y0:y1, x0:x1] = part[y0 - top : y1 - top, x0 - left : x1 - left]
