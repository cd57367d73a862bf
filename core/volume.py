"""A stack of slices as the whole program sees it: lazy, described, never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import pairwise
from typing import Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from core.errors import MissingMetadataError, ParameterError
from core.metadata import Metadata

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, int, int]
VoxelSize: TypeAlias = tuple[float | None, float | None, float | None]
Polygon: TypeAlias = tuple[tuple[float, float], ...]
Content: TypeAlias = Literal["grey", "binary", "labels", "probability"]

ALL = slice(None)
CONTENTS: tuple[Content, ...] = get_args(Content)


class Origin(IntEnum):
    """Where the voxels of a slice come from."""

    GAP = 0
    MEASURED = 1
    INTERPOLATED = 2
    INPAINTED = 3


ORIGINS = tuple(f"{origin.value} {origin.name.lower()}" for origin in Origin)


@runtime_checkable
class Source(Protocol):
    """Where voxels come from. Implementations are picklable and safe to read from several threads."""

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        ...

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the voxels of three contiguous ranges (step 1), shape (z, y, x)."""
        ...


@dataclass(frozen=True)
class ArraySource:
    """Voxels that are in memory already (tests, previews, small results)."""

    data: Array

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        z, y, x = self.data.shape
        return z, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.data.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a copy of the asked range."""
        return self.data[z, y, x].copy()


@dataclass(frozen=True)
class VolumeInfo:
    """What is known of a volume without reading a voxel.

    Attributes
    ----------
    shape : tuple of int
        (z, y, x).
    dtype : numpy.dtype
        uint8, uint16, uint32, int8, int16, int32, float32 or float64.
    voxel_nm : tuple of float or None
        (z, y, x) in nm; None where nobody has stated it.
    z_nm : tuple of float or None
        Position of each slice in nm where slices are uneven, increasing from 0; else None.
    slice_numbers : tuple of int or None
        Acquisition number of each slice where some are missing, increasing; None when consecutive.
        Only their differences mean something. Keeps the z of the others when a slice is lost, even while the
        thickness is unknown.
    channel : str
        Imaging condition, for example ``2kV-TLD``.
    content : {'grey', 'binary', 'labels', 'probability'}
        Binary volumes hold 0 (pore) and 255 (solid); probabilities of solid reach from 0 to 255 (uint8) or
        65535 (uint16).
    origin : tuple of int or None
        Where each slice comes from: 0 gap, 1 measured, 2 interpolated, 3 inpainted. None: all measured.
    footprint : tuple of tuple or None
        Per slice the convex area, as corners (y, x) in px, that the microscope has seen; an empty one for
        slices of gaps. What lies outside holds no measurement. None: every slice is covered wholly.
    """

    shape: Shape
    dtype: np.dtype[Any]
    voxel_nm: VoxelSize = (None, None, None)
    z_nm: tuple[float, ...] | None = None
    slice_numbers: tuple[int, ...] | None = None
    channel: str = ""
    content: Content = "grey"
    origin: tuple[int, ...] | None = None
    footprint: tuple[Polygon, ...] | None = None

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise ParameterError(
                "a volume needs at least one slice, row and column", got=self.shape, expected="(z, y, x) >= 1"
            )
        for per_slice in (self.z_nm, self.slice_numbers, self.origin, self.footprint):
            if per_slice is not None and len(per_slice) != self.shape[0]:
                raise ParameterError(
                    "slice positions do not match the slices", expected=self.shape[0], got=len(per_slice)
                )
        for positions in (self.z_nm, self.slice_numbers):
            if positions is not None and any(b <= a for a, b in pairwise(positions)):
                raise ParameterError("slice positions must increase", got=positions)
        if self.origin is not None and not set(self.origin) <= set(Origin):
            raise ParameterError(
                "the origin of slices is 0, 1, 2 or 3",
                expected=", ".join(ORIGINS),
                got=sorted(set(self.origin)),
            )

    @property
    def continuous(self) -> bool:
        """Whether values between two values mean something: not so for numbers of phases."""
        return self.content in ("grey", "probability")

    @property
    def nbytes(self) -> int:
        """Size of all voxels in bytes."""
        z, y, x = self.shape
        return z * y * x * self.dtype.itemsize

    def require_voxel_nm(self) -> tuple[float, float, float]:
        """Voxel size with every axis known.

        Raises
        ------
        MissingMetadataError
            If an axis has no stated size; it is never guessed.
        """
        z, y, x = self.voxel_nm
        if z is None or y is None or x is None:
            missing = [axis for axis, size in zip("zyx", self.voxel_nm, strict=True) if size is None]
            raise MissingMetadataError(
                f"the voxel size along {', '.join(missing)} is not known",
                got=self.voxel_nm,
                remedy="type it in (window: Import form; command line: --voxel-nm-zyx Z Y X)",
            )
        return z, y, x

    def positions_nm(self) -> tuple[float, ...] | None:
        """Position of each slice in nm: as measured, else numbers times thickness; None if unknown."""
        if self.z_nm is not None:
            return self.z_nm
        thickness_nm = self.voxel_nm[0]
        if thickness_nm is None:
            return None
        numbers = self.slice_numbers or tuple(range(self.shape[0]))
        return tuple((number - numbers[0]) * thickness_nm for number in numbers)

    def selected(self, kept: Sequence[int]) -> VolumeInfo:
        """Describe the volume of some of the slices; the kept ones keep their distances in z.

        Parameters
        ----------
        kept : sequence of int
            Indices of the slices that stay, increasing.
        """
        if not kept:
            raise ParameterError("no slice would be left", expected="at least one slice kept")
        numbers = self.slice_numbers or tuple(range(self.shape[0]))
        chosen = tuple(numbers[index] for index in kept)
        consecutive = all(b - a == 1 for a, b in pairwise(chosen))
        z_nm = None if self.z_nm is None else tuple(self.z_nm[i] - self.z_nm[kept[0]] for i in kept)
        return self.with_(
            shape=(len(kept), *self.shape[1:]),
            z_nm=z_nm,
            slice_numbers=None if consecutive else chosen,
            origin=None if self.origin is None else tuple(self.origin[i] for i in kept),
            footprint=None if self.footprint is None else tuple(self.footprint[i] for i in kept),
        )

    def stated(self) -> dict[str, Any]:
        """What results and OME-Zarr exports keep as attributes, beside shape and type."""
        return {
            "voxel_nm": list(self.voxel_nm),
            "z_nm": None if self.z_nm is None else list(self.z_nm),
            "slice_numbers": None if self.slice_numbers is None else list(self.slice_numbers),
            "channels": [self.channel],
            "content": self.content,
            "origin": None if self.origin is None else list(self.origin),
            **({} if self.footprint is None else {"footprint": self.footprint}),
        }

    def with_(self, **changes: Any) -> VolumeInfo:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Volume:
    """Description plus voxels plus where it came from.

    `notes` are sentences a user has to see: what was missing, corrected or doubtful at import.
    """

    info: VolumeInfo
    source: Source
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.source.shape != self.info.shape or self.source.dtype != self.info.dtype:
            raise ParameterError(
                "description and voxels disagree",
                expected=(self.info.shape, self.info.dtype),
                got=(self.source.shape, self.source.dtype),
            )

    def read(self, z: slice = ALL, y: slice = ALL, x: slice = ALL) -> Array:
        """Voxels of three contiguous ranges, shape (z, y, x)."""
        return self.source.read(z, y, x)

    def slice(self, index: int) -> Array:
        """One slice, shape (y, x)."""
        if not 0 <= index < self.info.shape[0]:
            raise ParameterError("no such slice", expected=f"0-{self.info.shape[0] - 1}", got=index)
        plane: Array = self.source.read(slice(index, index + 1))[0]
        return plane

    def slices(self) -> Iterator[Array]:
        """All slices in order, one in memory at a time."""
        for index in range(self.info.shape[0]):
            yield self.slice(index)


def polygon_of(corners: Any) -> Polygon:
    """A polygon of `VolumeInfo.footprint` from what a file states."""
    return tuple((float(y), float(x)) for y, x in corners)


def volume_of(data: Array, **info: Any) -> Volume:
    """Wrap an array (z, y, x); keywords go to `VolumeInfo`."""
    source = ArraySource(np.ascontiguousarray(data))
    return Volume(VolumeInfo(source.shape, source.dtype, **info), source)


def extent(part: slice, length: int) -> tuple[int, int]:
    """Start and stop of a contiguous range within `length`, checked.

    Raises
    ------
    ParameterError
        If the range is stepped or leaves 0-length.
    """
    start = 0 if part.start is None else part.start
    stop = length if part.stop is None else part.stop
    if part.step not in (None, 1) or not 0 <= start < stop <= length:
        raise ParameterError("range outside the volume", expected=f"within 0-{length}", got=part)
    return start, stop
