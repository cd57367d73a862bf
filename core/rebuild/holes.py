"""Small holes that a spline tears into solid."""

from __future__ import annotations

import numpy as np

from core.volume import Array


def without_small_holes(solid: Array, largest_px: int) -> Array:
    """Fill pore that solid encloses within the plane and that is smaller than a limit.

    Parameters
    ----------
    solid : ndarray of bool, shape (y, x)
    largest_px : int
        Holes of fewer pixels (which touch by their sides) are filled; those at the border are not enclosed.

    Returns
    -------
    ndarray of bool, shape (y, x)

    References
    ----------
    Article II, supplement, 4: holes entirely covered by the structure and smaller than 20 px.
    """
    from scipy.ndimage import label

    found, count = label(~solid)
    sizes = np.bincount(found.ravel(), minlength=count + 1)
    small = sizes < largest_px
    small[0] = False
    for border in (found[0], found[-1], found[:, 0], found[:, -1]):
        small[border] = False
    filled: Array = solid | small[found]
    return filled
