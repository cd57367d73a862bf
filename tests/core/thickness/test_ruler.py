from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, MissingMetadataError, ParameterError, VoxelError
from core.io import open_stack
from core.job import Job, Progress
from core.step import Room
from core.thickness.marks import RulerError
from core.thickness.ruler import RulerOptions, RulerReading, measure_ruler
from core.volume import Volume, VolumeInfo, volume_of
from tests.core.thickness.virtual import VirtualRuler

REAL = Path(__file__).parents[4] / "shared" / "data" / "kleinerELM_ASV3" / "SEM Image - SliceImage - 001.tif"
SMALL = VirtualRuler(
    slices=24,
    pixel_nm=6.0,
    mark_width_nm=90.0,
    mark_depth_nm=300.0,
    below_nm=90.0,
    structure_nm=120.0,
    drift_px=8.0,
    cnr=6.0,
)


def measured(virtual: VirtualRuler, **options: object) -> RulerReading:
    known = {"angle_deg": virtual.angle_deg, "angle_sigma_deg": 0.0} | options
    return measure_ruler(virtual.volume(), RulerOptions(**known), Job())  # type: ignore[arg-type]


@cache
def plain() -> RulerReading:
    return measured(SMALL)


def test_positions_thickness_and_drift_are_those_of_the_truth() -> None:
    reading = plain()
    off = reading.z_nm - SMALL.z_nm
    assert np.abs(off).max() < 1.2
    assert reading.thickness_nm == pytest.approx(np.diff(SMALL.z_nm), abs=1.5)
    assert reading.measured.all()
    assert reading.flagged == ()
    drift = SMALL.drift_px_yx - SMALL.drift_px_yx[0]
    assert reading.drift_px_yx[:, 1] == pytest.approx(drift[:, 1], abs=0.2)
    assert reading.drift_px_yx[:, 0] == pytest.approx(drift[:, 0], abs=0.5)
    assert reading.scale == pytest.approx(1.0)
    assert [mark.kind for mark in reading.marks] == ["parallel", "inclined", "inclined", "parallel"]
    for m, mark in enumerate(reading.marks):
        assert mark.x_px == pytest.approx(SMALL.centres_px[:, m], abs=0.3)
        assert all(mark.seen)
        assert mark.width_px == pytest.approx(SMALL.width_px, abs=0.5)


def test_errors_are_as_large_as_stated() -> None:
    # One seed, and a stack long enough to tell; the benchmark has many.
    virtual = replace(SMALL, slices=50, structure_nm=60.0, seed=3)
    reading = measured(virtual)
    pulls = (reading.thickness_nm - np.diff(virtual.z_nm)) / reading.sigma_nm
    assert 0.88 <= np.mean(np.abs(pulls) < 1.96) <= 1.0
    assert 0.7 < float(np.sqrt(np.mean(pulls**2))) < 1.3


def test_edges_that_wander_widen_the_errors() -> None:
    virtual = replace(SMALL, wander_nm=6.0, wander_slices=3.0, slices=50)
    reading = measured(virtual)
    pulls = (reading.thickness_nm - np.diff(virtual.z_nm)) / reading.sigma_nm
    assert float(np.median(reading.sigma_nm)) > 4 * float(np.median(plain().sigma_nm))
    assert np.mean(np.abs(pulls) < 1.96) >= 0.85
    assert any("wander" in note for note in reading.notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"inclined": "same"},
        {"contrast": -50.0, "dtype": np.dtype(np.uint8)},
        {"taper": -0.3, "brightness": 0.3, "curtain": 0.1},
        {"jump_at": 14, "jump_px_yx": (12.0, 45.0)},
        {"cnr": 2.0, "mark_depth_nm": 600.0, "dtype": np.dtype(np.float32)},
    ],
)
def test_it_holds_in_all_sorts_of_stacks(changes: dict[str, object]) -> None:
    virtual = replace(SMALL, **changes)  # type: ignore[arg-type]
    reading = measured(virtual)
    assert reading.measured.all()
    pulls = (reading.z_nm - virtual.z_nm)[1:] / reading.z_sigma_nm[1:]
    assert np.sqrt(np.mean((reading.thickness_nm - np.diff(virtual.z_nm)) ** 2)) < 1.2
    assert np.abs(pulls).max() < 5


def test_blank_slices_are_flagged_and_their_errors_are_large() -> None:
    blank = (0, 11, 12, 13, 14, 15, 23)
    virtual = replace(SMALL, blank=blank)
    reading = measured(virtual)
    assert tuple(np.flatnonzero(~reading.measured)) == blank
    assert set(blank) <= set(reading.flagged)
    assert reading.z_nm[0] == 0 == reading.z_sigma_nm[0]
    seen = reading.measured[1:] & reading.measured[:-1]
    assert reading.sigma_nm[~seen].min() > 3 * np.median(reading.sigma_nm[seen])
    assert np.abs((reading.z_nm - virtual.z_nm)[1:] / reading.z_sigma_nm[1:]).max() < 4
    # After the gap z is as good as before it, but for the first slice.
    after = reading.z_nm[16:23] - virtual.z_nm[16:23]
    before = reading.z_nm[1:11] - virtual.z_nm[1:11]
    assert after.mean() == pytest.approx(before.mean(), abs=1.0)
    assert [not any(mark.seen[i] for mark in reading.marks) for i in blank] == [True] * len(blank)
    assert any("7 of 24" in note for note in reading.notes)


def test_a_stretched_image_is_allowed_for() -> None:
    virtual = replace(SMALL, magnify=0.02, slices=40)
    spacing = (virtual.first_px[3] - virtual.first_px[0]) * virtual.pixel_nm
    reading = measured(virtual, parallel_spacing_nm=spacing)
    truth = 1 + 0.02 * np.linspace(0, 1, 40)
    assert reading.scale / reading.scale[0] == pytest.approx(truth, abs=2e-3)
    # The spacing holds for the middle of the stack, where a pixel is 1 % smaller than at its beginning.
    assert reading.pixel_nm == pytest.approx(virtual.pixel_nm / 1.01, rel=2e-3)
    assert reading.z_nm == pytest.approx(virtual.z_nm, abs=2.5)
    assert any("magnification" in note for note in reading.notes)


def test_the_angle_stretches_all_of_z_and_its_error_says_so() -> None:
    told = SMALL.angle_deg + 1.0
    reading = measured(SMALL, angle_deg=told, angle_sigma_deg=1.0)
    ratio = math.tan(math.radians(told)) / math.tan(math.radians(SMALL.angle_deg))
    assert reading.z_nm * ratio == pytest.approx(plain().z_nm, abs=1e-6)
    share = math.radians(1.0) / (math.sin(math.radians(told)) * math.cos(math.radians(told)))
    assert reading.common_share == pytest.approx(share)
    assert reading.z_sigma_nm[-1] == pytest.approx(share * reading.z_nm[-1], rel=0.05)


def test_known_spacing_gives_the_pixel() -> None:
    spacing = (SMALL.first_px[3] - SMALL.first_px[0]) * SMALL.pixel_nm
    unknown = Volume(VolumeInfo(SMALL.shape, SMALL.dtype), SMALL)
    reading = measure_ruler(unknown, RulerOptions(30.0, 0.0, parallel_spacing_nm=spacing), Job())
    assert reading.pixel_nm == pytest.approx(SMALL.pixel_nm, rel=1e-3)
    with pytest.raises(MissingMetadataError, match="pixel size"):
        measure_ruler(unknown, RulerOptions(30.0), Job())


def test_dragged_marks_and_a_region_give_the_same() -> None:
    region = (2, int(SMALL.y_px[2]) + 4, 10, SMALL.columns - 10)
    places = tuple(float(x) + 2 for x in SMALL.centres_px[0])
    reading = measured(SMALL, region=region, marks_x_px=places)
    assert reading.z_nm == pytest.approx(plain().z_nm, abs=0.5)


def test_one_inclined_mark_is_enough() -> None:
    virtual = replace(SMALL, missing_marks=(1,))
    reading = measured(virtual)
    assert [mark.kind for mark in reading.marks] == ["parallel", "inclined", "parallel"]
    assert reading.z_nm == pytest.approx(virtual.z_nm, abs=2.5)
    assert any("only one inclined" in note.lower() for note in reading.notes)


def test_two_marks_cannot_measure() -> None:
    with pytest.raises(RulerError, match="no parallel pair") as caught:
        measured(replace(SMALL, missing_marks=(0, 3)))
    assert len(caught.value.marks) == 2
    assert "converge" in str(caught.value)


def test_marks_that_stand_still_cannot_measure() -> None:
    with pytest.raises(RulerError, match="none moves"):
        measured(replace(SMALL, angle_deg=0.5), angle_deg=30.0)


def test_too_few_readable_slices_are_refused_with_the_numbers() -> None:
    with pytest.raises(RulerError, match="too few") as caught:
        measured(replace(SMALL, slices=40, blank=tuple(range(9, 40))))
    assert "at least 10 of 40" in str(caught.value)
    with pytest.raises(RulerError, match="blank"):
        measure_ruler(volume_of(np.zeros((3, 40, 60), np.uint8)), RulerOptions(30.0, pixel_nm=5.0), Job())


def test_one_slice_is_refused() -> None:
    plane = SMALL.plane(0)[None]
    with pytest.raises(RulerError, match="two slices"):
        measure_ruler(volume_of(plane), RulerOptions(30.0, pixel_nm=6.0), Job())


def test_values_that_are_not_finite_are_refused() -> None:
    data = SMALL.read(slice(0, 12)).astype(np.float32)
    data[7, 20, 50] = np.nan
    with pytest.raises(VoxelError, match="slice 7"):
        measure_ruler(volume_of(data), RulerOptions(30.0, pixel_nm=6.0), Job())


@pytest.mark.parametrize(
    "wrong",
    [
        {"angle_deg": 0.0},
        {"angle_deg": 85.0},
        {"angle_sigma_deg": -1.0},
        {"pixel_nm": 0.0},
        {"parallel_spacing_nm": -3.0},
        {"marks_x_px": (1.0, 2.0)},
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        RulerOptions(**({"angle_deg": 30.0} | wrong))  # type: ignore[arg-type]


def test_a_region_outside_is_refused() -> None:
    with pytest.raises(ParameterError, match="region"):
        measured(SMALL, region=(0, 10_000, 0, 50))


def test_threads_do_not_change_it_and_progress_is_told() -> None:
    told: list[Progress] = []
    one = measure_ruler(SMALL.volume(), RulerOptions(30.0, 0.0), Job(report=told.append), Room(threads=1))
    np.testing.assert_array_equal(one.z_nm, plain().z_nm)
    assert {step.message for step in told} == {"looking for the ruler", "following the marks"}


def test_it_stops_when_told() -> None:
    job = Job()

    def report(step: Progress) -> None:
        if step.message == "following the marks" and step.done > 3:
            job.stop.set()

    stopping = Job(report, job.stop)
    with pytest.raises(Cancelled):
        measure_ruler(SMALL.volume(), RulerOptions(30.0), stopping)


def test_only_rows_of_the_ruler_are_read_while_following() -> None:
    tall = replace(SMALL, structure_nm=1500.0)
    asked: list[int] = []

    class Counting(VirtualRuler):
        def read(self, z: slice, y: slice = slice(None), x: slice = slice(None)) -> np.ndarray:
            found = super().read(z, y, x)
            asked.append(found.shape[1])
            return found

    counting = Counting(**{name: getattr(tall, name) for name in tall.__dataclass_fields__})
    measured(counting)
    # Finding reads whole slices, a few times a few of them; following does not.
    assert sum(rows == tall.rows for rows in asked) < 60
    assert sum(rows < 0.5 * tall.rows for rows in asked) == tall.slices


@pytest.mark.skipif(not REAL.is_file(), reason="the real slice is not beside the project")
def test_two_bars_of_a_real_slice_are_found_and_have_no_parallel_pair() -> None:
    with pytest.raises(RulerError, match="no parallel pair") as caught:
        measure_ruler(open_stack(REAL), RulerOptions(30.0, pixel_nm=8.993), Job())
    # Read off the image by eye: 413-506 and 1154-1245, rows 250-355; dark.
    marks = caught.value.marks
    assert [mark.x_px for mark in marks] == pytest.approx([459, 1200], abs=25)
    assert all(250 < mark.y_px < 355 and mark.contrast < 0 for mark in marks)
