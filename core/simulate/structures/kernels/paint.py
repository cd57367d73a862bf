"""Objects painted into a block of voxels."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True)
def paint(out: Array, corner: Array, stride: int, objects: Array, growth: float, bins: int) -> None:
    """Lower each voxel to the number of the first object that covers it.

    Parameters
    ----------
    out : ndarray of int32, shape (z, y, x)
        Changed in place.
    corner : ndarray of int64, shape (3,)
        Voxel that ``out[0, 0, 0]`` is.
    stride : int
        Voxels from one element of `out` to the next.
    objects : ndarray of float64, shape (n, 8)
        Centre (z, y, x), half axis (z, y, x), radius, all in voxels, and mark: all places within `radius` of
        the axis, which is a point for spheres.
    growth : float
        Marks rise by this from the axis to the surface.
    bins : int
        Numbers per unit of the mark.
    """
    low = np.empty(3, np.int64)
    high = np.empty(3, np.int64)
    for k in range(len(objects)):
        radius, mark = objects[k, 6], objects[k, 7]
        for axis in range(3):
            reach = radius + abs(objects[k, 3 + axis])
            # The middle of voxel i lies at i + 0.5.
            first = (objects[k, axis] - reach - 0.5 - corner[axis]) / stride
            last = (objects[k, axis] + reach - 0.5 - corner[axis]) / stride
            low[axis] = max(0, int(np.ceil(first)))
            high[axis] = min(out.shape[axis] - 1, int(np.floor(last)))
        az, ay, ax = objects[k, 3], objects[k, 4], objects[k, 5]
        length = az * az + ay * ay + ax * ax
        squared = radius * radius
        for z in range(low[0], high[0] + 1):
            dz = corner[0] + z * stride + 0.5 - objects[k, 0]
            for y in range(low[1], high[1] + 1):
                dy = corner[1] + y * stride + 0.5 - objects[k, 1]
                for x in range(low[2], high[2] + 1):
                    dx = corner[2] + x * stride + 0.5 - objects[k, 2]
                    along = 0.0
                    if length > 0.0:
                        along = min(1.0, max(-1.0, (dz * az + dy * ay + dx * ax) / length))
                    away = (dz - along * az) ** 2 + (dy - along * ay) ** 2 + (dx - along * ax) ** 2
                    if away <= squared:
                        number = int((mark + growth * away / squared) * bins)
                        if number < out[z, y, x]:
                            out[z, y, x] = number


@njit(nogil=True, cache=True)
def paint_grains(
    out: Array,
    corner: Array,
    stride: int,
    seeds: Array,
    stretch: Array,
    growth: float,
    reach: float,
    bins: int,
) -> None:
    """Give each voxel the number of the grain whose seed is nearest.

    Parameters
    ----------
    out : ndarray of int32, shape (z, y, x)
        Changed in place.
    corner, stride, growth
        As in `paint`.
    seeds : ndarray of float64, shape (n, 4)
        Place (z, y, x) after the stretch is undone, and mark.
    stretch : ndarray of float64, shape (3,)
        How many times longer space is along z, y and x.
    reach : float
        Distance from the seed at which the mark has risen by `growth`.
    bins : int
        Numbers per unit of the mark, and the highest number.
    """
    side = 8
    depth, height, width = out.shape
    near = np.empty(len(seeds), np.int64)
    distance = np.empty(len(seeds), np.float64)
    half = side * stride / 2.0
    radius = np.sqrt((half / stretch[0]) ** 2 + (half / stretch[1]) ** 2 + (half / stretch[2]) ** 2)
    for tz in range(0, depth, side):
        for ty in range(0, height, side):
            for tx in range(0, width, side):
                # Only seeds hardly farther from the middle of a small cube than the nearest can be nearest in
                # it.
                mz = (corner[0] + tz * stride + half) / stretch[0]
                my = (corner[1] + ty * stride + half) / stretch[1]
                mx = (corner[2] + tx * stride + half) / stretch[2]
                least = np.inf
                for k in range(len(seeds)):
                    distance[k] = np.sqrt(
                        (seeds[k, 0] - mz) ** 2 + (seeds[k, 1] - my) ** 2 + (seeds[k, 2] - mx) ** 2
                    )
                    least = min(least, distance[k])
                count = 0
                for k in range(len(seeds)):
                    if distance[k] <= least + 2.001 * radius:
                        near[count] = k
                        count += 1
                for z in range(tz, min(tz + side, depth)):
                    pz = (corner[0] + z * stride + 0.5) / stretch[0]
                    for y in range(ty, min(ty + side, height)):
                        py = (corner[1] + y * stride + 0.5) / stretch[1]
                        for x in range(tx, min(tx + side, width)):
                            px = (corner[2] + x * stride + 0.5) / stretch[2]
                            best, squared = 0, np.inf
                            for k in near[:count]:
                                away = (
                                    (seeds[k, 0] - pz) ** 2
                                    + (seeds[k, 1] - py) ** 2
                                    + (seeds[k, 2] - px) ** 2
                                )
                                if away < squared:
                                    best, squared = k, away
                            rise = growth * min(1.0, squared / (reach * reach))
                            out[z, y, x] = min(bins, int((seeds[best, 3] + rise) * bins))
