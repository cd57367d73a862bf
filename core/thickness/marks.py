"""Find the marks of a ruler in a few slices: narrow upright bars side by side near the top surface."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.boxes import Box
from core.errors import VoxelError
from core.job import Job
from core.thickness.marks_bands import Band, bands_of, best_band, look, noise_of
from core.thickness.marks_fit import INSET_PX, BarFit, core_rows, down_profile, fit_mark
from core.thickness.marks_given import band_at, completed
from core.volume import Array

QUIET = 1.3


class RulerError(VoxelError):
    """No ruler was found, or one that cannot measure thickness.

    `marks` are those that were found, as `Mark`.
    """

    usual_remedy = (
        "draw a region around the marks or drag the marks to their places; or take the thickness from "
        "another source (table, constant, image)"
    )

    def __init__(self, what: str, *, marks: tuple[Mark, ...] = (), **details: object) -> None:
        super().__init__(what, **details)  # type: ignore[arg-type]
        self.marks = marks


@dataclass(frozen=True)
class Mark:
    """A bar in the first of the slices that were looked at.

    Attributes
    ----------
    x_px, y_px : float
        Centre.
    width_px, height_px : float
        Extent along x and y.
    contrast : float
        In grey, above the surroundings; negative for a dark mark.
    contrast_to_noise : float
        Per pixel.
    """

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    contrast: float
    contrast_to_noise: float

    def __str__(self) -> str:
        return (
            f"x {self.x_px:.1f}, y {self.y_px:.0f}, {self.width_px:.0f} px wide, {self.height_px:.0f} px high"
        )


@dataclass(frozen=True)
class FoundMarks:
    """Bars that stand side by side in all of the slices that were looked at.

    Attributes
    ----------
    marks : tuple of Mark
        Left to right.
    rows_px : tuple of float
        First and last row of the marks.
    x_px : ndarray of float64, shape (slices, marks)
        Centres in each slice; NaN where one could not be fitted.
    widths_px : ndarray of float64, shape (marks,)
        Medians.
    blur_px : float
        Of the edges.
    noise : float
        Of a pixel, in grey.
    quiet_px : tuple of float
        Rows below the marks that are still even; empty (equal) where there are none.
    """

    marks: tuple[Mark, ...]
    rows_px: tuple[float, float]
    x_px: Array
    widths_px: Array
    blur_px: float
    noise: float
    quiet_px: tuple[float, float]

    @property
    def bright(self) -> bool:
        """Whether the marks are brighter than their surroundings."""
        return self.marks[0].contrast > 0


def _band(parts: Sequence[Array], at_px: Sequence[float] | None, job: Job) -> Band:
    if at_px is not None:
        band = band_at(parts, at_px, job)
    else:
        band = best_band(bands_of([look(part, job) for part in parts], parts[0].shape[0]))
        band = None if band is None else completed(parts, band)
    if band is None:
        raise RulerError(
            "no marks of a ruler were found"
            + ("" if at_px is None else f" near x = {', '.join(f'{x:.0f}' for x in at_px)} px"),
            expected="two to four narrow upright bars side by side near the top surface, in all slices",
            got=f"{len(parts)} slices without such bars",
        )
    return band


def _bounds(centres: Array, m: int, width: float) -> tuple[float, float]:
    """Half way to the neighbours' nearer edges."""
    low = -np.inf if m == 0 else centres[m - 1] + 0.6 * width
    high = np.inf if m == len(centres) - 1 else centres[m + 1] - 0.6 * width
    return float(max(low, -1e9)), float(min(high, 1e9))


def fit_all(
    profile: Array, centres: Array, widths: Array, blur_px: float | None = None
) -> list[BarFit | None]:
    """Fit each mark of a profile, without looking at its neighbours."""
    return [
        fit_mark(
            profile,
            float(centres[m]),
            float(widths[m]),
            blur_px=blur_px,
            bounds_px=_bounds(centres, m, float(widths[m])),
        )
        for m in range(len(centres))
    ]


def _rows(planes: Sequence[Array], centres: Array, band: Band) -> list[tuple[float, float]]:
    """First and last row of the marks in each slice, from what they exceed their sides by."""
    tall = band.height
    found = []
    for plane, at, start in zip(planes, centres, band.firsts, strict=True):
        first = max(0, start - 2 * tall)
        slab = plane[first : start + 3 * tall].astype(np.float64) * (1 if band.bright else -1)
        down = down_profile(slab, at, np.full(len(at), float(band.width_px)))
        low, high = start - first, start + tall - first
        # Outwards from the band, as far as the marks keep half their height.
        half = 0.5 * float(np.median(down[low:high]))
        smooth = np.convolve(down, np.ones(3) / 3, mode="same")
        low += int(np.argmax(smooth[low:high] > half))
        high = low + 1
        while low > 0 and smooth[low - 1] > half:
            low -= 1
        while high < smooth.size and smooth[high] > half:
            high += 1
        found.append((float(first + low), float(first + high - 1)))
    deep = float(np.median([end - top for top, end in found]))
    return [(top, top + deep) for top, _ in found]


def _quiet(
    planes: Sequence[Array], centres: Array, width: float, spans: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Rows below the marks that are as even, beside the marks, as those of the marks themselves."""
    start = spans[0][1] + INSET_PX + 1
    deep = []
    for plane, at, rows in zip(planes, centres, spans, strict=True):
        first = int(rows[1] + INSET_PX + 1)
        reach = int(rows[1] - rows[0]) + 2
        x = np.arange(plane.shape[1])
        away = np.min(np.abs(x[:, None] - at), axis=1) > width
        away &= (x > at[0] - 3 * width) & (x < at[-1] + 3 * width)
        if away.sum() < 8:
            return start, start
        usual = np.median(np.std(plane[core_rows(rows, plane.shape[0])][:, away].astype(float), axis=1))
        below = np.std(plane[first : first + reach][:, away].astype(float), axis=1)
        loud = np.flatnonzero(below > QUIET * usual + 1e-9)
        deep.append(int(loud[0]) if loud.size else below.size)
    return start, start + max(0, int(np.median(deep)) - 2)


def _fitted(
    planes: Sequence[Array], band: Band, spans: Sequence[tuple[float, float]]
) -> list[list[BarFit | None]]:
    sign = 1 if band.bright else -1
    found = []
    for plane, at, rows in zip(planes, band.centres_px, spans, strict=True):
        part = plane[core_rows(rows, plane.shape[0])]
        profile = sign * part.mean(axis=0, dtype=np.float64)
        centres = np.array(at)
        first = fit_all(profile, centres, np.full(len(at), float(band.width_px)))
        better = np.array([fit.centre_px if fit else x for fit, x in zip(first, at, strict=True)])
        widths = np.array([fit.width_px if fit else float(band.width_px) for fit in first])
        good = np.abs(better - centres) < band.width_px
        widths = np.clip(widths, 0.4 * band.width_px, 2.5 * band.width_px)
        found.append(fit_all(profile, np.where(good, better, centres), widths))
    return found


def _median(values: Iterable[float]) -> float:
    kept = [value for value in values if np.isfinite(value)]
    return float(np.median(kept)) if kept else float("nan")


def _described(planes: Sequence[Array], band: Band) -> FoundMarks:
    spans = _rows(planes, np.array(band.centres_px), band)
    rows = spans[0]
    fits = _fitted(planes, band, spans)
    count = band.count
    columns = [[row[m] for row in fits] for m in range(count)]
    widths = np.array([_median(fit.width_px for fit in column if fit) for column in columns])
    heights = np.array([_median(fit.height for fit in column if fit) for column in columns])
    x = np.array([[np.nan if fit is None else fit.centre_px for fit in row] for row in fits])
    if not (np.isfinite(widths).all() and np.isfinite(heights).all() and (heights > 0).all()):
        raise RulerError("bars were seen, but their edges could not be fitted", got=f"{count} bars")
    noise = _median(
        noise_of(plane[core_rows(span, plane.shape[0])]) for plane, span in zip(planes, spans, strict=True)
    )
    noise = max(noise, 1e-6)
    first = np.where(np.isfinite(x[0]), x[0], band.centres_px[0])
    marks = tuple(
        Mark(
            float(first[m]),
            0.5 * (rows[0] + rows[1]),
            float(widths[m]),
            rows[1] - rows[0] + 1,
            float(heights[m]) * (1 if band.bright else -1),
            float(heights[m]) / noise,
        )
        for m in range(count)
    )
    blur = _median(fit.blur_px for row in fits for fit in row if fit)
    centres = np.where(np.isfinite(x), x, np.array(band.centres_px))
    quiet = _quiet(planes, centres, float(widths.max()), spans)
    return FoundMarks(marks, rows, x, widths, float(np.clip(blur, 0.2, 8.0)), noise, quiet)


def find_marks(
    planes: Sequence[Array],
    *,
    region: Box | None = None,
    at_px: Sequence[float] | None = None,
    job: Job | None = None,
) -> FoundMarks:
    """Find the marks of a ruler in slices of the same place.

    Parameters
    ----------
    planes : sequence of ndarray, shape (y, x)
        One slice, or better a few that lie some slices apart.
    region : tuple of int, optional
        (y0, y1, x0, x1) px that holds the marks; the whole image if not given.
    at_px : sequence of float, optional
        Where the marks are in the first of the slices, if somebody has said so.
    job : Job, optional
        For cancelling.

    Returns
    -------
    FoundMarks
        Two, three or four marks. Whether they measure thickness shows only in how they move.

    Raises
    ------
    RulerError
        If no bars stand out.
    """
    job = job or Job()
    y0, y1, x0, x1 = region or (0, *[planes[0].shape[0], 0, planes[0].shape[1]])
    parts = [plane[y0:y1, x0:x1] for plane in planes]
    near = None if at_px is None else [x - x0 for x in at_px]
    band = _band(parts, near, job)
    found = _described(parts, band)
    return moved(found, y0, x0)


def moved(found: FoundMarks, y0: int, x0: int) -> FoundMarks:
    """The same in the frame of the whole image."""
    marks = tuple(
        Mark(m.x_px + x0, m.y_px + y0, m.width_px, m.height_px, m.contrast, m.contrast_to_noise)
        for m in found.marks
    )
    rows = (found.rows_px[0] + y0, found.rows_px[1] + y0)
    quiet = (found.quiet_px[0] + y0, found.quiet_px[1] + y0)
    return FoundMarks(marks, rows, found.x_px + x0, found.widths_px, found.blur_px, found.noise, quiet)
