"""Cells of eight voxels, in which the unknowns of the finest level are put together to groups.

Arguments as in ``conductivity.py`` of this folder. Work goes layer by layer of cells, so that it can be
stopped in between.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

MOST_LINKS = 34  # faces of eight voxels that hang together
_STRONG = 0.1


@njit(nogil=True, cache=True)
def _between(sigma: Array, a: int, b: int) -> float:
    """Harmonic mean of two conductivities: half of each voxel lies on the way."""
    if len(sigma) == 1:
        return 1.0
    one, other = sigma[a], sigma[b]
    return float(2.0 * one * other / (one + other))


@njit(nogil=True, cache=True)
def _strongest(number: Array, sigma: Array, couplings: Array, z: int, y: int, x: int) -> float:
    a = number[z, y, x]
    best = 0.0
    for side in (-1, 1):
        b = number[z + side, y, x]
        if b >= 0:
            best = max(best, couplings[0] * _between(sigma, a, b))
        b = number[z, y + side, x]
        if b >= 0:
            best = max(best, couplings[1] * _between(sigma, a, b))
        b = number[z, y, x + side]
        if b >= 0:
            best = max(best, couplings[2] * _between(sigma, a, b))
    return best


@njit(nogil=True, cache=True)
def group_layer(
    number: Array, sigma: Array, couplings: Array, cell: Array, layer: int, count: int, group: Array
) -> int:
    """Group the unknowns of a layer of cells: what hangs together within a cell by strong links.

    A link is strong if it is not much weaker than all others of one of its two ends; parts of the phase that
    only touch outside the cell stay apart, as one value cannot do for both.

    Parameters
    ----------
    cell : ndarray of int64, shape (3,)
        Voxels of a cell along the axes.
    layer, count : int
        Number of the layer, and of the first group.
    group : ndarray of int32, shape (unknowns,)
        Changed in place.

    Returns
    -------
    int
        Number of the next group.
    """
    depth, height, width = number.shape[0] - 2, number.shape[1] - 2, number.shape[2] - 2
    top = layer * cell[0]
    bottom = min(depth, top + cell[0])
    many = len(sigma) > 1
    stack = np.empty((cell[0] * cell[1] * cell[2], 3), np.int64)
    for z in range(top, bottom):
        for y in range(height):
            for x in range(width):
                a = number[z + 1, y + 1, x + 1]
                if a >= 0:
                    group[a] = -1
    for cy in range(0, height, cell[1]):
        for cx in range(0, width, cell[2]):
            right, front = min(width, cx + cell[2]), min(height, cy + cell[1])
            for z in range(top, bottom):
                for y in range(cy, front):
                    for x in range(cx, right):
                        a = number[z + 1, y + 1, x + 1]
                        if a < 0 or group[a] >= 0:
                            continue
                        group[a] = count
                        stack[0, 0], stack[0, 1], stack[0, 2] = z, y, x
                        size = 1
                        while size > 0:
                            size -= 1
                            pz, py, px = stack[size, 0], stack[size, 1], stack[size, 2]
                            here = number[pz + 1, py + 1, px + 1]
                            for k in range(6):
                                side = 1 if k % 2 else -1
                                qz = pz + (side if k < 2 else 0)
                                qy = py + (side if 2 <= k < 4 else 0)
                                qx = px + (side if k >= 4 else 0)
                                if not (top <= qz < bottom and cy <= qy < front and cx <= qx < right):
                                    continue
                                b = number[qz + 1, qy + 1, qx + 1]
                                if b < 0 or group[b] >= 0:
                                    continue
                                if many:
                                    g = couplings[k // 2] * _between(sigma, here, b)
                                    one = _strongest(number, sigma, couplings, pz + 1, py + 1, px + 1)
                                    other = _strongest(number, sigma, couplings, qz + 1, qy + 1, qx + 1)
                                    if g < _STRONG * min(one, other):
                                        continue
                                group[b] = count
                                stack[size, 0], stack[size, 1], stack[size, 2] = qz, qy, qx
                                size += 1
                        count += 1
    return count


@njit(nogil=True, cache=True)
def link_layer(
    number: Array,
    sigma: Array,
    couplings: Array,
    cell: Array,
    layer: int,
    base: int,
    group: Array,
    sizes: Array,
    columns: Array,
    values: Array,
) -> None:
    """Sum the conductances between groups, for the groups of a layer of cells.

    Parameters
    ----------
    base : int
        First group of the layer.
    sizes : ndarray of int32, shape (groups of the layer,)
        Other groups that each is linked to; zero before.
    columns, values : ndarray of int32 and float32, shape (groups of the layer, most links)
        These groups, and the conductances.
    """
    depth = number.shape[0] - 2
    for z in range(layer * cell[0] + 1, min(depth, (layer + 1) * cell[0]) + 1):
        for y in range(1, number.shape[1] - 1):
            for x in range(1, number.shape[2] - 1):
                a = number[z, y, x]
                if a < 0:
                    continue
                own = group[a]
                row = own - base
                for k in range(6):
                    side = 1 if k % 2 else -1
                    if k < 2:
                        b = number[z + side, y, x]
                    elif k < 4:
                        b = number[z, y + side, x]
                    else:
                        b = number[z, y, x + side]
                    if b < 0 or group[b] == own:
                        continue
                    g = couplings[k // 2] * _between(sigma, a, b)
                    at = 0
                    while at < sizes[row] and columns[row, at] != group[b]:
                        at += 1
                    if at == sizes[row]:
                        columns[row, at] = group[b]
                        values[row, at] = 0.0
                        sizes[row] += 1
                    values[row, at] += g
