"""How well two slices agree: numbers over the area that both show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.align.options import AlignOptions
from core.align.prepare import Prepared, prepare
from core.errors import ParameterError
from core.volume import Array

_BINS = 32
_SAMPLES = 65536


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
