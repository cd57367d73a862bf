"""Spheres, pores and fibres: exact fractions, endless space, and the statistics of overlapping objects."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, norm

from core.errors import ParameterError
from core.measure.correlation import two_point_correlation
from core.simulate.structures.boolean import ObjectPattern
from core.simulate.structures.kinds import Fibres, RandomPores, Spheres
from core.simulate.structures.levels import BINS
from core.simulate.structures.objects import Directions, Radii
from core.volume import Array
from tests.core.simulate.structures.reading import check_reading, made, whole

KINDS = (
    Spheres(radius_nm=12, radius_sd_nm=3),
    RandomPores(radius_nm=20, radius_sd_nm=5),
    Fibres(radius_nm=6, length_nm=120),
    Fibres(radius_nm=6, length_nm=120, orientation="planar", axis="y", spread_deg=5),
)


def field_of(params: Spheres | RandomPores | Fibres, side: int = 64, seed: int = 1) -> ObjectPattern:
    pattern = made(params, (side, side, side), seed=seed)
    assert isinstance(pattern, ObjectPattern)
    return pattern


@pytest.mark.parametrize("params", KINDS, ids=lambda params: params.kind)
def test_voxels_do_not_depend_on_the_block(params: Spheres | RandomPores | Fibres) -> None:
    check_reading(made(params, (50, 60, 40)))


@pytest.mark.parametrize("kind", [Spheres, RandomPores, Fibres])
@pytest.mark.parametrize("fraction", [0.05, 0.35, 0.9])
@pytest.mark.parametrize("radius_nm", [5.0, 30.0])
def test_fractions_are_exact(
    kind: type[Spheres | RandomPores | Fibres], fraction: float, radius_nm: float
) -> None:
    """Also where one object more or less would be several per cent."""
    pattern = made(kind(solid_fraction=fraction, radius_nm=radius_nm, radius_sd_nm=1.0), seed=4)
    assert whole(pattern).mean() == pytest.approx(fraction, abs=2e-4)
    assert pattern.notes == ()


def test_beyond_the_shape_the_density_is_the_same() -> None:
    pattern = made(Spheres(radius_nm=8), (80, 80, 80))
    assert pattern.read((-200, -120), (300, 380), (80, 160)).mean() == pytest.approx(0.35, abs=0.02)


def test_overlapping_spheres_follow_theory() -> None:
    """Of the space between spheres S2(r) = exp(-n V2(r)), V2 the union of two spheres r apart."""
    radius = 6.0
    found = np.zeros(9)
    for seed in range(3):
        pattern = made(Spheres(radius_nm=2.5 * radius, solid_fraction=0.5), (110, 110, 110), seed=seed)
        found += two_point_correlation(whole(pattern) == 0, 8).mean(axis=0) / 3
    ratio = np.arange(9) / (2 * radius)
    union = 2 - (1 - 1.5 * ratio + 0.5 * ratio**3)
    assert found == pytest.approx(0.5**union, abs=0.006)


def test_radii_are_gaussian() -> None:
    pattern = field_of(RandomPores(radius_nm=20, radius_sd_nm=4), 100)
    rows = pattern.field.cells.within(np.zeros(3), np.full(3, 400.0))
    assert len(rows) > 500
    assert kstest(rows[:, 6], norm(8, 1.6).cdf).pvalue > 1e-3
    assert kstest(rows[:, 7], "uniform").pvalue > 1e-3
    assert Radii(2.0, 2.0).at(np.linspace(0, 1, 100)).min() >= 0.5 - 1e-9


def test_pores_and_spheres_are_each_others_negative() -> None:
    spheres = whole(made(Spheres(radius_nm=20, solid_fraction=0.4)))
    pores = whole(made(RandomPores(radius_nm=20, radius_sd_nm=0, solid_fraction=0.6)))
    assert np.array_equal(spheres, 1 - pores)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_directions_of_fibres(axis: int) -> None:
    rng = np.random.default_rng(1)
    every = Directions().draw(rng, 20000)
    assert np.abs(every.T @ every / 20000 - np.eye(3) / 3).max() < 0.01
    aligned = Directions("aligned", axis, np.radians(5)).draw(rng, 20000)
    tilt = np.degrees(np.arccos(np.clip(np.abs(aligned[:, axis]), 0, 1)))
    assert np.sqrt((tilt**2).mean()) == pytest.approx(5, rel=0.03)
    planar = Directions("planar", axis, 0.0).draw(rng, 100)
    assert np.abs(planar[:, axis]).max() < 1e-12
    assert np.linalg.norm(planar, axis=1) == pytest.approx(np.ones(100))


def test_aligned_fibres_are_long_along_their_axis() -> None:
    def runs(solid: Array, axis: int) -> float:
        return float(two_point_correlation(solid > 0, 10)[axis, 10])

    solid = whole(made(Fibres(orientation="aligned", axis="y", radius_nm=8, length_nm=200)))
    assert runs(solid, 1) > 2 * max(runs(solid, 0), runs(solid, 2))


def test_only_objects_below_the_level_are_needed() -> None:
    """Leaving out objects that do not count changes no voxel."""
    pattern = field_of(Spheres(radius_nm=15))
    ranges = ((0, 40), (-10, 30), (5, 45))
    full = pattern.field.read(ranges) < pattern.level
    assert np.array_equal(pattern.field.read(ranges, below=pattern.level) < pattern.level, full)
    assert 1 < pattern.level < BINS


def test_refuses_sizes_that_do_not_fit() -> None:
    for params in (Spheres(radius_nm=2), Spheres(radius_nm=200), RandomPores(radius_nm=300)):
        with pytest.raises(ParameterError, match="do not fit"):
            made(params)
    with pytest.raises(ParameterError, match="scatter"):
        made(Spheres(radius_nm=10, radius_sd_nm=20))


def test_says_when_few_voxels_cannot_hold_the_fraction() -> None:
    [note] = made(Spheres(radius_nm=2.5, solid_fraction=0.45), (3, 3, 3)).notes
    assert "so few voxels" in note
    with pytest.raises(ParameterError, match="empty"):
        made(Spheres(radius_nm=2.5, solid_fraction=0.001), (3, 3, 3))
