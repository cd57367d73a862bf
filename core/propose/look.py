"""The few slices that proposals rest on: read once, whole ones thinned, middles at full resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.errors import VoxelError
from core.execute.planes import CachedSource, PlaneCache
from core.job import Job
from core.models.intensity import Levels, levels_of_planes
from core.volume import Array, Volume

SLICES, LEAST_SLICES = 12, 4
READ_BYTES = 192 << 20
MIDDLE_PX, WIDE_PX = 512, 512


@dataclass(frozen=True)
class Look:
    """A sample of one channel.

    Attributes
    ----------
    name : str
        Of the channel.
    volume : Volume
    numbers : tuple of int
        Indices of the slices that were looked at, increasing, from the first to the last of the stack.
    middles : tuple of ndarray
        The middle of each of them, at most `MIDDLE_PX` each way.
    wide : tuple of ndarray
        The whole of each, thinned to every n-th pixel.
    """

    name: str
    volume: Volume
    numbers: tuple[int, ...]
    middles: tuple[Array, ...]
    wide: tuple[Array, ...]

    @cached_property
    def levels(self) -> Levels | None:
        """Grey of pore and solid and the noise; None where nothing stands out of the noise."""
        try:
            return levels_of_planes(self.middles)
        except VoxelError:
            return None

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The different values that were seen, if they are at most four; else nothing."""
        found: set[float] = set()
        for plane in self.middles:
            found |= set(np.unique(plane).tolist())
            if len(found) > MOST_PHASES:
                return ()
        return tuple(sorted(found))

    @property
    def content(self) -> str:
        """What the voxels are: as the volume says, or as their few values show."""
        info = self.volume.info
        if info.content != "grey" or not self.values:
            return info.content
        if len(self.values) == 1:
            return "grey"
        return "binary" if len(self.values) == 2 else "labels"


MOST_PHASES = 4


def kept(volume: Volume, name: str) -> Volume:
    """The same volume, its planes kept once they have been read: several stages look at them."""
    return replace(volume, source=CachedSource(volume.source, name, PlaneCache()))


def spread(count: int, wanted: int) -> tuple[int, ...]:
    """Indices from the first to the last of `count`, evenly spread."""
    return tuple(sorted(set(np.linspace(0, count - 1, min(count, wanted)).round().astype(int).tolist())))


def affordable(volume: Volume, most: int = SLICES) -> int:
    """How many slices are looked at: fewer where they are huge."""
    _, y, x = volume.info.shape
    plane = y * x * volume.info.dtype.itemsize
    return int(np.clip(READ_BYTES // plane, LEAST_SLICES, most))


def middle(shape_yx: tuple[int, int], side: int = MIDDLE_PX) -> tuple[slice, slice]:
    """Rows and columns of the middle, at most `side` each way."""
    first = [max(0, (length - side) // 2) for length in shape_yx]
    rows, columns = (slice(at, min(length, at + side)) for at, length in zip(first, shape_yx, strict=True))
    return rows, columns


def thinned(plane: Array, side: int = WIDE_PX) -> Array:
    """Every n-th row and column, so that at most `side` of each are left."""
    every = [max(1, -(-length // side)) for length in plane.shape]
    return plane[:: every[0], :: every[1]]


def look_at(name: str, volume: Volume, job: Job) -> Look:
    """Read a sample of a channel.

    Raises
    ------
    VoxelError
        If a slice holds values that are no finite numbers.
    """
    numbers = spread(volume.info.shape[0], affordable(volume))
    part = middle(volume.info.shape[1:])
    middles, wide = [], []
    for number in job.track(numbers, len(numbers), "Looking at the slices"):
        plane = finite(volume.slice(number), number)
        middles.append(np.ascontiguousarray(plane[part]))
        wide.append(np.ascontiguousarray(thinned(plane)))
    return Look(name, volume, numbers, tuple(middles), tuple(wide))


def finite(plane: Array, number: int) -> Array:
    """The plane, if all of it are finite numbers."""
    if plane.dtype.kind == "f" and not np.isfinite(plane).all():
        raise VoxelError(
            f"slice {number} holds values that are no finite numbers",
            expected="grey values",
            remedy=f"leave slice {number} out with drop-slices, or repair it",
        )
    return plane


def named(looks: Mapping[str, Look], channel: str) -> str:
    """Words for a channel, where there are several."""
    return f"channel {channel}: " if len(looks) > 1 and channel else ""
