"""What a network that makes grey planes is shown: the slices around the plane, as they are.

For a plane between measured ones: grey values of two slices on either side (the side of the nearer one
first, as in `core.rebuild.network_input`), those that a line and a cubic spline (through the four nearest
planes on each side) give for the plane itself, and how far each slice is. The network takes any offset and
gain of grey values, so they are not normalised.
"""

from __future__ import annotations

import numpy as np

from core.rebuild.network_input import OFFSET_UNIT_PX, SIDE, SLICES, Between, interpolated
from core.volume import Array

RULE = "grey-values"
"""Name of this layout in cards."""
CHANNELS = (*SLICES, "cubic", "linear", *(f"{name} offset" for name in SLICES))
"""Names of the input channels."""
CUBIC, LINEAR = len(SLICES), len(SLICES) + 1
"""Numbers of two of them."""
PLANES = LINEAR + 1
"""Channels that hold grey values; in the others one number stands for the whole plane."""


def as_grey_input(planes: Array, item: Between, first_knot: int) -> Array:
    """Put the channels of an input together.

    Parameters
    ----------
    planes : ndarray of float32, shape (n, y, x)
        Consecutive measured planes.
    item : Between
        What the plane is made from; it lies between measured ones.
    first_knot : int
        Number of ``planes[0]`` among all measured planes.

    Returns
    -------
    ndarray of float32, shape (10, y, x)
    """
    found = np.empty((len(CHANNELS), *planes.shape[1:]), dtype=np.float32)
    for place, knot in enumerate(item.knots):
        found[place] = planes[knot - first_knot]
    found[CUBIC] = interpolated(planes, item.row, first_knot)
    near, far = item.offsets_px[0], item.offsets_px[SIDE]
    share = np.float32(near / (near + far))
    found[LINEAR] = found[0] + share * (found[SIDE] - found[0])
    for place, offset in enumerate(item.offsets_px, start=PLANES):
        found[place] = offset / OFFSET_UNIT_PX
    return found
