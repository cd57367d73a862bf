"""TIFF stacks: several pages, ImageJ hyperstacks (also beyond 4 GB), OME-TIFF, BigTIFF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import DamagedFileError, IncompleteStackError, UnsupportedFormatError
from core.io import ifd
from core.io.calibration import (
    Calibration,
    Resolution,
    imagej_calibration,
    imagej_properties,
    plain_calibration,
)
from core.io.choose import COLOUR_PHOTOMETRIC, chosen_plane, chosen_sample, sample_names
from core.io.flat import FlatSource
from core.io.found import Found, Picture
from core.io.guard import file_size, head_of, reading, require_bytes
from core.io.ifd import Directory, Page
from core.io.naming import shortened
from core.io.ome import OmeImage, is_ome, parse_ome
from core.io.options import ReadOptions
from core.io.tiff_pixels import TiffSource, check_page, stored_dtype
from core.io.values import type_note
from core.job import Job
from core.volume import Source, VoxelSize

_REDUCED: Final = 1 | 4  # previews and masks


def recognises(_path: Path, head: bytes) -> bool:
    """TIFF and BigTIFF by their first four bytes."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class _Opened:
    """What one pass over the directory has found."""

    path: Path
    size: int
    order: str
    pages: tuple[Page, ...]
    description: str
    resolution: Resolution
    notes: tuple[str, ...]


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
        calibration, layout = _meaning(opened, options)
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


def _scan(path: Path, options: ReadOptions, job: Job) -> _Opened:
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
        resolution = _resolution(directory, tags)
        turned = directory.number(tags, ifd.ORIENTATION, 1)
    kept, notes = _uniform(pages, path, options)
    for page in kept:
        check_page(page, path, size)
    if turned != 1:
        notes = (
            *notes,
            f"the file asks viewers to turn or mirror it (orientation {turned}); delivered as stored.",
        )
    return _Opened(path, size, directory.order, tuple(kept), description, resolution, notes)


def calibration_of(path: Path) -> Calibration:
    """Voxel size that the first page of a TIFF file states itself; empty for other files."""
    if not recognises(path, head_of(path, 32)):
        return Calibration()
    with reading(path, "TIFF file"), path.open("rb") as file:
        directory = Directory(file, path)
        tags, _ = directory.entries(directory.first)
        return _calibration(path, directory.text(tags, ifd.DESCRIPTION), _resolution(directory, tags))


def _calibration(path: Path, description: str, resolution: Resolution) -> Calibration:
    properties = imagej_properties(description)
    if properties:
        return imagej_calibration(properties, resolution)
    if is_ome(description):
        return parse_ome(description, path).calibration
    return plain_calibration(resolution)


def _resolution(directory: Directory, tags: ifd.Tags) -> Resolution:
    return Resolution(
        directory.ratio(tags, ifd.X_RESOLUTION),
        directory.ratio(tags, ifd.Y_RESOLUTION),
        directory.number(tags, ifd.RESOLUTION_UNIT, 2),
    )


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


@dataclass(frozen=True)
class _Layout:
    """Which pages, or which places of the one long page, are the slices."""

    name: str
    pages: tuple[Page, ...]
    offsets: range | None = None
    channel: str = ""
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _meaning(opened: _Opened, options: ReadOptions) -> tuple[Calibration, _Layout]:
    properties = imagej_properties(opened.description)
    big = "BigTIFF" if opened.size > 2**32 and opened.pages[0].offset > 2**32 else "TIFF"
    if properties:
        sizes = {
            "C": _count(properties, "channels"),
            "Z": _count(properties, "slices"),
            "T": _count(properties, "frames"),
        }
        planes = _count(properties, "images")
        layout = _planes(opened, f"ImageJ {big}", planes, sizes, "CZT", (), options)
        return imagej_calibration(properties, opened.resolution), layout
    if is_ome(opened.description):
        image = parse_ome(opened.description, opened.path)
        return image.calibration, _ome_planes(opened, image, options)
    planes = _shaped_planes(opened.description)
    layout = _planes(opened, big, planes, {"Z": max(planes, len(opened.pages))}, "Z", (), options)
    return plain_calibration(opened.resolution), layout


def _ome_planes(opened: _Opened, image: OmeImage, options: ReadOptions) -> _Layout:
    planes = image.sizes["Z"] * image.sizes["C"] * image.sizes["T"]
    samples = opened.pages[0].samples
    if samples > 1 and image.sizes["C"] % samples == 0:
        image.sizes["C"] //= samples
        planes //= samples
    if image.other_files and planes != len(opened.pages):
        raise UnsupportedFormatError(
            f"{opened.path.name} is one of several files of an OME-TIFF set",
            got=shortened(image.other_files),
            remedy="open the folder of the files instead, or save the set as one file",
        )
    return _planes(opened, "OME-TIFF", planes, image.sizes, image.order, image.channels, options)


def _count(properties: dict[str, str], key: str) -> int:
    text = properties.get(key, "1")
    if not text.isdigit() or not 0 < int(text) < 10**9:
        raise DamagedFileError(
            "the ImageJ description contradicts itself", expected=f"{key} >= 1", got=text[:40]
        )
    return int(text)


def _shaped_planes(description: str) -> int:
    """Number of planes of a file whose writer noted its shape and wrote one page only; else 1."""
    if not description.startswith('{"shape":'):
        return 1
    noted = json.loads(description)
    if not noted.get("truncated"):
        return 1
    planes = 1
    for size in noted["shape"][:-2]:
        planes *= int(size)
    return max(planes, 1)


def _planes(
    opened: _Opened, name: str, planes: int, sizes: dict[str, int], order: str,
    names: tuple[str, ...], options: ReadOptions,
) -> _Layout:  # fmt: skip
    pages, page = opened.pages, opened.pages[0]
    long_page = len(pages) == 1 and planes > 1
    if long_page:
        _require_long_page(opened, planes)
    elif planes > len(pages):
        raise DamagedFileError(
            f"{opened.path.name}: pages are missing",
            expected=f"{planes} pages, as the description says",
            got=f"{len(pages)} pages",
            remedy="copy the file again from its source",
        )
    total = planes if long_page else len(pages)
    product = sizes.get("C", 1) * sizes.get("Z", 1) * sizes.get("T", 1)
    notes: tuple[str, ...] = ()
    if product != total:
        if product > 1:
            notes = (
                f"channels × slices × frames = {product}, but there are {total} images: taken as slices.",
            )
        sizes, order = {"Z": total}, "Z"
    picked, choices, channel, extra = chosen_plane(sizes, order, names, options.dataset, opened.path)
    notes = (*notes, *extra)
    if not long_page:
        return _Layout(name, tuple(pages[i] for i in picked), None, channel, choices, notes)
    step = page.shape_yx[0] * page.shape_yx[1] * page.samples * (page.bits // 8)
    offsets = range(
        page.data_offset + picked.start * step, page.data_offset + picked.stop * step, picked.step * step
    )
    return _Layout(f"{name} (one long page)", (page,), offsets, channel, choices, notes)


def _require_long_page(opened: _Opened, planes: int) -> None:
    """ImageJ and tifffile write one page and go on with bare pixels where 4 GB are not enough."""
    page = opened.pages[0]
    nbytes = page.shape_yx[0] * page.shape_yx[1] * page.samples * page.bits // 8
    if page.compression != 1 or page.tiled or page.bits % 8:
        raise DamagedFileError(
            f"{opened.path.name}: pages are missing", expected=f"{planes} pages", got="1 compressed page"
        )
    expected = page.data_offset + planes * nbytes
    require_bytes(opened.path, expected=expected, got=opened.size, kind=f"stack of {planes} images")


def _source(opened: _Opened, layout: _Layout, sample: int) -> Source:
    page, pages = layout.pages[0], layout.pages
    stored = stored_dtype(page, opened.path)
    plain = page.compression == 1 and page.bits == 8 * stored.itemsize and page.planar != 2
    text = stored.newbyteorder(">" if opened.order == ">" else "<").str
    if layout.offsets is not None:
        shape = (len(layout.offsets), *page.shape_yx)
        return FlatSource(opened.path, shape, text, layout.offsets, page.samples, sample)
    shape = (len(pages), *page.shape_yx)
    if plain and all(item.strips == 1 and not item.tiled and item.compression == 1 for item in pages):
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


def _picture(opened: _Opened, page: Page) -> Picture:
    return Picture(opened.path, page.shape_yx, ifd.tags_of(opened.path, page.offset))
