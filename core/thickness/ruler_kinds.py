"""Which marks of a ruler are parallel to the milling direction, and which inclined: from how they move."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.thickness.marks import FoundMarks, Mark, RulerError
from core.volume import Array

STEADY_PX = 1.0
UNLIKE = 0.2


@dataclass(frozen=True)
class Kinds:
    """How the marks move with depth.

    Attributes
    ----------
    ways : ndarray of float64, shape (marks,)
        0 for a parallel mark; +1 or -1 for one that moves to greater or smaller x with depth.
    advance_px : float
        How far the inclined ones move per slice, on average.
    notes : tuple of str
        What the user should know.
    """

    ways: Array
    advance_px: float
    notes: tuple[str, ...]


def slope_of(values: Array, at: Array) -> tuple[float, float]:
    """Median slope of all pairs, and the typical distance from that line; NaN where there are under two."""
    good = np.isfinite(values)
    y, x = values[good], at[good].astype(float)
    if y.size < 2:
        return float("nan"), float("nan")
    i, j = np.triu_indices(y.size, 1)
    slope = float(np.median((y[j] - y[i]) / (x[j] - x[i])))
    off = y - slope * x
    return slope, float(1.4826 * np.median(np.abs(off - np.median(off))))


def _listed(marks: tuple[Mark, ...]) -> str:
    return "; ".join(str(mark) for mark in marks)


def no_parallel_pair(found: FoundMarks, why: str) -> RulerError:
    """What to say of bars that cannot measure thickness."""
    return RulerError(
        f"{len(found.marks)} bars were found, but this ruler has no parallel pair: {why}. Without two marks "
        "that keep their distance, drift and magnification cannot be told from depth, and no thickness is "
        "measured",
        marks=found.marks,
        expected="four marks: two parallel to the milling direction and two inclined to it (one inclined is "
        "enough)",
        got=_listed(found.marks),
        remedy="take the thickness from another source (table, constant, image); if there are more marks, "
        "draw a region that holds all of them, or drag the marks to their places",
    )


def kinds_of(found: FoundMarks, slices: Array) -> Kinds:
    """Tell parallel from inclined marks.

    Parameters
    ----------
    found : FoundMarks
        Two to four marks in a few slices.
    slices : ndarray of int, shape (n,)
        Index of each of these slices.

    Raises
    ------
    RulerError
        If no two marks keep their distance, or none moves against them.
    """
    count = len(found.marks)
    if count == 2:
        raise no_parallel_pair(found, "there are only two" + _how_two_move(found, slices))
    span = float(slices[-1] - slices[0])
    if span < 1:
        raise RulerError(
            f"{count} marks were found, but how they move takes at least two slices",
            marks=found.marks,
            expected="two slices or more that can be read",
            got=f"{len(slices)}",
        )
    pairs = {
        (i, j): slope_of(found.x_px[:, j] - found.x_px[:, i], slices)
        for i, j in combinations(range(count), 2)
    }
    moved = {pair: abs(slope) * span for pair, (slope, _) in pairs.items()}
    limit = max(STEADY_PX, 0.1 * max(moved.values()))
    still = [pair for pair, change in moved.items() if change <= limit]
    if not still:
        raise no_parallel_pair(found, "the distance of every two of them changes with depth")
    if len(still) == len(pairs):
        raise RulerError(
            f"{count} marks were found, but none moves against the others, so none is inclined",
            marks=found.marks,
            expected=f"a mark that moves by more than {STEADY_PX:g} px within the {span:g} slices looked at",
            got=f"at most {max(moved.values()):.2f} px",
        )
    # The parallel ones are the outer ones of a ruler; both inclined marks may keep their distance too.
    left, right = max(still, key=lambda pair: (pair[1] - pair[0], -moved[pair]))
    return _with_pair(found, slices, left, right)


def _how_two_move(found: FoundMarks, slices: Array) -> str:
    slope, _ = slope_of(found.x_px[:, 1] - found.x_px[:, 0], slices)
    change = slope * float(slices[-1] - slices[0])
    if not np.isfinite(change) or abs(change) < STEADY_PX:
        return ""
    return f", and they {'converge' if change < 0 else 'diverge'} with depth"


def _with_pair(found: FoundMarks, slices: Array, left: int, right: int) -> Kinds:
    frame = 0.5 * (found.x_px[:, left] + found.x_px[:, right])
    ways = np.zeros(len(found.marks))
    speeds = []
    for m in range(len(ways)):
        if m not in (left, right):
            slope, _ = slope_of(found.x_px[:, m] - frame, slices)
            if abs(slope) * float(slices[-1] - slices[0]) > STEADY_PX:
                ways[m] = np.sign(slope)
                speeds.append(abs(slope))
    if not speeds:
        raise RulerError("no mark moves against the parallel pair, so none is inclined", marks=found.marks)
    notes = []
    if len(speeds) == 1:
        notes.append("Only one inclined mark was found: nothing checks it, and its wandering is not seen.")
    return Kinds(ways, float(np.mean(speeds)), tuple(notes))
