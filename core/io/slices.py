"""One slice per file: headers for the completeness check, pixels one slice at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io import janelia, tiff
from core.io.choose import COLOUR_PHOTOMETRIC, sample_names
from core.io.guard import file_size, reading, require_bytes
from core.io.ifd import Page, first_page
from core.io.pictures import picture_head, picture_kind, read_picture
from core.io.tiff_pixels import TiffSource, check_page, compression_name, stored_dtype
from core.io.values import as_delivered, delivered
from core.volume import ALL, Array, Shape, extent


@dataclass(frozen=True)
class SliceHead:
    """What decides whether a file fits its neighbours.

    Attributes
    ----------
    format : str
        Name of the format.
    shape_yx : tuple of int
        Rows, columns.
    stored : str
        Type of the samples.
    names : tuple of str
        Names of the values of one pixel.
    pages : bool
        Whether the file holds more pages, so that it is a stack itself.
    notes : tuple of str
        Sentences for the user.
    """

    format: str
    shape_yx: tuple[int, int]
    stored: str
    names: tuple[str, ...] = ("grey",)
    pages: bool = False
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for files that can be slices of one stack."""
        return (self.shape_yx, np.dtype(self.stored), self.names, self.pages)

    def __str__(self) -> str:
        colour = "" if len(self.names) == 1 else f", {len(self.names)} values per pixel"
        pages = ", several pages" if self.pages else ""
        return f"{self.shape_yx[1]} × {self.shape_yx[0]} px {np.dtype(self.stored).name}{colour}{pages}"


def slice_head(path: Path) -> SliceHead:
    """Read the header of one slice; no pixel is decoded.

    Raises
    ------
    UnsupportedFormatError
        If it is no TIFF, PNG, BMP or JPEG file by content.
    DamagedFileError
        If it is empty, truncated (where the header tells), or claims the impossible.
    """
    size = file_size(path)
    with reading(path, "image"), path.open("rb") as file:
        head = file.read(32)
        kind = picture_kind(head)
        if kind is not None:
            picture = picture_head(path, file, kind, size)
            names = sample_names(picture.samples, coloured=True)
            return SliceHead(kind, picture.shape_yx, picture.stored, names, notes=picture.notes)
    if janelia.recognises(path, head):
        header = janelia.dat_header(path)
        return SliceHead(janelia.FORMAT, header.shape_yx, header.stored, header.names)
    if not tiff.recognises(path, head):
        raise UnsupportedFormatError(
            f"{path.name} is no image of a known kind",
            expected="TIFF, PNG, BMP, JPEG or Janelia .dat",
            got=head[:8],
        )
    page, more = first_page(path)
    check_page(page, path, size)
    return _tiff_head(page, more, path)


def _tiff_head(page: Page, more: bool, path: Path) -> SliceHead:
    stored = stored_dtype(page, path)
    name = "TIFF" if page.compression == 1 else f"TIFF ({compression_name(page)})"
    notes = tiff.page_notes(page)
    names = sample_names(page.samples, coloured=page.photometric in COLOUR_PHOTOMETRIC)
    return SliceHead(name, page.shape_yx, stored.str, names, more, notes)


def suffixes_of(kind: str) -> tuple[str, ...]:
    """Usual endings of a slice format."""
    if kind.startswith("TIFF"):
        return (".tif", ".tiff")
    return {"PNG": (".png",), "BMP": (".bmp",), "JPEG": (".jpg", ".jpeg")}.get(kind, (".dat",))


@dataclass(frozen=True)
class SlicesSource:
    """A stack of one file per slice; files are opened when a slice is read.

    Attributes
    ----------
    folder : Path
        Common folder.
    names : tuple of str
        Paths of the slices relative to it, in z order.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type of the samples.
    sample : int
        Which sample of each pixel is delivered.
    """

    folder: Path
    names: tuple[str, ...]
    shape: Shape
    stored: str
    sample: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.stored), self.folder)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range, slice after slice."""
        z0, z1 = extent(z, self.shape[0])
        rows, columns = slice(*extent(y, self.shape[1])), slice(*extent(x, self.shape[2]))
        out = np.empty((z1 - z0, rows.stop - rows.start, columns.stop - columns.start), self.dtype)
        for index in range(z0, z1):
            path = self.folder / self.names[index]
            plane = self._plane(path, rows, columns)
            if plane.dtype != self.dtype or plane.shape != out.shape[1:]:
                raise DamagedFileError(
                    f"{path.name} has changed since the stack was opened",
                    expected=f"{self.shape[2]} × {self.shape[1]} px {self.dtype}",
                    got=f"{plane.shape[::-1]} {plane.dtype}",
                    remedy="open the stack again",
                )
            out[index - z0] = plane
        return out

    def _plane(self, path: Path, rows: slice, columns: slice) -> Array:
        with reading(path), path.open("rb") as file:
            head = file.read(32)
        kind = picture_kind(head)
        if kind is not None:
            whole = read_picture(path, kind, self.sample)
            if whole.shape != self.shape[1:]:
                return as_delivered(whole, path)
            return as_delivered(whole[rows, columns], path)
        if janelia.recognises(path, head):
            flat = janelia.dat_source(path, janelia.dat_header(path), self.sample)
            plane: Array = flat.read(ALL, rows, columns)[0]
            return plane
        page, _ = first_page(path)
        require_bytes(path, expected=page.data_end, got=file_size(path), kind="TIFF file")
        source = TiffSource(
            path, (1, *self.shape[1:]), stored_dtype(page, path).str, (page.offset,), self.sample
        )
        page_pixels: Array = source.read(ALL, rows, columns)[0]
        return page_pixels
