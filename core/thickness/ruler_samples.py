"""A few slices of a stack to find a ruler in, read when looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from core.boxes import Box
from core.errors import VoxelError
from core.job import Job
from core.thickness.marks import FoundMarks, RulerError, moved
from core.volume import Array, Volume

SAMPLES, LONGEST_STRIDE = 7, 5


class Samples(Sequence[Array]):
    """Some slices of a region; nothing is held."""

    def __init__(self, volume: Volume, region: Box | None, indices: Array) -> None:
        _, rows, columns = volume.info.shape
        self.volume = volume
        self.region = region or (0, rows, 0, columns)
        self.indices = indices

    @property
    def corner(self) -> tuple[int, int]:
        """First row and column of the region."""
        return self.region[0], self.region[2]

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, place: int) -> Array: ...
    @overload
    def __getitem__(self, place: slice) -> Samples: ...
    def __getitem__(self, place: int | slice) -> Array | Samples:
        if isinstance(place, slice):
            return Samples(self.volume, self.region, self.indices[place])
        return read_finite(self.volume, int(self.indices[place]), self.region)

    def __iter__(self) -> Iterator[Array]:
        for place in range(len(self)):
            yield self[place]

    def whole(self, found: FoundMarks) -> FoundMarks:
        """What was found, in the frame of the whole slice."""
        return moved(found, *self.corner)


def read_finite(volume: Volume, index: int, region: Box) -> Array:
    """Part of one slice.

    Raises
    ------
    VoxelError
        If it holds NaN or infinity.
    """
    y0, y1, x0, x1 = region
    plane: Array = volume.read(slice(index, index + 1), slice(y0, y1), slice(x0, x1))[0]
    if plane.dtype.kind == "f" and not np.isfinite(plane).all():
        raise VoxelError(
            f"slice {index} holds values that are not finite where the ruler is looked for",
            remedy="repair the slice, or leave it out (step drop-slices)",
        )
    return plane


def sampled(volume: Volume, region: Box | None, job: Job) -> Samples:
    """Choose the first few slices that are not blank, some apart.

    Raises
    ------
    RulerError
        If all slices are blank.
    """
    count = volume.info.shape[0]
    stride = int(np.clip(count // SAMPLES, 1, LONGEST_STRIDE))
    every = Samples(volume, region, np.arange(count))
    chosen: list[int] = []
    index = 0
    while index < count and len(chosen) < SAMPLES:
        job.progress(len(chosen), SAMPLES, "looking for the ruler")
        blank = float(np.ptp(every[index])) == 0
        if not blank:
            chosen.append(index)
        index += stride if chosen and not blank else 1
    if not chosen:
        raise RulerError("all slices are blank where the ruler is looked for", got=f"{count} blank slices")
    return Samples(volume, region, np.array(chosen))


def sound(found: FoundMarks, indices: Array) -> int:
    """The first of the samples whose marks stand where those of the others let expect."""
    x = found.x_px
    if len(indices) < 4:
        return 0
    apart = x[:, 1:] - x[:, :1]
    i, j = np.triu_indices(len(indices), 1)
    slope = np.nanmedian((apart[j] - apart[i]) / (indices[j] - indices[i])[:, None], axis=0)
    off = apart - slope * indices[:, None]
    far = np.abs(off - np.nanmedian(off, axis=0)) > 0.5 * float(found.widths_px.max()) + 4
    good = ~(far | ~np.isfinite(off)).any(axis=1)
    return int(np.argmax(good[: len(indices) - 2])) if good[: len(indices) - 2].any() else 0
