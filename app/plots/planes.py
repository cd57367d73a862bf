"""Cuts through a stack, made small enough to draw: pyramids and a coarse overview. No Qt in here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.geometry import CUT_AXES, X, Y, Z
from core.volume import Array, Content, Volume, VolumeInfo

SMALLEST_SIDE = 48  # an axis this short is not halved any more
SMALLEST_LEVEL = 256  # a level whose longer side is this short is the last


@dataclass(frozen=True, eq=False)
class Level:
    """One resolution of a cut: `step` voxels (rows, columns) go into each pixel of `data`."""

    data: Array
    step: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Plane:
    """One cut across `axis` at `index`, in several resolutions.

    Attributes
    ----------
    levels : tuple of Level
        Finest first; rows and columns as in `CUT_AXES`.
    exact : bool
        Whether the finest level holds every voxel of the cut as stored.
    """

    axis: int
    index: int
    levels: tuple[Level, ...]
    exact: bool

    @property
    def nbytes(self) -> int:
        """Memory the cut takes."""
        return sum(level.data.nbytes for level in self.levels)

    def value_at(self, row: int, column: int) -> float | int | None:
        """Stored value of a voxel of the cut; None where only the overview is known."""
        data = self.levels[0].data
        if not self.exact or not (0 <= row < data.shape[0] and 0 <= column < data.shape[1]):
            return None
        value: float | int = data[row, column].item()
        return value

    def level_for(self, pixel: tuple[float, float], wanted: float) -> Level:
        """Coarsest level whose pixels are no larger than `wanted` on the screen.

        Parameters
        ----------
        pixel : tuple of float
            Size of a voxel (row, column) in any unit.
        wanted : float
            Size of one screen pixel in the same unit.
        """
        chosen = self.levels[0]
        for level in self.levels[1:]:
            if max(level.step[0] * pixel[0], level.step[1] * pixel[1]) <= wanted:
                chosen = level
        return chosen


def _halved(data: Array, axis: int, *, nearest: bool) -> Array:
    """Half as many pixels along an axis: the mean of pairs (a last odd one is kept), or every second."""
    first = data[::2] if axis == 0 else data[:, ::2]
    if nearest:
        return np.ascontiguousarray(first)
    second = data[1::2] if axis == 0 else data[:, 1::2]
    result = np.array(first)
    paired = result[: second.shape[0]] if axis == 0 else result[:, : second.shape[1]]
    kept = first[: second.shape[0]] if axis == 0 else first[:, : second.shape[1]]
    if np.issubdtype(data.dtype, np.floating):
        paired += second
        paired *= 0.5
    else:
        # (a & b) + ((a ^ b) >> 1) is the mean of two integers, rounded down, that cannot overflow.
        paired[...] = (kept & second) + ((kept ^ second) >> 1)
    return result


def pyramid(
    data: Array, *, pixel: tuple[float, float], step: tuple[int, int] = (1, 1), content: Content = "grey"
) -> tuple[Level, ...]:
    """Resolutions of a cut, each half of the one before along the axis (or axes) of the finer pixels.

    Parameters
    ----------
    data : ndarray, shape (rows, columns)
        The finest level.
    pixel : tuple of float
        Size of a voxel (row, column); coarser levels become as square as the factors of two allow.
    step : tuple of int
        Voxels per pixel of `data`.
    content : {'grey', 'binary', 'labels'}
        Labels are picked, never averaged.
    """
    levels = [Level(data, step)]
    while max(levels[-1].data.shape) > SMALLEST_LEVEL:
        level = levels[-1]
        sizes = [level.step[axis] * pixel[axis] for axis in (0, 1)]
        fine = [
            axis
            for axis in (0, 1)
            if sizes[axis] < 1.5 * min(sizes) and level.data.shape[axis] > SMALLEST_SIDE
        ]
        if not fine:
            break
        coarse, steps = level.data, list(level.step)
        for axis in fine:
            coarse = _halved(coarse, axis, nearest=content == "labels")
            steps[axis] *= 2
        levels.append(Level(coarse, (steps[0], steps[1])))
    return tuple(levels)


def strided_order(count: int) -> list[int]:
    """0 .. count-1 in an order that covers the whole range evenly from the start (bits reversed)."""
    bits = max(1, (count - 1).bit_length())
    reversed_bits = (int(format(index, f"0{bits}b")[::-1], 2) for index in range(1 << bits))
    return [index for index in reversed_bits if index < count]


def overview_strides(info: VolumeInfo, limit_bytes: int, read_limit_bytes: int) -> tuple[int, int, int]:
    """Distance of the voxels that an overview keeps.

    Parameters
    ----------
    info : VolumeInfo
        The whole stack.
    limit_bytes : int
        What the overview may take in memory.
    read_limit_bytes : int
        What may be read for it; at least 64 slices are read in any case.
    """
    nz, ny, nx = info.shape
    plane_bytes = ny * nx * info.dtype.itemsize
    most_slices = max(64, read_limit_bytes // plane_bytes)
    strides = [math.ceil(nz / most_slices), 1, 1]

    def taken() -> list[int]:
        return [math.ceil(n / s) for n, s in zip(info.shape, strides, strict=True)]

    while math.prod(taken()) * info.dtype.itemsize > limit_bytes:
        strides[int(np.argmax(taken()))] += 1
    return strides[0], strides[1], strides[2]


@dataclass(eq=False)
class Overview:
    """Every n-th voxel of a stack, filled slice by slice in an order that soon covers all of it.

    One thread at a time calls `fill`; `cut` may be called from any thread meanwhile: a slice counts as
    filled only after its voxels are there.
    """

    info: VolumeInfo
    limit_bytes: int = 64 << 20
    read_limit_bytes: int = 3 << 30
    strides: tuple[int, int, int] = field(init=False)
    order: list[int] = field(init=False)
    _data: Array = field(init=False)
    _filled: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.strides = overview_strides(self.info, self.limit_bytes, self.read_limit_bytes)
        shape = [math.ceil(n / s) for n, s in zip(self.info.shape, self.strides, strict=True)]
        self._data = np.zeros(shape, self.info.dtype)
        self._filled = np.zeros(shape[0], np.bool_)
        self.order = strided_order(shape[0])

    @property
    def full_resolution(self) -> bool:
        """Whether it keeps every voxel (small stacks)."""
        return self.strides == (1, 1, 1)

    @property
    def fraction(self) -> float:
        """Share of its slices that are there, 0-1."""
        return float(self._filled.mean())

    @property
    def complete(self) -> bool:
        """Whether all of its slices are there."""
        return bool(self._filled.all())

    def slice_index(self, coarse: int) -> int:
        """Slice of the stack that stands for a slice of the overview."""
        return min(coarse * self.strides[Z] + self.strides[Z] // 2, self.info.shape[Z] - 1)

    def fill(self, coarse: int, plane: Array) -> None:
        """Take a slice of the overview from the whole plane of the stack it stands for."""
        self._data[coarse] = plane[self._kept(Y)][:, self._kept(X)]
        self._filled[coarse] = True

    def has(self, coarse: int) -> bool:
        """Whether a slice of the overview is there."""
        return bool(self._filled[coarse])

    def _kept(self, axis: int) -> npt.NDArray[np.intp]:
        stride, length = self.strides[axis], self.info.shape[axis]
        return np.minimum(np.arange(0, length, stride) + stride // 2, length - 1)

    def cut(self, axis: int, index: int) -> tuple[Array, tuple[int, int], bool] | None:
        """Coarse cut, voxels per pixel, and whether it is exact; None while nothing is there.

        Slices that are not filled yet are taken from the nearest filled one.
        """
        filled = np.flatnonzero(self._filled)
        if filled.size == 0:
            return None
        wanted = np.arange(self._data.shape[0])
        right = np.clip(np.searchsorted(filled, wanted), 0, filled.size - 1)
        left = np.clip(right - 1, 0, None)
        nearer_left = np.abs(filled[left] - wanted) <= np.abs(filled[right] - wanted)
        rows = np.where(nearer_left, filled[left], filled[right])
        at = min(index // self.strides[axis], self._data.shape[axis] - 1)
        rows_axis, columns_axis = CUT_AXES[axis]
        step = (self.strides[rows_axis], self.strides[columns_axis])
        if axis == Z:
            return self._data[rows[at]].copy(), step, self.full_resolution and bool(self._filled[at])
        cut = self._data[rows, at, :] if axis == Y else self._data[rows, :, at].T
        return np.ascontiguousarray(cut), step, self.full_resolution and filled.size == rows.size


def cut_bytes(info: VolumeInfo, axis: int) -> int:
    """Bytes of the voxels of one whole cut."""
    rows, columns = CUT_AXES[axis]
    return info.shape[rows] * info.shape[columns] * info.dtype.itemsize


def read_part(volume: Volume, axis: int, index: int, first: int, last: int) -> Array:
    """Slices `first` to `last` of an xz or yz cut as (z, x) or (z, y)."""
    if axis == Y:
        return volume.read(slice(first, last), slice(index, index + 1))[:, 0, :]
    return volume.read(slice(first, last), slice(None), slice(index, index + 1))[:, :, 0]
