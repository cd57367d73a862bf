"""How much of each material there is in the cells of a layered grid below the face."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.job import Job
from core.simulate.electrons.world import World
from core.volume import Array


def fractions(world: World, tables: Array, edges: tuple[Array, Array, Array], job: Job) -> Array:
    """Volume fractions of materials.

    Parameters
    ----------
    world : World
        Goes on sideways as it says; beyond its first and last plane there is nothing.
    tables : ndarray of float32, shape (material, label)
        1 where a label of the world is the material, else 0.
    edges : tuple of ndarray
        Borders of the cells in z, y and x, rising, in nm of the world's frame.

    Returns
    -------
    ndarray of float32, shape (material, z, y, x)
        0-1; exact for any offset and size of the cells.
    """
    parts = [
        _shares(edge, world.origin_nm[axis], world.voxel_nm[axis], world.labels.shape[axis], beyond)
        for axis, (edge, beyond) in enumerate(zip(edges, ("end", world.beyond, world.beyond), strict=True))
    ]
    layers, (rows, used_rows), (columns, used_columns) = parts[0], _used(parts[1]), _used(parts[2])
    result = np.zeros((len(tables), *(part.shape[0] for part in parts)), np.float32)
    for layer in range(layers.shape[0]):
        job.check()
        inside = slice(*layers.indptr[layer : layer + 2])
        planes = [
            (world.labels[plane, used_rows, used_columns], share)
            for plane, share in zip(layers.indices[inside], layers.data[inside], strict=True)
        ]
        for material, table in enumerate(tables):
            whole = np.zeros((rows.shape[1], columns.shape[1]), np.float32)
            for label in np.flatnonzero(table):
                for labels, share in planes:
                    whole += np.multiply(labels == label, share, dtype=np.float32)
            if table.any():
                result[material, layer] = (columns @ (rows @ whole).T).T
    return result


def _shares(edges: Array, origin: float, voxel: float, count: int, beyond: str) -> Any:
    """Sparse matrix (cell, voxel): which share of each cell along one axis lies in which voxel."""
    from scipy.sparse import coo_array

    first, last = (int(np.floor((edge - origin) / voxel)) for edge in (edges[0], edges[-1]))
    borders = origin + voxel * np.arange(first, last + 2)
    cuts = np.unique(np.concatenate([edges, borders.clip(edges[0], edges[-1])]))
    middles, lengths = 0.5 * (cuts[1:] + cuts[:-1]), np.diff(cuts)
    cells = np.searchsorted(edges, middles) - 1
    voxels = np.floor((middles - origin) / voxel).astype(np.int64)
    if beyond == "periodic":
        voxels %= count
    elif beyond == "mirror":
        voxels %= 2 * count
        voxels = np.minimum(voxels, 2 * count - 1 - voxels)
    there = (voxels >= 0) & (voxels < count)
    shares = (lengths / np.diff(edges)[cells])[there].astype(np.float32)
    shape = (len(edges) - 1, count)
    return coo_array((shares, (cells[there], voxels[there])), shape=shape).tocsr()


def _used(matrix: Any) -> tuple[Any, slice]:
    """The matrix without the voxels before the first and beyond the last that are used, and which remain."""
    used = slice(int(matrix.indices.min()), int(matrix.indices.max()) + 1)
    return matrix.tocsc()[:, used].tocsr(), used
