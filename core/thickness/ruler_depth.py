"""Positions and thicknesses in nm with their errors, also of slices that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.thickness.ruler_solve import Solution
from core.volume import Array

LEAST_SPREAD, USUAL_SPREAD = 0.1, 0.3
"""Standard deviation of thickness as a share of its mean: at least, and where too few were measured."""


@dataclass(frozen=True)
class Depths:
    """Where slices lie.

    Attributes
    ----------
    z_nm, z_sigma_nm : ndarray of float64, shape (n,)
        From the first slice, and standard error with the common share.
    apart_nm : ndarray of float64, shape (n,)
        Standard error of each position without the common share, never 0.
    thickness_nm, sigma_nm : ndarray of float64, shape (n - 1,)
    common_share : float
    measured : ndarray of bool, shape (n,)
    """

    z_nm: Array
    z_sigma_nm: Array
    apart_nm: Array
    thickness_nm: Array
    sigma_nm: Array
    common_share: float
    measured: Array


@dataclass(frozen=True)
class _Errors:
    """Variances in nm²: `fit` per slice, `ease` px² of depth per px² of mark, `spread` of thickness."""

    fit: Array
    ease: Array
    spread: float
    mean: float


def depths_of(solution: Solution, per_px: float, common_share: float) -> Depths:
    """Turn movement of the inclined marks into depth.

    Between measured slices the others are spaced evenly; before the first and after the last they are a mean
    thickness apart. Their errors say so.

    Parameters
    ----------
    solution : Solution
    per_px : float
        Depth in nm per px of movement.
    common_share : float
        Relative standard error common to all of z.
    """
    depth = solution.depth_px * per_px
    measured = np.isfinite(depth)
    at = np.flatnonzero(measured)
    errors = _errors(solution, per_px, depth, at)
    z = np.interp(np.arange(depth.size), at, depth[at])
    z[: at[0]] -= errors.mean * np.arange(at[0], 0, -1)
    z[at[-1] :] += errors.mean * np.arange(depth.size - at[-1])
    variance = _variance_of_z(solution, per_px, at, errors)
    thickness = np.diff(z)
    step_variance = _variance_of_steps(solution, per_px, at, errors)
    z = z - z[0]
    wide = solution.noise.broadening
    usual = float(np.median(errors.fit[at])) + 1e-12
    return Depths(
        z,
        np.sqrt(wide**2 * variance + (common_share * z) ** 2),
        np.sqrt(variance + usual),
        thickness,
        np.sqrt(wide**2 * step_variance + (common_share * thickness) ** 2),
        common_share,
        measured,
    )


def _errors(solution: Solution, per_px: float, depth: Array, at: Array) -> _Errors:
    noise = solution.noise
    fit2 = noise.fit_share * _mean_square(solution)
    ease = solution.variance_px / (fit2 + noise.wander_px**2)
    fit = ease * fit2 * per_px**2
    near = np.flatnonzero(np.diff(at) == 1)
    mean = float((depth[at[-1]] - depth[at[0]]) / max(1, at[-1] - at[0]))
    steps = depth[at[near + 1]] - depth[at[near]]
    if steps.size < 8:
        spread = (USUAL_SPREAD * mean) ** 2
    else:
        seen = float(np.var(steps))
        noisy = 2 * float(np.nanmedian(fit)) + float(np.nanmedian(ease)) * per_px**2 * float(
            noise.steps(np.array(1))
        )
        spread = max(seen - noisy, (LEAST_SPREAD * mean) ** 2)
    return _Errors(fit, ease, spread, mean)


def _mean_square(solution: Solution) -> Array:
    """Mean squared standard error of the marks that were used, per slice."""
    used = np.where(solution.used, solution.sigma_px**2, 0.0)
    found: Array = used.sum(axis=1) / np.maximum(solution.used.sum(axis=1), 1)
    return np.where(found > 0, found, float(np.nanmedian(solution.sigma_px**2)))


def _wander(solution: Solution, per_px: float, errors: _Errors, first: Array, second: Array) -> Array:
    """Variance of the distance of two measured slices from edges that wander, in nm²."""
    ease = 0.5 * (errors.ease[first] + errors.ease[second])
    found: Array = ease * per_px**2 * solution.noise.steps(np.abs(second - first))
    return found


def _variance_of_z(solution: Solution, per_px: float, at: Array, errors: _Errors) -> Array:
    """Of each position relative to the first slice."""
    n = solution.depth_px.size
    start = np.full(at.size, at[0])
    own = errors.fit[at] + np.where(at == at[0], -errors.fit[at], errors.fit[at[0]])
    own = own + _wander(solution, per_px, errors, start, at)
    slices = np.arange(n)
    variance: Array = np.interp(slices, at, own)
    # Between two measured slices: a random walk that is tied at both ends.
    left = at[np.clip(np.searchsorted(at, slices, side="right") - 1, 0, at.size - 1)]
    right = at[np.clip(np.searchsorted(at, slices), 0, at.size - 1)]
    apart = np.maximum(right - left, 1)
    variance += np.where(right > left, errors.spread * (slices - left) * (right - slices) / apart, 0.0)
    beyond = np.maximum(slices - at[-1], 0)
    doubt = errors.spread / max(1, int(at[-1] - at[0]))
    variance += errors.spread * beyond + doubt * beyond**2
    if at[0] > 0:
        # All counts from slice 0, which was not measured itself.
        before = np.minimum(slices, at[0])
        variance = np.where(slices < at[0], 0.0, variance) + errors.spread * before + doubt * before**2
    return variance


def _variance_of_steps(solution: Solution, per_px: float, at: Array, errors: _Errors) -> Array:
    """Of the thickness between each slice and the next."""
    n = solution.depth_px.size
    doubt = errors.spread / max(1, int(at[-1] - at[0]))
    found = np.full(max(0, n - 1), errors.spread + doubt)
    for first, second in zip(at[:-1].tolist(), at[1:].tolist(), strict=True):
        m = second - first
        both = errors.fit[first] + errors.fit[second]
        wander = float(_wander(solution, per_px, errors, np.array([first]), np.array([second]))[0])
        found[first:second] = (both + wander) / m**2 + errors.spread * (1 - 1 / m)
    return found
