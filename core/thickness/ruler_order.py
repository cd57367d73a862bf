"""Positions of slices that increase, as near to the measured ones as their errors allow."""

from __future__ import annotations

import numpy as np

from core.errors import ParameterError
from core.volume import Array

LEAST_NM = 0.01


def increasing(
    z_nm: Array, z_sigma_nm: Array, *, least_nm: float = LEAST_NM
) -> tuple[Array, tuple[int, ...]]:
    """Isotonic regression: the increasing positions with the least weighted squared change.

    Pool-adjacent-violators (Ayer et al. 1955, doi 10.1214/aoms/1177728423), with a least step.

    Parameters
    ----------
    z_nm : ndarray of float64, shape (n,)
        Measured positions; milling goes on, so that a step back is an error of the measurement.
    z_sigma_nm : ndarray of float64, shape (n,)
        Standard errors; the weight of a position is 1 / sigma². Errors below a hundredth of their median
        count as that.
    least_nm : float
        Least step between neighbours.

    Returns
    -------
    tuple
        Increasing positions, from the same origin as `z_nm`, and the indices of those that were changed.

    Raises
    ------
    ParameterError
        If a number is not finite, or the lengths differ.
    """
    z, sigma = np.asarray(z_nm, dtype=np.float64), np.asarray(z_sigma_nm, dtype=np.float64)
    if z.shape != sigma.shape or z.ndim != 1 or not (np.isfinite(z).all() and np.isfinite(sigma).all()):
        raise ParameterError(
            "positions and errors have to be finite, one of each per slice", got=(z.shape, sigma.shape)
        )
    if z.size == 0:
        return z, ()
    weight = 1.0 / np.maximum(sigma, max(1e-2 * float(np.median(sigma)), 1e-9)) ** 2
    ramp = least_nm * np.arange(z.size)
    result = _pooled(z - ramp, weight) + ramp
    changed = np.flatnonzero(np.abs(result - z) > 1e-9 * max(1.0, float(np.abs(z).max())))
    return result, tuple(changed.tolist())


def _pooled(values: Array, weights: Array) -> Array:
    """Least-squares non-decreasing sequence."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, size = value, weight, 1
        while means and means[-1] > mean:
            before, heavy = means.pop(), masses.pop()
            mean = (before * heavy + mean * mass) / (heavy + mass)
            mass += heavy
            size += sizes.pop()
        means.append(mean)
        masses.append(mass)
        sizes.append(size)
    return np.repeat(np.array(means), sizes)
