"""Runs are counted exactly, whatever the slabs, and sizes follow from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParameterError, VoxelError
from core.measure.lineal_path import LinealPath, ligament_size, lineal_path
from core.volume import Array

ONES = (1.0, 1.0, 1.0)


def by_hand(solid: Array, axis: int) -> list[float]:
    """Share of placements, by looking at every one of them."""
    lines = np.moveaxis(solid, axis, 0)
    side = len(lines)
    return [
        float(np.mean([lines[start : start + lag + 1].all(axis=0) for start in range(side - lag)]))
        for lag in range(side)
    ]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    share=st.floats(0.05, 0.95),
    cut=st.integers(0, 9),
)
def test_equals_counting_by_hand(seed: int, shape: tuple[int, int, int], share: float, cut: int) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    path = lineal_path([solid[:cut], solid[cut:]], shape)
    for axis, values in enumerate(path.functions()):
        assert values.tolist() == pytest.approx(by_hand(solid, axis))


def test_slabs_across_an_axis() -> None:
    """Slabs 4 thick: half of that along z; across, runs are as long as the volume, L constant."""
    solid = np.zeros((80, 30, 50), dtype=bool)
    solid[2::8] = solid[3::8] = solid[4::8] = solid[5::8] = True
    size = ligament_size(lineal_path([solid], solid.shape), (2.5, 1.0, 1.0))
    counts = np.array([4 * 10 / 80, 3 * 10 / 79, 2 * 10 / 78, 10 / 77])
    assert size[0] == pytest.approx(2.5 * (counts.sum() - counts[0] / 2) / counts[0])
    assert size[0] == pytest.approx(2.5 * 2, rel=0.02)
    assert size[1] == pytest.approx(29)
    assert size[2] == pytest.approx(49)


def test_checkerboard_has_half_a_voxel() -> None:
    solid = np.indices((10, 10, 10)).sum(axis=0) % 2 == 0
    assert ligament_size(lineal_path([solid], solid.shape), ONES) == (0.5, 0.5, 0.5)


def test_independent_voxels_follow_the_geometric_law() -> None:
    """L(k) = p^(k + 1), so D = 1 / (1 - p) - 1 / 2."""
    solid = np.random.default_rng(1).random((120, 120, 120)) < 0.6
    path = lineal_path([solid], solid.shape)
    for values in path.functions():
        assert values[:6] == pytest.approx(0.6 ** np.arange(1, 7), rel=0.01)
    assert ligament_size(path, ONES) == pytest.approx((2.0, 2.0, 2.0), rel=0.01)


def test_overlapping_solid_spheres_against_theory() -> None:
    """Of voids between overlapping spheres L(r) = exp(-n (V + pi R^2 r)): D = 1 / (n pi R^2)."""
    rng, side, radius, count = np.random.default_rng(2), 160, 6.0, 1400
    solid = np.ones((side, side, side), dtype=bool)
    reach = int(radius) + 1
    for centre in rng.random((count, 3)) * (side + 2 * radius) - radius:
        low = np.maximum(0, np.floor(centre - reach).astype(int))
        high = np.minimum(side, np.ceil(centre + reach).astype(int))
        if (low < high).all():
            z, y, x = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
            away = (z + 0.5 - centre[0]) ** 2 + (y + 0.5 - centre[1]) ** 2 + (x + 0.5 - centre[2]) ** 2
            solid[low[0] : high[0], low[1] : high[1], low[2] : high[2]] &= away > radius**2
    density = count / (side + 2 * radius) ** 3
    expected = 1 / (density * np.pi * radius**2)
    assert np.mean(ligament_size(lineal_path([solid], solid.shape), ONES)) == pytest.approx(
        expected, rel=0.06
    )


def test_volumes_are_pooled_by_their_placements() -> None:
    rng = np.random.default_rng(3)
    parts = [rng.random((6, 7, 8)) < share for share in (0.2, 0.8)]
    pooled: LinealPath = sum(
        (lineal_path([part], part.shape) for part in parts[1:]), start=lineal_path([parts[0]], (6, 7, 8))
    )
    mean = [np.mean([by_hand(part, axis) for part in parts], axis=0) for axis in range(3)]
    for found, wanted in zip(pooled.functions(), mean, strict=True):
        assert found == pytest.approx(wanted)


def test_refuses_what_does_not_fit() -> None:
    solid = np.ones((4, 5, 6), dtype=bool)
    with pytest.raises(ParameterError, match="add up"):
        lineal_path([solid], (5, 5, 6))
    with pytest.raises(ParameterError, match="do not fit"):
        lineal_path([solid], (4, 6, 5))
    with pytest.raises(VoxelError, match="no voxel is solid"):
        ligament_size(lineal_path([~solid], (4, 5, 6)), ONES)
