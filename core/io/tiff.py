"""TIFF stacks: several pages, ImageJ hyperstacks (also beyond 4 GB), OME-TIFF, BigTIFF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import DamagedFileError, IncompleteStackError
from core.io import ifd
from core.io.choose import COLOUR_PHOTOMETRIC, chosen_sample, sample_names
from core.io.flat import FlatSource
from core.io.found import Found, Picture
from core.io.guard import file_size, reading
from core.io.ifd import Directory, Page
from core.io.naming import shortened
from core.io.options import ReadOptions
from core.io.tiff_layout import Layout, Opened, meaning, resolution_of
from core.io.tiff_pixels import TiffSource, check_page, stored_dtype
from core.io.values import type_note
from core.job import Job
from core.volume import Source, VoxelSize

_REDUCED: Final = 1 | 4  # previews and masks


def recognises(_path: Path, head: bytes) -> bool:
    """TIFF and BigTIFF by their first four bytes."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def open_tiff(path: Path, options: ReadOptions, job: Job) -> Found:
    """Open a TIFF file without reading pixels.

    Raises
    ------
    DamagedFileError
        If it is truncated or contradicts itself.
    IncompleteStackError
        If pages differ in size or type (unless ``skip_odd``).
    AmbiguousInputError
        If it holds colours, channels or frames, and none is asked for.
    """
    with reading(path, "TIFF file"):
        opened = _scan(path, options, job)
        calibration, layout = meaning(opened, options)
    page = opened.pages[0]
    names = sample_names(page.samples, coloured=page.photometric in COLOUR_PHOTOMETRIC)
    sample, sample_note, colours = chosen_sample(names, options.dataset, path)
    source = _source(opened, layout, sample)
    notes = [*opened.notes, *layout.notes, *sample_note, *calibration.notes, *page_notes(page)]
    notes += type_note(stored_dtype(page, path))
    first, last = (_picture(opened, layout.pages[index]) for index in (0, -1))
    voxel_nm: VoxelSize = calibration.voxel_nm
    return Found(
        source, layout.name, (path,), voxel_nm, first, last, notes=tuple(notes),
        channel=layout.channel, channels=layout.channels or colours,
    )  # fmt: skip


def _scan(path: Path, options: ReadOptions, job: Job) -> Opened:
    size = file_size(path)
    with path.open("rb") as file:
        directory = Directory(file, path)
        pages = []
        for page in directory.pages():
            job.check()
            pages.append(page)
        if not pages:
            raise DamagedFileError(f"{path.name} is a TIFF file without a page")
        tags, _ = directory.entries(pages[0].offset)
        description = directory.text(tags, ifd.DESCRIPTION)
        resolution = resolution_of(directory, tags)
        turned = directory.number(tags, ifd.ORIENTATION, 1)
        lost = directory.lost(tags)
    kept, notes = _uniform(pages, path, options)
    for page in kept:
        check_page(page, path, size)
    if lost:
        named = ", ".join(map(str, lost))
        notes = (*notes, f"the file ends before what its tags {named} state: it may have been cut short.")
    if turned != 1:
        notes = (
            *notes,
            f"the file asks viewers to turn or mirror it (orientation {turned}); delivered as stored.",
        )
    return Opened(path, size, directory.order, directory.big, tuple(kept), description, resolution, notes)


def _uniform(
    pages: Sequence[Page], path: Path, options: ReadOptions
) -> tuple[Sequence[Page], tuple[str, ...]]:
    full = [page for page in pages if not page.subfile & _REDUCED] or list(pages[:1])
    notes = () if len(full) == len(pages) else (f"{len(pages) - len(full)} preview pages left out.",)
    kinds = Counter(page.kind for page in full)
    usual, _ = kinds.most_common(1)[0]
    odd = [number for number, page in enumerate(full, 1) if page.kind != usual]
    if not odd:
        return full, notes
    like = next(page for page in full if page.kind == usual)
    described = [f"page {number} ({full[number - 1]})" for number in odd]
    if not options.skip_odd:
        raise IncompleteStackError(
            f"{path.name}: {len(odd)} of {len(full)} pages differ in size or type: {shortened(described)}",
            slices=described,
            expected=str(like),
            remedy="leave them out (skip_odd), or separate them into files of their own",
        )
    return [page for page in full if page.kind == usual], (
        *notes,
        f"left out as odd: {shortened(described)}.",
    )


def _source(opened: Opened, layout: Layout, sample: int) -> Source:
    page, pages = layout.pages[0], layout.pages
    stored = stored_dtype(page, opened.path)
    plain = page.bits == 8 * stored.itemsize and page.planar != 2
    text = stored.newbyteorder(">" if opened.order == ">" else "<").str
    if layout.offsets is not None:
        shape = (len(layout.offsets), *page.shape_yx)
        return FlatSource(opened.path, shape, text, layout.offsets, page.samples, sample)
    shape = (len(pages), *page.shape_yx)
    if plain and all(item.is_one_plain_strip for item in pages):
        offsets = tuple(item.data_offset for item in pages)
        return FlatSource(opened.path, shape, text, offsets, page.samples, sample)
    return TiffSource(opened.path, shape, stored.str, tuple(item.offset for item in pages), sample)


def page_notes(page: Page) -> tuple[str, ...]:
    """Sentences on how the stored values of a page are to be taken."""
    notes = []
    if page.photometric == 3:
        notes.append("palette image: the stored index is the grey value, the colours are ignored.")
    if page.photometric == 0:
        notes.append("the file asks for inverted display (white is zero); values are delivered as stored.")
    if page.compression in (6, 7):
        notes.append("JPEG compression has changed the grey values.")
    return tuple(notes)


def _picture(opened: Opened, page: Page) -> Picture:
    return Picture(opened.path, page.shape_yx, ifd.tags_of(opened.path, page.offset))
