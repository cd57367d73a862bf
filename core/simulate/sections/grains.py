"""Dense ceramics in a block of voxels: bent Voronoi grains, pores of any shape, a second phase.

A voxel is a pore where a sum of fields falls below the level that gives the porosity: the distance to the
nearest boundary of grains (pores sit where sintering leaves them, and taper off along boundaries), a field
of the size of necks (which makes them lumpy and leaves most boundaries closed), a wide one (dense regions
beside porous ones) and a fine one (rough walls). The second phase takes the gaps by the same field, a little
farther.
"""

from __future__ import annotations

import numpy as np

from core.job import Job
from core.simulate.sections.fields import drawn, smooth_field
from core.simulate.sections.params import Grains
from core.volume import Array, Shape

PORE, SOLID, SECOND = 0, 1, 2
_SPARSE = 4  # levels are found from every fourth voxel along each axis
_COARSE = 2  # boundaries of grains are smooth: every other voxel is enough
_LEAST_GAP = 0.01  # softens the root at the boundary itself
_GAP_REACH = 0.5  # the second phase reaches this far beyond pores, in units of their field
_OUTSIDE = 1.5  # and hardly forms elsewhere, in standard deviations of its own field


def grains_of(params: Grains, shape: Shape, rng: np.random.Generator, job: Job) -> Array:
    """Make one block.

    Parameters
    ----------
    params : Grains
        Ranges.
    shape : tuple of int
        Voxels (z, y, x).
    rng : numpy.random.Generator
        Where everything random comes from.
    job : Job
        Cancelling.

    Returns
    -------
    labels : ndarray of uint8, shape `shape`
        0 pore, 1 solid, 2 second phase.

    Raises
    ------
    Cancelled
        If the user asked to stop.
    """
    grain = drawn(rng, params.grain_px)
    gap = _to_boundary(rng, shape, grain, drawn(rng, params.bend), job)
    field = drawn(rng, params.pull) * np.sqrt(gap / np.float32(grain) + np.float32(_LEAST_GAP))
    for weight, size in (
        (params.lumps, grain * drawn(rng, params.lump_size)),
        (params.clusters, grain * drawn(rng, params.cluster_size)),
        (params.rough, drawn(rng, params.rough_px)),
    ):
        job.check()
        field = field + np.float32(drawn(rng, weight)) * smooth_field(rng, shape, size)
    level = float(np.quantile(_thinned(field), drawn(rng, params.porosity)))
    labels = np.where(field < level, PORE, SOLID).astype(np.uint8)
    if rng.random() < params.second_share:
        labels[_second(rng, field, level, grain, drawn(rng, params.second_fraction))] = SECOND
    job.check()
    return labels


def _to_boundary(rng: np.random.Generator, shape: Shape, grain: float, bend: float, job: Job) -> Array:
    """Distance in voxels of each place to the plane between its two nearest seeds, float32."""
    from scipy.ndimage import zoom
    from scipy.spatial import cKDTree

    coarse = (-(-shape[0] // _COARSE), -(-shape[1] // _COARSE), -(-shape[2] // _COARSE))
    axes = (np.arange(side, dtype=np.float32) * _COARSE for side in coarse)
    places: Array = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    for axis in range(3):
        places[..., axis] += np.float32(grain * bend) * smooth_field(rng, coarse, grain / 3 / _COARSE)
    low, high = np.full(3, -grain), np.array(shape) + grain
    seeds = rng.uniform(low, high, (max(2, round(float(np.prod((high - low) / grain)))), 3))
    tree, gap = cKDTree(seeds), np.empty(coarse, dtype=np.float32)
    for plane in range(coarse[0]):
        job.check()
        away, nearest = tree.query(places[plane], k=2)
        apart = np.linalg.norm(seeds[nearest[..., 0]] - seeds[nearest[..., 1]], axis=-1)
        gap[plane] = (away[..., 1] ** 2 - away[..., 0] ** 2) / (2 * apart)
    fine = zoom(gap, _COARSE, order=1, grid_mode=True, mode="nearest")
    return np.asarray(np.maximum(fine[: shape[0], : shape[1], : shape[2]], 0))


def _second(rng: np.random.Generator, field: Array, level: float, grain: float, fraction: float) -> Array:
    """Where the second phase lies: mostly in the gaps between grains, and nowhere thinner than 3 voxels."""
    from scipy.ndimage import binary_opening

    own = smooth_field(rng, field.shape, grain * float(rng.uniform(0.3, 0.9)))
    own = own + np.float32(0.3) * smooth_field(rng, field.shape, grain * 0.12)
    outside = field >= level + float(rng.uniform(0, _GAP_REACH))
    own = own - np.float32(_OUTSIDE) * outside
    return np.asarray(binary_opening(own > np.quantile(_thinned(own), 1 - fraction)))


def _thinned(field: Array) -> Array:
    return field[::_SPARSE, ::_SPARSE, ::_SPARSE]
