"""Grey values along a line through a cut, at their true distances. No Qt in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.geometry import CUT_AXES, Frame, Z
from app.plots.lines import Point, is_true, length_of
from core.volume import Array, Content

Values = npt.NDArray[np.float64]
WIDEST_PX = 15
MOST_SAMPLES = 20_000
TINY = 1e-9  # of a length: what lies on the far border still belongs to the last voxel


@dataclass(frozen=True, eq=False)
class Sheet:
    """Values of one cut of a volume.

    Attributes
    ----------
    data : ndarray, shape (rows, columns)
        As shown.
    step : tuple of int
        Voxels per pixel of `data` along rows and columns; above 1 for an overview.
    offset : tuple of int
        Voxel of the frame's cut at which it begins.
    content : Content
        Labels are not averaged.
    gaps : ndarray of bool, or None
        Slices of the frame that were never measured: they have no value.
    """

    data: Array
    step: tuple[int, int] = (1, 1)
    offset: tuple[int, int] = (0, 0)
    content: Content = "grey"
    gaps: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Profile:
    """Grey values over distance.

    Attributes
    ----------
    distance : ndarray, shape (n,)
        From the begin of the line.
    unit : str
        ``nm``, or ``px`` where sizes are not known.
    values : dict of str to ndarray, shape (n,)
        By what they are of; NaN where there is nothing.
    """

    distance: Values
    unit: str
    values: dict[str, Values]

    def csv(self) -> str:
        """As comma-separated values; an empty cell where there is no value."""
        head = ",".join([f"distance_{self.unit}", *(name.replace(",", " ") for name in self.values)])
        columns = [self.distance, *self.values.values()]
        rows = (
            ",".join("" if not np.isfinite(value) else f"{value:.10g}" for value in row)
            for row in zip(*columns, strict=True)
        )
        return "\n".join([head, *rows]) + "\n"


def profile_along(
    frame: Frame, axis: int, ends: tuple[Point, Point], sheets: dict[str, Sheet], width_px: int = 1
) -> Profile:
    """Read values along a line.

    Parameters
    ----------
    frame : Frame
        Where voxels lie.
    axis : int
        The cut goes across it.
    ends : tuple of (row, column)
        Begin and end in the frame's unit.
    sheets : dict of str to Sheet
        What to read from.
    width_px : int
        Number of parallel lines, one pixel apart, that are averaged.
    """
    begin, end = ends
    length = length_of(begin, end)
    pixel = min(frame.size[along] for along in CUT_AXES[axis])
    count = int(min(max(2, round(length / pixel) + 1), MOST_SAMPLES))
    share = np.linspace(0.0, 1.0, count)[:, None]
    across = (np.arange(width_px) - (width_px - 1) / 2) * pixel
    down, right = ((end[0] - begin[0]) / length, (end[1] - begin[1]) / length) if length else (0.0, 1.0)
    rows = begin[0] + share * (end[0] - begin[0]) - across * right
    columns = begin[1] + share * (end[1] - begin[1]) + across * down
    places = [places_of(frame, along, at) for along, at in zip(CUT_AXES[axis], (rows, columns), strict=True)]
    read = {name: _read(sheet, axis, places[0], places[1]) for name, sheet in sheets.items()}
    unit = "nm" if is_true(frame, axis) else "px"
    return Profile(share[:, 0] * length / (1.0 if unit == "nm" else pixel), unit, read)


def places_of(frame: Frame, along: int, positions: Values) -> Values:
    """Fractional voxel at each position; NaN outside the volume and in holes between slices."""
    length, last = frame.length(along), frame.info.shape[along] - 1
    inside = (positions >= -TINY * length) & (positions <= length * (1 + TINY))
    if along != Z:
        found = np.clip(positions / frame.size[along] - 0.5, 0, last)
        return np.where(inside, found, np.nan)
    kept = np.clip(positions, 0.0, length * (1 - TINY))
    nearest = frame.slices_at(kept.ravel()).reshape(kept.shape)
    found = np.interp(kept, frame.z_centres, np.arange(last + 1))
    begins, ends = frame.z_edges
    holes = np.append(begins[1:] > ends[:-1] + 1e-6 * frame.size[Z], False)
    found = np.where(holes[np.floor(found).astype(np.intp)], nearest, found)  # no mean across a hole
    return np.where(inside & (nearest >= 0), found, np.nan)


def _read(sheet: Sheet, axis: int, rows: Values, columns: Values) -> Values:
    """Mean over the parallel lines (second axis) of what lies at places of the frame's cut."""
    known = np.isfinite(rows) & np.isfinite(columns)
    if sheet.gaps is not None and axis != Z:
        slices = rows if CUT_AXES[axis][0] == Z else columns
        known &= ~sheet.gaps[np.where(known, np.rint(slices), 0).astype(np.intp)]
    if sheet.content == "labels":  # the mean of two labels is a third one
        middle = rows.shape[1] // 2
        rows, columns, known = rows[:, [middle]], columns[:, [middle]], known[:, [middle]]
    sides, inside = [], known
    for side, places in enumerate((rows, columns)):
        step, size = sheet.step[side], sheet.data.shape[side]
        at = (np.where(known, places, 0.0) - sheet.offset[side] + 0.5) / step - 0.5
        inside = inside & (at >= -0.5) & (at <= size - 0.5)
        sides.append(np.clip(at, 0, size - 1))
    values = _picked(sheet, sides[0], sides[1])
    inside = inside & np.isfinite(values)
    counts = inside.sum(axis=1)
    sums = np.where(inside, values, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _picked(sheet: Sheet, rows: Values, columns: Values) -> Values:
    """Values between pixels by linear interpolation; of masks and labels those of the nearest pixel."""
    data = sheet.data
    if sheet.content in ("binary", "labels"):
        return data[np.rint(rows).astype(np.intp), np.rint(columns).astype(np.intp)].astype(np.float64)
    corners: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Values]] = []
    for at, size in ((rows, data.shape[0]), (columns, data.shape[1])):
        low = np.minimum(np.floor(at).astype(np.intp), max(size - 2, 0))
        corners.append((low, np.minimum(low + 1, size - 1), at - low))
    (top, bottom, down), (left, right, over) = corners
    upper = data[top, left] * (1 - over) + data[top, right] * over
    lower = data[bottom, left] * (1 - over) + data[bottom, right] * over
    return np.asarray(upper * (1 - down) + lower * down, np.float64)


def sheets_of(named: Sequence[tuple[str, Sheet]]) -> dict[str, Sheet]:
    """By name; two of one name are told apart."""
    found: dict[str, Sheet] = {}
    for name, sheet in named:
        found[name if name not in found else f"{name} (2)"] = sheet
    return found
