"""Between the voxel types of stacks and the floating-point numbers that filters work on."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.volume import Array


def working_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Floating-point type that holds every value of `dtype` exactly: float32 where that is enough."""
    small = dtype.itemsize <= 2 if np.issubdtype(dtype, np.integer) else dtype.itemsize <= 4
    return np.dtype(np.float32 if small else np.float64)


def as_float(plane: Array) -> Array:
    """Copy of a plane in its working type, free to be changed in place."""
    return plane.astype(working_type(plane.dtype))


def as_type(values: Array, dtype: np.dtype[Any]) -> Array:
    """Bring filtered values back to a voxel type.

    Whole numbers are rounded (halves to even) and clipped to the range of the type; `values` is used up.
    """
    if values.dtype == dtype:
        return values
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        np.rint(values, out=values)
        np.clip(values, limits.min, limits.max, out=values)
    return values.astype(dtype)
