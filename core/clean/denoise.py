"""Noise filters on whole planes, and the noise they need to know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clean.planes import working_type
from core.volume import Array

# The default of scikit-image (2e-4) ends after two or three iterations on large planes, far from the minimum.
_TV_TOLERANCE = 1e-5
_TV_ITERATIONS = 200
# Values gathered at a time by the median over several slices.
_BAND_VALUES = 2_000_000
# A normal deviation's median absolute value is this share of its standard deviation.
_MEDIAN_OF_NORMAL = 0.6745


def noise_level(plane: Array) -> float:
    """Standard deviation of pixel-wise independent noise, in grey values.

    From the median of differences that smooth shading and straight edges cancel from (2 x 2 pixels; three in
    a row for images one pixel wide). 0 where more than half of the plane is flat, as in a noise-free image,
    and for images too small to tell.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Grey values, finite.
    """
    values = plane.astype(np.float32)
    if min(values.shape) >= 2:
        rows = values[1:] - values[:-1]
        differences, norm = rows[:, 1:] - rows[:, :-1], 2.0
    else:
        differences, norm = np.diff(values.ravel(), n=2), float(np.sqrt(6))
    if differences.size == 0:
        return 0.0
    return float(np.median(np.abs(differences))) / (norm * _MEDIAN_OF_NORMAL)


def non_local_means(plane: Array, *, noise: float, strength: float, patch_px: int, search_px: int) -> Array:
    """Average pixels whose surroundings look alike.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        Grey values, finite.
    noise : float
        Standard deviation of the noise in grey values; 0 returns the plane as it is.
    strength : float
        How unlike two surroundings may be, in multiples of the noise, > 0.
    patch_px, search_px : int
        Side of the compared squares; how far away they are looked for.

    References
    ----------
    A. Buades, B. Coll, J.-M. Morel, CVPR 2005, doi 10.1109/CVPR.2005.38; fast sums: J. Darbon et al.,
    ISBI 2008, doi 10.1109/ISBI.2008.4541250. Computed by scikit-image.
    """
    if noise <= 0 or plane.size == 1:
        return plane
    from skimage.restoration import denoise_nl_means

    # scikit-image mirrors the plane by this much, which needs as many pixels to mirror.
    margin = patch_px // 2 + search_px + 1
    room = [max(0, margin - length + 1) for length in plane.shape]
    padded = np.pad(plane, [(0, extra) for extra in room], mode="symmetric") if any(room) else plane
    smooth: Array = denoise_nl_means(
        padded, patch_px, search_px, h=strength * noise, sigma=noise, fast_mode=True, preserve_range=True
    )
    return smooth[: plane.shape[0], : plane.shape[1]].astype(plane.dtype, copy=False)


def total_variation(plane: Array, *, noise: float, strength: float) -> Array:
    """Smooth a plane while keeping its edges sharp (Rudin, Osher, Fatemi).

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        Grey values, finite.
    noise : float
        Standard deviation of the noise in grey values; 0 returns the plane as it is.
    strength : float
        Weight of the variation in multiples of the noise, > 0.

    References
    ----------
    A. Chambolle, J. Math. Imaging Vis. 20 (2004) 89-97, doi 10.1023/B:JMIV.0000011325.36760.1e.
    Computed by scikit-image.
    """
    if noise <= 0:
        return plane
    from skimage.restoration import denoise_tv_chambolle

    smooth: Array = denoise_tv_chambolle(
        plane, weight=strength * noise, eps=_TV_TOLERANCE, max_num_iter=_TV_ITERATIONS
    )
    return smooth.astype(plane.dtype, copy=False)


def gaussian_reach(sigma: float) -> int:
    """How many slices a Gaussian of this standard deviation reaches in either direction."""
    return int(np.ceil(3 * sigma))


def gaussian(planes: Sequence[Array], *, sigma_px: float, sigma_slices: float) -> Array:
    """Gaussian mean of the middle one of neighbouring planes.

    Parameters
    ----------
    planes : sequence of ndarray, shape (y, x)
        ``2 * gaussian_reach(sigma_slices) + 1`` planes in slice order.
    sigma_px, sigma_slices : float
        Standard deviations within the plane and across slices, >= 0; cut off at 3 standard deviations.

    Returns
    -------
    ndarray of float, shape (y, x)
    """
    from scipy.ndimage import gaussian_filter

    reach = gaussian_reach(sigma_slices)
    weights = np.ones(1)
    if reach:
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_slices) ** 2)
        weights /= weights.sum()
    dtype = working_type(planes[0].dtype)
    # One plane after the other, in slice order: the sum must not depend on how the stack was cut.
    mean = np.zeros(planes[0].shape, dtype=dtype)
    for weight, plane in zip(weights, planes, strict=True):
        mean += plane * dtype.type(weight)
    if sigma_px > 0:
        mean = gaussian_filter(mean, sigma_px, mode="reflect", truncate=3.0)
    return mean


def median(planes: Sequence[Array], *, radius_px: int) -> Array:
    """Median of a box around every pixel of the middle one of neighbouring planes.

    Parameters
    ----------
    planes : sequence of ndarray, shape (y, x)
        An odd number of planes in slice order; the box spans all of them.
    radius_px : int
        The box is ``2 * radius_px + 1`` pixels wide and high.
    """
    from scipy.ndimage import median_filter

    side = 2 * radius_px + 1
    if len(planes) == 1:
        flat: Array = median_filter(planes[0], side, mode="reflect") if side > 1 else planes[0].copy()
        return flat
    return _box_median(planes, side)


def _box_median(planes: Sequence[Array], side: int) -> Array:
    """Median over a box of planes for the middle plane only, a band of rows at a time to bound the memory."""
    height, width = planes[0].shape
    margin = side // 2
    padded = np.stack([np.pad(plane, margin, mode="symmetric") for plane in planes])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    size = len(planes) * side * side
    rows = max(1, _BAND_VALUES // (width * size))
    result = np.empty((height, width), dtype=planes[0].dtype)
    for top in range(0, height, rows):
        band = windows[:, top : top + rows].transpose(1, 2, 0, 3, 4).reshape(-1, width, size)
        result[top : top + rows] = np.partition(band, size // 2, axis=-1)[..., size // 2]
    return result
