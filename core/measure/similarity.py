"""How alike two grey images are: peak signal-to-noise ratio and structural similarity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.volume import Array

WINDOW_PX = 11
SIGMA_PX = 1.5
K1, K2 = 0.01, 0.03
_REACH = WINDOW_PX // 2
_STRIP_PX = 1 << 19  # pixels per strip: a few hundredths of a second, so that a job stops at once


def data_range_of(prediction: np.dtype[Any], truth: np.dtype[Any], stated: float | None) -> float:
    """Span of the grey values that both measures relate to.

    Parameters
    ----------
    prediction, truth : numpy.dtype
        Types of the images.
    stated : float or None
        The span as the user knows it, > 0; None: that of the type, such as 255 for uint8.

    Raises
    ------
    ParameterError
        If it is not stated and does not follow from one common type of whole numbers.
    """
    if stated is not None:
        return stated
    if prediction != truth or not np.issubdtype(truth, np.integer):
        raise ParameterError(
            "the data range does not follow from the types of the images",
            expected="--data-range, the difference of the greatest and the smallest possible grey value",
            got=f"{prediction} and {truth}",
            remedy="state it, for example --data-range 255",
        )
    limits = np.iinfo(truth)
    return float(limits.max) - float(limits.min)


def squared_error(first: Array, second: Array) -> float:
    """Sum of the squared differences of two images of the same shape."""
    difference = first.astype(np.float64)
    difference -= second
    return float(np.vdot(difference, difference))


def psnr_db(squared: float, pixels: int, data_range: float) -> float | None:
    """Peak signal-to-noise ratio in decibels, ``10 log10(range² / mean squared error)``.

    Parameters
    ----------
    squared : float
        Sum of squared differences.
    pixels : int
        Number of pixels it was taken over.
    data_range : float
        Span of the grey values.

    Returns
    -------
    float or None
        None if the images are identical: the ratio is infinite.
    """
    return None if squared == 0 else 10 * math.log10(data_range * data_range * pixels / squared)


def ssim(first: Array, second: Array, *, data_range: float, job: Job | None = None) -> float:
    """Mean structural similarity of two images.

    Parameters
    ----------
    first, second : ndarray, shape (y, x)
        Grey values of any real type, at least 11 x 11 pixels.
    data_range : float
        Span of the grey values, > 0.
    job : Job, optional
        To be stopped within a large image.

    Returns
    -------
    float
        -1 to 1, 1 for identical images.

    Raises
    ------
    ParameterError
        If the images differ in shape or are smaller than the window.

    Notes
    -----
    Gaussian window of 11 pixels with a standard deviation of 1.5, K1 = 0.01, K2 = 0.03, variances divided by
    the sum of the weights, mean over all places where the window lies within the image: the definition of the
    paper. The result does not depend on the strips that it is computed in, but for rounding.

    References
    ----------
    Z. Wang et al., IEEE Trans. Image Process. 13 (2004) 600-612, doi 10.1109/TIP.2003.819861.
    """
    if first.shape != second.shape or first.ndim != 2 or min(first.shape) < WINDOW_PX:
        raise ParameterError(
            "structural similarity needs two images of the same shape, not smaller than its window",
            expected=f"{WINDOW_PX} x {WINDOW_PX} pixels or more",
            got=f"{first.shape} and {second.shape}",
        )
    rows = first.shape[0] - 2 * _REACH
    strip = max(1, _STRIP_PX // first.shape[1])
    total: float = 0.0
    for start in range(0, rows, strip):
        if job is not None:
            job.check()
        part = slice(start, min(start + strip, rows) + 2 * _REACH)
        total += _similarities(first[part], second[part], data_range)
    return float(total / (rows * (first.shape[1] - 2 * _REACH)))


def _similarities(first: Array, second: Array, data_range: float) -> float:
    """Sum of the similarities at all places where the window lies within the strip."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    mean_a, mean_b = _averaged(a), _averaged(b)
    both = mean_a * mean_b
    squares = mean_a * mean_a + mean_b * mean_b
    variances = _averaged(a * a + b * b) - squares
    covariance = _averaged(a * b) - both
    c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
    similarity = (2 * both + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
    return float(similarity.sum())


def _averaged(image: Array) -> Array:
    from scipy.ndimage import correlate1d

    offsets = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-0.5 * (offsets / SIGMA_PX) ** 2)
    weights /= weights.sum()
    # What the border mode invents is cut away.
    down = correlate1d(image, weights, axis=0)[_REACH:-_REACH]
    across: Array = correlate1d(down, weights, axis=1)[:, _REACH:-_REACH]
    return across
