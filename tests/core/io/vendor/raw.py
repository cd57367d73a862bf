"""Raw bytes of vendor tags by a reader that is not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tifffile

from core.io.vendor import TAGS


def raw_tags(path: Path) -> tuple[dict[int, bytes], tuple[int, int]]:
    """Vendor tags and shape (rows, columns) of the first page of a TIFF file."""
    found = {}
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        for tag in page.tags:
            if tag.code in TAGS:
                tiff.filehandle.seek(tag.valueoffset)
                found[tag.code] = tiff.filehandle.read(tag.valuebytecount)
        return found, (int(page.imagelength), int(page.imagewidth))
