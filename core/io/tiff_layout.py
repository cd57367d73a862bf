"""What the pages of a TIFF file are: slices, channels, frames, or one long page; and their voxel size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io import ifd
from core.io.calibration import (
    Calibration,
    Resolution,
    imagej_calibration,
    imagej_properties,
    plain_calibration,
)
from core.io.choose import chosen_plane
from core.io.guard import reading, require_bytes
from core.io.ifd import Directory, Page
from core.io.naming import shortened
from core.io.ome import OmeImage, is_ome, parse_ome
from core.io.options import ReadOptions


@dataclass(frozen=True)
class Opened:
    """What one pass over the directory has found."""

    path: Path
    size: int
    order: str
    big: bool
    pages: tuple[Page, ...]
    description: str
    resolution: Resolution
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """Which pages, or which places of the one long page, are the slices."""

    name: str
    pages: tuple[Page, ...]
    offsets: range | None = None
    channel: str = ""
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def meaning(opened: Opened, options: ReadOptions) -> tuple[Calibration, Layout]:
    """Voxel size and slices, from what the first page says of the file.

    Raises
    ------
    DamagedFileError
        If pages are missing.
    AmbiguousInputError
        If there are several channels or frames and none is asked for.
    """
    properties = imagej_properties(opened.description)
    big = "BigTIFF" if opened.big else "TIFF"
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


def _ome_planes(opened: Opened, image: OmeImage, options: ReadOptions) -> Layout:
    sizes, samples = dict(image.sizes), opened.pages[0].samples
    if samples > 1 and sizes["C"] % samples == 0:
        sizes["C"] //= samples  # colours of one pixel count as channels there
    planes = sizes["Z"] * sizes["C"] * sizes["T"]
    if image.other_files and planes != len(opened.pages):
        raise UnsupportedFormatError(
            f"{opened.path.name} is one of several files of an OME-TIFF set",
            got=shortened(image.other_files),
            remedy="open the folder of the files instead, or save the set as one file",
        )
    return _planes(opened, "OME-TIFF", planes, sizes, image.order, image.channels, options)


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
    opened: Opened, name: str, planes: int, sizes: dict[str, int], order: str,
    names: tuple[str, ...], options: ReadOptions,
) -> Layout:  # fmt: skip
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
        return Layout(name, tuple(pages[i] for i in picked), None, channel, choices, notes)
    step = page.shape_yx[0] * page.shape_yx[1] * page.samples * (page.bits // 8)
    offsets = range(
        page.data_offset + picked.start * step, page.data_offset + picked.stop * step, picked.step * step
    )
    return Layout(f"{name} (one long page)", (page,), offsets, channel, choices, notes)


def _require_long_page(opened: Opened, planes: int) -> None:
    """ImageJ and tifffile write one page and go on with bare pixels where 4 GB are not enough."""
    page = opened.pages[0]
    nbytes = page.shape_yx[0] * page.shape_yx[1] * page.samples * page.bits // 8
    if page.compression != 1 or page.tiled or page.bits % 8:
        raise DamagedFileError(
            f"{opened.path.name}: pages are missing", expected=f"{planes} pages", got="1 compressed page"
        )
    if page.strips > 1 and page.data_end - page.data_offset != nbytes:
        raise DamagedFileError(
            f"{opened.path.name}: pages are missing",
            expected=f"{planes} pages",
            got="1 page in scattered strips",
        )
    expected = page.data_offset + planes * nbytes
    require_bytes(opened.path, expected=expected, got=opened.size, kind=f"stack of {planes} images")


def calibration_of(path: Path) -> Calibration:
    """Voxel size that the first page of a TIFF file states itself."""
    with reading(path, "TIFF file"), path.open("rb") as file:
        directory = Directory(file, path)
        tags, _ = directory.entries(directory.first)
        return _calibration(path, directory.text(tags, ifd.DESCRIPTION), resolution_of(directory, tags))


def _calibration(path: Path, description: str, resolution: Resolution) -> Calibration:
    properties = imagej_properties(description)
    if properties:
        return imagej_calibration(properties, resolution)
    if is_ome(description):
        return parse_ome(description, path).calibration
    return plain_calibration(resolution)


def resolution_of(directory: Directory, tags: ifd.Tags) -> Resolution:
    """The resolution tags of a page."""
    return Resolution(
        directory.ratio(tags, ifd.X_RESOLUTION),
        directory.ratio(tags, ifd.Y_RESOLUTION),
        directory.number(tags, ifd.RESOLUTION_UNIT, 2),
    )
