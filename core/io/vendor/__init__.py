"""What microscopes and their software wrote beside the pixels, in the vocabulary of `core.metadata`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.io.vendor import fibics, tescan, thermo_fisher, zeiss
from core.io.vendor.beside import from_project, from_sidecar
from core.io.vendor.fibics import z_from_name
from core.io.vendor.report import VendorReport, combined
from core.io.vendor.text import MAX_BYTES
from core.metadata import Metadata

__all__ = [
    "TAGS",
    "VendorReport",
    "combined",
    "from_project",
    "from_sidecar",
    "from_tiff",
    "z_from_name",
]

TagReader = Callable[[Mapping[int, str | bytes], tuple[int, int]], VendorReport | None]

TAGS = (*thermo_fisher.TAGS, *zeiss.TAGS, fibics.TAG, tescan.TAG)

TAG_READERS: tuple[TagReader, ...] = (
    thermo_fisher.from_tags,
    zeiss.from_tags,
    fibics.from_tags,
    tescan.from_tags,
)


def from_tiff(path: Path, tags: Mapping[int, str | bytes], shape_yx: tuple[int, int]) -> VendorReport | None:
    """Read the vendor tags of one TIFF page, and the position in its file name.

    Parameters
    ----------
    path : Path
        The file, for its name, and for text appended to it where no tag holds any; it need not exist.
    tags : mapping of int to str or bytes
        Raw values of the tags in TAGS that are there, as the file holds them; others are ignored.
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
    answers = [read(usable, shape_yx) for read in TAG_READERS]
    reports = [answer for answer in answers if answer is not None]
    if not reports and not notes and (appended := tescan.from_end(path, shape_yx)) is not None:
        reports.append(appended)
    named = _of_name(path.name, [report.metadata.z_nm for report in reports])
    oversized = VendorReport(Metadata(), tuple(notes)) if notes else None
    return combined([*reports, named, oversized])


def _of_name(name: str, stated_nm: Sequence[float | None]) -> VendorReport | None:
    """Position in the file name, where no tag states one; a note where they differ by more than rounding."""
    named_nm = z_from_name(name)
    if named_nm is None:
        return None
    tagged_nm = next((z_nm for z_nm in stated_nm if z_nm is not None), None)
    if tagged_nm is None:
        return VendorReport(Metadata(z_nm=named_nm, sources=("file name",)))
    if abs(tagged_nm - named_nm) <= 1.0:
        return None
    return VendorReport(
        Metadata(),
        (f"The file is named for z = {named_nm:g} nm but states {tagged_nm:g} nm; the latter is used.",),
    )


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
