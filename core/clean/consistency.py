"""How much of what looks like stripes is there in one part of the image after the other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.clean.edges import difference_scale, edges_along_x
from core.volume import Array

_PARTS = 4
# Share of a part that is left out at its borders, so that one feature is not seen in two parts.
_GAP = 0.2
# Differences that stick out of the stripes by more than this many robust deviations are held back to it.
_LIMIT = 2.0
# Octaves of width that are judged, and the fewest frequencies in the broadest of them.
_OCTAVES, _FEWEST = 7, 4


def repeated(plane: Array, stripes: Array) -> Array:
    """Shrink upright stripes to what repeats down the image, octave of width by octave of width.

    A method that looks for stripes finds some in every image: the means of structure and noise along y. Those
    of different parts of the image have nothing to do with each other, those of stripes have. From the
    correlation r of neighbouring parts follows the share of the mean of n parts that is repeated,
    n r / (1 + (n - 1) r) (Spearman and Brown). Correlations that chance could give count as none.

    Parameters
    ----------
    plane : ndarray of float, shape (y, x)
        The image.
    stripes : ndarray of float, shape (y, x)
        Upright stripes found in it.

    Returns
    -------
    ndarray of float, shape (y, x)

    References
    ----------
    C. Spearman, Br. J. Psychol. 3 (1910) 271-295, doi 10.1111/j.2044-8295.1910.tb00206.x.
    """
    from scipy.fft import dct, idct

    height, width = plane.shape
    if height < 2 * _PARTS or width < 2 * _FEWEST:
        return stripes
    spectra = dct(_profiles(plane, stripes), axis=1, norm="ortho")
    share = np.zeros(width, dtype=stripes.dtype)
    for low, high in _octaves(width):
        share[low:high] = _repeated_share(spectra[:, low:high])
    spectrum = dct(stripes, axis=1, norm="ortho")
    spectrum *= share
    kept: Array = idct(spectrum, axis=1, norm="ortho", overwrite_x=True)
    return kept


def _octaves(width: int) -> list[tuple[int, int]]:
    """Ranges of cosine frequencies, halves of halves; the broadest waves belong to none and are dropped."""
    borders = [width]
    while len(borders) <= _OCTAVES and borders[-1] // 2 >= _FEWEST:
        borders.append(borders[-1] // 2)
    return [(low, high) for high, low in pairwise(borders)]


def _profiles(plane: Array, stripes: Array) -> Array:
    """Profile along x of each part, from the differences that are no edges; float64, shape (parts, x)."""
    step = np.diff(plane, axis=1)
    limit = _LIMIT * difference_scale(step)
    expected = np.diff(stripes, axis=1)
    step -= expected
    np.clip(step, -limit, limit, out=step)
    step += expected
    counted = ~edges_along_x(plane - stripes)
    step *= counted
    borders = np.linspace(0, plane.shape[0], _PARTS + 1).astype(int)
    profiles = np.zeros((_PARTS, plane.shape[1]))
    for part, (top, bottom) in enumerate(pairwise(borders)):
        gap = int((bottom - top) * _GAP / 2)
        rows = slice(top + gap, bottom - gap)
        number = np.maximum(counted[rows].sum(axis=0), 1)
        mean = step[rows].sum(axis=0, dtype=np.float64) / number
        np.cumsum(mean, out=profiles[part, 1:])
    return profiles


def _repeated_share(spectra: Array) -> float:
    """Share that is repeated, 0-1, from the frequencies of one octave in each part."""
    common = sum(float((above * below).sum()) for above, below in pairwise(spectra))
    largest = sum(float(np.sqrt((above**2).sum() * (below**2).sum())) for above, below in pairwise(spectra))
    if largest == 0:
        return 0.0
    by_chance = 1 / np.sqrt(spectra.shape[1] * (_PARTS - 1))
    correlation = max(0.0, common / largest - by_chance)
    return float(_PARTS * correlation / (1 + (_PARTS - 1) * correlation))
