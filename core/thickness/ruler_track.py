"""Follow the marks of a ruler through the stack, slice by slice, to a fraction of a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from core.job import Job
from core.step import Room
from core.thickness.marks import FoundMarks, fit_all
from core.thickness.marks_fit import BarFit, core_rows, down_profile, fit_mark
from core.thickness.ruler_kinds import Kinds
from core.thickness.ruler_lock import BRIGHTEST, FAINTEST, Lock, State, lock_on
from core.thickness.ruler_samples import read_finite
from core.thickness.ruler_stripes import stripes
from core.volume import Array, Volume

REACH_Y_PX, REACH_X_PX = 64, 120
"""How far a jump between two slices may be."""
GROUP = 16
"""Slices that are read at once."""
LOCKED = 0.8
SLOW, SLOWER = 0.15, 0.05
LEAST_SIGNIFICANT = 5.0


@dataclass(frozen=True)
class Tracks:
    """The marks in every slice.

    Attributes
    ----------
    x_px, sigma_px : ndarray of float64, shape (slices, marks)
        Centres and their standard errors from the fit; NaN where not seen.
    y_px : ndarray of float64, shape (slices,)
        Middle row of the marks; NaN where not seen.
    width_px : ndarray of float64, shape (slices, marks)
    """

    x_px: Array
    sigma_px: Array
    y_px: Array
    width_px: Array


def _first_state(found: FoundMarks, kinds: Kinds) -> State:
    return State(
        x=np.array([mark.x_px for mark in found.marks]),
        width=found.widths_px.copy(),
        height=np.array([abs(mark.contrast) for mark in found.marks]),
        rows=found.rows_px,
        quiet=found.quiet_px,
        advance=kinds.advance_px,
        ways=kinds.ways,
        blur=found.blur_px,
        sign=1 if found.bright else -1,
    )


@dataclass
class _Slab:
    """Rows of one slice around the marks, marks bright; `first` is the row of the image it begins with."""

    data: Array
    first: int
    noise: float = field(default=1.0)

    def profile(self, state: State, shift: float) -> tuple[Array, bool]:
        """Mean of the rows of the marks, less the stripes that the even rows below show as well."""
        size = self.data.shape[0]
        top, end = (row + shift - self.first for row in state.rows)
        if end < 2 or top > size - 2:
            return np.zeros(self.data.shape[1]), False
        profile: Array = self.data[core_rows((top, end), size)].mean(axis=0, dtype=np.float64)
        low, high = (round(row + shift - self.first) for row in state.quiet)
        if low >= 0 and high <= size and high - low >= 3:
            below = self.data[low:high].mean(axis=0, dtype=np.float64)
            profile = profile - stripes(profile, below, state.x, state.width)
        return profile, True


def _slabs(
    volume: Volume, state: State, start: int, job: Job, room: Room | None
) -> Iterator[tuple[int, _Slab]]:
    """Rows around the marks, a group of slices at a time."""
    count, rows, columns = volume.info.shape
    threads = max(1, (room.threads if room else None) or 2)

    def read(index: int, low: int, high: int) -> _Slab:
        job.check()
        data = read_finite(volume, index, (low, high, 0, columns)).astype(np.float32)
        return _Slab(data if state.sign > 0 else -data, low)

    with ThreadPoolExecutor(min(threads, 4)) as pool:
        for group in range(start, count, GROUP):
            end = max(state.rows[1], state.quiet[1])
            low = int(np.clip(state.rows[0] + state.shift_y - REACH_Y_PX, 0, rows - 8))
            high = int(np.clip(end + state.shift_y + REACH_Y_PX, low + 8, rows))
            indices = range(group, min(count, group + GROUP))
            yield from zip(indices, pool.map(lambda i, a=low, b=high: read(i, a, b), indices), strict=True)


def _believable(fit: BarFit | None, expected: float, width: float, least: float, noise: float) -> bool:
    if fit is None or not least < fit.height < BRIGHTEST / FAINTEST * least:
        return False
    near = abs(fit.centre_px - expected) < max(2.5, 0.35 * width)
    sure = fit.centre_sigma_px < max(0.5, 0.1 * width)
    return (
        near and sure and 0.5 * width < fit.width_px < 1.8 * width and fit.height > LEAST_SIGNIFICANT * noise
    )


def _fits(profile: Array, state: State, lock: Lock) -> list[BarFit | None]:
    """The marks that can be believed."""
    found = fit_all(profile, lock.x, state.width, state.blur)
    good = [fit for fit in found if fit is not None]
    if not good:
        return [None] * len(found)
    # All marks of a slice have the same noise; one that is crossed by something has more.
    usual = float(np.median([fit.rms for fit in good]))
    result = []
    for m, fit in enumerate(found):
        noise = usual / np.sqrt(max(1.0, state.width[m] / 2))
        least = FAINTEST * lock.gain * state.height[m]
        result.append(fit if _believable(fit, lock.x[m], state.width[m], least, noise) else None)
    return result


def _down(slab: _Slab, state: State, fits: list[BarFit | None], shift: float) -> float | None:
    """Movement along y, from the upper and lower ends of the marks."""
    good = [fit for fit in fits if fit is not None]
    down = down_profile(
        slab.data, np.array([f.centre_px for f in good]), np.array([f.width_px for f in good])
    )
    tall = state.rows[1] - state.rows[0] + 1
    middle = 0.5 * (state.rows[0] + state.rows[1])
    deepest = max(state.quiet[1], state.rows[1] + 3) + shift - slab.first
    fit = fit_mark(down, middle + shift - slab.first, tall, blur_px=1.0, bounds_px=(0.0, deepest))
    if fit is None or fit.height <= 0 or not 0.6 * tall < fit.width_px < 1.6 * tall:
        return None
    moved = fit.centre_px + slab.first - middle
    return moved if abs(moved - shift) < max(4.0, 0.5 * tall) else None


def _seen_in(slab: _Slab, state: State) -> tuple[list[BarFit | None], float, Lock]:
    """Fits of one slice and where along y they were made."""
    shift = state.shift_y
    profile, _ = slab.profile(state, shift)
    lock = lock_on(profile, state, 8 + int(3 * state.step_x * np.sqrt(state.gap)))
    if lock.score < LOCKED:
        shift, profile, lock = _searched(slab, state, lock)
    fits = _fits(profile, state, lock)
    for _ in range(2):
        if not any(fits):
            break
        moved = _down(slab, state, fits, shift)
        if moved is None or abs(moved - shift) < 0.75:
            shift = shift if moved is None else moved
            break
        shift = moved
        profile, _ = slab.profile(state, shift)
        fits = _fits(profile, state, lock)
    return fits, shift, lock


def _searched(slab: _Slab, state: State, lock: Lock) -> tuple[float, Array, Lock]:
    """After a jump: look everywhere that has been read."""
    tall = state.rows[1] - state.rows[0]
    pace = max(2.0, tall / 4)
    best = (state.shift_y, slab.profile(state, state.shift_y)[0], lock)
    for dy in np.arange(-REACH_Y_PX, REACH_Y_PX + 1, pace):
        profile, fine = slab.profile(state, state.shift_y + dy)
        if fine:
            other = lock_on(profile, state, REACH_X_PX)
            # The contrast counts here: half of the rows would do for a place, but not for the right one.
            if other.score * other.gain > best[2].score * best[2].gain + 0.02:
                best = (state.shift_y + dy, profile, other)
    return best


def _advance(state: State, fits: list[BarFit | None], shift: float) -> bool:
    """Take over what was seen; False if it was too little to go by."""
    seen = np.array([fit is not None for fit in fits])
    solved = movement(state, fits)
    if solved is None:
        state.gap += 1
        return False
    move, depth = solved
    expected = state.x + move + state.ways * depth
    state.x = np.array([fit.centre_px if fit else x for fit, x in zip(fits, expected, strict=True)])
    if state.gap > 0:
        state.step_x += SLOW * (min(abs(move) / np.sqrt(state.gap), 10.0) - state.step_x)
        usual = float(np.clip(depth / state.gap, 0.3 * state.advance, 3 * state.advance))
        state.advance += SLOWER * (usual - state.advance)
    for m in np.flatnonzero(seen):
        fit = fits[m]
        if fit is not None:
            state.width[m] += SLOW * (fit.width_px - state.width[m])
            state.height[m] += SLOW * (fit.height - state.height[m])
    state.shift_y = shift
    state.gap = 1
    return True


def movement(state: State, fits: list[BarFit | None]) -> tuple[float, float] | None:
    """Movement of all marks and of the inclined against the parallel, by least squares; None if untold."""
    seen = [m for m, fit in enumerate(fits) if fit is not None]
    ways = state.ways[seen]
    if len(seen) < 2 or np.ptp(ways) == 0:
        return None
    a = np.stack([np.ones(len(seen)), ways], axis=1)
    b = np.array([fits[m].centre_px - state.x[m] for m in seen])  # type: ignore[union-attr]
    (move, depth), *_ = np.linalg.lstsq(a, b, rcond=None)
    return float(move), float(depth)


def follow(
    volume: Volume, found: FoundMarks, kinds: Kinds, start: int, job: Job, room: Room | None
) -> Tracks:
    """Follow marks from the slice they were found in to the end of the stack.

    Only rows around the marks are read. What is expected of a slice comes from the ones before: all marks
    move together, and the inclined ones move on; a slice in which that is not found is searched far around,
    and left out if that fails too.

    Parameters
    ----------
    volume : Volume
    found : FoundMarks
        In slice `start`.
    kinds : Kinds
    start : int
        First slice; those before stay unseen.
    job, room : Job, Room
        For progress and cancelling; how many threads read.
    """
    count, marks = volume.info.shape[0], len(found.marks)
    x, sigma, width = (np.full((count, marks), np.nan) for _ in range(3))
    y = np.full(count, np.nan)
    state = _first_state(found, kinds)
    middle = 0.5 * (found.rows_px[0] + found.rows_px[1])
    state.gap = 0
    for index, slab in _slabs(volume, state, start, job, room):
        job.progress(index, count, "following the marks")
        fits, shift, _ = _seen_in(slab, state)
        if not _advance(state, fits, shift):
            continue
        y[index] = middle + shift
        for m, fit in enumerate(fits):
            if fit is not None:
                x[index, m], sigma[index, m], width[index, m] = (
                    fit.centre_px,
                    fit.centre_sigma_px,
                    fit.width_px,
                )
    return Tracks(x, sigma, y, width)
