"""Depth, drift and scale of every slice from where its marks are, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.thickness.ruler_noise import Noise, noise_of_marks
from core.thickness.ruler_track import Tracks
from core.volume import Array

WINDOW = 51
"""Slices over which a scale that changes unevenly is smoothed."""
UNEVEN_PX = 0.5
PARTS, SURE = 8, 6.0
ROUNDS = 4
FAR = 5.0


@dataclass(frozen=True)
class Solution:
    """What the marks say, in px.

    Attributes
    ----------
    depth_px : ndarray of float64, shape (n,)
        How far the inclined marks have moved against the parallel ones since the first slice; NaN where it
        cannot be told.
    variance_px : ndarray of float64, shape (n,)
        Of each depth, without that of the first.
    drift_px : ndarray of float64, shape (n,)
        Movement of the parallel marks along x since the first measured slice; NaN where unseen.
    scale : ndarray of float64, shape (n,)
        Distance of the parallel marks relative to its median, smoothed.
    x_px : ndarray of float64, shape (n, marks)
        Where each mark has to be by all the others; NaN where the slice is not measured.
    sigma_px : ndarray of float64, shape (n, marks)
        Standard errors of the fits.
    used : ndarray of bool, shape (n, marks)
        Marks that were seen and fit the others.
    distance_px : float
        Of the parallel marks: median.
    noise : Noise
        How far the marks stray from a common movement.
    unlike : float
        Half the relative difference of the slopes of the two inclined marks; 0 where not significant.
    """

    depth_px: Array
    variance_px: Array
    drift_px: Array
    scale: Array
    x_px: Array
    sigma_px: Array
    used: Array
    distance_px: float
    noise: Noise
    unlike: float


def line_through(at: Array, values: Array) -> tuple[float, float]:
    """Slope of a line through values whose errors are alike in neighbouring slices, and its standard error.

    Least squares through the means of a few parts: the parts are independent, single slices are not.
    """
    parts = [part for part in np.array_split(np.arange(at.size), PARTS) if part.size]
    x = np.array([at[part].mean() for part in parts])
    y = np.array([np.median(values[part]) for part in parts])
    x, y = x - x.mean(), y - y.mean()
    reach = max(float(x @ x), 1e-12)
    slope = float(x @ y) / reach
    rest = y - slope * x
    return slope, float(np.sqrt(rest @ rest / max(1, len(parts) - 2) / reach))


def scale_of(x: Array, ways: Array) -> tuple[Array, float]:
    """Relative distance of the parallel marks per slice, smoothed, and its median in px.

    Constant unless a slope is beyond doubt, then a straight line; only where the distance leaves that clearly
    and for long, a running median. A scale of its own for each slice would add the noise of two marks.
    """
    left, right = np.flatnonzero(ways == 0)[[0, -1]]
    apart = x[:, right] - x[:, left]
    at = np.arange(len(x))
    good = np.flatnonzero(np.isfinite(apart))
    middle = float(np.median(apart[good])) if good.size else 1.0
    if good.size < 3 * PARTS:
        return np.ones(len(x)), middle
    slope, error = line_through(good, apart[good])
    if abs(slope) < SURE * error:
        slope = 0.0
    line = float(np.median(apart[good] - slope * good)) + slope * at
    off = np.where(np.isfinite(apart), apart - line, np.nan)
    smooth = line + _running(off)
    limit = max(UNEVEN_PX, 6 * _running_error(off[good]))
    uneven = good.size > 2 * WINDOW and float(np.max(np.abs(smooth - line))) > limit
    return (smooth if uneven else line) / middle, middle


def _running_error(off: Array) -> float:
    """Standard error of a running median of values that are alike in neighbouring slices."""
    spread = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    held = np.clip(off - np.median(off), -4 * spread, 4 * spread)
    power = float(held @ held) or 1.0
    alike = 1.0
    for k in range(1, min(WINDOW, off.size // 4)):
        # Over-estimated where the distance really changes; then the change has to be larger to count.
        share = float(held[:-k] @ held[k:]) / power
        if share <= 0.05:
            break
        alike += 2 * share
    return 1.25 * spread * float(np.sqrt(alike / WINDOW))


def _running(values: Array) -> Array:
    """Running median over `WINDOW` slices, of what is finite."""
    half = WINDOW // 2
    padded = np.pad(values, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    found = np.zeros(values.size)
    for i, window in enumerate(windows):
        kept = window[np.isfinite(window)]
        found[i] = np.median(kept) if kept.size else 0.0
    return found


def _movement(
    x: Array, weight: Array, places: Array, ways: Array, scale: Array
) -> tuple[Array, Array, Array]:
    """Weighted least squares of each slice: ``x = move + scale * (place + way * depth)``.

    Returns movement, depth and variance of the depth for weights that are inverse variances; NaN where the
    marks seen do not tell them.
    """
    w = np.where(np.isfinite(x), weight, 0.0)
    b = np.where(np.isfinite(x), x, 0.0) - scale[:, None] * places
    k = scale[:, None] * ways
    s0, s1, s2 = w.sum(axis=1), (w * k).sum(axis=1), (w * k * k).sum(axis=1)
    t0, t1 = (w * b).sum(axis=1), (w * k * b).sum(axis=1)
    det = s0 * s2 - s1 * s1
    told = det > 1e-9 * np.maximum(s0 * s2, 1e-30)
    safe = np.where(told, det, 1.0)
    move = np.where(told, (s2 * t0 - s1 * t1) / safe, np.nan)
    depth = np.where(told, (s0 * t1 - s1 * t0) / safe, np.nan)
    return move, depth, np.where(told, s0 / safe, np.nan)


def _slopes(residual: Array, depth: Array, ways: Array) -> float:
    """Half the relative difference of the inclined marks' slopes, if it is beyond doubt."""
    inclined = np.flatnonzero(ways)
    if inclined.size < 2:
        return 0.0
    first, second = inclined[[0, -1]]
    off = residual[:, first] * ways[first] - residual[:, second] * ways[second]
    good = np.flatnonzero(np.isfinite(off) & np.isfinite(depth))
    if good.size < 3 * PARTS:
        return 0.0
    slope, error = line_through(depth[good], off[good])
    return 0.5 * slope if abs(slope) > max(SURE * error, 0.002) else 0.0


def solve(tracks: Tracks, ways: Array) -> Solution:
    """Depth of every slice by weighted least squares over its marks.

    The inclined marks' positions, not sums of differences, give the depth: errors do not add up along the
    stack. Where each mark stands relative to the others at depth 0 is found from all slices. Marks that
    contradict the others are left out.

    Parameters
    ----------
    tracks : Tracks
    ways : ndarray of float64, shape (marks,)
        0 for parallel, +1 or -1 for inclined marks.
    """
    x = tracks.x_px.copy()
    scale, distance = scale_of(x, ways)
    places, ways = _places(x, ways, scale), ways.copy()
    noise = Noise.of_fit(tracks.sigma_px)
    unlike = 0.0
    for again in range(ROUNDS):
        weight = 1.0 / (tracks.sigma_px**2 * noise.fit_share + noise.wander_px**2)
        move, depth, variance = _movement(x, weight, places, ways, scale)
        model = move[:, None] + scale[:, None] * (places + ways * depth[:, None])
        residual = x - model
        noise = noise_of_marks(residual, tracks.sigma_px, ways)
        if again == 0:
            unlike = _slopes(residual, depth, ways)
            ways = _apart(ways, unlike)
        elif again < ROUNDS - 1:
            total = np.sqrt(tracks.sigma_px**2 * noise.fit_share + noise.wander_px**2)
            x = _without_worst(x, residual, FAR * total)
        kept = np.isfinite(x) & np.isfinite(residual)
        places = places + np.where(kept, residual, 0.0).sum(axis=0) / np.maximum(kept.sum(axis=0), 1)
    return Solution(
        depth - _first(depth),
        variance,
        move - _first(move),
        scale,
        model,
        tracks.sigma_px,
        np.isfinite(x),
        distance,
        noise,
        unlike,
    )


def _first(values: Array) -> float:
    good = np.flatnonzero(np.isfinite(values))
    return float(values[good[0]]) if good.size else 0.0


def _apart(ways: Array, unlike: float) -> Array:
    """Slopes of the inclined marks, whose mean is that of the angle."""
    found = ways.copy()
    inclined = np.flatnonzero(ways)
    if inclined.size > 1:
        found[inclined[0]] *= 1 + unlike
        found[inclined[-1]] *= 1 - unlike
    return found


def _places(x: Array, ways: Array, scale: Array) -> Array:
    """Where the marks stand at the depth of the first slice in which all are seen."""
    whole = np.flatnonzero(np.isfinite(x).all(axis=1))
    if whole.size:
        found: Array = x[whole[0]] / scale[whole[0]]
        return found
    # Never all at once: each from the leftmost parallel mark, with depth 0 in the middle.
    off = x - x[:, [int(np.flatnonzero(ways == 0)[0])]]
    return np.array([float(np.median(o[np.isfinite(o)])) if np.isfinite(o).any() else 0.0 for o in off.T])


def _without_worst(x: Array, residual: Array, limit: Array) -> Array:
    """Leave out, in each slice, the mark that is furthest from the others, if it is beyond the limit."""
    share = np.where(np.isfinite(residual), np.abs(residual) / limit, 0.0)
    worst = np.argmax(share, axis=1)
    rows = np.flatnonzero(share[np.arange(len(x)), worst] > 1)
    found: Array = x.copy()
    # With two marks besides, nothing says which of them is wrong.
    enough = np.isfinite(x[rows]).sum(axis=1) > 2
    found[rows[enough], worst[rows[enough]]] = np.nan
    return found
