"""Strokes, outlines and fills on the labels of one slice.

Every function that changes labels returns the rectangle it changed, so that only that has to be kept for
undoing and drawn again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.volume import Array

Point = tuple[float, float]
"""Row and column, counted from the borders of the first pixel: its middle is at (0.5, 0.5)."""
Mask = npt.NDArray[np.bool_]
Touch = Callable[["Rect"], None]


@dataclass(frozen=True)
class Rect:
    """Rows and columns of a slice, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def index(self) -> tuple[slice, slice]:
        """For arrays."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.bottom <= self.top or self.right <= self.left

    def within(self, shape: tuple[int, ...]) -> Rect:
        """What of it lies in a slice of this shape."""
        rows, columns = shape
        return Rect(max(0, self.top), min(rows, self.bottom), max(0, self.left), min(columns, self.right))


def stroke(
    labels: Array, begin: Point, end: Point, diameter: float, value: int, touch: Touch | None = None
) -> None:
    """Paint with a round brush from one point to another; both may be the same.

    A pixel is painted if its middle lies within the brush, or is the one under the pointer: the smallest
    brush is one pixel.

    Parameters
    ----------
    labels : ndarray of uint8, shape (y, x)
        Changed in place.
    begin, end : tuple of float
    diameter : float
        In px.
    value : int
        Of the class; 0 erases.
    touch : callable, optional
        Called with each rectangle before it is changed.
    """
    for first, last in _pieces(begin, end, max(diameter, 4.0)):
        radius = diameter / 2
        low = np.floor(np.minimum(first, last) - radius).astype(int)
        high = np.ceil(np.maximum(first, last) + radius).astype(int) + 1
        rect = Rect(int(low[0]), int(high[0]), int(low[1]), int(high[1])).within(labels.shape)
        if rect.empty:
            continue
        if touch is not None:
            touch(rect)
        labels[rect.index][_near(rect, first, last, radius)] = value


def _pieces(begin: Point, end: Point, length: float) -> Iterator[tuple[Array, Array]]:
    """A long line in pieces: the rectangle around a slanting line is mostly empty."""
    first, last = np.asarray(begin, float), np.asarray(end, float)
    count = max(1, int(np.ceil(float(np.hypot(*(last - first))) / length)))
    corners = [first + (last - first) * (number / count) for number in range(count + 1)]
    yield from itertools.pairwise(corners)


def _near(rect: Rect, first: Array, last: Array, radius: float) -> Mask:
    """Pixels whose middle is no farther than `radius` from a line, and those under its ends."""
    rows = np.arange(rect.top, rect.bottom)[:, None] + 0.5
    columns = np.arange(rect.left, rect.right)[None] + 0.5
    along = last - first
    squared = float(along @ along)
    share = np.clip(
        ((rows - first[0]) * along[0] + (columns - first[1]) * along[1]) / (squared or 1.0), 0.0, 1.0
    )
    down, right = rows - first[0] - share * along[0], columns - first[1] - share * along[1]
    # Never narrower than a pixel's diagonal half, so that thin lines have no holes.
    near: Mask = down**2 + right**2 <= max(radius, 0.5) ** 2
    near |= (np.abs(down) <= 0.5) & (np.abs(right) <= 0.5)
    return near


def polygon(shape: tuple[int, ...], corners: Sequence[Point]) -> tuple[Rect, Mask]:
    """Pixels whose middle lies within a closed outline.

    Parameters
    ----------
    shape : tuple of int
        (y, x) of the slice.
    corners : sequence of (row, column)
        The last is joined to the first.

    Returns
    -------
    Rect, ndarray of bool
        The rectangle around it, and its pixels there.
    """
    points = np.asarray(corners, float).reshape(-1, 2)
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
    rect = Rect(int(low[0]), int(high[0]), int(low[1]), int(high[1])).within(shape)
    if rect.empty or len(points) < 3:
        return Rect(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
    size = rect.bottom - rect.top, rect.right - rect.left
    turns = np.zeros((size[0], size[1] + 1), np.uint8)
    local = points - (rect.top, rect.left)
    for first, last in itertools.pairwise([*local, local[0]]):
        _cross(turns, first, last)
    return rect, np.bitwise_xor.accumulate(turns, axis=1)[:, :-1].astype(np.bool_)


def _cross(turns: Array, first: Array, last: Array) -> None:
    """Note for every row where its middle crosses an edge: from there on outside is inside, and back."""
    low, high = sorted((float(first[0]), float(last[0])))
    rows = np.arange(max(0, int(np.ceil(low - 0.5))), min(len(turns), int(np.ceil(high - 0.5))))
    if len(rows):
        slope = (last[1] - first[1]) / (last[0] - first[0])
        columns = np.ceil(first[1] + (rows + 0.5 - first[0]) * slope - 0.5)
        turns[rows, np.clip(columns, 0, turns.shape[1] - 1).astype(int)] ^= 1


def similar(grey: Array, seed: tuple[int, int], tolerance: float) -> tuple[Rect, Mask]:
    """The connected pixels around a seed whose grey values differ from its own by a tolerance at most."""
    at = float(grey[seed])
    values = grey.astype(np.float32)
    return _connected(np.abs(values - at) <= tolerance, seed)


def enclosed(labels: Array, seed: tuple[int, int]) -> tuple[Rect, Mask] | None:
    """The pixels around a seed that have its label, up to what was painted around them.

    Returns
    -------
    Rect, ndarray of bool, or None
        None where they reach the border of the slice: then the outline is not closed.
    """
    rect, mask = _connected(labels == labels[seed], seed)
    rows, columns = labels.shape
    inside = rect.top > 0 and rect.left > 0 and rect.bottom < rows and rect.right < columns
    return (rect, mask) if inside else None


def _connected(mask: Mask, seed: tuple[int, int]) -> tuple[Rect, Mask]:
    """The part of a mask, connected through edges of pixels, in which a seed lies."""
    from scipy import ndimage

    numbers, _count = ndimage.label(mask)
    number = int(numbers[seed])
    if number == 0:
        return Rect(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
    rows, columns = ndimage.find_objects(numbers, number)[number - 1]
    rect = Rect(rows.start, rows.stop, columns.start, columns.stop)
    return rect, np.asarray(numbers[rect.index] == number)
