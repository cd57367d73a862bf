"""Where one mark lies to a fraction of a pixel: a blurred bar fitted to a profile."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.volume import Array

SIDE = 0.8
"""Width of the ground at each side that a fit looks at, as a share of the width of the mark."""
LEAST_SIDE_PX = 4.0
START_BLUR_PX = 0.7
INSET_PX = 1.5
"""Rows at both ends of a mark that are left out, because they are not wholly mark."""


@dataclass(frozen=True)
class BarFit:
    """A bar in a profile.

    Attributes
    ----------
    centre_px, width_px : float
    centre_sigma_px, width_sigma_px : float
        Standard errors from the residuals of the fit.
    height, ground, rms : float
        In grey: of the bar above the ground, of the ground, and of the residuals.
    blur_px : float
        Standard deviation of the blur of the edges.
    """

    centre_px: float
    width_px: float
    centre_sigma_px: float
    width_sigma_px: float
    height: float
    ground: float
    rms: float
    blur_px: float


def fit_mark(
    profile: Array,
    centre_px: float,
    width_px: float,
    *,
    blur_px: float | None = None,
    bounds_px: tuple[float, float] | None = None,
) -> BarFit | None:
    """Fit a bright bar near a place; both edges are free, so that a bar that gets wider keeps its centre.

    Parameters
    ----------
    profile : ndarray of float64, shape (x,)
        Mean over the rows of the mark.
    centre_px, width_px : float
        Where to begin.
    blur_px : float, optional
        Held fixed if given, otherwise fitted.
    bounds_px : tuple of float, optional
        The fit looks at nothing outside (the neighbouring marks).

    Returns
    -------
    BarFit or None
        None where the profile is too short, flat, or not finite.
    """
    from core.thickness.kernels.bars import fit_bar

    reach = 0.5 * width_px + max(LEAST_SIDE_PX, SIDE * width_px)
    low, high = bounds_px or (0.0, float(profile.size))
    first = max(0, math.floor(max(centre_px - reach, low)))
    last = min(profile.size, math.ceil(min(centre_px + reach, high)) + 1)
    part = np.ascontiguousarray(profile[first:last], dtype=np.float64)
    if part.size < width_px + 4 or not np.isfinite(part).all() or float(np.ptp(part)) == 0:
        return None
    inside = np.abs(np.arange(first, last) - centre_px) < 0.35 * width_px
    outside = np.abs(np.arange(first, last) - centre_px) > 0.65 * width_px
    if not inside.any() or not outside.any():
        return None
    ground = float(np.median(part[outside]))
    start = np.array([centre_px, width_px, float(np.median(part[inside])) - ground, ground, 0.0])
    start[4] = math.log(blur_px or START_BLUR_PX)
    centre_sigma, width_sigma, rms = fit_bar(part, first, start, 5 if blur_px is None else 4)
    if not np.isfinite(start).all():
        return None
    return BarFit(
        float(start[0]),
        float(start[1]),
        centre_sigma,
        width_sigma,
        float(start[2]),
        float(start[3]),
        rms,
        math.exp(start[4]),
    )


def down_profile(slab: Array, centres_px: Array, widths_px: Array) -> Array:
    """How much the marks exceed their sides, row by row.

    Parameters
    ----------
    slab : ndarray, shape (y, x)
        Rows around the marks.
    centres_px, widths_px : ndarray, shape (marks,)

    Returns
    -------
    ndarray of float64, shape (y,)
    """
    x = np.arange(slab.shape[1])
    total = np.zeros(slab.shape[0])
    for centre, width in zip(centres_px, widths_px, strict=True):
        off = np.abs(x - centre)
        inside, outside = off < max(0.6, 0.35 * width), (off > 0.65 * width + 1) & (off < 1.3 * width + 3)
        if inside.any() and outside.any():
            total += slab[:, inside].mean(axis=1) - slab[:, outside].mean(axis=1)
    return total / max(1, len(centres_px))


def core_rows(rows_px: tuple[float, float], size: int) -> slice:
    """Whole rows well inside the marks; at least one."""
    inset = min(INSET_PX, 0.2 * (rows_px[1] - rows_px[0]))
    first = int(np.clip(np.ceil(rows_px[0] + inset), 0, size - 1))
    last = int(np.clip(np.floor(rows_px[1] - inset) + 1, first + 1, size))
    return slice(first, last)
