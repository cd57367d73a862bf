"""Counting how 2 x 2 x 2 neighbouring voxels are set."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True)
def count_slab(slab: Array, beyond: bool, counts: Array) -> None:
    """Count the configurations between the planes of a slab, a border of zeros around each plane included.

    Parameters
    ----------
    slab : ndarray of uint8, shape (n, y, x)
        0 and 1.
    beyond : bool
        Whether a plane of the slab lies outside the volume, and all configurations with it.
    counts : ndarray of int64, shape (2, 256)
        Raised: first those within the volume, then those that reach beyond its border. Bit 4 dx + 2 dz + dy
        of a configuration is its voxel at (dz, dy, dx).
    """
    depth, height, width = slab.shape
    zeros = np.zeros(width, np.uint8)
    columns = np.zeros(width + 2, np.uint8)  # the four voxels of each column, beside a border on both sides
    codes = np.zeros((width + 8) // 8 * 8, np.uint8)
    words = codes.view(np.uint64)
    # Neighbours mostly look alike: two tables in turn spare waiting for the last sum.
    table = np.zeros((2, 256), np.int64)
    for z in range(depth - 1):
        for y in range(-1, height):
            a = slab[z, y] if y >= 0 else zeros
            b = slab[z, y + 1] if y + 1 < height else zeros
            c = slab[z + 1, y] if y >= 0 else zeros
            d = slab[z + 1, y + 1] if y + 1 < height else zeros
            for x in range(width):
                columns[x + 1] = a[x] | (b[x] << 1) | (c[x] << 2) | (d[x] << 3)
            counts[1, columns[1] << 4] += 1
            counts[1, columns[width]] += 1
            for x in range(width - 1):
                codes[x] = columns[x + 1] | (columns[x + 2] << 4)
            table[:] = 0
            full = (width - 1) // 8
            for w in range(full):
                word = words[w]
                if word == np.uint64(0):
                    table[0, 0] += 8
                elif word == np.uint64(0xFFFFFFFFFFFFFFFF):
                    table[0, 255] += 8
                else:
                    for x in range(8 * w, 8 * w + 8, 2):
                        table[0, codes[x]] += 1
                        table[1, codes[x + 1]] += 1
            for x in range(8 * full, width - 1):
                table[0, codes[x]] += 1
            border = 1 if beyond or y < 0 or y + 1 == height else 0
            for n in range(256):
                counts[border, n] += table[0, n] + table[1, n]
