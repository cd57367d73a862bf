"""PNG, BMP and JPEG pictures, and bare values, that claim too much or are of a kind that is no grey image."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.io import ReadOptions
from tests.system.bad_inputs.case import Outcome, Reading
from tests.system.bad_inputs.claims_tiff import HALF_GIGA, deflated
from tests.system.bad_inputs.valid import SHAPE, dat_header, grey, write_raw

Content = Callable[[], bytes]


def png(
    columns: int = 32, rows: int = 24, *, depth: int = 8, colour: int = 0, data: bytes | None = None,
    extra: bytes = b"", wrong_sum: bool = False,
) -> bytes:  # fmt: skip
    """PNG with any claim in its header; `data` is the compressed stream."""
    stream = zlib.compress(bytes((32 + 1) * 24)) if data is None else data
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), extra, chunk(b"IDAT", stream, wrong_sum=wrong_sum), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(name: bytes, data: bytes, *, wrong_sum: bool = False) -> bytes:
    """One part of a PNG file."""
    checksum = zlib.crc32(name + data) ^ (1 if wrong_sum else 0)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def bmp(
    columns: int = 32, rows: int = 24, *, bits: int = 8, method: int = 0, data: bytes | None = None
) -> bytes:
    """BMP with any claim in its header."""
    pixels = bytes(768) if data is None else data
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256)) if bits <= 8 else b""
    place = 14 + 40 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, columns, rows, 1, bits, method, len(pixels), 0, 0, 256, 0)
    return struct.pack("<2sIHHI", b"BM", place + len(pixels), 0, 0, place) + info + palette + pixels


def picture(kind: str, mode: str = "L", **how: Any) -> bytes:
    """A picture of another mode, written by Pillow."""
    stream = io.BytesIO()
    Image.fromarray(grey()[0]).convert(mode).save(stream, kind, **how)
    return stream.getvalue()


def jpeg_claiming(columns: int, rows: int) -> bytes:
    """JPEG with another size in its header."""
    data = picture("JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", rows, columns) + data[place + 4 :]


def rgb16() -> bytes:
    """PNG of 16 bits per colour."""
    rows = b"".join(b"\0" + bytes(32 * 6) for _ in range(24))
    return png(depth=16, colour=2, data=zlib.compress(rows))


_TABLE: dict[str, tuple[str, Outcome, Content]] = {
    "png-2^31-square": ("x.png", "error", lambda: png(2**31 - 1, 2**31 - 1)),
    "png-2^32-square": ("x.png", "error", lambda: png(2**32 - 1, 2**32 - 1)),
    "png-10^12-pixels": ("x.png", "error", lambda: png(10**6, 10**6)),
    "png-10^10-pixels-bomb": ("x.png", "error", lambda: png(10**5, 10**5, data=deflated(HALF_GIGA))),
    "png-bomb-in-a-small-picture": ("x.png", "either", lambda: png(data=deflated(HALF_GIGA))),
    "png-text-bomb": ("x.png", "either", lambda: png(extra=chunk(b"zTXt", b"a\0\0" + deflated(HALF_GIGA)))),
    "png-colour-profile-bomb": (
        "x.png", "either", lambda: png(extra=chunk(b"iCCP", b"a\0\0" + deflated(HALF_GIGA)))
    ),
    "png-zero-columns": ("x.png", "error", lambda: png(0, 24)),
    "png-zero-rows": ("x.png", "error", lambda: png(32, 0)),
    "png-3-bits": ("x.png", "error", lambda: png(depth=3)),
    "png-colour-kind-9": ("x.png", "error", lambda: png(colour=9)),
    "png-wrong-checksum": ("x.png", "either", lambda: png(wrong_sum=True)),
    "png-too-few-pixels": ("x.png", "either", lambda: png(data=zlib.compress(bytes(99)))),
    "png-noise-for-pixels": ("x.png", "error", lambda: png(data=b"\x55" * 600)),
    "png-no-pixels": ("x.png", "error", lambda: png()[:33] + chunk(b"IEND", b"")),
    "png-chunk-of-4-GB": ("x.png", "error", lambda: png()[:33] + b"\xff\xff\xff\xffIDAT" + bytes(99)),
    "png-rgb": ("x.png", "error", lambda: picture("PNG", "RGB")),
    "png-rgba": ("x.png", "error", lambda: picture("PNG", "RGBA")),
    "png-16-bit-colour": ("x.png", "error", rgb16),
    "png-palette": ("x.png", "either", lambda: picture("PNG", "P")),
    "png-one-bit": ("x.png", "either", lambda: picture("PNG", "1")),
    "bmp-2^31-square": ("x.bmp", "error", lambda: bmp(2**31 - 1, 2**31 - 1)),
    "bmp-10^12-pixels": ("x.bmp", "error", lambda: bmp(10**6, 10**6)),
    "bmp-10^12-pixels-run-length": ("x.bmp", "error", lambda: bmp(10**6, 10**6, method=1)),
    "bmp-negative-columns": ("x.bmp", "error", lambda: bmp(-32, 24)),
    "bmp-most-negative-rows": ("x.bmp", "error", lambda: bmp(32, -(2**31))),
    "bmp-top-down": ("x.bmp", "either", lambda: bmp(32, -24)),
    "bmp-zero-columns": ("x.bmp", "error", lambda: bmp(0, 24)),
    "bmp-7-bits": ("x.bmp", "error", lambda: bmp(bits=7)),
    "bmp-unknown-method": ("x.bmp", "error", lambda: bmp(method=77)),
    "bmp-run-length-noise": ("x.bmp", "either", lambda: bmp(method=1, data=b"\x00\x02\xff\xff" * 90)),
    "bmp-24-bit-colour": ("x.bmp", "error", lambda: picture("BMP", "RGB")),
    "jpeg-65535-square": ("x.jpg", "error", lambda: jpeg_claiming(65535, 65535)),
    "jpeg-zero-columns": ("x.jpg", "error", lambda: jpeg_claiming(0, 24)),
    "jpeg-zero-rows": ("x.jpg", "error", lambda: jpeg_claiming(32, 0)),
    "jpeg-twice-as-many-rows": ("x.jpg", "either", lambda: jpeg_claiming(32, 48)),
    "jpeg-colour": ("x.jpg", "error", lambda: picture("JPEG", "RGB")),
    "jpeg-cmyk": ("x.jpg", "error", lambda: picture("JPEG", "CMYK")),
    "dat-4-billion-columns": ("x.dat", "error", lambda: bytes(dat_header(columns=2**32 - 1)) + bytes(768)),
    "dat-2^64-pixels": (
        "x.dat", "error", lambda: bytes(dat_header(columns=2**32 - 1, rows=2**32 - 1)) + bytes(768)
    ),
    "dat-zero-columns": ("x.dat", "error", lambda: bytes(dat_header(columns=0)) + bytes(768)),
    "dat-0-detectors": ("x.dat", "error", lambda: bytes(dat_header(channels=0)) + bytes(768)),
    "dat-255-detectors": ("x.dat", "error", lambda: bytes(dat_header(channels=255)) + bytes(768)),
    "dat-2-detectors-none-chosen": ("x.dat", "error", lambda: bytes(dat_header(channels=2)) + bytes(1536)),
    "dat-version-0": ("x.dat", "error", lambda: bytes(dat_header(version=0)) + bytes(768)),
    "dat-version-999": ("x.dat", "error", lambda: bytes(dat_header(version=999)) + bytes(768)),
    "dat-numbers-that-are-none": (
        "x.dat", "either", lambda: bytes(dat_header()[:112]) + b"\xff" * 912 + bytes(768)
    ),
}  # fmt: skip

_RAW: dict[str, tuple[Outcome, dict[str, Any]]] = {
    "no-shape": ("error", {"raw_dtype": "uint8"}),
    "no-type": ("error", {"raw_shape_zyx": SHAPE}),
    "nothing-said": ("error", {}),
    "too-large": ("error", {"raw_shape_zyx": (6, 24, 32), "raw_dtype": "uint8"}),
    "too-large-type": ("error", {"raw_shape_zyx": SHAPE, "raw_dtype": "float64"}),
    "10^18-voxels": ("error", {"raw_shape_zyx": (10**6, 10**6, 10**6), "raw_dtype": "uint8"}),
    "2^70-voxels": ("error", {"raw_shape_zyx": (2**20, 2**25, 2**25), "raw_dtype": "float64"}),
    "offset-beyond-the-end": ("error", {"raw_shape_zyx": SHAPE, "raw_dtype": "uint8", "raw_offset": 10**15}),
    "offset-of-one": ("error", {"raw_shape_zyx": SHAPE, "raw_dtype": "uint8", "raw_offset": 1}),
    "smaller-than-the-file": ("either", {"raw_shape_zyx": (1, 24, 32), "raw_dtype": "uint8"}),
    "data-set-that-is-none": ("either", {"raw_shape_zyx": SHAPE, "raw_dtype": "uint8", "dataset": "x"}),
}


def cases() -> Iterator[Reading]:
    """All of them."""
    for name, (file_name, outcome, content) in _TABLE.items():
        yield Reading(name, partial(_written, file_name, content), outcome, says=file_name)
    for name, (outcome, options) in _RAW.items():
        yield Reading(f"raw-{name}", _raw, outcome, options=ReadOptions(**options), says="stack.raw")
    floats = ReadOptions(raw_shape_zyx=(1, 2, 2), raw_dtype="float32")
    yield Reading("raw-nan", partial(_written, "x.raw", _not_numbers), "works", options=floats)


def _written(name: str, content: Content, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(content())
    return path


def _raw(folder: Path) -> Path:
    path = folder / "stack.raw"
    write_raw(path)
    return path


def _not_numbers() -> bytes:
    return np.array([np.nan, np.inf, -np.inf, 1], np.float32).tobytes()
