"""Local thresholds after Sauvola."""

from __future__ import annotations

import numpy as np

from core.volume import Array


def sauvola_thresholds(plane: Array, *, window_px: int, k: float, dynamic_range: float) -> Array:
    """Threshold of every pixel from mean and standard deviation of its surroundings.

    ``t = mean * (1 + k * (deviation / dynamic_range - 1))``, so flat surroundings get a threshold below their
    mean and count as bright. Grey values count from 0: adding a constant to the image changes the result.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Grey values, finite.
    window_px : int
        Side of the square of the surroundings, odd; may exceed the image, which is mirrored at its border.
    k : float
        Weight of the deviation, usually 0.1-0.5.
    dynamic_range : float
        Greatest deviation to be expected (R), half the span of the grey values, > 0.

    Returns
    -------
    ndarray of float32, shape (y, x)
        Thresholds in grey values.

    References
    ----------
    J. Sauvola and M. Pietikäinen, Pattern Recognition 33 (2000) 225-236, doi 10.1016/S0031-3203(99)00055-2.
    """
    from scipy.ndimage import uniform_filter

    values = plane.astype(np.float64)
    mean = uniform_filter(values, window_px, mode="reflect")
    np.multiply(values, values, out=values)
    deviation = uniform_filter(values, window_px, mode="reflect")
    deviation -= np.multiply(mean, mean, out=values)
    # Rounding can leave a tiny negative variance where the surroundings are flat.
    np.sqrt(np.maximum(deviation, 0, out=deviation), out=deviation)
    deviation *= k / dynamic_range
    deviation += 1 - k
    deviation *= mean
    thresholds: Array = deviation.astype(np.float32)
    return thresholds


def sauvola(plane: Array, *, smoothing_px: float, window_px: int, k: float, dynamic_range: float) -> Array:
    """Bright pixels after a Gaussian filter and Sauvola's local thresholds.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Grey values, finite.
    smoothing_px : float
        Standard deviation of the Gaussian that is applied first, >= 0.
    window_px, k, dynamic_range
        See `sauvola_thresholds`.

    Returns
    -------
    ndarray of bool, shape (y, x)
        True where the smoothed value exceeds its threshold.
    """
    from scipy.ndimage import gaussian_filter

    smooth = plane.astype(np.float32)
    if smoothing_px > 0:
        smooth = gaussian_filter(smooth, smoothing_px, mode="reflect")
    limits = sauvola_thresholds(smooth, window_px=window_px, k=k, dynamic_range=dynamic_range)
    bright: Array = smooth > limits
    return bright
