"""Upright stripes by wavelets and cosine transforms."""

from __future__ import annotations

import numpy as np

from core.clean.edges import difference_scale, edges_along_x
from core.volume import Array

# In the first pass differences beyond this many robust standard deviations are held back to it.
_LIMIT = 2.0


def wavelet_stripes(plane: Array, *, width_px: float, length_px: float, wavelet: str) -> Array:
    """Upright stripes after Münch: the part of the vertical wavelet details that hardly changes along y.

    The filter is linear: on the bare image it takes the vertical mean of the structure along wherever the
    image is not many times taller than its structure, and leaves shadows above and below each feature. So it
    works on an image without edges: first with differences along x held back to twice their usual size, then
    with the edges evened out that the first pass leaves.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        Grey values, finite.
    width_px : float
        Widest stripe; sets the number of wavelet levels.
    length_px : float
        Stripes hardly change over this length; standard deviation of the Gaussian mean along y.
    wavelet : str
        Name as in PyWavelets.

    References
    ----------
    B. Münch, P. Trtik, F. Marone, M. Stampanoni, Opt. Express 17 (2009) 8567-8591,
    doi 10.1364/OE.17.008567. Their damping of Fourier coefficients is written with cosine transforms, which
    do not wrap the bottom of the image around to its top.
    """
    import pywt

    levels = min(max(1, int(np.ceil(np.log2(width_px)))), pywt.dwtn_max_level(plane.shape, wavelet))
    if levels < 1:
        return np.zeros_like(plane)
    step = np.diff(plane, axis=1)
    limit = _LIMIT * difference_scale(step)
    np.clip(step, -limit, limit, out=step)
    first = _upright_details(_rejoined(step, width_px), levels, length_px, wavelet)
    edges = edges_along_x(plane - first)
    step[edges] = np.diff(first, axis=1)[edges]
    return _upright_details(_rejoined(step, width_px), levels, length_px, wavelet)


def _upright_details(plane: Array, levels: int, length_px: float, wavelet: str) -> Array:
    import pywt

    smooth, *details = pywt.wavedec2(plane, wavelet, mode="symmetric", level=levels)
    kept = [np.zeros_like(smooth)]
    for level, (horizontal, vertical, diagonal) in zip(range(levels, 0, -1), details, strict=True):
        upright = _mean_along_y(vertical, length_px / 2**level)
        kept.append((np.zeros_like(horizontal), upright, np.zeros_like(diagonal)))
    stripes: Array = pywt.waverec2(kept, wavelet, mode="symmetric")
    return stripes[: plane.shape[0], : plane.shape[1]]


def _rejoined(step: Array, width_px: float) -> Array:
    """Plane with these differences along x; shading much broader than the stripes fades away."""
    from scipy.fft import dct, idct

    height, width = step.shape[0], step.shape[1] + 1
    divergence = np.zeros((height, width), step.dtype)
    divergence[:, 1:] += step
    divergence[:, :-1] -= step
    leak = 1 / (2 * width_px) ** 2
    spectrum = dct(divergence, axis=1, norm="ortho", overwrite_x=True)
    spectrum /= (2 - 2 * np.cos(np.pi * np.arange(width) / width) + leak).astype(step.dtype)
    even: Array = idct(spectrum, axis=1, norm="ortho", overwrite_x=True)
    return even


def _mean_along_y(band: Array, sigma: float) -> Array:
    from scipy.fft import dct, idct

    frequency = np.arange(band.shape[0]) / (2 * band.shape[0])
    weights = np.exp(-2 * (np.pi * sigma * frequency) ** 2).astype(band.dtype)
    mean: Array = idct(dct(band, axis=0, norm="ortho") * weights[:, None], axis=0, norm="ortho")
    return mean
