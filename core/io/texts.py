"""Files that hold metadata but no pixels: projects, sidecars, exported tags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.io.guard import head_of, reading
from core.metadata import Metadata

if TYPE_CHECKING:
    from core.io.vendor import VendorReport

_MAX_TEXT: Final = 2**23
_SIZE: Final = re.compile(r"size\W{1,3}(\d{2,6})\s*[x×* ]\s*(\d{2,6})\b", re.IGNORECASE)


def metadata_file(path: Path) -> tuple[Metadata, tuple[str, ...]] | None:
    """What a file without pixels says of an acquisition, and sentences; None if it is no such file.

    Known are projects (``.emxml``, ``.a3d-setup``), sidecars (JEOL, Hitachi, TESCAN), and the text of
    Thermo Fisher tags saved by itself.
    """
    from core.io.vendor import from_project

    head = head_of(path)
    if b"\0\0\0" in head:
        return None
    report: VendorReport | None = None
    with reading(path, "text"):
        if path.suffix.lower() in (".emxml", ".a3d-setup"):
            report = from_project(path)
        elif path.stat().st_size <= _MAX_TEXT:
            report = _from_text(path, path.read_bytes())
    if report is None or not _says_something(report.metadata):
        return None
    return report.metadata, report.notes


def _says_something(metadata: Metadata) -> bool:
    """Whether anything but the name of the vendor was found (a text may merely mention a vendor's keys)."""
    return metadata.model_copy(update={"vendor": None, "sources": ()}) != Metadata()


def _from_text(path: Path, data: bytes) -> VendorReport | None:
    from core.io.vendor import from_tiff
    from core.io.vendor.beside import SIDECAR_READERS
    from core.io.vendor.text import decoded

    text = decoded(data)
    shape_yx = _stated_shape(text)
    for read in SIDECAR_READERS:
        report = read(text, path.name, shape_yx)
        if report is not None:
            return report
    if "[Beam]" in text and "[Scan]" in text:
        return from_tiff(path, {34682: data}, shape_yx)
    if text.lstrip().startswith("<?xml") and "<Metadata" in text[:4096]:
        return from_tiff(path, {34683: data}, shape_yx)
    return None


def _stated_shape(text: str) -> tuple[int, int]:
    """Rows and columns of the image that the text belongs to; 1 × 1 where it does not say."""
    match = _SIZE.search(text)
    return (1, 1) if match is None else (int(match[2]), int(match[1]))
