"""Lines that a user measures with: what they are, how long, at which angle. No Qt in here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from app.geometry import AXIS_NAMES, CUT_AXES, CUT_NAMES, Frame, Z, readable_length

Point: TypeAlias = tuple[float, float]
LineKind: TypeAlias = Literal["profile", "distance", "angle"]
KINDS: tuple[LineKind, ...] = get_args(LineKind)
NAMES: dict[LineKind, str] = {"profile": "Profile", "distance": "Distance", "angle": "Angle"}
NEEDED: dict[LineKind, int] = {"profile": 2, "distance": 2, "angle": 3}


@dataclass(frozen=True)
class Line:
    """One line on a cut.

    Attributes
    ----------
    kind : {'profile', 'distance', 'angle'}
        What it is for; the middle point of an angle is its vertex.
    axis, index : int
        The cut: axis that it goes across, and where.
    points : tuple of (row, column)
        In the frame's unit.
    number : int
        Its name among the lines of its kind.
    """

    kind: LineKind
    axis: int
    index: int
    points: tuple[Point, ...]
    number: int

    @property
    def name(self) -> str:
        """What it is called."""
        return NAMES[self.kind] if self.kind == "profile" else f"{NAMES[self.kind]} {self.number}"


def length_of(begin: Point, end: Point) -> float:
    """Length of a straight line, in the frame's unit."""
    return math.hypot(end[0] - begin[0], end[1] - begin[1])


def angle_of(first: Point, vertex: Point, last: Point) -> float:
    """Angle between two arms in degrees, 0-180; NaN where an arm has no length."""
    arms = [(end[0] - vertex[0], end[1] - vertex[1]) for end in (first, last)]
    if any(math.hypot(*arm) == 0 for arm in arms):
        return math.nan
    (a, b), (c, d) = arms
    return math.degrees(math.atan2(abs(a * d - b * c), a * c + b * d))


def is_true(frame: Frame, axis: int) -> bool:
    """Whether what is drawn in a cut has the proportions of the sample, in nm."""
    return frame.unit == "nm" and (axis == Z or frame.z_known)


def voxel_at(frame: Frame, along: int, position: float) -> float:
    """Place along an axis in voxels; whole numbers are their middles, uneven slices count one each."""
    if along != Z or frame.info.shape[Z] == 1:
        return position / frame.size[along] - 0.5
    return float(np.interp(position, frame.z_centres, np.arange(frame.info.shape[Z])))


def steps_between(frame: Frame, axis: int, begin: Point, end: Point) -> tuple[float, float]:
    """Voxels from one point of a cut to another, along its rows' axis and its columns' axis."""
    row, column = (
        voxel_at(frame, along, last) - voxel_at(frame, along, first)
        for along, first, last in zip(CUT_AXES[axis], begin, end, strict=True)
    )
    return row, column


def pixels_text(frame: Frame, axis: int, begin: Point, end: Point) -> str:
    """Length in pixels; where those of rows and columns differ, along each of them."""
    steps, axes = steps_between(frame, axis, begin, end), CUT_AXES[axis]
    if axis == Z and frame.size[axes[0]] == frame.size[axes[1]]:
        return f"{math.hypot(*steps):.1f} px"
    parts = [
        f"{AXIS_NAMES[along]} {abs(count):.1f} {'slices' if along == Z else 'px'}"
        for count, along in zip(steps, axes, strict=True)
    ]
    return ", ".join(parts)


def value_of(line: Line, frame: Frame) -> str:
    """What a line measures: a length with its pixels, or an angle; what is not known is not told."""
    if line.kind == "angle":
        angle = angle_of(line.points[0], line.points[1], line.points[2])
        return f"{angle:.1f}°" if is_true(frame, line.axis) else f"{angle:.1f}° as drawn"
    begin, end = line.points[0], line.points[-1]
    pixels = pixels_text(frame, line.axis, begin, end)
    if not is_true(frame, line.axis):
        return pixels
    return f"{readable_length(length_of(begin, end))} ({pixels})"


def short_value(line: Line, frame: Frame) -> str:
    """The same, as short as it can be written beside the line."""
    text = value_of(line, frame)
    return text.split(" (", maxsplit=1)[0]


def place_of(line: Line) -> str:
    """Where a line lies, in words."""
    word = "slice" if line.axis == Z else AXIS_NAMES[line.axis]
    return f"{CUT_NAMES[line.axis]}, {word} {line.index}"


def table_of(lines: list[Line], frame: Frame) -> str:
    """All lines as comma-separated values: lengths in nm where they are known, angles in degrees."""
    rows = ["name,cut,index,length_nm,angle_deg,row_voxels,column_voxels,points (row column in voxels)"]
    for line in lines:
        true = is_true(frame, line.axis)
        angle = angle_of(line.points[0], line.points[1], line.points[2]) if line.kind == "angle" else None
        length = None if angle is not None or not true else length_of(line.points[0], line.points[-1])
        steps: tuple[float | None, float | None] = (None, None)
        if angle is None:
            steps = steps_between(frame, line.axis, line.points[0], line.points[-1])
        axes = CUT_AXES[line.axis]
        places = "; ".join(
            " ".join(f"{voxel_at(frame, along, at):.2f}" for along, at in zip(axes, point, strict=True))
            for point in line.points
        )
        cells = (
            line.name,
            CUT_NAMES[line.axis],
            str(line.index),
            *map(_cell, (length, angle, *steps)),
            places,
        )
        rows.append(",".join(cells))
    return "\n".join(rows) + "\n"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
