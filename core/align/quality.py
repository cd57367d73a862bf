"""How well two slices agree: numbers over the area that both show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from core.align.options import AlignOptions
from core.align.pair import NOT_FOUND, PairResult, refine
from core.align.prepare import Prepared, field_of, prepare
from core.align.search import search
from core.errors import ParameterError
from core.volume import Array

_BINS = 32
_SAMPLES = 65536
RING_THRESHOLD = 1 / 7


@dataclass(frozen=True)
class Agreement:
    """How two slices agree as they lie.

    Attributes
    ----------
    correlation : float
        Pearson's, of the unfiltered grey values; 0 where one is blank or the slices do not overlap.
    information : float
        Normalised mutual information 2 I / (H + H), 0-1, of grey values in 32 bins between the 0.5 and the
        99.5 percentile, on at most some 65 000 pixels.
    """

    correlation: float
    information: float


@dataclass(frozen=True)
class FourierRing:
    """Correlation of two pictures in rings of the Fourier transform.

    Attributes
    ----------
    frequency_per_px : ndarray of float64
        Middle of each ring, 0-0.5 per px.
    correlation : ndarray of float64
        In each ring, -1 to 1.
    cutoff_per_px : float or None
        Where the correlation first falls below 1/7; None if it never does.
    """

    frequency_per_px: Array
    correlation: Array
    cutoff_per_px: float | None


def agreement(fixed: Array, moving: Array, matrix: Array | None = None) -> Agreement:
    """Correlation and mutual information of two slices.

    Parameters
    ----------
    fixed, moving : ndarray, shape (y, x)
        Grey values of any type, of one size.
    matrix : ndarray, shape (3, 3), optional
        Moving to fixed, in px; none: as they lie.

    Raises
    ------
    ParameterError, VoxelError
        If the sizes differ, or a value is not finite.
    """
    one, two = _both(fixed, moving)
    return agreement_of(one, two, np.eye(3) if matrix is None else np.linalg.inv(matrix))


def residual_shift(fixed: Array, moving: Array, mask: Array | None = None) -> PairResult:
    """What translation is left between two slices that should be in place."""
    one, two = _both(fixed, moving)
    field = field_of(one, mask)
    start, _ = search(one, two, field, [np.eye(3)])
    return NOT_FOUND if start is None else refine(one, two, field, start, "translation")


def _both(fixed: Array, moving: Array) -> tuple[Prepared, Prepared]:
    if fixed.shape != moving.shape or fixed.ndim != 2:
        raise ParameterError("quality: the slices have to be of one size", got=(fixed.shape, moving.shape))
    options = AlignOptions()
    options.check(1, (fixed.shape[0], fixed.shape[1]))
    return prepare(fixed, options, name="the fixed slice"), prepare(moving, options, name="the moving slice")


def agreement_of(fixed: Prepared, moving: Prepared, matrix: Array) -> Agreement:
    """As `agreement`, of slices made ready; `matrix` is fixed to moving."""
    from core.align.kernels.match import sums
    from core.align.kernels.smooth import joint_counts

    if fixed.blank or moving.blank:
        return Agreement(0.0, 0.0)
    plane = fixed.grey
    masked = fixed.seen is not None or moving.seen is not None
    weight, seen = np.ones((1, 1), np.float32), np.ones((1, 1), np.bool_)
    if masked:
        weight = np.ones_like(plane) if fixed.seen is None else fixed.seen[0].astype(np.float32)
        seen = np.ones(plane.shape, np.bool_) if moving.seen is None else moving.seen[0]
    shift_only = bool(np.array_equal(matrix[:2, :2], np.eye(2)))
    basic, grams = np.empty(6), np.empty((6, 15))
    box = np.array([0, plane.shape[0], 0, plane.shape[1]], np.int64)
    sums(plane, moving.grey, weight, seen, masked, matrix, shift_only, True, box, 1.0, basic, grams)
    low = np.array([fixed.limits[0], moving.limits[0]])
    size = np.array([(high - lo) or 1.0 for lo, high in (fixed.limits, moving.limits)]) / _BINS
    step = max(1, round((plane.size / _SAMPLES) ** 0.5))
    counts = joint_counts(plane, moving.grey, weight, seen, masked, matrix, step, low, size, _BINS)
    return Agreement(_pearson(basic), _information(counts))


def _pearson(basic: Array) -> float:
    n, f, w, ff, ww, fw = basic
    if n < 64:
        return 0.0
    product = (ff - f * f / n) * (ww - w * w / n)
    return float((fw - f * w / n) / np.sqrt(product)) if product > 0 else 0.0


def _information(counts: Array) -> float:
    total = counts.sum()
    if not total:
        return 0.0
    share = counts / total
    one, two, both = (_entropy(p) for p in (share.sum(axis=1), share.sum(axis=0), share))
    return float(np.clip(2 * (one + two - both) / (one + two), 0, 1)) if one + two > 0 else 0.0


def _entropy(share: Array) -> float:
    full = share[share > 0]
    return float(-(full * np.log(full)).sum())


def fourier_ring(first: Array, second: Array) -> FourierRing:
    """Correlation of two pictures in rings one frequency step wide.

    Parameters
    ----------
    first, second : ndarray, shape (y, x)
        Pictures in place, of one size; both are tapered towards the border.

    Raises
    ------
    ParameterError
        If the sizes differ or are below 24 px.

    Notes
    -----
    Saxton & Baumeister 1982, doi 10.1111/j.1365-2818.1982.tb00405.x; threshold 1/7: van Heel & Schatz 2005,
    doi 10.1016/j.jsb.2005.05.009. Of neighbouring slices it says how fine the structure is that they share,
    not the resolution of the instrument.
    """
    if first.shape != second.shape or first.ndim != 2 or min(first.shape) < 24:
        raise ParameterError(
            "Fourier ring: two pictures of one size of at least 24 px", got=(first.shape, second.shape)
        )
    taper = np.outer(*(np.hanning(n + 2)[1:-1] for n in first.shape))
    a, b = (fft.rfft2((p - p.mean(dtype=np.float64)) * taper) for p in (first, second))
    height, width = first.shape
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    rings = min(height, width) // 2
    ring = np.rint(radius * 2 * rings).astype(int)
    twice = np.full(radius.shape, 2.0)  # half of the columns stand for two
    twice[:, 0] = 1.0
    if width % 2 == 0:
        twice[:, -1] = 1.0
    cross, one, two = (
        np.bincount(ring.ravel(), (v * twice).ravel())[: rings + 1]
        for v in ((a * np.conj(b)).real, np.abs(a) ** 2, np.abs(b) ** 2)
    )
    product = np.sqrt(one * two)
    curve = np.divide(cross, product, out=np.zeros_like(cross), where=product > 0)[1:]
    frequency = np.arange(1, rings + 1) / (2 * rings)
    below = np.flatnonzero(curve < RING_THRESHOLD)
    return FourierRing(frequency, curve, float(frequency[below[0]]) if below.size else None)
