"""Whether a ruler, or a mark that does not move, stands at the top of the slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.job import Job
from core.propose.face import Face, binned, face_below
from core.thickness.marks import FoundMarks, RulerError, find_marks
from core.thickness.ruler_kinds import kinds_of, slope_of
from core.volume import Array, Volume

SLICES, STRIDE = 5, 8
SIDE_PX = 768
"""Larger slices are looked at in means over squares: marks are many pixels wide."""
LEAST_HIGH_PX, LOW_PX, UPPER, UNLIKE_WIDTHS = 12, 8, 0.4, 1.4
"""Height of marks; the lower one suffices where four stand side by side, which chance hardly makes."""
PART = 0.6
"""Share of the rows, from the top, in which marks are looked for."""
SWAY_PX, LEAST_MOVE_PX, LEAST_SPAN = 1.5, 3.0, 20
CALM = 0.4
"""Greatest scatter of the cap between the marks, by their contrast: structure scatters as much as they do."""


@dataclass(frozen=True)
class Marks:
    """Marks in the cap.

    Attributes
    ----------
    channel : str
        That shows them.
    ruler : bool
        Whether some move against the others: then they measure thickness; else they only keep their distance.
    count : int
    region : str
        Rows and columns that hold them, as steps take it.
    advance_px : float
        How far the inclined ones move per slice.
    face : Face or None
        Where the sample begins below a ruler.
    """

    channel: str
    ruler: bool
    count: int
    region: str
    advance_px: float
    face: Face | None = None


def marks_in(volumes: Mapping[str, Volume], job: Job) -> Marks | None:
    """The marks of the first channel that shows some."""
    for name, volume in volumes.items():
        if volume.info.content == "grey" and volume.info.shape[0] >= SLICES:
            found = _marks(name, volume, job)
            if found is not None:
                return found
    return None


def _marks(name: str, volume: Volume, job: Job) -> Marks | None:
    count = volume.info.shape[0]
    stride = int(np.clip((count - 1) // (SLICES - 1), 1, STRIDE))
    indices = np.arange(SLICES) * stride + (count - 1 - (SLICES - 1) * stride) // 2
    factor = max(1, -(-max(volume.info.shape[1:]) // SIDE_PX))
    try:
        # One slice tells most stacks without marks from the others.
        middle = _upper(volume, int(indices[SLICES // 2]), factor)
        find_marks([middle], job=job)
        planes = [_upper(volume, int(index), factor) for index in indices]
        found = find_marks(planes, job=job)
    except RulerError:
        return None
    if not _like_trenches(found, volume.info.shape[1] / factor) or not _calm(planes, found):
        return None
    box = _box(found, volume.info.shape[1:], factor)
    try:
        kinds = kinds_of(found, indices)
    except RulerError:
        return Marks(name, False, 2, box, 0.0) if _fixed(found, indices) else None
    if not _steady(found, kinds.ways, indices):
        return None
    face = face_below(volume, found, indices, factor, job)
    return Marks(name, True, len(found.marks), box, kinds.advance_px * factor, face)


def _upper(volume: Volume, index: int, factor: int) -> Array:
    """The upper part of a slice, in means over squares."""
    plane = binned(volume, index, factor)
    return plane[: max(1, round(PART * plane.shape[0]))]


def _calm(planes: Sequence[Array], found: FoundMarks) -> bool:
    """Whether the cap between the marks is even, in most slices: chance bars stand in structure."""
    wide = float(found.widths_px.max())
    rows = slice(int(found.rows_px[0]) + 2, int(found.rows_px[1]) - 1)
    scatter = []
    for plane, at in zip(planes, found.x_px, strict=True):
        profile = plane[rows].mean(axis=0, dtype=np.float64)
        x = np.arange(profile.size)
        away = np.min(np.abs(x[:, None] - at), axis=1)
        beside = profile[(away > 0.75 * wide) & (x > at.min()) & (x < at.max())]
        scatter.append(float(np.std(beside)) if beside.size >= wide / 2 and np.isfinite(at).all() else np.inf)
    contrast = float(np.median([abs(mark.contrast) for mark in found.marks]))
    return float(np.median(scatter)) < CALM * contrast


def _like_trenches(found: FoundMarks, height: float) -> bool:
    """Whether the bars are alike, tall, in the upper part and seen in all slices, as milled trenches are."""
    widths = found.widths_px
    top, end = found.rows_px
    alike = float(widths.max() / widths.min()) < UNLIKE_WIDTHS
    least = LOW_PX if len(found.marks) == 4 else LEAST_HIGH_PX
    return alike and end - top >= least and top < UPPER * height and bool(np.isfinite(found.x_px).all())


def _steady(found: FoundMarks, ways: Array, indices: Array) -> bool:
    """Whether parallel marks keep their distance and the others move along a line against them."""
    parallel = np.flatnonzero(ways == 0)
    left, right = int(parallel[0]), int(parallel[-1])
    if _sway(found.x_px[:, right] - found.x_px[:, left]) > SWAY_PX:
        return False
    frame = (found.x_px[:, left] + found.x_px[:, right]) / 2
    for mark in np.flatnonzero(ways):
        slope, _ = slope_of(found.x_px[:, mark] - frame, indices)
        move = abs(slope) * float(indices[-1] - indices[0])
        away = _sway(found.x_px[:, mark] - frame - slope * indices)
        if move < LEAST_MOVE_PX or away > 0.25 * move:
            return False
    return True


def _sway(values: Array) -> float:
    """Greatest distance from the median."""
    return float(np.abs(values - np.median(values)).max())


def _fixed(found: FoundMarks, indices: Array) -> bool:
    """Whether two tall marks keep their distance, over more slices than structure lasts."""
    if found.rows_px[1] - found.rows_px[0] < 2 * LEAST_HIGH_PX or indices[-1] - indices[0] < LEAST_SPAN:
        return False
    pairs = combinations(range(len(found.marks)), 2)
    return any(_sway(found.x_px[:, right] - found.x_px[:, left]) < SWAY_PX / 2 for left, right in pairs)


def _box(found: FoundMarks, shape_yx: tuple[int, int], factor: int) -> str:
    """Rows and columns around the marks, with room for drift."""
    wide = float(found.widths_px.max())
    tall = found.rows_px[1] - found.rows_px[0]
    x = [mark.x_px for mark in found.marks]
    room = 2 * wide
    ends = (found.rows_px[0] - tall / 4, found.rows_px[1] + tall / 4, min(x) - room, max(x) + room)
    y0, y1, x0, x1 = (round(value * factor) for value in ends)
    height, width = shape_yx
    return f"{max(0, y0)}-{min(height, y1)}, {max(0, x0)}-{min(width, x1)}"
