"""A structure that can be read anywhere: inside its nominal shape, before it and beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from core import machine
from core.errors import NotEnoughMemoryError, ParameterError
from core.volume import ALL, Array, Shape, extent

Range: TypeAlias = tuple[int, int]
Ranges: TypeAlias = tuple[Range, Range, Range]
Continues: TypeAlias = Literal["endless", "periodic", "mirrored"]
_CHECKED_BYTES = 1 << 28
_FARTHEST = 1 << 40


class Pattern(Protocol):
    """Labels of voxels. Implementations are picklable and safe to read from several threads."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What each value stands for: ("pore", "solid"), ("pore", "solid", "second phase"), ..."""
        ...

    @property
    def shape(self) -> Shape:
        """Nominal slices, rows, columns; solid fractions hold within it."""
        ...

    @property
    def voxel_nm(self) -> float:
        """Edge of the cubic voxels."""
        ...

    @property
    def continues(self) -> Continues:
        """How it goes on beyond the nominal shape."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences the user has to see: what is doubtful in what was asked."""
        ...

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of three ranges (start, stop) of voxels, also negative or beyond `shape`.

        Returns
        -------
        ndarray of uint8, shape (z, y, x)
            The same voxel has the same value whatever ranges it is read with.

        Raises
        ------
        ParameterError
            If a range is empty.
        NotEnoughMemoryError
            If the block does not fit into memory.
        """
        ...


def check_ranges(ranges: Ranges, *, bytes_per_voxel: int = 2) -> Shape:
    """Shape of a block.

    Raises
    ------
    ParameterError
        If a range is empty or absurdly far away.
    NotEnoughMemoryError
        If the block needs more than the memory that is free.
    """
    for start, stop in ranges:
        if not -_FARTHEST < start < stop < _FARTHEST:
            raise ParameterError("impossible range of voxels", expected="start < stop", got=(start, stop))
    depth, height, width = (stop - start for start, stop in ranges)
    needed = depth * height * width * bytes_per_voxel
    if needed > _CHECKED_BYTES and needed > machine.free_bytes():
        raise NotEnoughMemoryError(
            f"a block of {depth} x {height} x {width} voxels needs {needed >> 20:,} MiB",
            expected=f"at most {machine.free_bytes() >> 20:,} MiB",
            remedy="read smaller blocks",
        )
    return depth, height, width


@dataclass(frozen=True)
class PatternSource:
    """The voxels of a pattern within its nominal shape, as a `core.volume.Source`.

    With `solid_255` a pattern of two labels is delivered as 0 (pore) and 255 (solid), the values of binary
    volumes.
    """

    pattern: Pattern
    solid_255: bool = False

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.pattern.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint8."""
        return np.dtype(np.uint8)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of three contiguous ranges."""
        inside = [extent(part, length) for part, length in zip((z, y, x), self.shape, strict=True)]
        labels = self.pattern.read(inside[0], inside[1], inside[2])
        return labels * np.uint8(255) if self.solid_255 else labels


def pieces(
    wanted: Range, length: int, continues: Literal["periodic", "mirrored"]
) -> Iterator[tuple[Range, slice]]:
    """Cut a range into runs that lie within 0-`length` once folded back.

    Yields
    ------
    inside : tuple of int
        Start and stop within 0-`length`.
    place : slice
        Where the run belongs in the output, counted from `wanted[0]`; of step -1 where it is reversed.
    """
    start, stop = wanted
    while start < stop:
        copy, offset = divmod(start, length)
        count = min(length - offset, stop - start)
        first = start - wanted[0]
        if continues == "mirrored" and copy % 2:
            inside = (length - offset - count, length - offset)
            place = slice(first + count - 1, first - 1 if first else None, -1)
        else:
            inside, place = (offset, offset + count), slice(first, first + count)
        yield inside, place
        start += count
