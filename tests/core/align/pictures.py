"""Pictures whose shifts are known: smooth random texture, moved without interpolating from a border."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[Any]
MARGIN = 20


def texture(shape: tuple[int, ...], seed: int = 1, grain_px: float = 2.5) -> Array:
    """Random texture, mean 120, standard deviation 30."""
    random = np.random.default_rng(seed).normal(size=shape)
    sigma = (0.0,) * (len(shape) - 2) + (grain_px,) * 2
    blurred = ndimage.gaussian_filter(random, sigma, mode="wrap")
    found: Array = 120 + 30 * blurred / blurred.std()
    return found


def moved(picture: Array, shift_yx: tuple[float, float], margin: int = MARGIN) -> Array:
    """The inner part of a picture whose content has moved; exact, as the texture wraps."""
    spectrum = ndimage.fourier_shift(np.fft.fftn(picture), shift_yx)
    found: Array = np.fft.ifftn(spectrum).real[margin:-margin, margin:-margin]
    return found


def evolving(slices: int, shape_yx: tuple[int, int] = (130, 150), seed: int = 1) -> Array:
    """A stack that changes along z like structure does, correlation of neighbours about 0.97; it wraps."""
    random = np.random.default_rng(seed).normal(size=(slices, *shape_yx))
    blurred = ndimage.gaussian_filter(random, (4.0, 2.5, 2.5), mode="wrap")
    found: Array = 120 + 30 * blurred / blurred.std()
    return found


def shifted_stack(shifts: Array, noise: float = 4.0, seed: int = 1, same: bool = True) -> Array:
    """Slices whose content lies at `shifts` (y, x), with noise and steps of brightness and contrast."""
    count = len(shifts)
    random = np.random.default_rng(seed)
    planes = np.repeat(texture((130, 150), seed)[None], count, axis=0) if same else evolving(count, seed=seed)
    out = []
    for plane, shift in zip(planes, shifts, strict=True):
        inner = moved(plane, tuple(shift))
        out.append(inner * random.uniform(0.8, 1.2) + random.uniform(-10, 10))
    stack = np.array(out) + noise * random.normal(size=(count, *out[0].shape))
    return np.clip(np.rint(stack), 0, 255).astype(np.uint8)
