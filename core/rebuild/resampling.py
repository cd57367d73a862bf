"""Pixels of another size within planes: which old pixels each new one is made from, and how much they count.

The first pixels begin at the same edge; old and new pixels cover the same area up to less than one new pixel
at the far edge, which is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.volume import Array

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Taps:
    """Weights along one axis.

    Attributes
    ----------
    index : ndarray of int64, shape (new, taps)
        Old pixels of each new one.
    weight : ndarray of float64, shape (new, taps)
        What they count for; each row adds up to 1.
    length : int
        Old pixels.
    """

    index: Array
    weight: Array
    length: int


def new_length(length: int, ratio: float) -> int:
    """How many whole new pixels fit; at least one.

    Parameters
    ----------
    length : int
        Old pixels.
    ratio : float
        Size of a new pixel divided by that of an old one.
    """
    return max(1, int(np.floor(length / ratio + _ROUNDING * length)))


def taps(length: int, ratio: float, finer: Literal["cubic", "linear"] = "cubic") -> Taps:
    """Area of the old pixels within each new one where these are coarser, interpolation where they are finer.

    Parameters
    ----------
    length, ratio
        As in `new_length`.
    finer : {'cubic', 'linear'}
        Interpolation for finer pixels; beyond the edges the outermost pixel is repeated.

    References
    ----------
    Cubic convolution: Keys R. G., IEEE Trans. Acoust. Speech Signal Process. 29 (1981) 1153,
    doi:10.1109/TASSP.1981.1163711.
    """
    count = new_length(length, ratio)
    if ratio >= 1:
        return _areas(length, count, ratio)
    centre = (np.arange(count) + 0.5) * ratio - 0.5
    below = np.floor(centre + _ROUNDING)
    t = np.maximum(centre - below, 0.0)
    if finer == "linear":
        offsets, weight = np.arange(2), np.stack([1 - t, t], axis=1)
    else:
        offsets = np.arange(-1, 3)
        outer, inner = 1 + t, t
        weight = np.stack([_far(outer), _near(inner), _near(1 - inner), _far(2 - inner)], axis=1)
    index = np.clip(below[:, None].astype(np.int64) + offsets, 0, length - 1)
    return Taps(index, weight, length)


def _near(t: Array) -> Array:
    cubic: Array = 1.5 * t**3 - 2.5 * t**2 + 1
    return cubic


def _far(t: Array) -> Array:
    cubic: Array = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return cubic


def _areas(length: int, count: int, ratio: float) -> Taps:
    low = np.arange(count) * ratio
    high = np.minimum(low + ratio, length)
    width = int(np.ceil(ratio)) + 1
    index = np.floor(low + _ROUNDING).astype(np.int64)[:, None] + np.arange(width)
    weight = np.clip(np.minimum(index + 1, high[:, None]) - np.maximum(index, low[:, None]), 0, None)
    weight[weight < _ROUNDING] = 0
    weight /= weight.sum(axis=1, keepdims=True)
    return Taps(np.minimum(index, length - 1), weight, length)


def resampled(plane: Array, rows: Taps, columns: Taps) -> Array:
    """Grey values of the new pixels.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
    rows, columns : Taps
        Along y and x.

    Returns
    -------
    ndarray of float64, shape (new y, new x)
    """
    result: Array = _matrix(rows) @ (_matrix(columns) @ plane.astype(np.float64).T).T
    return result


def _matrix(along: Taps) -> Any:
    from scipy.sparse import csr_array

    count, width = along.index.shape
    starts = np.arange(0, count * width + 1, width)
    return csr_array((along.weight.ravel(), along.index.ravel(), starts), shape=(count, along.length))


def commonest(plane: Array, rows: Taps, columns: Taps) -> Array:
    """The value that covers most of each new pixel; of equals the smallest.

    Parameters
    ----------
    plane, rows, columns
        As in `resampled`.

    Returns
    -------
    ndarray of the type of `plane`, shape (new y, new x)
    """
    from core.rebuild.kernels.majority import majority

    out = np.empty((len(rows.index), len(columns.index)), dtype=plane.dtype)
    plane = np.ascontiguousarray(plane)
    majority(plane, rows.index, rows.weight, columns.index, columns.weight, out)
    return out
