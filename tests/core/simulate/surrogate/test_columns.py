import numpy as np
import pytest

from core.job import Job
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.world import World
from core.simulate.surrogate.columns import fractions

MATERIALS = (material_of("epoxy"), material_of("Au"))
BOTH = np.eye(2, dtype=np.float32)


def world(beyond: str = "mirror") -> World:
    labels = np.random.default_rng(3).integers(0, 2, (5, 6, 7)).astype(np.uint8)
    return World(labels, (2.0, 3.0, 4.0), MATERIALS, (10.0, -5.0, 7.0), beyond)


def by_points(sample: World, edges: tuple[np.ndarray, ...], per_cell: int = 60) -> np.ndarray:
    """Fractions of gold from many points per cell, the slow and simple way."""
    indices = []
    for axis, edge in enumerate(edges):
        share = (np.arange(per_cell) + 0.5) / per_cell
        points = (edge[:-1, None] + np.diff(edge)[:, None] * share).ravel()
        voxel = np.floor((points - sample.origin_nm[axis]) / sample.voxel_nm[axis]).astype(int)
        count = sample.labels.shape[axis]
        if axis and sample.beyond == "periodic":
            voxel %= count
        elif axis:
            voxel = np.pad(np.arange(count), 4 * count, mode="symmetric")[voxel + 4 * count]
        indices.append(voxel)
    inside = (indices[0] >= 0) & (indices[0] < len(sample.labels))
    gold = sample.labels[np.ix_(indices[0].clip(0, len(sample.labels) - 1), indices[1], indices[2])]
    gold = gold * inside[:, None, None]
    shape = [part for edge in edges for part in (len(edge) - 1, per_cell)]
    return gold.reshape(shape).mean((1, 3, 5))


@pytest.mark.parametrize("beyond", ["mirror", "periodic"])
def test_any_cells_over_any_voxels(beyond):
    sample = world(beyond)
    # Borders away from those of the points, so that the slow way is exact to the size of its points.
    edges = np.array([9.0, 11.5, 18.0, 22.5]), np.array([-19.0, -6.0, 1.0, 3.5]), np.array([-9.0, 8.0, 40.0])
    found = fractions(sample, BOTH, edges, Job())
    np.testing.assert_allclose(found[1], by_points(sample, edges), atol=0.02)
    whole = np.array([0.6, 1, (20 - 18) / 4.5])  # of the layers within the block (10 to 20 nm)
    np.testing.assert_allclose(
        found.sum(0), np.broadcast_to(whole[:, None, None], found.shape[1:]), atol=1e-5
    )


def test_cells_that_are_voxels_give_the_labels():
    sample = world()
    edges = tuple(
        origin + size * np.arange(count + 1)
        for origin, size, count in zip(sample.origin_nm, sample.voxel_nm, sample.labels.shape, strict=True)
    )
    np.testing.assert_allclose(fractions(sample, BOTH, edges, Job())[1], sample.labels, atol=1e-5)
