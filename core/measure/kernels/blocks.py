"""Counts of voxels and of faces between phases, cell by cell."""

from __future__ import annotations

from numba import njit

from core.volume import Array


@njit(nogil=True, cache=True)
def count_voxels(plane: Array, rows: Array, columns: Array, out: Array) -> None:
    """Add the voxels of one plane to the cells that they lie in.

    Parameters
    ----------
    plane : ndarray of bool, shape (y, x)
    rows, columns : ndarray of int64, shape (y,) and (x,)
        Row and column of cells of each row and column of voxels.
    out : ndarray of int64, shape (rows of cells, columns of cells)
        Changed in place.
    """
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            if plane[y, x]:
                out[rows[y], columns[x]] += 1


@njit(nogil=True, cache=True)
def count_faces(
    plane: Array, before: Array, rows: Array, columns: Array, weights: Array, inner: bool, out: Array
) -> None:
    """Add the area of the faces between phase and rest, to the cells of the voxels behind them.

    Parameters
    ----------
    before : ndarray of bool, shape (y, x)
        The plane before this one.
    weights : ndarray of float64, shape (3,)
        Area of a face across z, y and x.
    inner : bool
        False for the first plane, which has none before it.
    out : ndarray of float64
        Changed in place.
    """
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            own = plane[y, x]
            area = 0.0
            if inner and before[y, x] != own:
                area += weights[0]
            if y > 0 and plane[y - 1, x] != own:
                area += weights[1]
            if x > 0 and plane[y, x - 1] != own:
                area += weights[2]
            if area > 0.0:
                out[rows[y], columns[x]] += area
