"""From what registration has found to where slices go: the slow part kept or removed, and the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from core.align.footprint import moved, simplified, whole
from core.align.results import Matrix, RegisterEstimate, Shift
from core.align.warp import Canvas, Frame, Interpolation, Warp, canvas_of, onto, shift_matrix, stacked
from core.errors import ParameterError
from core.volume import Array, Polygon, VolumeInfo

Trend: TypeAlias = Literal["remove", "keep"]
_SHARED: tuple[Canvas, Canvas] = ("common", "grow")


def matrices_of(estimate: RegisterEstimate, trend: Trend) -> Array:
    """Moves of all slices, shape (n, 3, 3): with the slow part left in where it is to be kept.

    The slow part counts from the first slice, which stays where it is.
    """
    matrices = stacked(estimate.transforms)
    if trend == "remove" or not estimate.trend_px_yx:
        return matrices
    slow = np.array(estimate.trend_px_yx)
    left = np.stack([shift_matrix(*shift) for shift in slow - slow[0]])
    kept: Array = left @ matrices
    return kept


def warp_of(
    estimate: RegisterEstimate,
    shape_yx: tuple[int, int],
    *,
    trend: Trend,
    canvas: Canvas,
    interpolation: Interpolation,
) -> Warp:
    """Where the slices of a stack go.

    Raises
    ------
    ParameterError
        If they share no area.
    """
    matrices = matrices_of(estimate, trend)
    if canvas != "same" and estimate.shared_boxes is not None:
        box = estimate.shared_boxes[(2 if trend == "keep" else 0) + (1 if canvas == "grow" else 0)]
        if min(box[2:]) < 1:
            raise _no_canvas(canvas)
    else:
        box = canvas_of(areas_of(matrices, shape_yx), canvas, shape_yx)
    return onto(matrices, box, interpolation)


def areas_of(matrices: Array, shape_yx: tuple[int, int]) -> list[tuple[tuple[float, float], ...]]:
    """What slices of this shape cover after their moves."""
    area = whole(shape_yx)
    return [moved(area, matrix) for matrix in matrices]


def moved_info(info: VolumeInfo, warp: Warp) -> VolumeInfo:
    """Describe a volume after its move: other canvas, and what of it each slice covers.

    Raises
    ------
    ParameterError
        If there are not as many moves as slices.
    """
    require_one_per_slice(warp.matrices, info)
    before = info.footprint or [whole(info.shape[1:])] * info.shape[0]
    areas = [moved(area, matrix) if area else () for area, matrix in zip(before, warp.matrices, strict=True)]
    shape = (info.shape[0], *warp.shape_yx)
    return info.with_(shape=shape, footprint=simplified(areas, warp.shape_yx))


def require_one_per_slice(transforms: Sequence[object] | Array, info: VolumeInfo) -> None:
    """Refuse moves of another number of slices.

    Raises
    ------
    ParameterError
        With both numbers.
    """
    if len(transforms) != info.shape[0]:
        raise ParameterError(
            "the transforms do not fit the stack",
            expected=f"one per slice: {info.shape[0]}",
            got=len(transforms),
            remedy="use transforms of the same slices",
        )


def rows_of(matrices: Array) -> tuple[Matrix, ...]:
    """Matrices (n, 3, 3) as nine numbers each."""
    return tuple(tuple(float(value) for value in matrix.ravel()) for matrix in matrices)  # type: ignore[misc]


def pairs_of(shifts: Array) -> tuple[Shift, ...]:
    """Shifts (n, 2) as pairs."""
    return tuple((float(down), float(right)) for down, right in shifts)


def shared_boxes(
    estimates: Sequence[RegisterEstimate], shapes: Sequence[tuple[int, int]]
) -> tuple[Frame, Frame, Frame, Frame]:
    """One canvas for all channels: common and grown, with the slow part removed, then kept.

    One that cannot be is empty (no rows, no columns).
    """
    found = []
    for trend in ("remove", "keep"):
        areas = [
            area
            for estimate, shape in zip(estimates, shapes, strict=True)
            for area in areas_of(matrices_of(estimate, trend), shape)
        ]
        found += [_box_or_none(areas, canvas, shapes[0]) for canvas in _SHARED]
    return found[0], found[1], found[2], found[3]


def _box_or_none(areas: Sequence[Polygon], canvas: Canvas, shape_yx: tuple[int, int]) -> Frame:
    """Empty where there is none: that matters only to those who choose that canvas."""
    try:
        return canvas_of(areas, canvas, shape_yx)
    except ParameterError:
        return 0, 0, 0, 0


def _no_canvas(canvas: Canvas) -> ParameterError:
    return ParameterError(
        "the slices of all channels share no area after registration"
        if canvas == "common"
        else "the canvas of all channels would grow beyond reason",
        remedy="look at the drift plot for slices that went astray, or choose another canvas",
    )
