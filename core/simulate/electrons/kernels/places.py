# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""Where in the block of voxels something is, as small functions of numbers."""

from __future__ import annotations

import numpy as np
from numba import njit

_I, _U = np.int64, np.uint64
_OFFSET = 32
_AHEAD = np.float32(_OFFSET + 0.5)
_BLOCK_BITS = 3  # the clearance is kept per block of 8 x 8 x 8 voxels
BAND = 16


@njit(nogil=True, error_model="numpy")
def voxels_away(place, per_voxel):
    """How many voxels a coordinate, counted from the middle of a voxel, is away; right from -32 on."""
    return _I(place * per_voxel + _AHEAD) - _OFFSET


@njit(nogil=True, error_model="numpy")
def folded(voxel, count, periodic):
    """Voxel within the block that stands for one beside it, and whether it is a mirror image."""
    if periodic:
        return voxel % count, False
    voxel %= 2 * count
    return (2 * count - 1 - voxel, True) if voxel >= count else (voxel, False)


@njit(nogil=True, error_model="numpy")
def cleared(clearance, ny, nx, iz, iy, ix):
    """Blocks without vacuum around a voxel; see `Cells`. 0 for the cells around the block."""
    blocks_y, blocks_x = ((ny - 1) >> _BLOCK_BITS) + 3, ((nx - 1) >> _BLOCK_BITS) + 3
    row = ((iz >> _BLOCK_BITS) + 1) * blocks_y + (iy >> _BLOCK_BITS) + 1
    return clearance[_U(row * blocks_x + (ix >> _BLOCK_BITS) + 1)]


@njit(nogil=True, error_model="numpy")
def pixel_at(number, rows, columns):
    """Row and column of a pixel: counted down the columns of bands of 16 rows.

    The voxels that the electrons of neighbouring pixels meet are still near in memory, more so than along
    whole rows.
    """
    band = number // (BAND * columns)
    number -= band * BAND * columns
    height = min(BAND, rows - band * BAND)
    return band * BAND + number % height, number // height
