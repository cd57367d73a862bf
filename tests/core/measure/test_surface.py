"""Specific surface and Euler number of bodies that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import elliprg
from skimage.measure import euler_number as euler_elsewhere

from core.errors import ParameterError
from core.measure.configurations import ConfigurationCounter
from core.measure.surface import (
    direction_weights,
    directions_of_pairs,
    euler_number,
    specific_surface,
    surface_result,
)
from core.volume import Array

Edges = tuple[float, float, float]


def counts_of(solid: Array) -> Array:
    counter = ConfigurationCounter(solid.shape[1:])
    counter.add(solid)
    return counter.counts


def surface_nm2(solid: Array, voxel_nm: Edges) -> float:
    found = specific_surface(counts_of(solid), voxel_nm)
    assert found is not None
    return found * math.prod(side - 1 for side in solid.shape) * math.prod(voxel_nm)


def places_nm(reach_nm: float, voxel_nm: Edges, seed: int) -> Array:
    """Places of voxels around a point that is no special place among them; shape (z, y, x, 3)."""
    shape = [math.ceil(2 * reach_nm / edge) + 5 for edge in voxel_nm]
    middle = (np.array(shape) - 1) / 2 + np.random.default_rng(seed).uniform(-0.5, 0.5, 3)
    return (np.moveaxis(np.indices(shape), 0, -1) - middle) * voxel_nm


def turned(places: Array, seed: int) -> Array:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return places @ turn


# Radius in the shortest edge; what is asked of it. Errors come from the angles of the surface (random for
# ellipsoids and cylinders) and from how many voxels the radius has along the longest edge.
BODIES = [
    ((1, 1, 1), 24, 0.01, 0.01, 0.02),
    ((2, 1, 1), 32, 0.01, 0.01, 0.03),
    ((1, 1, 4), 40, 0.01, 0.025, 0.05),
]


@pytest.mark.parametrize(("voxel_nm", "radius_nm", "ball", "ellipsoid", "cylinder"), BODIES)
def test_bodies(voxel_nm: Edges, radius_nm: float, ball: float, ellipsoid: float, cylinder: float) -> None:
    places = places_nm(radius_nm, voxel_nm, 1)
    body = np.linalg.norm(places, axis=-1) < radius_nm
    assert surface_nm2(body, voxel_nm) == pytest.approx(4 * math.pi * radius_nm**2, rel=ball)
    for seed in range(3):
        a, b, c = axes = radius_nm * np.array([1, 0.75, 0.5])
        body = np.linalg.norm(turned(places, seed) / axes, axis=-1) < 1
        exact = 4 * math.pi * elliprg((a * b) ** 2, (a * c) ** 2, (b * c) ** 2)
        assert surface_nm2(body, voxel_nm) == pytest.approx(exact, rel=ellipsoid)
        # A cylinder with round ends.
        along, *off_axis = np.moveaxis(turned(places, seed), -1, 0)
        radius, half = 0.4 * radius_nm, 0.6 * radius_nm
        body = np.hypot(np.hypot(*off_axis), np.maximum(np.abs(along) - half, 0)) < radius
        exact = 4 * math.pi * radius * (half + radius)
        assert surface_nm2(body, voxel_nm) == pytest.approx(exact, rel=cylinder)


def test_isotropic_structures_have_no_bias() -> None:
    # Balls at random in voxels of any shape: as many surfaces in each direction.
    for voxel_nm in ((1, 1, 1), (3, 1, 1), (1.3, 2.1, 1)):
        found = [
            surface_nm2(np.linalg.norm(places_nm(12, voxel_nm, seed), axis=-1) < 12, voxel_nm)
            for seed in range(8)
        ]
        assert np.mean(found) == pytest.approx(4 * math.pi * 144, rel=0.01)


def test_the_border_is_no_surface_and_the_phases_share_theirs() -> None:
    solid = np.zeros((20, 20, 20), bool)
    solid[:10] = True
    one = specific_surface(counts_of(solid), (1, 1, 1))
    assert one == pytest.approx(1 / 19, rel=0.08)  # a plane along the axes is the worst case
    assert specific_surface(counts_of(~solid), (1, 1, 1)) == one
    assert specific_surface(counts_of(np.ones((5, 5, 5), bool)), (1, 1, 1)) == 0
    assert specific_surface(counts_of(np.zeros((5, 5, 5), bool)), (1, 1, 1)) == 0


def test_turning_and_scaling() -> None:
    solid = np.random.default_rng(1).random((12, 14, 16)) < 0.4
    found = specific_surface(counts_of(solid), (5, 2, 3))
    turned_found = specific_surface(counts_of(solid.transpose(2, 0, 1).copy()), (3, 5, 2))
    assert turned_found == pytest.approx(found, rel=1e-6)
    assert specific_surface(counts_of(solid), (10, 4, 6)) == pytest.approx(found / 2)


def test_weights() -> None:
    steps = np.array(list(directions_of_pairs()))
    assert len(steps) == 13
    weights = direction_weights(steps)
    assert weights.sum() == pytest.approx(1)
    kinds = np.abs(steps).sum(axis=1)
    for kind, nearest in ((1, 0.0916), (2, 0.0740), (3, 0.0704)):  # shares of the sphere
        assert np.ptp(weights[kinds == kind]) < 1e-6
        assert weights[kinds == kind] == pytest.approx(nearest, abs=0.005)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 8)),
    share=st.floats(0, 1),
)
def test_euler_number_of_anything(seed: int, shape: tuple[int, int, int], share: float) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    counts = counts_of(solid)
    assert euler_number(counts, 6) == euler_elsewhere(solid, connectivity=1)
    assert euler_number(counts, 26) == euler_elsewhere(solid, connectivity=3)


def shapes() -> dict[str, tuple[Array, int]]:
    places = np.moveaxis(np.indices((23, 23, 23)), 0, -1) - 11.0
    off = np.linalg.norm(places, axis=-1)
    ring = (np.hypot(places[..., 1], places[..., 2]) - 7) ** 2 + places[..., 0] ** 2 < 9
    two = (np.linalg.norm(places - [5, 5, 5], axis=-1) < 4) | (np.linalg.norm(places + 5, axis=-1) < 4)
    return {
        "ball": (off < 9, 1),
        "ring": (ring, 0),
        "hollow ball": ((off < 9) & (off > 5), 2),
        "two balls": (two, 2),
        "full": (np.ones((4, 5, 6), bool), 1),
        "empty": (np.zeros((4, 5, 6), bool), 0),
        "one voxel": (np.ones((1, 1, 1), bool), 1),
        "plane": (np.ones((1, 9, 9), bool), 1),
    }


@pytest.mark.parametrize("name", shapes())
@pytest.mark.parametrize("connectivity", [6, 26])
def test_euler_number_of_shapes(name: str, connectivity: int) -> None:
    solid, expected = shapes()[name]
    assert euler_number(counts_of(solid), connectivity) == expected


def test_connectivity_counts() -> None:
    solid = np.zeros((2, 2, 2), bool)
    solid[0, 0, 0] = solid[1, 1, 1] = True
    assert euler_number(counts_of(solid), 6) == 2
    assert euler_number(counts_of(solid), 26) == 1
    with pytest.raises(ParameterError, match="6 or 26"):
        euler_number(counts_of(solid), 18)


def test_result() -> None:
    counts = counts_of(np.pad(np.ones((4, 4, 4), bool), 3))
    found = surface_result(counts, voxel_nm=(2, 2, 2), connectivity=6, volume_voxels=1000)
    assert found.euler_number == 1
    assert found.euler_per_nm3 == 1 / 8000
    assert found.specific_surface_per_nm == specific_surface(counts, (2, 2, 2))
    unknown = surface_result(counts, voxel_nm=None, connectivity=6, volume_voxels=1000)
    assert (unknown.specific_surface_per_nm, unknown.euler_number, unknown.euler_per_nm3) == (None, 1, None)
    thin = surface_result(
        counts_of(np.ones((1, 4, 4), bool)), voxel_nm=(2, 2, 2), connectivity=26, volume_voxels=16
    )
    assert (thin.specific_surface_per_nm, thin.euler_number) == (None, 1)
    with pytest.raises(ParameterError, match="configurations"):
        surface_result(counts[0], voxel_nm=None, connectivity=6, volume_voxels=1)
