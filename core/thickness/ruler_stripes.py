"""Curtaining across the marks of a ruler, foretold by the even rows below them."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from core.volume import Array

BLURS_PX, SURE = (0.0, 1.0, 2.0), 4.0


def _even(profile: Array) -> Array:
    """Profile without its slow changes."""
    size = min(31, profile.size // 2 * 2 - 1)
    total = np.cumsum(np.pad(profile, (size // 2 + 1, size // 2), mode="edge"))
    found: Array = profile - (total[size:] - total[:-size]) / size
    return found


def stripes(profile: Array, below: Array, centres: Array, widths: Array) -> Array:
    """Curtaining in the rows of the marks, as far as the even rows below show the same.

    Parameters
    ----------
    profile, below : ndarray of float64, shape (x,)
        Means over the rows of the marks, and over even rows below them.
    centres, widths : ndarray of float64, shape (marks,)
        Near where the marks are: what is common is judged elsewhere.

    Returns
    -------
    ndarray of float64, shape (x,)
        To be subtracted; 0 where nothing is in common.
    """
    x = np.arange(profile.size)
    away = (np.abs(x[:, None] - centres) > 1.2 * widths + 16).all(axis=1)
    low, high = centres[0] - 4 * widths[0] - 40, centres[-1] + 4 * widths[-1] + 40
    away &= (x > low) & (x < high)
    if away.sum() < 24:
        return np.zeros(profile.size)
    here = _even(profile)[away]
    best, gain = np.zeros(profile.size), 0.0
    for blur in BLURS_PX:
        # Stripes are broader than noise: what is smoothed as much as they allow foretells the most.
        other = _even(gaussian_filter1d(below, blur, mode="nearest") if blur else below)
        there = other[away]
        power = float(there @ there)
        if power <= 0:
            continue
        share = float(here @ there) / power
        rest = here - share * there
        error = np.sqrt(float(rest @ rest) / max(1, here.size - 1) / power)
        if share > SURE * error and share * share * power > gain:
            # Less than 1 by the noise of the rows below, which is what makes the difference least noisy.
            best, gain = min(share, 1.0) * other, share * share * power
    return best
