"""Where the sample begins below the cap layer that holds a ruler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.propose.look import affordable, finite, spread
from core.thickness.marks import FoundMarks
from core.volume import Array, Volume

SLICES = 24
SMOOTH_PX = (3, 5)
"""Rows and columns of the means in which scatter is looked at: noise falls, structure stays."""
LOUDER = 1.5
"""How much more than the cap the face scatters along rows, where its edge is clear."""
RUN_PX, MOST_OF = 6, 0.8
STEADY_PX, LEVEL_PX = 3.0, 8.0
"""How well slices, and the left and the right, agree on the edge where it is clear."""
FARTHEST, ALIKE, NEARER = 0.3, 0.6, 0.3
"""Share of the height that slices are followed over, likeness from which their place is believed, and by how
much that of the farthest place counts less: one step of grey alone looks like another one."""
MARGIN_PX = 3


@dataclass(frozen=True)
class Face:
    """Rows where the face begins in slices as they were taken, in px of whole slices.

    Attributes
    ----------
    marks_end : float
        Last row of the marks, in the slice where it is uppermost.
    first, last : float
        First row of the face, in the slice where it is uppermost, and in the one where it is lowest.
    slices : int
        How many slices this was seen in.
    margin : int
        Rows that are cut off below: blur, and an edge that is not level.
    clear : bool
        Whether the lower edge of the cap was seen in most slices, at the same depth; where it was seen in
        none, it is taken for the end of the marks.
    """

    marks_end: float
    first: float
    last: float
    slices: int
    margin: int
    clear: bool

    @property
    def registered(self) -> int:
        """Rows to cut off once slices are in register, on the canvas that all of them show.

        There the uppermost row is that of the slice that lies lowest on the canvas, in which the edge is
        nearest to the top: the edge is as far down as it is there. Slices that were not looked at can
        only have it higher up, so that no cap is left.
        """
        return int(np.ceil(self.first)) + self.margin

    @property
    def raw(self) -> int:
        """Rows to cut off slices as they were taken, so that none shows the cap."""
        return int(np.ceil(self.last)) + self.margin


def face_below(volume: Volume, found: FoundMarks, indices: Array, factor: int, job: Job) -> Face:
    """Find the lower edge of the cap.

    Parameters
    ----------
    volume : Volume
    found : FoundMarks
        In the slices `indices`, in means over `factor` x `factor` px.
    indices : ndarray of int
    factor : int
    job : Job
    """
    planes = [binned(volume, int(index), factor) for index in indices]
    template = _steps(planes[0])[: _reach(planes[0], found)]
    away = np.array([_moved(template, plane) for plane in planes])
    places = _followed(volume, template, factor, job)
    places |= {int(index): float(rows) for index, rows in zip(indices, away, strict=True)}
    moves = np.array([rows for rows in places.values() if np.isfinite(rows)])
    edge, uneven, clear = _agreed(_sides(planes, found, away))
    edge = found.rows_px[1] + 1 if edge is None else edge
    low, high = (float(moves.min()), float(moves.max())) if moves.size else (0.0, 0.0)
    return Face(
        marks_end=factor * (found.rows_px[1] + low),
        first=factor * (edge + low),
        last=factor * (edge + high),
        slices=int(moves.size),
        margin=factor * (MARGIN_PX + round(uneven)),
        clear=clear and moves.size > len(places) / 2,
    )


def _sides(planes: Sequence[Array], found: FoundMarks, away: Array) -> Array:
    """The edge on the left and on the right in each slice, as if it lay like the first one."""
    edges = np.full((len(planes), 2), np.nan)
    for place in np.flatnonzero(np.isfinite(away)):
        rows = found.rows_px[0] + away[place], found.rows_px[1] + away[place]
        edges[place] = _edges(planes[int(place)], found.x_px[place], float(found.widths_px.max()), rows)
    return edges - away[:, None]


def _agreed(edges: Array) -> tuple[float | None, float, bool]:
    """The lower one of both sides, by how much they differ, and whether slices and sides agree."""
    seen = np.isfinite(edges).all(axis=1)
    if not seen.any():
        return None, 0.0, False
    sides = np.median(edges[seen], axis=0)
    uneven = float(np.ptp(sides))
    steady = float(np.abs(edges[seen] - sides).max(axis=1).mean())
    clear = bool(seen.sum() > len(edges) / 2) and uneven <= LEVEL_PX and steady <= STEADY_PX
    return float(sides.max()), uneven, clear


def binned(volume: Volume, index: int, factor: int) -> Array:
    """A slice in means over squares."""
    plane = finite(volume.slice(index), index)
    if factor == 1:
        return plane
    rows, columns = (length // factor for length in plane.shape)
    cut = plane[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    means: Array = cut.mean(axis=(1, 3), dtype=np.float32)
    return means


def _followed(volume: Volume, template: Array, factor: int, job: Job) -> dict[int, float]:
    """How far slices from the first to the last lie below the one of the template, in px of `factor`."""
    numbers = spread(volume.info.shape[0], affordable(volume, SLICES))
    track = job.track(numbers, len(numbers), "Following the cap layer")
    return {number: _moved(template, binned(volume, number, factor)) for number in track}


def _steps(plane: Array) -> Array:
    """Steps of the mean grey from row to row: cap and marks begin and end in all columns at once."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(plane.mean(axis=1, dtype=np.float64), 1.0, order=1, mode="nearest"))


def _moved(template: Array, plane: Array) -> float:
    """Rows by which the steps of the template lie lower in a plane; NaN where they are not seen."""
    from scipy.signal import correlate

    steps = _steps(plane)
    room = max(1, int(FARTHEST * len(steps)))
    wide = np.pad(steps, (room, room))[: len(template) + 2 * room]
    likeness = correlate(wide, template, mode="valid", method="direct")
    power = np.convolve(wide**2, np.ones(len(template)), mode="valid")
    likeness = likeness / np.sqrt(np.maximum(power, 1e-12) * max(float(template @ template), 1e-12))
    nearer = 1 - NEARER * np.abs(np.arange(len(likeness)) - room) / room
    best = int(np.argmax(likeness * nearer))
    return float(best - room) if likeness[best] > ALIKE else float("nan")


def _reach(plane: Array, found: FoundMarks) -> int:
    """Rows of the first slice that hold cap and marks, and the edge below them where it is seen."""
    edges = _edges(plane, found.x_px[0], float(found.widths_px.max()), found.rows_px)
    low = np.nanmax(edges) if np.isfinite(edges).any() else found.rows_px[1] + 1
    return int(low) + RUN_PX


def _edges(plane: Array, x_px: Array, wide: float, rows: tuple[float, float]) -> tuple[float, float]:
    """First row below the marks from which rows scatter as the face does, on the left and on the right."""
    from scipy.ndimage import uniform_filter

    smooth = uniform_filter(plane.astype(np.float32), SMOOTH_PX)
    x = np.arange(plane.shape[1])
    beside = np.min(np.abs(x[:, None] - x_px), axis=1) > 0.75 * wide
    left = x < plane.shape[1] / 2
    return _edge(smooth[:, beside & left], rows), _edge(smooth[:, beside & ~left], rows)


def _edge(part: Array, rows: tuple[float, float]) -> float:
    start, end = max(0, round(rows[0]) + 2), round(rows[1]) + 1
    if part.shape[1] < 8 or end - start < 3 or end >= part.shape[0] - RUN_PX:
        return float("nan")
    scatter = np.std(part, axis=1, dtype=np.float64)
    cap, face = float(np.median(scatter[start : end - 2])), float(np.percentile(scatter[end:], 75))
    if face < LOUDER * cap:
        return float("nan")
    loud = scatter[end:] > (cap + face) / 2
    share = np.convolve(loud, np.ones(RUN_PX) / RUN_PX, mode="valid") >= MOST_OF
    from_here = np.flatnonzero(share & loud[: share.size])
    return float(end + from_here[0]) if from_here.size else float("nan")
