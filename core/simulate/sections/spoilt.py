"""What is seen on real sections beside the sample: blur, shade, curtains and bright streaks."""

from __future__ import annotations

import numpy as np

from core.simulate.sections.fields import drawn
from core.simulate.sections.params import Spoilt
from core.volume import Array

_STRONGER = 2.5
_BEGINS = (-1.0, 0.6)  # rows, as shares of the height, from which curtains begin
_GROWS = 0.2  # share of the height over which one reaches its strength
_FINE_PX = (2.0, 20.0)
_FACE, _BLACK = 120.0, 20.0


def spoilt(signal: Array, params: Spoilt, rng: np.random.Generator) -> Array:
    """Add what the instrument does to an image; noise is none of it.

    Parameters
    ----------
    signal : ndarray of float32, shape (y, x)
    params : Spoilt
        Ranges.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (y, x)
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = signal.shape
    down, across = np.linspace(0, 1, rows)[:, None], np.linspace(-0.5, 0.5, columns)
    image = gaussian_filter(signal, drawn(rng, params.blur_px))
    sign = 1 if rng.random() < 0.5 else -1
    image = image * (1 - drawn(rng, params.shade) * down) * (1 + sign * drawn(rng, params.slant) * across)
    image = image * (1 + _curtains((rows, columns), params, rng))
    length = float(rng.uniform(*_FINE_PX))
    fine = gaussian_filter(rng.standard_normal((rows, columns)), (length, 0.7))
    image = image + drawn(rng, params.grain) * fine / max(float(fine.std()), 1e-9)
    return np.asarray(np.maximum(image, 0), dtype=np.float32)


def grey_values(signal: Array, params: Spoilt, rng: np.random.Generator) -> Array:
    """An image as a microscope stores it: with noise, 8 bit; the polished face lies at grey 140.

    Parameters
    ----------
    signal : ndarray of float32, shape (y, x)
        As `spoilt` gives it.

    Returns
    -------
    ndarray of uint8, shape (y, x)
    """
    noise = rng.standard_normal(signal.shape, dtype=np.float32) * np.float32(drawn(rng, params.noise))
    return np.asarray(np.clip(np.rint((signal + noise) * _FACE + _BLACK), 0, 255), dtype=np.uint8)


def _curtains(shape: tuple[int, int], params: Spoilt, rng: np.random.Generator) -> Array:
    """Relative change of the signal, shape (y, x)."""
    down, x = np.linspace(0, 1, shape[0])[:, None], np.arange(shape[1])
    change = np.zeros(shape)
    for _ in range(int(rng.poisson(params.curtains))):
        width, place = drawn(rng, params.curtain_px), float(rng.uniform(0, shape[1]))
        strength = float(rng.normal(0, params.curtain)) * (_STRONGER if rng.random() < params.streaks else 1)
        profile = strength * np.exp(-((x - place) ** 2) / (2 * width**2))
        change += profile * np.clip((down - float(rng.uniform(*_BEGINS))) / _GROWS, 0, 1)
    return np.maximum(change, -1)
