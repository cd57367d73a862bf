# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""How large a box of one label stands around every voxel, plane by plane.

`cells` is a block of bytes with one layer of `OUTSIDE` around the voxels: voxel (z, y, x) is at
(z + 1, y + 1, x + 1). To the passes below the layer looks like matter that limits no box.
"""

from __future__ import annotations

from numba import njit

from core.simulate.electrons.kernels.electron import MATERIAL_SHIFT, WIDEST


@njit(nogil=True, cache=True)
def mark_borders(before, own, after, mirrored, cells):
    """Write a plane of `cells`: 0 where one of the 26 neighbours is of another label, else the most.

    `before`, `own` and `after` are the labels of three planes. Beside the block stand the voxels of its edge
    if it is `mirrored`; else its edges are borders.
    """
    height, width = own.shape
    for y in range(height):
        row, labels = cells[y + 1], own[y]
        for x in range(width):
            row[x + 1] = 0
        for plane in (before, own, after):
            for k in range(-1, 2):
                other = plane[min(max(y + k, 0), height - 1)]
                for x in range(1, width - 1):
                    row[x + 1] |= (
                        (other[x - 1] ^ labels[x]) | (other[x] ^ labels[x]) | (other[x + 1] ^ labels[x])
                    )
                for x in (0, width - 1):
                    row[x + 1] |= (
                        (other[max(x - 1, 0)] ^ labels[x])
                        | (other[x] ^ labels[x])
                        | (other[min(x + 1, width - 1)] ^ labels[x])
                    )
        if not mirrored:
            if y == 0 or y == height - 1:
                row[1:-1] = 1
            row[1] = row[-2] = 1
        for x in range(1, width + 1):
            row[x] = WIDEST if row[x] == 0 else 0


@njit(nogil=True, cache=True)
def grow(cells, z, step, least):
    """One pass of the chessboard distance over plane `z`, from the plane and the rows before it.

    Exact after all planes with step 1 in rising and with step -1 in falling order. `least` is a spare line.
    """
    height, width = cells.shape[1] - 2, cells.shape[2] - 2
    for line in range(1, height + 1):
        y = line if step > 0 else height + 1 - line
        own, before = cells[z + 1, y], cells[z + 1, y - step]
        up, level, down = cells[z + 1 - step, y - 1], cells[z + 1 - step, y], cells[z + 1 - step, y + 1]
        for x in range(width + 2):
            least[x] = min(min(up[x], level[x]), min(down[x], before[x]))
        for x in range(1, width + 1):
            own[x] = min(own[x], min(min(least[x - 1], least[x]), least[x + 1]) + 1)
        if step > 0:
            for x in range(1, width + 1):
                own[x] = min(own[x], own[x - 1] + 1)
        else:
            for x in range(width, 0, -1):
                own[x] = min(own[x], own[x + 1] + 1)


@njit(nogil=True, cache=True)
def join(labels, cells, present):
    """Add the labels to a finished plane of `cells`; tells in `present` which there are."""
    for y in range(labels.shape[0]):
        row = cells[y + 1]
        for x in range(labels.shape[1]):
            present[labels[y, x]] = True
            row[x + 1] |= labels[y, x] << MATERIAL_SHIFT
