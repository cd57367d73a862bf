"""Two-phase images of known truth, and stripes of known shape."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from core.volume import Array


def two_phases(
    shape: tuple[int, ...], share: float | Array, *, feature_px: float = 5.0, seed: int = 0
) -> Array:
    """Solid (True) of a leveled random field; `share` may change over the image."""
    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.normal(size=shape), feature_px, mode="wrap")
    ranks = field.ravel().argsort().argsort().reshape(shape) / field.size
    return np.asarray(ranks > 1 - share)


def stripes(shape: tuple[int, int], angle_deg: float, *, grey: float, seed: int = 0) -> Array:
    """Stripes of 1 to about 20 px and one bright streak, stronger toward the bottom."""
    rng = np.random.default_rng(seed)
    height, width = shape
    profile = gaussian_filter(rng.normal(size=3 * width), 1.2)
    profile /= profile.std()
    profile -= gaussian_filter(profile, 20)
    profile[4 * width // 3 : 4 * width // 3 + 2] += 3
    y, x = np.arange(height)[:, None], np.arange(width)[None]
    along = x - (y - (height - 1) / 2) * np.tan(np.radians(angle_deg))
    return np.asarray(
        np.interp(along, np.arange(-width, 2 * width), profile) * grey * (0.5 + 0.5 * y / height)
    )
