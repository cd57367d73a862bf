"""Errors, jobs, parameters and volumes: what everything else is written in."""

from __future__ import annotations

import pickle
import threading
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.errors import (
    AmbiguousInputError,
    Cancelled,
    IncompleteStackError,
    MissingMetadataError,
    ParameterError,
    ReadError,
    TruesliceError,
)
from core.job import Job, JobState, Progress, run_job
from core.metadata import Metadata, foreshortened_y_nm
from core.params import Params, hint, param
from core.volume import ArraySource, Source, Volume, VolumeInfo, extent, volume_of


def test_message_says_what_expected_got_and_what_to_do():
    error = ReadError("a.tif is cut short", expected=100, got=60, remedy="copy it again")
    assert str(error).splitlines() == [
        "a.tif is cut short",
        "expected: 100",
        "got: 60",
        "what to do: copy it again",
    ]
    assert isinstance(error, OSError)


def test_tables_are_said_in_words():
    error = ParameterError(
        "another network", expected={"Depth": 3, "Channels": ["1kV", "2kV"]}, got={"Depth": None}
    )
    assert str(error).splitlines()[1:3] == ["expected: Depth: 3; Channels: 1kV, 2kV", "got: Depth: nothing"]


def test_every_error_crosses_process_borders_whole():
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TruesliceError)
    ]
    assert len(kinds) > 12
    for kind in kinds:
        extra = {"choices": ("a", "b"), "option": "dataset"} if kind is AmbiguousInputError else {}
        error = kind("what", expected=1, got=2, remedy="do", **extra)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is kind
        assert (str(again), again.__dict__) == (str(error), error.__dict__)


def test_incomplete_stack_names_the_slices():
    error = IncompleteStackError("2 slices are missing", slices=["s3.tif", "s4.tif"], got=8)
    assert pickle.loads(pickle.dumps(error)).slices == ("s3.tif", "s4.tif")


def test_cancelling_is_no_failure():
    assert not issubclass(Cancelled, TruesliceError)


def test_job_reports_and_stops_between_items():
    seen: list[Progress] = []
    job = Job(seen.append)
    for item in job.track([1, 2, 3], 3, "reading"):
        if item == 2:
            job.stop.set()
            break
    assert [(p.done, p.total) for p in seen] == [(0, 3), (1, 3)]
    with pytest.raises(Cancelled):
        job.check()


@pytest.mark.parametrize(
    ("function", "state"),
    [
        (lambda _job: 7, JobState.SUCCEEDED),
        (lambda _job: None, JobState.SUCCEEDED),
        (lambda job: (job.stop.set(), job.check()), JobState.CANCELLED),
        (lambda _job: 1 // 0, JobState.FAILED),
    ],
)
def test_job_ends_in_exactly_one_state(function, state):
    outcome = run_job(function, Job(stop=threading.Event()))
    assert outcome.state is state
    assert (outcome.error is not None) == (state is JobState.FAILED)


@pytest.mark.parametrize(("done", "total", "share"), [(0, 0, 0.0), (1, 4, 0.25), (9, 3, 1.0)])
def test_progress_fraction(done, total, share):
    assert Progress(done, total, "").fraction == share


class Blur(Params):
    """Parameters for these tests."""

    sigma_px: float = param(1.0, label="Sigma", description="Width.", unit="px", gt=0, le=50, step=0.5)
    mode: Literal["fast", "exact"] = param("fast", label="Mode", description="How.")


def test_parameters_name_every_fault_at_once():
    with pytest.raises(ParameterError) as caught:
        Blur.parse({"sigma_px": -1, "mode": "slow", "colour": 3}, owner="step 2 (blur)")
    for word in ("step 2 (blur)", "sigma_px", "mode", "colour", "-1", "'slow'"):
        assert word in caught.value.what


def test_parameters_are_frozen_and_keep_their_hints():
    values = Blur.parse({"sigma_px": "2.5"}, owner="blur")
    assert values.sigma_px == 2.5
    assert hint(Blur.model_fields["sigma_px"], "unit") == "px"
    assert hint(Blur.model_fields["sigma_px"], "step") == 0.5
    with pytest.raises(ValueError, match="frozen"):
        values.sigma_px = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_parameters_refuse_what_is_not_a_number(value):
    with pytest.raises(ParameterError):
        Blur.parse({"sigma_px": value}, owner="blur")


def test_volume_refuses_a_description_that_does_not_fit():
    source = ArraySource(np.zeros((2, 3, 4), np.uint8))
    assert isinstance(source, Source)
    with pytest.raises(ParameterError):
        Volume(VolumeInfo((2, 3, 5), np.dtype(np.uint8)), source)
    with pytest.raises(ParameterError):
        VolumeInfo((0, 3, 5), np.dtype(np.uint8))
    with pytest.raises(ParameterError):
        VolumeInfo((3, 3, 5), np.dtype(np.uint8), z_nm=(0.0, 2.0, 2.0))


def test_missing_voxel_size_is_never_guessed():
    info = VolumeInfo((2, 3, 4), np.dtype(np.uint8), (None, 5.0, 5.0))
    with pytest.raises(MissingMetadataError, match="along z"):
        info.require_voxel_nm()
    assert info.with_(voxel_nm=(10.0, 5.0, 5.0)).require_voxel_nm() == (10.0, 5.0, 5.0)


def test_reading_parts_equals_slicing():
    data = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
    volume = volume_of(data)
    np.testing.assert_array_equal(volume.read(slice(1, 3), slice(0, 2), slice(4, 5)), data[1:3, 0:2, 4:5])
    np.testing.assert_array_equal(volume.slice(2), data[2])
    for index in (-1, 3):
        with pytest.raises(ParameterError):
            volume.slice(index)


@pytest.mark.parametrize("part", [slice(0, 9, 2), slice(-2, 4), slice(3, 3), slice(0, 11)])
def test_extent_refuses_steps_and_what_lies_outside(part):
    with pytest.raises(ParameterError):
        extent(part, 10)


@given(st.sets(st.integers(0, 19), min_size=1), st.floats(1, 50))
def test_dropped_slices_leave_the_z_of_the_others(kept, thickness_nm):
    info = VolumeInfo((20, 2, 2), np.dtype(np.uint8), (thickness_nm, 1.0, 1.0))
    chosen = sorted(kept)
    positions = info.selected(chosen).positions_nm()
    assert positions is not None
    expected = [(index - chosen[0]) * thickness_nm for index in chosen]
    np.testing.assert_allclose(positions, expected)


@given(st.sets(st.integers(0, 19), min_size=3), st.data())
def test_dropping_twice_equals_dropping_once(kept, data):
    info = VolumeInfo((20, 2, 2), np.dtype(np.uint8))
    first = sorted(kept)
    second = sorted(data.draw(st.sets(st.integers(0, len(first) - 1), min_size=1)))
    twice = info.selected(first).selected(second)
    once = info.selected([first[index] for index in second])
    assert twice.shape == once.shape
    steps = [np.diff(info.slice_numbers or range(info.shape[0])).tolist() for info in (twice, once)]
    assert steps[0] == steps[1]


def test_measured_positions_win_and_start_at_zero():
    info = VolumeInfo((4, 2, 2), np.dtype(np.uint8), (10.0, 1, 1), z_nm=(0.0, 9.4, 19.4, 28.6))
    assert info.selected([1, 3]).positions_nm() == pytest.approx((0.0, 19.2))


def test_foreshortening_of_a_common_dual_beam():
    # Seed 002: 20.8 nm pixels become 26.4 nm along y at 52° between beam and face.
    assert foreshortened_y_nm(20.8, correction_angle_deg=38) == pytest.approx(26.4, abs=0.05)
    assert foreshortened_y_nm(20.8, correction_angle_deg=-38) == pytest.approx(26.4, abs=0.05)
    with pytest.raises(ValueError, match="90"):
        foreshortened_y_nm(1.0, correction_angle_deg=90)


def test_what_is_missing_is_named():
    assert "pixel_nm_yx" in Metadata().missing()
    known = Metadata(
        pixel_nm_yx=(5.0, 5.0),
        voltage_kv=2,
        detector="TLD",
        stage_tilt_deg=52,
        tilt_correction_on=True,
        z_nm=0.0,
    )
    assert known.missing() == ()
    assert known.channel_name() == "2kV-TLD"
