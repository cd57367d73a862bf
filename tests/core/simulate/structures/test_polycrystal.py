"""Polycrystals: fractions to the voxel, pores where grains meet, labels in any block."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from core.errors import ParameterError
from core.simulate.structures.grains import Meeting, voronoi
from core.simulate.structures.kinds import Polycrystal
from core.simulate.structures.levels import BINS
from tests.core.simulate.structures.reading import check_reading, made, whole

SMALL = {"grain_nm": 50, "pore_nm": 20, "pore_sd_nm": 4, "second_nm": 25}


@pytest.mark.parametrize("place", ["corners", "edges", "boundaries", "anywhere"])
@pytest.mark.parametrize("second", ["inclusions", "grains"])
def test_fractions_are_exact(place: str, second: str) -> None:
    params = Polycrystal.model_validate(
        {**SMALL, "pore_place": place, "porosity": 0.08, "second": second, "second_fraction": 0.15}
    )
    pattern = made(params, (64, 70, 60))
    assert pattern.labels == ("pore", "solid", "second phase")
    shares = np.bincount(whole(pattern).ravel(), minlength=3) / (64 * 70 * 60)
    assert shares == pytest.approx([0.08, 0.77, 0.15], abs=3e-4)


@pytest.mark.parametrize(
    "extra",
    [
        {"second_fraction": 0.2, "second": "grains", "stretch_zyx": (1, 1, 2.5)},
        {"second_fraction": 0.1, "pore_place": "corners"},
        {"porosity": 0, "second_fraction": 0.3, "second": "grains"},
    ],
)
def test_voxels_do_not_depend_on_the_block(extra: dict[str, object]) -> None:
    check_reading(made(Polycrystal.model_validate({**SMALL, **extra}), (40, 50, 60)))


def test_one_phase_less_is_one_label_less() -> None:
    pattern = made(Polycrystal.model_validate(SMALL))
    assert pattern.labels == ("pore", "solid")
    assert set(np.unique(whole(pattern))) == {0, 1}


@pytest.mark.parametrize("stretch", [(1.0, 1.0, 1.0), (1.0, 1.0, 3.0)])
def test_grains_are_those_of_the_nearest_seed(stretch: tuple[float, float, float]) -> None:
    grains = voronoi((3, 4), 11.0, stretch, (40, 40, 40))
    found = grains.read(((-7, 20), (13, 31), (-40, -9)))
    seeds = grains.cells.within(np.full(3, -90.0), np.full(3, 90.0))
    middle = (np.stack(np.mgrid[-7:20, 13:31, -40:-9], axis=-1) + 0.5) / np.array(stretch)
    _, nearest = cKDTree(seeds[:, :3]).query(middle)
    marks = seeds[nearest, 3]
    rise = found / (BINS - 1) - marks
    assert rise.min() > -1e-5
    assert rise.max() < grains.growth + 1e-5
    size = 40**3 / len(np.unique(nearest))
    assert size > 0


def test_mean_volume_of_grains_is_that_of_the_cube() -> None:
    grains = voronoi((3, 4), 12.0, (1.0, 1.0, 1.0), (60, 60, 60))
    seeds = grains.cells.within(np.zeros(3), np.full(3, 12 * 20 - 1e-9))
    assert len(seeds) == 20**3


@pytest.mark.parametrize("count", [2, 3, 4])
def test_moved_points_lie_where_grains_meet(count: int) -> None:
    grains = voronoi((3, 4), 11.0, (1.0, 2.0, 1.0), (40, 40, 40))
    points = np.random.default_rng(1).uniform(-30, 30, (300, 3))
    moved = Meeting(grains.cells, grains.stretch, count)(points)
    kept = np.isfinite(moved[:, 0])
    assert kept.mean() > 0.6
    assert np.abs(moved[kept] - points[kept]).max() < grains.moved
    seeds = grains.cells.within(np.full(3, -150.0), np.full(3, 150.0))[:, :3]
    distance, _ = cKDTree(seeds).query(moved[kept] / np.array(grains.stretch), k=count)
    assert np.ptp(distance, axis=1).max() < 1e-4


def test_pores_at_edges_touch_more_grains_than_pores_anywhere() -> None:
    def grains_met(place: str) -> float:
        params = Polycrystal.model_validate({**SMALL, "pore_place": place, "porosity": 0.04, "pore_sd_nm": 0})
        pore = whole(made(params, (80, 80, 80))) == 0
        seeds = voronoi((1, 0x61), 20.0, (1.0, 1.0, 1.0), (80, 80, 80)).cells
        rows = seeds.within(np.full(3, -60.0), np.full(3, 140.0))[:, :3]
        distance, _ = cKDTree(rows).query(np.argwhere(pore) + 0.5, k=3)
        return float(np.mean(distance[:, 2] - distance[:, 0]))

    assert grains_met("edges") < 0.6 * grains_met("anywhere")


def test_refuses_what_has_no_room() -> None:
    with pytest.raises(ParameterError, match="no room for so much"):
        made(
            Polycrystal(grain_nm=60, pore_nm=10, pore_sd_nm=0, porosity=0.3, pore_place="corners"),
            (32, 32, 32),
        )
    with pytest.raises(ParameterError, match="grains of"):
        made(Polycrystal(grain_nm=5))
    with pytest.raises(ParameterError, match="pores"):
        made(Polycrystal(grain_nm=100, pore_nm=500))
    with pytest.raises(ParameterError, match="inclusions"):
        made(Polycrystal(grain_nm=100, second_fraction=0.1, second_nm=2))
