"""Brightness and contrast of slices: two levels per slice, and the line that brings them to a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import VoxelError
from core.segment.histogram import Histogram
from core.segment.thresholds import kmeans
from core.volume import Array

UNKNOWN = (float("nan"), float("nan"))


def phase_levels(histogram: Histogram) -> tuple[float, float]:
    """Mean of the dark and of the bright part of a slice (k-means with two clusters), in grey values.

    In a two-phase image these are the levels of pore and solid, whatever their shares; in others still two
    levels that follow every change of brightness and contrast exactly. NaN for a blank slice.
    """
    if len(histogram.counts) < 2:
        return UNKNOWN
    dark, bright = kmeans(histogram, 2)
    return dark, bright


def percentile_levels(histogram: Histogram, low_percent: float, high_percent: float) -> tuple[float, float]:
    """Two percentiles of a slice, in grey values; NaN for a blank slice."""
    if len(histogram.counts) < 2:
        return UNKNOWN
    return histogram.level(low_percent / 100), histogram.level(high_percent / 100)


@dataclass(frozen=True)
class Lines:
    """``new = gain * old + offset`` for each slice.

    Attributes
    ----------
    gain, offset : ndarray of float64, shape (slices,)
    flagged : ndarray of bool, shape (slices,)
        Slices whose own levels were unusable: their line is interpolated from their neighbours'.
    """

    gain: Array
    offset: Array
    flagged: Array


def target_levels(levels: Array, *, target: int | Literal["stack", "running"], window: int) -> Array:
    """Levels that each slice should get.

    Parameters
    ----------
    levels : ndarray of float, shape (slices, 2)
        Dark and bright level of each slice; NaN where unknown.
    target : int or {'stack', 'running'}
        Index of a slice that serves as the reference, the median of all slices, or that of a window.
    window : int
        Slices in the window, the slice itself in the middle; shorter at the ends of the stack.

    Returns
    -------
    ndarray of float64, shape (slices, 2)
        NaN where a window holds no known slice.
    """
    if isinstance(target, int):
        return np.broadcast_to(levels[target], levels.shape).astype(np.float64)
    if target == "stack":
        return np.broadcast_to(_median_of_known(levels), levels.shape).astype(np.float64)
    half = window // 2
    rows = [_median_of_known(levels[max(0, i - half) : i + half + 1]) for i in range(len(levels))]
    return np.array(rows)


def _median_of_known(levels: Array) -> Array:
    known = levels[np.isfinite(levels).all(axis=1)]
    if not len(known):
        return np.full(2, np.nan)
    middle: Array = np.median(known, axis=0)
    return middle


def lines_to(levels: Array, target: Array, *, brightness_only: bool, greatest_gain: float) -> Lines:
    """Straight lines that bring the levels of each slice to their target.

    Parameters
    ----------
    levels, target : ndarray of float, shape (slices, 2)
        Found and wanted dark and bright level; NaN where unknown.
    brightness_only : bool
        Shift the slices, leave their contrast.
    greatest_gain : float
        A slice that would need more than this gain, or less than its inverse, has lost one of its levels
        (for example no solid in view): it is flagged, as blank slices are.

    Raises
    ------
    VoxelError
        If no slice has usable levels.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = (target[:, 1] - target[:, 0]) / (levels[:, 1] - levels[:, 0])
        trusted = np.isfinite(gain) & (gain <= greatest_gain) & (gain >= 1 / greatest_gain)
    if not trusted.any():
        raise VoxelError(
            "no slice has a brightness and contrast that could be brought to the target",
            got=f"{len(levels)} slices, {int(np.isnan(levels).any(axis=1).sum())} of them blank",
            remedy="choose another reference slice, or leave blank slices out with drop-slices",
        )
    if brightness_only:
        gain = np.ones(len(levels))
    offset = target.mean(axis=1) - gain * levels.mean(axis=1)
    places = np.arange(len(levels))
    return Lines(
        np.interp(places, places[trusted], gain[trusted]),
        np.interp(places, places[trusted], offset[trusted]),
        ~trusted,
    )


def on_line(plane: Array, gain: float, offset: float) -> Array:
    """Apply ``gain * value + offset`` to a floating-point plane, in place."""
    plane *= plane.dtype.type(gain)
    plane += plane.dtype.type(offset)
    return plane
