"""Where slices go within their plane: matrices that compose, and the canvas they land on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.align.footprint import inner_box, moved, outer_box, whole
from core.errors import ParameterError
from core.volume import Array, Polygon

Canvas: TypeAlias = Literal["common", "same", "grow"]
Interpolation: TypeAlias = Literal["cubic", "linear", "nearest"]
Frame: TypeAlias = tuple[int, int, int, int]
"""First row, first column, rows, columns."""

_SLACK = 1e-3  # px: a border that misses a pixel centre by less than this reaches it
_LARGEST_GROWTH = 8.0


@dataclass(frozen=True)
class Warp:
    """Where every slice goes.

    Attributes
    ----------
    matrices : ndarray of float64, shape (n, 3, 3)
        Per slice from px of the input to px of the canvas, on columns (x, y, 1); pixel centres at whole
        numbers.
    shape_yx : tuple of int
        Size of the canvas.
    interpolation : str
        ``cubic`` (B-spline), ``linear`` or ``nearest``; binary images and labels always take the nearest.
    """

    matrices: Array
    shape_yx: tuple[int, int]
    interpolation: Interpolation = "cubic"

    def after(self, first: Warp, kept: Sequence[int]) -> Warp:
        """Both moves as one, `first` first; `kept` are the slices of its result that this one sees."""
        return Warp(self.matrices @ first.matrices[list(kept)], self.shape_yx, first.interpolation)

    def areas(self, shape_yx: tuple[int, int]) -> tuple[Polygon, ...]:
        """What each slice of this shape covers of the canvas."""
        area = whole(shape_yx)
        return tuple(moved(area, matrix) for matrix in self.matrices)


def shift_matrix(down: float, right: float) -> Array:
    """The 3 x 3 matrix of a move along y and x, in px."""
    return np.array(((1.0, 0.0, right), (0.0, 1.0, down), (0.0, 0.0, 1.0)))


def stacked(rows: Sequence[Sequence[float]]) -> Array:
    """Matrices (n, 3, 3) from nine numbers each."""
    return np.array(rows, dtype=np.float64).reshape(-1, 3, 3)


def canvas_of(areas: Sequence[Polygon], canvas: Canvas, shape_yx: tuple[int, int]) -> Frame:
    """The part of the plane that is kept.

    Parameters
    ----------
    areas : sequence of tuple
        What each slice covers after its move, four corners each.
    canvas : {'common', 'same', 'grow'}
        What all slices show, the frame of the first slice, or what any slice shows.
    shape_yx : tuple of int
        Size of the frame.

    Raises
    ------
    ParameterError
        If the slices share no area, or the canvas would be absurdly large.
    """
    if canvas == "same":
        return 0, 0, *shape_yx
    top, bottom, left, right = inner_box(areas) if canvas == "common" else outer_box(areas)
    low, high = (math.ceil, math.floor) if canvas == "common" else (math.floor, math.ceil)
    slack = -_SLACK if canvas == "common" else _SLACK
    y, x = low(top + slack), low(left + slack)
    rows, columns = high(bottom - slack) - y + 1, high(right - slack) - x + 1
    if rows < 1 or columns < 1:
        raise ParameterError(
            "the slices share no area after registration",
            expected="an area that every slice shows",
            got=f"{max(0, rows)} × {max(0, columns)} px",
            remedy="look at the drift plot for slices that went astray, or let the canvas grow",
        )
    if rows * columns > _LARGEST_GROWTH * shape_yx[0] * shape_yx[1]:
        raise ParameterError(
            "the canvas would grow beyond reason",
            expected=f"at most {_LARGEST_GROWTH:g} times the slice of {shape_yx[0]} × {shape_yx[1]} px",
            got=f"{rows} × {columns} px",
            remedy="look at the drift plot for slices that went astray, or crop to the common area",
        )
    return y, x, rows, columns


def onto(matrices: Array, box: Frame, interpolation: Interpolation = "cubic") -> Warp:
    """A move whose result is cut to a box."""
    y, x, rows, columns = box
    return Warp(shift_matrix(-y, -x) @ matrices, (rows, columns), interpolation)
