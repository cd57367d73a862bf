# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""How large a box of one label stands around every voxel, plane by plane."""

from __future__ import annotations

from numba import njit

from core.simulate.electrons.kernels.electron import HALF_WIDTH, MATERIAL_SHIFT


@njit(nogil=True, cache=True)
def mark_borders(labels, z, boxes):
    """Write plane `z` of `boxes`: 0 where a neighbour (of 26) differs or the block ends, else the most."""
    depth, height, width = labels.shape
    boxes[z] = 0
    if 0 < z < depth - 1:
        for y in range(1, height - 1):
            row = boxes[z, y]
            own = labels[z, y]
            for k in range(-1, 2):
                for j in range(-1, 2):
                    other = labels[z + k, y + j]
                    for x in range(1, width - 1):
                        row[x] |= (other[x - 1] ^ own[x]) | (other[x] ^ own[x]) | (other[x + 1] ^ own[x])
            for x in range(1, width - 1):
                row[x] = HALF_WIDTH if row[x] == 0 else 0


@njit(nogil=True, cache=True)
def grow(boxes, z, step, least):
    """One pass of the chessboard distance over plane `z`, from the plane and the rows before it.

    Exact after all planes with step 1 in rising and with step -1 in falling order. `least` is a spare line.
    """
    depth, height, width = boxes.shape
    if z == 0 or z == depth - 1:
        return
    for line in range(1, height - 1):
        y = line if step > 0 else height - 1 - line
        own = boxes[z, y]
        above, level, below = boxes[z - step, y - 1], boxes[z - step, y], boxes[z - step, y + 1]
        before = boxes[z, y - step]
        for x in range(width):
            least[x] = min(min(above[x], level[x]), min(below[x], before[x]))
        for x in range(1, width - 1):
            own[x] = min(own[x], min(min(least[x - 1], least[x]), least[x + 1]) + 1)
        for k in range(1, width - 1):
            x = k if step > 0 else width - 1 - k
            own[x] = min(own[x], own[x - step] + 1)


@njit(nogil=True, cache=True)
def join(labels, boxes, present):
    """Add the labels to a plane of finished boxes; counts in `present` which there are."""
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            present[labels[y, x]] = True
            boxes[y, x] |= labels[y, x] << MATERIAL_SHIFT
