"""One slice after a move: pixels are interpolated here and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.align.warp import Interpolation
from core.volume import Array

_WHOLE = 1e-6


def resampled(
    plane: Array, matrix: Array, shape_yx: tuple[int, int], interpolation: Interpolation = "cubic"
) -> Array:
    """Move one slice.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        Integer or floating point, finite.
    matrix : ndarray of float64, shape (3, 3)
        From px of `plane` to px of the result, on (x, y, 1); affine.
    shape_yx : tuple of int
        Size of the result.
    interpolation : {'cubic', 'linear', 'nearest'}
        Cubic is the B-spline through the pixels (Unser 1999, doi 10.1109/79.799930).

    Returns
    -------
    ndarray, shape `shape_yx`
        Type of `plane`, integers rounded and cut to their range; 0 where `plane` shows nothing. Moves by
        whole pixels return the very values.
    """
    back = np.linalg.inv(matrix)
    shift = _whole_shift(back)
    if shift is not None:
        return _copied(plane, shift, shape_yx)
    if interpolation == "nearest":
        from core.align.kernels.resample import warp_nearest

        same = np.zeros(shape_yx, dtype=plane.dtype)
        warp_nearest(plane, back, same)
        return same
    found = np.zeros(shape_yx, dtype=_working(plane.dtype))
    _interpolate(plane, back, found, interpolation)
    return _as_type(found, plane.dtype)


def _interpolate(plane: Array, back: Array, out: Array, interpolation: Interpolation) -> None:
    from core.align.kernels import resample

    if interpolation == "linear":
        resample.warp_linear(plane, back, out)
        return
    spline = np.empty(plane.shape, dtype=out.dtype)
    resample.coefficients(plane, spline)
    if np.array_equal(back[:2, :2], np.eye(2)):
        resample.shift_cubic(spline, back[1, 2], back[0, 2], out)
    else:
        resample.warp_cubic(spline, back, out)


def _whole_shift(back: Array) -> tuple[int, int] | None:
    """(down, right) where the move is one of whole pixels."""
    down, right = back[1, 2], back[0, 2]
    near = abs(down - round(down)) < _WHOLE and abs(right - round(right)) < _WHOLE
    if not near or not np.allclose(back[:2, :2], np.eye(2), rtol=0, atol=1e-9):
        return None
    return round(down), round(right)


def _copied(plane: Array, shift: tuple[int, int], shape_yx: tuple[int, int]) -> Array:
    out = np.zeros(shape_yx, dtype=plane.dtype)
    places = []
    for start, have, want in zip(shift, plane.shape, shape_yx, strict=True):
        low, high = max(0, -start), min(want, have - start)
        if low >= high:
            return out
        places.append((slice(low, high), slice(low + start, high + start)))
    (to_y, from_y), (to_x, from_x) = places
    out[to_y, to_x] = plane[from_y, from_x]
    return out


def _as_type(values: Array, dtype: np.dtype[Any]) -> Array:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return values.astype(dtype, copy=False)


def _working(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    """Floating point that holds the type: 32-bit integers need double precision."""
    small = dtype == np.float32 or (np.issubdtype(dtype, np.integer) and dtype.itemsize <= 2)
    return np.float32 if small else np.float64
