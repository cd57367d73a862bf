"""Which balls of a phase lie within the ball of a neighbour, and so need not be painted.

A ball holds the voxels at a squared distance below its own squared radius. Squared lengths are in units of
the shortest voxel edge squared.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

# Squared radius up to which balls two voxels away hardly ever hold a ball that nearer ones do not.
_SMALL = 16.0


@njit(nogil=True, cache=True)
def fill_reach(table: Array, z: int, weights: Array, scale: float) -> None:
    """How far the voxels of a ball are, at most, from each of the neighbours of its centre.

    A ball around p lies within the ball around its neighbour n if the greatest squared distance from n to one
    of its voxels stays below the squared radius at n. The idea of such tables: Remy E., Thiel E., Exact
    medial axis with Euclidean distance, Image and Vision Computing 23 (2005) 167.

    Parameters
    ----------
    table : ndarray of float64, shape (bins, 27)
        ``[b, 9 * |dz| + 3 * |dy| + |dx|]``: raised to the greatest squared distance from the neighbour at
        (dz, dy, dx), each at most 2, to the voxels of layer z whose squared distance times `scale` lies in
        bin b - 1. To be accumulated along b when all layers are there.
    z : int
        Layer of the ball, counted from its centre.
    weights : ndarray of float64, shape (3,)
        Squared voxel edges along z, y and x.
    scale : float
        Bins per unit of the squared radius.
    """
    wz, wy, wx = weights
    y = 0
    while True:
        x = 0
        while True:
            b = int(np.floor((wz * z * z + wy * y * y + wx * x * x) * scale)) + 1
            if b >= len(table):
                break
            for n in range(1, 27):
                # By symmetry the farthest voxel lies on the side away from the neighbour.
                far = wz * (z + n // 9) ** 2 + wy * (y + n // 3 % 3) ** 2 + wx * (x + n % 3) ** 2
                table[b, n] = max(table[b, n], far)
            x += 1
        if x == 0:
            return
        y += 1


@njit(nogil=True, cache=True)
def needed_balls(
    squared: Array,
    first: int,
    last: int,
    steps: Array,
    table: Array,
    scale: float,
    shrink: float,
    found: Array,
) -> int:
    """Voxels of the planes first to last whose ball lies in no ball of a neighbour and is more than a voxel.

    Parameters
    ----------
    squared : ndarray of float32, shape (z, y, x)
        Squared radius of the ball of each voxel; 0 outside the phase.
    first, last : int
        Range of planes.
    steps : ndarray of int64, shape (n, 3)
        Which neighbours to look at; at most 2 along each axis, those at most 1 first.
    table, scale
        From `fill_reach`, accumulated.
    shrink : float
        Factor on squared radii that covers their rounding.
    found : ndarray of int64, shape (voxels of the planes,)
        Places in the flat volume are written here.

    Returns
    -------
    int
        How many.
    """
    depth, height, width = squared.shape
    flat = squared.ravel()
    shifts = np.empty(len(steps), np.int64)
    kinds = np.empty(len(steps), np.int64)
    for n in range(len(steps)):
        dz, dy, dx = steps[n]
        shifts[n] = (dz * height + dy) * width + dx
        kinds[n] = 9 * abs(dz) + 3 * abs(dy) + abs(dx)
    near = 0
    while near < len(steps) and np.max(np.abs(steps[near])) < 2:
        near += 1
    count = 0
    for z in range(first, last):
        for y in range(height):
            within = 2 <= z < depth - 2 and 2 <= y < height - 2
            for x in range(width):
                place = (z * height + y) * width + x
                own = flat[place] * shrink
                if own <= 1.0:
                    continue
                limits = table[int(np.ceil(flat[place] * scale))]
                inside = False
                count_steps = near if own <= _SMALL else len(shifts)
                if within and 2 <= x < width - 2:
                    for n in range(count_steps):
                        if flat[place + shifts[n]] * shrink > limits[kinds[n]]:
                            inside = True
                            break
                else:
                    for n in range(count_steps):
                        nz, ny, nx = z + steps[n, 0], y + steps[n, 1], x + steps[n, 2]
                        known = 0 <= nz < depth and 0 <= ny < height and 0 <= nx < width
                        if known and flat[place + shifts[n]] * shrink > limits[kinds[n]]:
                            inside = True
                            break
                if not inside:
                    found[count] = place
                    count += 1
    return count
