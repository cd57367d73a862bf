"""A box of a stack that the user has marked, and the voxels in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.geometry import AXIS_NAMES, Frame, X, Y, Z
from core.volume import ALL, Array, Shape, Source, Volume, VolumeInfo, extent

Place = tuple[int, int, int]
FIRST_SHARE = 0.5  # of each side within a slice, for a box that nobody has drawn yet


@dataclass(frozen=True)
class Region:
    """Voxels from `low` to before `high`, both (z, y, x) and counted from 0; never empty.

    Raises
    ------
    ValueError
        If it would be empty.
    """

    low: Place
    high: Place

    def __post_init__(self) -> None:
        if any(not 0 <= low < high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"an empty region: {self.low} to {self.high}")

    @property
    def shape(self) -> Shape:
        """Voxels along z, y and x."""
        z, y, x = (high - low for low, high in zip(self.low, self.high, strict=True))
        return z, y, x

    @property
    def voxels(self) -> int:
        """All of its voxels."""
        z, y, x = self.shape
        return z * y * x

    @property
    def text(self) -> str:
        """Say where it is; the last voxel counts as part of it."""
        parts = [f"{AXIS_NAMES[axis]} {self.low[axis]}–{self.high[axis] - 1}" for axis in (Z, Y, X)]
        return ", ".join(parts) + " px"

    def slices(self) -> tuple[slice, slice, slice]:
        """What cuts it out of an array (z, y, x)."""
        z, y, x = (slice(low, high) for low, high in zip(self.low, self.high, strict=True))
        return z, y, x

    def with_axis(self, axis: int, low: int, high: int) -> Region:
        """The same with another range along one axis."""
        lows, highs = list(self.low), list(self.high)
        lows[axis], highs[axis] = low, high
        return Region((lows[Z], lows[Y], lows[X]), (highs[Z], highs[Y], highs[X]))


def region_within(low: Sequence[int], high: Sequence[int], shape: Shape) -> Region:
    """The region that is nearest to a wish: inside the volume, at least one voxel thick.

    Parameters
    ----------
    low, high : sequence of int
        First and last + 1 voxel (z, y, x); any values, also exchanged.
    shape : tuple of int
        Of the volume.
    """
    lows, highs = [], []
    for first, last, length in zip(low, high, shape, strict=True):
        start = min(max(0, min(first, last)), length - 1)
        lows.append(start)
        highs.append(min(max(start + 1, first, last), length))
    return Region((lows[Z], lows[Y], lows[X]), (highs[Z], highs[Y], highs[X]))


def first_region(shape: Shape) -> Region:
    """Where a new box begins: the middle of every slice."""
    inset = [round(n * (1 - FIRST_SHARE) / 2) for n in shape]
    return region_within((0, inset[Y], inset[X]), (shape[Z], shape[Y] - inset[Y], shape[X] - inset[X]), shape)


def box_of(region: Region, frame: Frame, axis: int) -> tuple[float, float]:
    """Where the region begins and ends along an axis, in the frame's unit."""
    low, high = region.low[axis], region.high[axis]
    if axis == Z:
        begins, ends = frame.z_edges
        return float(begins[low]), float(ends[high - 1])
    return low * frame.size[axis], high * frame.size[axis]


def range_at(frame: Frame, axis: int, first: float, last: float) -> tuple[int, int]:
    """The voxels between two positions along an axis; borders go to the nearest border of a voxel."""
    first, last = min(first, last), max(first, last)
    if axis == Z:
        begins, ends = frame.z_edges
        return int(np.argmin(np.abs(begins - first))), int(np.argmin(np.abs(ends - last))) + 1
    return round(first / frame.size[axis]), round(last / frame.size[axis])


@dataclass(frozen=True)
class BoxSource:
    """The voxels of a region of another source."""

    upstream: Source
    region: Region

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns of the region."""
        return self.region.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.upstream.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a copy of the asked range."""
        parts = []
        for part, first, length in zip((z, y, x), self.region.low, self.shape, strict=True):
            start, stop = extent(part, length)
            parts.append(slice(first + start, first + stop))
        return self.upstream.read(*parts)


@dataclass(frozen=True, eq=False)
class PaddedSource:
    """An array that lies somewhere in a larger volume; 0 around it."""

    data: Array
    low: Place
    shape: Shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.data.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        asked = [extent(part, length) for part, length in zip((z, y, x), self.shape, strict=True)]
        result = np.zeros([stop - start for start, stop in asked], self.dtype)
        taken, put = [], []
        for (start, stop), low, length in zip(asked, self.low, self.data.shape, strict=True):
            first, last = max(start, low), min(stop, low + length)
            if first >= last:
                return result
            taken.append(slice(first - low, last - low))
            put.append(slice(first - start, last - start))
        result[tuple(put)] = self.data[tuple(taken)]
        return result


def cropped(volume: Volume, region: Region) -> Volume:
    """The part of a volume in a region, read only when it is asked for."""
    info = volume.info.selected(range(region.low[Z], region.high[Z]))
    info = info.with_(shape=region.shape)
    return Volume(info, BoxSource(volume.source, region), volume.metadata, volume.notes)


def whole(info: VolumeInfo) -> Region:
    """All of a volume."""
    return Region((0, 0, 0), info.shape)
