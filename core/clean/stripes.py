"""Stripes along a direction: find them by one of two methods, with the image itself never resampled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.clean.consistency import repeated
from core.volume import Array

Finder: TypeAlias = Callable[[Array], Array]


def stripes_along(plane: Array, angle_deg: float, find: Finder) -> Array:
    """Stripes of a plane at an angle.

    A finder knows upright stripes only. Rows are shifted against each other until the stripes stand upright,
    and what is found is shifted back. The shift is a phase in Fourier space, which a shift back undoes
    exactly, so fine stripes keep their sharpness; a rotation would have blurred them twice. The image is not
    changed by any of this: only the stripes have been shifted, and they are what is subtracted. What
    does not repeat from one part of the image to the next is no stripe: see `core.clean.consistency`.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        Grey values, finite.
    angle_deg : float
        Direction of the stripes, -90 to 90: 0 runs down the image, positive leans to the right going down.
    find : callable
        From a plane, the upright part of it (same shape).

    Returns
    -------
    ndarray, shape (y, x)
        To be subtracted from the plane.
    """
    if abs(angle_deg) > 45:
        # Steeper: columns are shifted instead, in the transposed image with angles from its other axis.
        return stripes_along(plane.T, float(np.copysign(90, angle_deg)) - angle_deg, find).T
    slope = float(np.tan(np.radians(angle_deg)))
    if slope == 0:
        upright = np.ascontiguousarray(plane)
        return repeated(upright, find(upright))
    width = plane.shape[1]
    margin = int(np.ceil(abs(slope) * plane.shape[0] / 2)) + 8
    wide = np.pad(plane, ((0, 0), (margin, margin)), mode="symmetric")
    upright = sheared(wide, slope)
    found = sheared(repeated(upright, find(upright)), -slope)
    return found[:, margin : margin + width]


def sheared(plane: Array, slope: float) -> Array:
    """Shift every row by `slope` times its distance from the middle row; periodic, undone by ``-slope``.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
    slope : float
        Pixels to the left per row further down: stripes of that slope become upright.
    """
    from scipy.fft import irfft, rfft, rfftfreq

    height, width = plane.shape
    shift = slope * (np.arange(height) - (height - 1) / 2)
    spectrum = rfft(plane, axis=1)
    spectrum *= np.exp(2j * np.pi * shift[:, None] * rfftfreq(width)).astype(spectrum.dtype)
    upright: Array = irfft(spectrum, n=width, axis=1, overwrite_x=True)
    return upright
