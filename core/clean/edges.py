"""Edges of the structure across stripes: what must not be taken for a stripe."""

from __future__ import annotations

import numpy as np

from core.volume import Array

# Smoothing along y and x in px before differences are taken; robust standard deviations that make an edge.
_SMOOTHING_PX = (2.0, 1.0)
_EDGE = 2.5
# Without noise most differences are zero, and a step of this share of the greatest counts as usual.
_LEAST_SHARE = 0.02


def difference_scale(differences: Array) -> float:
    """Robust standard deviation of differences of neighbours, at least 2 % of the greatest one."""
    if differences.size == 0:
        return 0.0
    size = np.abs(differences)
    return max(float(np.median(size)) * 1.4826, float(size.max()) * _LEAST_SHARE)


def edges_along_x(plane: Array) -> Array:
    """Where neighbours along x differ by more than noise does, after light smoothing.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        Image from which most of the stripes have been taken away.

    Returns
    -------
    ndarray of bool, shape (y, x - 1)
    """
    from scipy.ndimage import gaussian_filter

    size = np.diff(gaussian_filter(plane, _SMOOTHING_PX, mode="reflect"), axis=1)
    np.abs(size, out=size)
    if size.size == 0:
        return np.zeros(size.shape, dtype=bool)
    limit = max(float(np.median(size)) * 1.4826 * _EDGE, float(size.max()) * 1e-4)
    return np.asarray(size > limit)
