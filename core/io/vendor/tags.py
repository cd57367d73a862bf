"""Raw bytes of vendor tags, before any library interprets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tifffile

from core.errors import DamagedFileError
from core.io.vendor.text import MAX_BYTES

TAGS = (34680, 34682, 34683, 34118, 34119, 51023, 50431)
"""Thermo Fisher / FEI, Zeiss SmartSEM, Fibics Atlas, TESCAN."""


def raw_tags(path: Path, page: int = 0) -> tuple[dict[int, bytes], tuple[int, int]]:
    """Vendor tags and shape (rows, columns) of one page of a TIFF file.

    Raises
    ------
    DamagedFileError
        If the file is no TIFF or ends before its tags do.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            return raw_tags_of(tiff, page)
    except (tifffile.TiffFileError, IndexError, ValueError, EOFError) as error:
        raise DamagedFileError(f"{path.name}: the TIFF tags cannot be read", got=error) from error


def raw_tags_of(tiff: tifffile.TiffFile, page: int = 0) -> tuple[dict[int, bytes], tuple[int, int]]:
    """Like `raw_tags`, of an open file."""
    frame: Any = tiff.pages[page]
    found = {}
    for tag in frame.tags:
        if tag.code in TAGS and tag.valuebytecount > 0:
            tiff.filehandle.seek(tag.valueoffset)
            # One byte more than is accepted: enough to see that it is too long.
            found[tag.code] = tiff.filehandle.read(min(tag.valuebytecount, MAX_BYTES + 1))
    return found, (int(frame.imagelength), int(frame.imagewidth))
