"""Areas of a moved slice that the microscope has seen: convex polygons of corners (y, x) in px."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import ParameterError
from core.volume import Array, Polygon, VolumeInfo

_NEAR = 1e-6
_EDGE = 2e-3  # px outside of an area that still count as within, as where pixels are interpolated


def whole(shape_yx: tuple[int, int]) -> Polygon:
    """The area of the pixel centres of a whole slice."""
    bottom, right = float(shape_yx[0] - 1), float(shape_yx[1] - 1)
    return ((0.0, 0.0), (0.0, right), (bottom, right), (bottom, 0.0))


def moved(area: Polygon, matrix: Array) -> Polygon:
    """An area after a 3 x 3 matrix on (x, y, 1)."""
    found = [matrix @ np.array((x, y, 1.0)) for y, x in area]
    return tuple((float(y / w), float(x / w)) for x, y, w in found)


def shifted(area: Polygon, down: float, right: float) -> Polygon:
    """An area moved along y and x."""
    return tuple((y + down, x + right) for y, x in area)


def covers(area: Polygon, shape_yx: tuple[int, int]) -> bool:
    """Whether every pixel centre of a slice of this shape lies within the area."""
    return bool(area) and all(_within(area, y, x) for y, x in whole(shape_yx))


def simplified(areas: Sequence[Polygon], shape_yx: tuple[int, int]) -> tuple[Polygon, ...] | None:
    """None where every area covers its slice wholly, as `VolumeInfo.footprint` wants it."""
    return None if all(covers(area, shape_yx) for area in areas) else tuple(areas)


def require_whole(info: VolumeInfo, step: str) -> VolumeInfo:
    """The description, if every slice was measured everywhere.

    Raises
    ------
    ParameterError
        If not: what lies outside is 0 and would be taken for something dark that was seen.
    """
    if info.footprint is not None:
        raise ParameterError(
            f"{step}: slices do not cover the whole canvas, and what lies outside would be taken for pore or "
            "shade",
            expected="slices that are measured everywhere",
            remedy="crop to the area that all slices show: register with --canvas common, or a crop step",
        )
    return info


def mask_of(area: Polygon, shape_yx: tuple[int, int]) -> Array:
    """Pixels whose centre lies within the area: bool, shape (y, x)."""
    if not area:
        return np.zeros(shape_yx, dtype=bool)
    y, x = np.arange(shape_yx[0])[:, None], np.arange(shape_yx[1])[None, :]
    inside = np.ones(shape_yx, dtype=bool)
    for across, offset in _sides(area):
        inside &= across[0] * y + across[1] * x >= offset - _EDGE
    return inside


def _within(area: Polygon, y: float, x: float) -> bool:
    return all(across[0] * y + across[1] * x >= offset - _EDGE for across, offset in _sides(area))


def _sides(area: Polygon) -> list[tuple[tuple[float, float], float]]:
    """Every side as (normal (y, x) of length 1 pointing inwards, least projection on it)."""
    points = np.array(area)
    middle = points.mean(axis=0)
    found = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        along = end - start
        length = float(np.hypot(*along))
        if length < _NEAR:
            continue
        normal = np.array((-along[1], along[0])) / length
        if normal @ (middle - start) < 0:
            normal = -normal
        found.append(((float(normal[0]), float(normal[1])), float(normal @ start)))
    return found


def inner_box(areas: Sequence[Polygon]) -> tuple[float, float, float, float]:
    """(top, bottom, left, right) of an upright rectangle within areas that are nearly upright rectangles.

    Parameters
    ----------
    areas : sequence of tuple
        Four corners each, in the order of `whole`.

    Returns
    -------
    tuple of float
        Empty (top > bottom or left > right) where they share no area.
    """
    corners = np.array(areas)  # (n, corner, (y, x))
    top = corners[:, (0, 1), 0].max()
    bottom = corners[:, (2, 3), 0].min()
    left = corners[:, (0, 3), 1].max()
    right = corners[:, (1, 2), 1].min()
    return float(top), float(bottom), float(left), float(right)


def outer_box(areas: Sequence[Polygon]) -> tuple[float, float, float, float]:
    """(top, bottom, left, right) of the smallest upright rectangle around all areas."""
    corners = np.concatenate([np.array(area) for area in areas])
    top, left = corners.min(axis=0)
    bottom, right = corners.max(axis=0)
    return float(top), float(bottom), float(left), float(right)
