"""TIFF files that claim too much, point nowhere, run in circles, or unfold without end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.system.bad_inputs.case import Outcome, Reading

SHORT, LONG, LONG8 = 3, 4, 16
_FORMS = {SHORT: "H", LONG: "I", LONG8: "Q"}
GIGA = 1 << 30
HALF_GIGA = 1 << 29
Value = int | tuple[int, int] | bytes  # a number, (type, count) with a place beyond the file, or text


def tiff(
    changes: dict[int, Value | None] | None = None,
    data: bytes = bytes(768),
    *,
    big: bool = False,
    following: int | None = None,
    first: int | None = None,
    place: int | None = None,
) -> bytes:
    """One 32 x 24 page of 8 bits with some tags changed (None: left out).

    Parameters
    ----------
    changes : dict
        Tag to number, text, or ``(type, count)`` for an array that lies at `place`.
    data : bytes
        The pixels as stored.
    big : bool
        BigTIFF.
    following, first : int, optional
        Where the next and the first page are said to be.
    place : int, optional
        Where the arrays are said to be; beyond the end of the file if not given.
    """
    start = 16 if big else 8
    tags: dict[int, Value | None] = {
        256: 32, 257: 24, 258: 8, 259: 1, 262: 1, 273: start, 277: 1, 278: 24, 279: len(data),
    }  # fmt: skip
    tags |= changes or {}
    at = start + len(data)
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, first if first is not None else at) if big else b""
    head = head or struct.pack("<2sHI", b"II", 42, first if first is not None else at)
    kept = {tag: value for tag, value in sorted(tags.items()) if value is not None}
    size = (8 + 20 * len(kept) + 8) if big else (2 + 12 * len(kept) + 4)
    after, extra = at + size, b""
    body = b""
    for tag, value in kept.items():
        kind, count, text = LONG8 if big else LONG, 1, b""
        if isinstance(value, bytes):
            kind, count = 2, len(value)
            text = struct.pack("<Q" if big else "<I", after + len(extra))
            extra += value
        elif isinstance(value, tuple):
            kind, count = value
            text = struct.pack("<Q" if big else "<I", place if place is not None else 0x7FFFFF00)
        else:
            text = struct.pack("<Q" if big else "<I", value & (2**64 - 1 if big else 2**32 - 1))
        body += struct.pack("<HHQ" if big else "<HHI", tag, kind, count) + text
    link = struct.pack("<Q" if big else "<I", following or 0)
    return head + data + struct.pack("<Q" if big else "<H", len(kept)) + body + link + extra


def circle(pages: int) -> bytes:
    """Pages whose chain comes back to the first one."""
    one = tiff()
    at, size = 8 + 768, len(one) - 8 - 768
    content = one[:at]
    for number in range(pages):
        target = at + ((number + 1) % pages) * size
        content += one[at:-4] + struct.pack("<I", target)
    return content


def overlapping_pages() -> bytes:
    """One page whose list of tags names itself as its own pixels, followed by 3000 more of the same place."""
    body = tiff({273: 776, 279: 1})
    return body[:-4] + struct.pack("<I", 776)


@cache
def deflated(nbytes: int) -> bytes:
    """Zlib stream of zeros, a thousandth of the size."""
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    parts = [packer.compress(zeros) for _ in range(nbytes >> 20)]
    parts.append(packer.compress(bytes(nbytes & 0xFFFFF)))
    return b"".join(parts) + packer.flush()


@cache
def packbits_bomb() -> bytes:
    """Run-length stream of 512 MiB."""
    return b"\x81\x00" * (4 << 20)


@cache
def zstd_bomb() -> bytes:
    """Zstandard stream of 512 MiB of zeros."""
    import imagecodecs

    return bytes(imagecodecs.zstd_encode(bytes(HALF_GIGA), level=1))


@cache
def lzw_bomb() -> bytes:
    """LZW stream of 256 MiB of zeros."""
    import imagecodecs

    return bytes(imagecodecs.lzw_encode(bytes(256 << 20)))


IMAGEJ = b"ImageJ=1.53t\nimages=%d\nslices=%d\n\0"
OME = (
    b'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    b'<Image ID="Image:0">'
    b'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="32" SizeY="24" %s>'
    b"<TiffData/></Pixels></Image></OME>\0"
)
LAUGHS = (
    b'<?xml version="1.0"?><!-- <OME --><!DOCTYPE l [<!ENTITY a "aaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 16) for i in range(9))
    + b"]><OME><Image><Pixels>&j;</Pixels></Image></OME>\0"
)

_ERRORS: dict[str, Callable[[], bytes]] = {
    "10^12-pixels": lambda: tiff({256: 10**6, 257: 10**6, 278: 10**6}),
    "2^64-pixels": lambda: tiff({256: 2**32 - 1, 257: 2**32 - 1}),
    "big-2^40-columns": lambda: tiff({256: 2**40, 257: 2**40}, big=True),
    "10^12-pixels-deflate": lambda: tiff({256: 10**6, 257: 10**6, 278: 10**6, 259: 8}, deflated(1 << 20)),
    "10^12-pixels-lzw": lambda: tiff({256: 10**6, 257: 10**6, 278: 10**6, 259: 5}),
    "10^12-pixels-packbits": lambda: tiff({256: 10**6, 257: 10**6, 278: 10**6, 259: 32773}),
    "10^10-pixels-zstd": lambda: tiff({256: 10**5, 257: 10**5, 278: 10**5, 259: 50000}),
    "10^9-pixels-zstd-in-1-kB": lambda: tiff({256: 32000, 257: 32000, 278: 32000, 259: 50000}),
    "10^9-pixels-jpeg-in-1-kB": lambda: tiff({256: 32000, 257: 32000, 278: 32000, 259: 7}),
    "zero-columns": lambda: tiff({256: 0}),
    "zero-rows": lambda: tiff({257: 0}),
    "no-size": lambda: tiff({256: None, 257: None}),
    "no-pixels": lambda: tiff({273: None, 279: None}),
    "no-pages": lambda: tiff(first=0),
    "big-no-pages": lambda: tiff(big=True, first=0),
    "first-page-beyond-the-end": lambda: tiff(first=10**9),
    "big-first-page-at-2^63": lambda: tiff(big=True, first=2**63),
    "next-page-beyond-the-end": lambda: tiff(following=10**9),
    "next-page-cut-by-the-end": lambda: tiff(following=900),
    "next-page-is-itself": lambda: tiff(following=776),
    "next-page-is-the-header": lambda: tiff(following=4),
    "circle-of-2": lambda: circle(2),
    "circle-of-3000": lambda: circle(3000),
    "page-in-its-own-pixels": overlapping_pages,
    "pixels-beyond-the-end": lambda: tiff({273: 10**9}),
    "pixels-longer-than-the-file": lambda: tiff({256: 64}),
    "pixels-at-2^63": lambda: tiff({273: 2**63}, big=True),
    "more-strips-than-bytes": lambda: tiff({273: (LONG, 2**31), 279: (LONG, 2**31), 278: 1}),
    "strips-beyond-the-end": lambda: tiff({273: (LONG, 24), 279: (LONG, 24), 278: 1}),
    "tiles-of-2^31": lambda: tiff({322: 2**31, 323: 2**31, 324: 8, 325: 768, 273: None, 279: None, 259: 8}),
    "tiles-of-0": lambda: tiff({322: 0, 323: 0, 324: 8, 325: 768, 273: None, 279: None, 259: 8}),
    "0-rows-per-strip-deflate": lambda: tiff({278: 0, 259: 8}, zlib.compress(bytes(768))),
    "65535-bits": lambda: tiff({258: 65535}),
    "0-bits": lambda: tiff({258: 0}),
    "65535-samples": lambda: tiff({277: 65535}),
    "0-samples": lambda: tiff({277: 0}),
    "complex": lambda: tiff({339: 6, 258: 64, 256: 4}),
    "unknown-sample-format": lambda: tiff({339: 9}),
    "9-bit-float": lambda: tiff({339: 3, 258: 9}),
    "unknown-compression": lambda: tiff({259: 12345}),
    "compression-none-of-ours": lambda: tiff({259: 34712}),
    "deflate-that-is-none": lambda: tiff({259: 8}),
    "lzw-that-is-none": lambda: tiff({259: 5}, b"\xff" * 768),
    "jpeg-that-is-none": lambda: tiff({259: 7}),
    "deflate-too-short": lambda: tiff({259: 8}, zlib.compress(bytes(100))),
    "packbits-too-short": lambda: tiff({259: 32773}, b"\x81\x00"),
    "empty-strip": lambda: tiff({259: 8, 279: 0}),
    "imagej-10^9-slices": lambda: tiff({270: IMAGEJ % (10**9, 10**9)}),
    "imagej-2^32-pages": lambda: tiff({270: IMAGEJ % (2**32, 2**32)}),
    "imagej-10^30-pages": lambda: tiff({270: IMAGEJ % (10**30, 10**30)}),
    "imagej-minus-1-slices": lambda: tiff({270: b"ImageJ=1.53t\nimages=-1\nslices=-1\n\0"}),
    "imagej-4-of-one-compressed-page": lambda: tiff({270: IMAGEJ % (4, 4), 259: 8}, deflated(768)),
    "shaped-10^9-pages": lambda: tiff({270: b'{"shape": [1000000000, 24, 32], "truncated": true}\0'}),
    "shaped-nonsense": lambda: tiff({270: b'{"shape": "all of them", "truncated": true}\0'}),
    "shaped-broken": lambda: tiff({270: b'{"shape": [2, 24, 32\0'}),
    "ome-10^12-slices": lambda: tiff({270: OME % b'SizeZ="1000000000000" SizeC="1" SizeT="1"'}),
    "ome-no-number": lambda: tiff({270: OME % b'SizeZ="many" SizeC="1" SizeT="1"'}),
    "ome-0-slices": lambda: tiff({270: OME % b'SizeZ="0" SizeC="1" SizeT="1"'}),
    "ome-broken-xml": lambda: tiff({270: b"<?xml version='1.0'?><OME><Image><Pixels></OME>\0"}),
    "ome-without-image": lambda: tiff({270: b"<?xml version='1.0'?><OME></OME>\0"}),
    "ome-billion-laughs": lambda: tiff({270: LAUGHS}),
    "65535-tags": lambda: tiff()[:776] + b"\xff\xff" + bytes(64),
    "0-tags": lambda: tiff()[:776] + b"\0\0" + bytes(64),
    "big-2^60-tags": lambda: tiff(big=True)[:784] + struct.pack("<Q", 2**60) + bytes(64),
    "version-44": lambda: b"II\x2c\0" + tiff()[4:],
}  # fmt: skip

_EITHER: dict[str, Callable[[], bytes]] = {
    "4-GB-description": lambda: tiff({270: (2, 2**32 - 1)}),
    "description-over-the-whole-file": lambda: tiff({270: (2, 1000)}, place=0),
    "1-GB-vendor-tag": lambda: tiff({34682: (2, GIGA)}),
    "vendor-tag-of-noise": lambda: tiff({34682: bytes(range(256)) * 40}),
    "vendor-xml-bomb": lambda: tiff({51023: LAUGHS, 34683: LAUGHS}),
    "billion-laughs-in-a-plain-description": lambda: tiff({270: LAUGHS.replace(b"<OME", b"<X")}),
    "resolution-beyond-the-end": lambda: tiff({282: (5, 1), 283: (5, 1)}),
    "resolution-0-over-0": lambda: tiff({282: (5, 1), 283: (5, 1)}, bytes(768), place=8),
    "0-rows-per-strip": lambda: tiff({278: 0}),
    "many-rows-per-strip": lambda: tiff({278: 2**32 - 1}),
    "deflate-bomb": lambda: tiff({259: 8}, deflated(HALF_GIGA)),
    "packbits-bomb": lambda: tiff({259: 32773}, packbits_bomb()),
    "lzw-bomb": lambda: tiff({259: 5}, lzw_bomb()),
    "zstd-bomb": lambda: tiff({259: 50000}, zstd_bomb()),
    "imagej-one-page-says-two": lambda: tiff({270: IMAGEJ % (1, 2)}),
    "ome-other-size": lambda: tiff({270: OME.replace(b"32", b"99") % b'SizeZ="1" SizeC="1" SizeT="1"'}),
    "orientation-99": lambda: tiff({274: 99}),
    "white-is-zero": lambda: tiff({262: 0}),
    "half-float": lambda: tiff({339: 3, 258: 16, 256: 16}),
    "one-bit": lambda: tiff({258: 1, 256: 256}),
    "12-bit": lambda: tiff({258: 12, 256: 16}),
    "64-bit-integers": lambda: tiff({258: 64, 256: 4}),
    "64-bit-integers-too-large": lambda: tiff({258: 64, 256: 4}, b"\xff" * 768),
    "preview-page-only": lambda: tiff({254: 1}),
}

_CHOICES: dict[str, Callable[[], bytes]] = {
    "rgb-where-grey-is-expected": lambda: tiff({277: 3, 262: 2, 256: 8}),
    "separate-planes-missing": lambda: tiff({277: 3, 262: 2, 284: 2}),
    "imagej-two-channels": lambda: tiff(
        {270: b"ImageJ=1.53t\nimages=2\nchannels=2\nhyperstack=true\n\0", 257: 12}
    ),
}


def cases() -> Iterator[Reading]:
    """All of them."""
    for outcome, table in (("error", _ERRORS | _CHOICES), ("either", _EITHER)):
        right: Outcome = "error" if outcome == "error" else "either"
        for name, content in table.items():
            yield Reading(f"tiff-{name}", _file(name, content), right, says="claim.tif")


def _file(_name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "claim.tif"
        path.write_bytes(content())
        return path

    return make
