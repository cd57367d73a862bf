"""Smooth random fields on finite grids, and numbers drawn from ranges."""

from __future__ import annotations

import numpy as np

from core.simulate.sections.params import Range
from core.volume import Array, Shape

_FINEST = 2.5  # standard deviation in grid points from which a field is made on a coarser grid


def drawn(rng: np.random.Generator, limits: Range) -> float:
    """A number evenly from a range."""
    return float(rng.uniform(*limits))


def smooth_field(rng: np.random.Generator, shape: Shape, sigma: float) -> Array:
    """White noise under a Gaussian kernel of `sigma` grid points, float32, variance 1.

    Wide kernels act on a coarser grid, and the values between are linear: 2.5 points of it are a standard
    deviation.
    """
    from scipy.ndimage import gaussian_filter, zoom

    step = max(1, int(sigma / _FINEST))
    coarse = tuple(-(-side // step) + 2 for side in shape) if step > 1 else shape
    noise = rng.standard_normal(coarse, dtype=np.float32)
    field = gaussian_filter(noise, sigma / step, mode="wrap", truncate=3)
    spread = float(field.std())
    field /= spread if spread > 0 else 1
    if step == 1:
        return np.asarray(field)
    fine = zoom(field, step, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine[: shape[0], : shape[1], : shape[2]])
