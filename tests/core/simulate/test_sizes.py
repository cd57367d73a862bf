"""Ligament sizes of structures whose sizes are known."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Cancelled, VoxelError
from core.job import Job
from core.measure.phases import Phase
from core.simulate.sizes import sizes_of
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave, Spheres, Structure
from core.volume import Shape, Volume, volume_of

VOXEL_NM = 2.5
SOLID = Phase(255, "solid", 6)


def made(structure: Structure, shape: Shape, every: int = 1) -> Volume:
    """A structure as a segmentation; `every` so many slices."""
    pattern = pattern_of(structure, shape=shape, voxel_nm=VOXEL_NM, seed=3, job=Job())
    solid = pattern.read((0, shape[0]), (0, shape[1]), (0, shape[2])) > 0
    return volume_of((solid * np.uint8(255))[::every])


@pytest.mark.parametrize(("size", "share"), [(15.0, 0.35), (25.0, 0.5), (30.0, 0.2)])
def test_one_level_is_found_again(size: float, share: float) -> None:
    wave = LeveledWave(ligament_nm=(size,), solid_fraction=(share,), waves=200)
    found = sizes_of(made(wave, (96, 128, 128)), SOLID, (VOXEL_NM, VOXEL_NM, VOXEL_NM), Job())
    assert found.ligament_nm == pytest.approx((size,), rel=0.1)
    assert found.solid_fraction == pytest.approx((share,), abs=0.005)
    assert found.axes == "zyx"
    assert found.why.startswith("one level")


@pytest.mark.parametrize("every", [1, 4])
def test_two_levels_are_told_apart(every: int) -> None:
    wave = LeveledWave(ligament_nm=(70.0, 15.0), solid_fraction=(0.4, 0.4), waves=200)
    volume = made(wave, (160, 192, 192), every)
    found = sizes_of(volume, SOLID, (every * VOXEL_NM, VOXEL_NM, VOXEL_NM), Job())
    assert found.why.startswith("two levels")
    assert found.ligament_nm == pytest.approx((70.0, 15.0), rel=0.15)
    assert found.solid_fraction == pytest.approx((0.4, 0.4), abs=0.06)
    assert found.whole_fraction == pytest.approx(0.16, abs=0.01)


def test_round_grains_are_no_hierarchy() -> None:
    found = sizes_of(made(Spheres(radius_nm=25), (96, 96, 96)), SOLID, (VOXEL_NM,) * 3, Job())
    assert len(found.ligament_nm) == 1


def test_without_even_slices_only_the_planes_are_measured() -> None:
    wave = LeveledWave(ligament_nm=(20.0,), solid_fraction=(0.4,), waves=200)
    found = sizes_of(made(wave, (64, 96, 96)), SOLID, (None, VOXEL_NM, VOXEL_NM), Job())
    assert found.axes == "yx"
    assert found.ligament_nm == pytest.approx((20.0,), rel=0.15)
    assert found.notes


def test_one_phase_is_refused_and_cancelling_works() -> None:
    with pytest.raises(VoxelError, match="one phase only"):
        sizes_of(volume_of(np.zeros((8, 16, 16), np.uint8)), SOLID, (1.0, 1.0, 1.0), Job())
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        sizes_of(made(Spheres(radius_nm=10), (16, 32, 32)), SOLID, (1.0, 1.0, 1.0), job)
