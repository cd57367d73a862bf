"""The noise recipe of Sardhara et al. 2022, section 2.2.1 (doi:10.3389/fmats.2022.837006).

Stated there: Poisson noise first, then Gaussian noise of mean 0 and variance 0.001 (grey from 0 to 1, as
scikit-image takes it), then the image is renormalised to a range from -1 to 1 and converted to 8 bit. Not
stated, hence ours: how many counts the highest grey stands for, that values are clipped to 0-1 in between (as
scikit-image does), and that -1 and 1 are the darkest and brightest pixel of the image and become 0 and 255.
"""

from __future__ import annotations

import numpy as np

from core.volume import Array


def with_poisson_noise(level: Array, peak: float, rng: np.random.Generator) -> Array:
    """Replace each level (clipped to 0-1) by counts of that mean times `peak`, divided by `peak` again."""
    return np.clip(rng.poisson(np.clip(level, 0, 1) * peak) / peak, 0, 1)


def with_gaussian_noise(level: Array, variance: float, rng: np.random.Generator) -> Array:
    """Add Gaussian noise of mean 0; clipped to 0-1."""
    return np.clip(level + rng.normal(0.0, np.sqrt(variance), level.shape), 0, 1)


def renormalised(level: Array) -> Array:
    """Stretch an image so that its darkest pixel is 0 and its brightest 1; a flat image stays as it is."""
    darkest, brightest = level.min(), level.max()
    return np.asarray((level - darkest) / (brightest - darkest)) if brightest > darkest else level
