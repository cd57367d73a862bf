"""Smooth shading of an image: levels of a coarse grid of tiles, and a low-order surface through them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from core.errors import ParameterError
from core.volume import Array

Direction = Literal["both", "y", "x"]
Follow = Literal["bright", "mean", "dark"]

_TILES = 8
_SMALLEST_TILE_PX = 8
# Least-squares fits with Huber's weights: deviations beyond this many robust standard deviations count less.
_HUBER = 1.345
_ROUNDS = 20
# A field that spans more than this factor is no shading but an unusable fit or a slip while editing.
_GREATEST_SPAN = 100.0


def tile_edges(length: int) -> Array:
    """Borders of the tiles along an axis of `length` pixels: at most 8 tiles of at least 8 pixels."""
    count = int(np.clip(length // _SMALLEST_TILE_PX, 1, _TILES))
    return np.linspace(0, length, count + 1).round().astype(int)


def tile_levels(plane: Array, follow: Follow) -> Array:
    """Grey level of every tile of a plane.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Grey values, finite.
    follow : {'bright', 'mean', 'dark'}
        90th percentile, mean, or 10th percentile. The percentiles are levels of one phase: they do not
        mistake a region of much solid for a bright one, as long as every tile holds some of that phase.

    Returns
    -------
    ndarray of float64, shape (tiles along y, tiles along x)
    """
    rows, columns = (tile_edges(length) for length in plane.shape)
    tiles = [
        [plane[top:bottom, left:right] for left, right in pairwise(columns)] for top, bottom in pairwise(rows)
    ]
    if follow == "mean":
        return np.array([[tile.mean(dtype=np.float64) for tile in row] for row in tiles])
    percent = 90 if follow == "bright" else 10
    return np.array([[np.percentile(tile, percent) for tile in row] for row in tiles], dtype=np.float64)


def terms(order: int, direction: Direction) -> tuple[tuple[int, int], ...]:
    """Degrees (along y, along x) of the terms in the order of their coefficients, without the constant."""
    pairs = [(y, total - y) for total in range(1, order + 1) for y in range(total, -1, -1)]
    absent = {"both": None, "y": 1, "x": 0}[direction]
    return tuple(pair for pair in pairs if absent is None or pair[absent] == 0)


def _legendre(degree: int, places: Array) -> Array:
    values: Array = np.polynomial.legendre.legval(places, [0.0] * degree + [1.0])
    return values


def _middles(length: int) -> Array:
    """Middles of the tiles on the axis -1 ... 1 that spans the image."""
    edges = tile_edges(length)
    return (edges[:-1] + edges[1:]) / length - 1


def fit_surface(levels: Array, shape: tuple[int, int], degrees: Sequence[tuple[int, int]]) -> Array:
    """Coefficients of the smooth surface through tile levels; tiles that stand out count less.

    Parameters
    ----------
    levels : ndarray of float, shape (tiles along y, tiles along x)
        Levels (their logarithms for a factor); NaN where unknown.
    shape : tuple of int
        Rows and columns of the plane.
    degrees : sequence of (int, int)
        See `terms`.

    Returns
    -------
    ndarray of float64, shape (len(degrees),)
        Of products of Legendre polynomials on -1 ... 1, no constant; 0 where too few tiles are known.
    """
    y, x = np.meshgrid(_middles(shape[0]), _middles(shape[1]), indexing="ij")
    known = np.isfinite(levels)
    columns = [np.ones(levels.shape)] + [_legendre(i, y) * _legendre(j, x) for i, j in degrees]
    design = np.stack([column[known] for column in columns], axis=1)
    wanted = levels[known]
    if len(wanted) < 2:
        return np.zeros(len(degrees))
    weights = np.ones(len(wanted))
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        found = np.linalg.lstsq(design * root[:, None], wanted * root, rcond=1e-9)[0]
        apart = np.abs(wanted - design @ found)
        scale = np.median(apart) / 0.6745
        if scale <= 1e-12:
            break
        weights = 1 / np.maximum(apart / (_HUBER * scale), 1)
    return np.asarray(found[1:])


def surface(
    coefficients: Sequence[float], degrees: Sequence[tuple[int, int]], shape: tuple[int, int]
) -> Array:
    """Evaluate the surface of `fit_surface` (its constant 0) at every pixel, float64, shape (y, x)."""
    y, x = ((2 * np.arange(length) + 1) / length - 1 for length in shape)
    field = np.zeros(shape)
    for row_degree in sorted({i for i, _ in degrees}):
        along_x: Array = np.zeros(len(x))
        for value, (i, j) in zip(coefficients, degrees, strict=True):
            if i == row_degree:
                along_x = along_x + value * _legendre(j, x)
        field += _legendre(row_degree, y)[:, None] * along_x
    return field


def shading_field(
    coefficients: Sequence[float],
    degrees: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    *,
    factor: bool,
    dtype: np.dtype[Any],
) -> Array:
    """What to divide by (mean 1) or to subtract (mean 0) at every pixel.

    Raises
    ------
    ParameterError
        If a factor spans more than 1 to 100 over the image.
    """
    field = surface(coefficients, degrees, shape)
    if not factor:
        field -= field.mean()
        return field.astype(dtype)
    span = float(field.max() - field.min())
    if span > np.log(_GREATEST_SPAN):
        raise ParameterError(
            "flatten: the shading spans more than brightness can",
            expected=f"brightest at most {_GREATEST_SPAN:g} times the darkest",
            got=f"{np.exp(min(span, 700.0)):.3g} times",
            remedy="use a lower order or the additive model, or correct the edited coefficients",
        )
    np.exp(field, out=field)
    field /= field.mean()
    return field.astype(dtype)
