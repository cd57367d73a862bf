"""ROC and precision-recall curves of probabilities against a binary truth, from histograms.

Whole numbers have one bin per value, so that their curves and areas are exact however large the volume is.
Floating-point probabilities are sorted into 65536 bins of equal width, which the answer says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.errors import ParameterError, VoxelError
from core.measure.results import Result, Values
from core.volume import Array

FLOAT_BINS = 1 << 16
MOST_POINTS = 1000


class Curves(Result):
    """Both curves, one point per threshold: from the highest (nothing is solid) to the lowest (all is).

    Attributes
    ----------
    at_least : tuple of float
        A voxel of at least this probability counts as solid at this point; the first point, at which nothing
        does, has no threshold and is left out here, so this is one shorter than the curves. Whole numbers v:
        the same as ``value > v - 1``.
    fpr, tpr : tuple of float
        False and true positive rate; empty unless the truth has both phases.
    precision, recall : tuple of float
        Without the first point, at which precision is not defined; empty unless the truth has solid.
    auc : float or None
        Area under the ROC curve, trapezoids; equal probabilities count half.
    average_precision : float or None
        Sum of precision times the step of recall; no interpolation.
    exact : bool
        False for binned floating-point probabilities.
    bins : int
        Number of bins.
    """

    at_least: Values
    fpr: Values
    tpr: Values
    precision: Values
    recall: Values
    auc: float | None
    average_precision: float | None
    exact: bool
    bins: int


def bins_of(dtype: np.dtype[Any]) -> int:
    """Bins for probabilities of this type.

    Raises
    ------
    ParameterError
        If probabilities are not kept in this type.
    """
    if dtype in (np.uint8, np.uint16):
        return 1 << (8 * dtype.itemsize)
    if np.issubdtype(dtype, np.floating):
        return FLOAT_BINS
    raise ParameterError(
        "this type cannot hold probabilities",
        expected="uint8 (0-255), uint16 (0-65535) or floating point (0-1)",
        got=str(dtype),
    )


def even_threshold(dtype: np.dtype[Any]) -> float:
    """Threshold at half the range: 127, 32767 or 0.5; values above it are more likely solid than pore."""
    return 0.5 if np.issubdtype(dtype, np.floating) else float(bins_of(dtype) // 2 - 1)


def binned(probabilities: Array) -> Array:
    """Number of the bin of every probability.

    Parameters
    ----------
    probabilities : ndarray, any shape
        uint8, uint16 or floating point.

    Returns
    -------
    ndarray of uint8 or uint16
        Bin b of floating-point values holds b / 65536 <= p < (b + 1) / 65536, the last one also 1.

    Raises
    ------
    VoxelError
        If floating-point values are not within 0-1.
    """
    bins = bins_of(probabilities.dtype)
    if np.issubdtype(probabilities.dtype, np.integer):
        return probabilities
    low, high = float(probabilities.min()), float(probabilities.max())
    if not (low >= 0 and high <= 1):
        raise VoxelError(
            "these are no probabilities", expected="0 to 1", got=f"{low:g} to {high:g}", remedy="rescale them"
        )
    # Doubled precision, so that rounding cannot lift a value into the next bin.
    places = np.minimum(probabilities.astype(np.float64) * bins, bins - 1)
    return places.astype(np.uint16)


def curves(pore: Array, solid: Array, *, dtype: np.dtype[Any]) -> Curves:
    """Curves from the histograms of the probabilities where the truth is pore and where it is solid.

    Parameters
    ----------
    pore, solid : ndarray of int64, shape (bins,)
        Voxels in each bin.
    dtype : numpy.dtype
        Type of the probabilities.

    References
    ----------
    T. Fawcett, Pattern Recognit. Lett. 27 (2006) 861-874, doi 10.1016/j.patrec.2005.10.010.
    """
    bins = bins_of(dtype)
    if pore.shape != (bins,) or solid.shape != (bins,):
        raise ParameterError(
            "histograms of another type", expected=f"{bins} bins", got=(pore.shape, solid.shape)
        )
    places = np.flatnonzero(pore + solid)[::-1]
    fp, tp = np.cumsum(pore[places], dtype=np.int64), np.cumsum(solid[places], dtype=np.int64)
    pores, solids = int(pore.sum()), int(solid.sum())
    fpr = _from_zero(fp / pores) if pores and solids else np.empty(0)
    tpr = _from_zero(tp / solids) if pores and solids else np.empty(0)
    precision = tp / (tp + fp) if solids else np.empty(0)
    recall = tp / solids if solids else np.empty(0)
    kept = _kept(len(places))
    whole = bool(np.issubdtype(dtype, np.integer))
    at_least = places if whole else places / bins
    return Curves(
        at_least=_values(at_least[kept]),
        fpr=_values(fpr[np.append(0, kept + 1)]) if fpr.size else (),
        tpr=_values(tpr[np.append(0, kept + 1)]) if tpr.size else (),
        precision=_values(precision[kept]) if solids else (),
        recall=_values(recall[kept]) if solids else (),
        auc=float(np.trapezoid(tpr, fpr)) if fpr.size else None,
        average_precision=float(np.sum(np.diff(recall, prepend=0.0) * precision)) if solids else None,
        exact=whole,
        bins=bins,
    )


def _from_zero(values: Array) -> Array:
    return np.concatenate([[0.0], values])


def _kept(points: int) -> Array:
    """Which points to hand out: all, or evenly chosen ones of very many; areas are taken from all."""
    return np.unique(np.linspace(0, points - 1, min(points, MOST_POINTS)).astype(np.int64))


def _values(values: Array) -> Values:
    return tuple(float(value) for value in values)
