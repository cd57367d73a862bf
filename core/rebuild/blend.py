"""Planes between measured ones: sums of these, of grey values and of two phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.rebuild.weights import Row, table
from core.volume import Array

_TIE = 1e-6
"""Sums of weights carry rounding errors; a voxel exactly halfway between the phases is pore."""


def blend_into(
    out: Array, places: Sequence[int], planes: Array, rows: Sequence[Row], first_knot: int
) -> None:
    """Grey planes as weighted sums.

    Parameters
    ----------
    out : ndarray of the type of `planes`, shape (any, y, x), contiguous
        Where they go; whole numbers are rounded and kept within the range of their type.
    places : sequence of int
        Which planes of `out` are filled.
    planes : ndarray, shape (n, y, x)
        Consecutive measured planes.
    rows : sequence of Row
        What each filled plane is made from.
    first_knot : int
        Number of ``planes[0]`` among all measured planes.
    """
    from core.rebuild.kernels.blend import ROUND, STORE

    if np.issubdtype(planes.dtype, np.floating):
        _run(out, places, planes, rows, first_knot, STORE, (0.0, 0.0))
    else:
        limits = np.iinfo(planes.dtype)
        _run(out, places, planes, rows, first_knot, ROUND, (float(limits.min), float(limits.max)))


def blend_phases_into(
    out: Array, places: Sequence[int], planes: Array, rows: Sequence[Row], first_knot: int, solid: float
) -> None:
    """Planes of two phases: solid where the weighted sum lies above half.

    Parameters
    ----------
    out, places, planes, rows, first_knot
        As in `blend_into`; values are 0 and `solid`.
    solid : float
        Value of the solid.
    """
    from core.rebuild.kernels.blend import SOLID

    _run(out, places, planes, rows, first_knot, SOLID, (solid * (0.5 + _TIE), solid))


def _run(
    out: Array,
    places: Sequence[int],
    planes: Array,
    rows: Sequence[Row],
    first_knot: int,
    mode: int,
    limits: tuple[float, float],
) -> None:
    from core.rebuild.kernels.blend import blend

    first, count, weights = table(rows, first_knot)
    weights = weights.astype(np.float32 if planes.dtype.itemsize == 1 else np.float64)
    flat = np.ascontiguousarray(planes).reshape(len(planes), -1)
    target = out.reshape(len(out), -1)
    blend(flat, first, count, weights, np.asarray(places, dtype=np.int64), mode, *limits, target)
