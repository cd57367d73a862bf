"""PNG, BMP and JPEG pictures: the header without decoding, then the grey values as stored.

Pillow's format classes are used directly: `PIL.Image.open` refuses above a limit that large SEM slices
reach (and the limit is a global setting); here the claim is compared with the size of the file instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.guard import reading, require_plausible
from core.volume import Array

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MAGIC: Final = {"PNG": b"\x89PNG\r\n\x1a\n", "BMP": b"BM", "JPEG": b"\xff\xd8\xff"}
_RATIO: Final = 1100  # deflate reaches 1032, JPEG about 256, run-length BMP 127
_MODES: Final = {"1": "bool", "L": "uint8", "P": "uint8", "I;16": "uint16", "I": "int32", "F": "float32"}
_SAMPLES: Final = {"LA": 2, "PA": 2, "RGB": 3, "YCbCr": 3, "RGBA": 4, "RGBX": 4, "CMYK": 4}


@dataclass(frozen=True)
class PictureHead:
    """What the header of a picture says."""

    kind: str
    shape_yx: tuple[int, int]
    stored: str
    samples: int
    notes: tuple[str, ...] = ()


def picture_kind(head: bytes) -> str | None:
    """``PNG``, ``BMP`` or ``JPEG`` by the first bytes; None for anything else."""
    if head[:2] == b"BM" and (
        len(head) < 18 or head[14:15] not in (b"\x0c", b"(", b"4", b"8", b"@", b"l", b"|")
    ):
        return None
    return next((kind for kind, magic in _MAGIC.items() if head.startswith(magic)), None)


def picture_head(path: Path, file: BinaryIO, kind: str, size: int) -> PictureHead:
    """Read the header of an open picture.

    Raises
    ------
    DamagedFileError
        If it claims more pixels than the file can hold.
    UnsupportedFormatError
        For 16-bit colour, which would lose values.
    """
    image = _image(file, kind)
    columns, rows = image.size
    if rows < 1 or columns < 1:
        raise DamagedFileError(f"{path.name}: a picture without pixels", got=f"{columns} × {rows}")
    samples = _SAMPLES.get(image.mode, 1)
    if samples == 1 and image.mode not in _MODES:
        raise UnsupportedFormatError(f"{path.name} holds values of kind {image.mode}", expected="grey values")
    stored = _MODES.get(image.mode, "uint8")
    pixels = rows * columns
    nbytes = max(pixels * samples // 8, 1)
    require_plausible(path, pixels=pixels, nbytes=nbytes, stored=size, ratio=_RATIO, kind=f"{kind} file")
    return PictureHead(kind, (rows, columns), stored, samples, _notes(path, file, image, kind))


def read_picture(path: Path, kind: str, sample: int) -> Array:
    """Decode a picture; shape (y, x), values as stored, palette pictures as their index."""
    with reading(path, f"{kind} picture"), path.open("rb") as file:
        image = _image(file, kind)
        data = np.asarray(image)
        return data[:, :, sample] if data.ndim == 3 else data


def _image(file: BinaryIO, kind: str) -> ImageFile:
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin

    bounded = cast("BinaryIO", _Bounded(file))
    if kind == "PNG":
        return PngImagePlugin.PngImageFile(bounded)
    if kind == "BMP":
        return BmpImagePlugin.BmpImageFile(bounded)
    return JpegImagePlugin.JpegImageFile(bounded)


class _Bounded:
    """A file that is never asked for more than it holds: Python makes room for all that is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        file.seek(0)

    def read(self, count: int = -1) -> bytes:
        left = max(self._size - self._file.tell(), 0)
        return self._file.read(left if count < 0 else min(count, left))

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()


def _notes(path: Path, file: BinaryIO, image: ImageFile, kind: str) -> tuple[str, ...]:
    notes = []
    if kind == "PNG":
        file.seek(24)
        depth, colour = file.read(2)
        if depth == 16 and colour != 0:
            raise UnsupportedFormatError(
                f"{path.name} is a 16-bit colour PNG",
                expected="16-bit grey, or 8-bit colour",
                got="16 bits per colour",
                remedy="save one channel as 16-bit grey",
            )
        if colour == 0 and depth in (2, 4):
            notes.append(f"{depth}-bit grey values are delivered × {255 // (2**depth - 1)}.")
    if image.mode == "P":
        notes.append("palette image: the stored index is the grey value, the colours are ignored.")
    if kind == "JPEG":
        notes.append("JPEG compression has changed the grey values.")
    return tuple(notes)
