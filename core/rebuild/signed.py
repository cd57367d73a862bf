"""Shape-based interpolation: what lies between two slices from how far every pixel is from the edge in them.

The distance is exact, Euclidean, within the plane, positive in solid and negative in pore; the edge runs
halfway between pixels of different phase. It is cut off at a cap (beyond it, distances say nothing of the
edge, and ridges in the middle of pores would shift it), smoothed a little (pixels make stairs of the edge)
and interpolated along z by a cubic spline; solid is where the result is above 0.

References
----------
Raya S. P., Udupa J. K., IEEE Trans. Med. Imaging 9 (1990) 32, doi:10.1109/42.52980; Herman G. T., Zheng J.,
Bucholtz C. A., IEEE Comput. Graph. Appl. 12 (1992) 69, doi:10.1109/38.135915.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.rebuild.weights import Row, table
from core.volume import Array

LEAST_CAP_PX, GREATEST_CAP_PX, USUAL_CAP_PX = 2.0, 64.0, 4.0
_STRIP_VOXELS = 1 << 21
_SAMPLE_PX = 1024
_SIGMAS = 3.0  # where the smoothing kernel ends


def signed_distances(solid: Array, cap_px: float, smoothing_px: float) -> Array:
    """Distance of every pixel from the edge within its plane, capped and smoothed.

    Parameters
    ----------
    solid : ndarray of bool, shape (n, y, x)
    cap_px : float
        Greatest distance, in px, above 0.
    smoothing_px : float
        Standard deviation of the Gaussian within planes, in px; 0 for none.

    Returns
    -------
    ndarray of float32, shape (n, y, x)
        Between ``-cap_px`` (pore) and ``cap_px`` (solid); a plane of one phase is the cap everywhere.
    """
    from core.rebuild.kernels.edges import signed_distance

    solid = np.ascontiguousarray(solid)
    out = np.empty(solid.shape, dtype=np.float32)
    signed_distance(solid, cap_px, _gaussian(smoothing_px), out)
    return out


def reach_of(smoothing_px: float) -> int:
    """Pixels that the smoothing looks to each side."""
    return int(_SIGMAS * smoothing_px + 0.5)


def _gaussian(sigma_px: float) -> Array:
    steps = np.arange(-reach_of(sigma_px), reach_of(sigma_px) + 1)
    weights = np.exp(-0.5 * (steps / max(sigma_px, 1e-9)) ** 2)
    taps: Array = (weights / weights.sum()).astype(np.float32)
    return taps


def fitting_cap(planes: Iterable[Array]) -> float:
    """Cap that suits the structure: twice the mean distance from the edge in the thinner phase.

    Parameters
    ----------
    planes : iterable of ndarray of bool, shape (y, x)
        A sample of the measured planes.

    Returns
    -------
    float
        In px, `LEAST_CAP_PX` to `GREATEST_CAP_PX`; `USUAL_CAP_PX` if all planes are of one phase.
    """
    sums = np.zeros((2, 2))
    for whole in planes:
        plane = _middle(whole)
        if plane.all() or not plane.any():
            continue
        distance = signed_distances(plane[np.newaxis], GREATEST_CAP_PX, 0.0)[0]
        for place, phase in enumerate((plane, ~plane)):
            total = float(np.abs(distance[phase]).sum(dtype=np.float64))
            sums[place] += (total, np.count_nonzero(phase))
    if not sums[:, 1].all():
        return USUAL_CAP_PX
    # Measured on leveled waves, ligaments of 6 to 40 px, slices 4 to 12 px apart: near the best for each.
    return float(np.clip(2 * (sums[:, 0] / sums[:, 1] + 0.5).min(), LEAST_CAP_PX, GREATEST_CAP_PX))


def _middle(plane: Array) -> Array:
    """As much of the middle of a plane as is enough to know its structure."""
    rows, columns = (
        slice(max(0, length - _SAMPLE_PX) // 2, max(0, length - _SAMPLE_PX) // 2 + _SAMPLE_PX)
        for length in plane.shape
    )
    return plane[rows, columns]


def shape_into(
    out: Array,
    places: Sequence[int],
    planes: Array,
    rows: Sequence[Row],
    first_knot: int,
    solid: float,
    *,
    cap_px: float,
    smoothing_px: float,
) -> None:
    """Planes between measured ones by shape-based interpolation.

    Parameters
    ----------
    out, places, planes, rows, first_knot, solid
        As in `core.rebuild.blend.blend_phases_into`.
    cap_px, smoothing_px : float
        See `signed_distances`.

    Notes
    -----
    Works in strips of rows, so that distances of few planes' worth are in memory; strips look as far beyond
    their borders as the cap and the smoothing reach, so that they change nothing.
    """
    from core.rebuild.kernels.blend import SOLID, blend

    first, count, weights = table(rows, first_knot)
    weights = weights.astype(np.float32)
    targets = np.asarray(places, dtype=np.int64)
    depth, height, width = planes.shape
    margin = int(np.ceil(cap_px)) + 1 + reach_of(smoothing_px)
    step = max(2 * margin, _STRIP_VOXELS // width // depth)
    for start in range(0, height, step):
        stop = min(height, start + step)
        low, high = max(0, start - margin), min(height, stop + margin)
        distances = signed_distances(planes[:, low:high] > 0, cap_px, smoothing_px)
        inner = np.ascontiguousarray(distances[:, start - low : stop - low]).reshape(depth, -1)
        part = np.empty((len(rows), inner.shape[1]), dtype=out.dtype)
        own = np.arange(len(rows))
        blend(inner, first, count, weights, own, SOLID, 0.0, solid, part)
        out[targets, start:stop] = part.reshape(len(rows), stop - start, width)
