"""Windows of the sample: large enough, read once, and the same however one came to them."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import NotEnoughMemoryError, ParameterError
from core.job import Job
from core.simulate.acquisition import windows
from core.simulate.acquisition.scene import Scene, scene_of
from core.simulate.acquisition.schedule import Schedule, schedule_of
from core.simulate.acquisition.windows import Windows, check_memory, margin_nm, reach_of
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.tables import range_nm
from core.simulate.plan import Plan
from tests.core.simulate.acquisition.plans import plan


def made(one: Plan) -> tuple[Scene, Schedule]:
    schedule = schedule_of(one)
    return scene_of(one, schedule, Job()), schedule


def test_sample_goes_on_by_the_range_of_the_fastest_electrons() -> None:
    one = plan(voltages_kv=[1, 2])
    scene, schedule = made(one)
    expected = range_nm(material_of("epoxy"), 2, one.physics)
    assert margin_nm(scene) == expected == pytest.approx(133, abs=5)
    reach = reach_of(scene, schedule)
    assert reach.planes * 2.5 >= expected + 2.5
    assert reach.rows[0] * 2.5 <= -expected
    assert reach.rows[1] * 2.5 >= 60 + expected
    assert reach.columns[1] * 2.5 >= 80 + expected


def test_shifted_images_are_covered_too() -> None:
    still, _ = made(plan())
    scene, schedule = made(plan(drift={"slant_nm_yx": [10, -20]}))
    without, with_ = reach_of(still, schedule_of(plan())), reach_of(scene, schedule)
    # Two steps: the content moves 20 nm down and 40 nm left, the raster up and right.
    assert with_.rows == (without.rows[0] - 8, without.rows[1])
    assert with_.columns == (without.columns[0], without.columns[1] + 16)


def test_empty_pores_need_more_than_the_range_in_the_solid() -> None:
    one = plan(materials={"pore": "vacuum", "solid": "Au"})
    scene, _ = made(one)
    solid = range_nm(material_of("Au"), 2, one.physics)
    # Twice the range at the mean density: 0.35 solid.
    assert margin_nm(scene) == pytest.approx(2 * solid / 0.35, rel=0.02)


def test_margin_may_be_given() -> None:
    scene, _ = made(plan(field={"margin_nm": 17}))
    assert margin_nm(scene) == 17


def test_windows_slide_without_reading_a_plane_twice() -> None:
    scene, schedule = made(plan(field={"slices": 6, "margin_nm": 30}, milling={"slice_nm": 7.5}))
    read: list[tuple[int, int]] = []

    class Watched(Scene):
        def read(self, z: tuple, y: tuple, x: tuple) -> np.ndarray:
            read.append(z)
            return super().read(z, y, x)

    watched = Watched(**vars(scene))
    reach = reach_of(watched, schedule)
    sliding = Windows(watched, reach)
    for index in (0, 1, 3, 5):
        face = float(schedule.z_nm[index])
        world = sliding.world(face, Job())
        fresh = Windows(scene, reach).world(face, Job())
        assert np.array_equal(world.labels, fresh.labels)
        assert world.origin_nm == fresh.origin_nm
        assert world.origin_nm[0] <= face < world.origin_nm[0] + 2.5
    planes = [plane for part in read for plane in range(*part)]
    assert len(planes) == len(set(planes))
    assert set(planes) == set(range(15 + reach.planes))


@pytest.mark.parametrize("z_nm", [0.0, 7.3, 8.7, 9.99])
def test_a_face_cuts_voxels_or_leaves_them_whole(z_nm: float) -> None:
    cutting, schedule = made(plan(field={"slices": 4, "margin_nm": 30}))
    leaving, _ = made(plan(field={"slices": 4, "margin_nm": 30}, milling={"faces": "border"}))
    reach = reach_of(cutting, schedule)
    cut, whole = (Windows(scene, reach).world(z_nm, Job()) for scene in (cutting, leaving))
    assert np.array_equal(cut.labels, whole.labels)
    assert cut.origin_nm[1:] == whole.origin_nm[1:]
    plane = int(np.floor(z_nm / 2.5 + 0.5))
    assert cut.origin_nm[0] == pytest.approx((plane - 0.5) * 2.5)
    assert whole.origin_nm[0] == z_nm


def test_window_holds_the_materials_where_they_are() -> None:
    scene, schedule = made(plan(field={"margin_nm": 10}, materials={"pore": "Au", "solid": "Au"}))
    assert len(scene.materials) == 1
    world = Windows(scene, reach_of(scene, schedule)).world(0.0, Job())
    assert not world.labels.any()


def test_too_little_memory_is_refused_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, schedule = made(plan())
    reach = reach_of(scene, schedule)
    check_memory(reach, scene.plan)
    monkeypatch.setattr(windows, "memory_budget", lambda _mb: 1000)
    with pytest.raises(NotEnoughMemoryError, match="MiB"):
        check_memory(reach, scene.plan)


def test_windows_beyond_any_machine_are_refused() -> None:
    scene, schedule = made(plan(voltages_kv=[30]))
    with pytest.raises(ParameterError, match="30 kV reach"):
        reach_of(scene, schedule)


def test_nothing_but_vacuum_is_refused() -> None:
    scene, _ = made(plan(materials={"pore": "vacuum", "solid": "vacuum"}))
    with pytest.raises(ParameterError, match="vacuum"):
        margin_nm(scene)
