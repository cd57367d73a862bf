"""A stack registered: known shifts, spoilt slices, and what does not change the result."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.align.options import AlignOptions
from core.align.stack import StackResult, register_stack
from core.errors import Cancelled, NotEnoughMemoryError, ParameterError, VoxelError
from core.job import Job, Progress
from core.step import Room
from core.volume import ALL, Array, ArraySource, Shape, Volume, VolumeInfo, volume_of
from tests.core.align.pictures import evolving, moved, shifted_stack, texture


def jitter(count: int, seed: int = 5, sd: float = 3.0) -> Array:
    shifts = np.random.default_rng(seed).normal(0, sd, (count, 2)).clip(-9, 9)
    shifts[0] = 0
    return shifts


def errors(found: StackResult, shifts: Array) -> Array:
    return found.shifts_px_yx - (shifts - shifts[0])


@pytest.mark.parametrize("reference", ["window", "previous", "fixed"])
def test_known_shifts(reference: str) -> None:
    shifts = jitter(10)
    found = register_stack(volume_of(shifted_stack(shifts)), AlignOptions(reference=reference))  # type: ignore[arg-type]
    assert np.abs(errors(found, shifts)).max() < 0.05
    assert found.flagged == ()
    assert found.notes == ()
    assert found.confidence.min() > 0.8
    assert found.correlation_after[1:].min() > 0.9
    assert (found.correlation_after[1:] > found.correlation_before[1:]).all()
    assert found.information_after[1:].min() > found.information_before[1:].max()
    assert found.transforms[:, 0, 2] == pytest.approx(-found.shifts_px_yx[:, 1])
    assert found.transforms[:, 1, 2] == pytest.approx(-found.shifts_px_yx[:, 0])


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_any_shifts(seed: int, count: int) -> None:
    shifts = jitter(count, seed, 5.0)
    found = register_stack(volume_of(shifted_stack(shifts, seed=seed)), AlignOptions())
    assert np.abs(errors(found, shifts)).max() < 0.08


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e8])
def test_the_unit_of_grey_values_does_not_matter(unit: float) -> None:
    shifts = jitter(5)
    stack = shifted_stack(shifts).astype(np.float32)
    found = register_stack(volume_of(stack * np.float32(unit)), AlignOptions())
    assert np.abs(errors(found, shifts)).max() < 0.05
    assert found.flagged == ()


def test_spoilt_and_blank_slices_follow_their_neighbours() -> None:
    shifts = jitter(16)
    stack = shifted_stack(shifts, same=False)
    stack[4] = 31
    stack[8] = np.random.default_rng(1).integers(0, 256, stack[8].shape)
    stack[11:13] = 0
    found = register_stack(volume_of(stack), AlignOptions())
    assert found.flagged == (4, 8, 11, 12)
    good = np.setdiff1d(np.arange(16), found.flagged)
    steps = np.diff(errors(found, shifts)[good], axis=0)
    assert np.abs(steps).max() < 0.25  # the structure itself changes
    assert found.shifts_px_yx[4] == pytest.approx(found.shifts_px_yx[[3, 5]].mean(axis=0), abs=0.01)
    assert (found.confidence[list(found.flagged)] == 0).all()
    assert (found.confidence[good] > 0.5).all()


def test_more_blank_slices_than_the_window() -> None:
    shifts = jitter(10)
    stack = shifted_stack(shifts)
    stack[3:7] = 0
    found = register_stack(volume_of(stack), AlignOptions(window_slices=2))
    assert found.flagged == (3, 4, 5, 6)
    assert np.abs(errors(found, shifts)[[1, 2, 7, 8, 9]]).max() < 0.06


def test_first_slice_spoilt() -> None:
    shifts = jitter(6)
    stack = shifted_stack(shifts)
    stack[0] = np.random.default_rng(1).integers(0, 256, stack[0].shape)
    found = register_stack(volume_of(stack), AlignOptions())
    assert found.flagged == (0,)
    assert np.diff(errors(found, shifts)[1:], axis=0) == pytest.approx(np.zeros((4, 2)), abs=0.06)


def test_jump() -> None:
    still = texture((220, 240))
    shifts = np.array([(0, 0), (0.5, -0.5), (52.5, -40.25), (52, -41)])
    found = register_stack(volume_of(np.array([moved(still, tuple(s)) for s in shifts])))
    assert found.flagged == ()
    assert np.abs(errors(found, shifts)).max() < 0.05
    assert "jumps" in found.notes[0]
    assert "2" in found.notes[0]


def test_scene_that_changes_is_said() -> None:
    one, two = (np.repeat(texture((100, 110), seed)[None], 3, axis=0) for seed in (1, 2))
    found = register_stack(volume_of(np.concatenate([one, two])))
    assert 3 in found.flagged
    assert any("nothing connects slice 3" in note for note in found.notes)
    assert np.abs(found.shifts_px_yx).max() < 0.05


def test_one_slice_and_two_slices() -> None:
    single = register_stack(volume_of(texture((1, 64, 70))))
    assert single.shifts_px_yx.tolist() == [[0, 0]]
    assert single.flagged == ()
    assert "one slice" in single.notes[0]
    shifts = np.array([(0, 0), (2.5, -1.25)])
    assert np.abs(errors(register_stack(volume_of(shifted_stack(shifts))), shifts)).max() < 0.05


def test_nothing_to_match_is_said_and_nothing_invented() -> None:
    found = register_stack(volume_of(np.full((4, 64, 64), 9, np.uint8)))
    assert found.flagged == (0, 1, 2, 3)
    assert np.abs(found.shifts_px_yx).max() == 0
    assert found.confidence.max() == 0
    assert "nothing was registered" in found.notes[0]


@pytest.mark.parametrize("model", ["rigid", "affine"])
def test_other_models_on_translated_slices(model: str) -> None:
    shifts = jitter(6)
    found = register_stack(volume_of(shifted_stack(shifts)), AlignOptions(model=model))  # type: ignore[arg-type]
    assert np.abs(errors(found, shifts)).max() < 0.1
    assert np.abs(found.transforms[:, :2, :2] - np.eye(2)).max() < 0.002
    assert any("added up" in note for note in found.notes)


def test_region_follows_a_mark_that_drifts_away_from_the_structure() -> None:
    count = 8
    mark, face = texture((140, 170), 7), texture((140, 170), 8)
    shifts = np.stack([np.zeros(count), np.linspace(0, 14, count)], axis=1)
    stack = []
    for shift in shifts:
        plane = moved(face, (0, 0))
        plane[:40] = moved(mark, tuple(shift))[:40]
        stack.append(plane)
    volume = volume_of(np.array(stack).astype(np.float32))
    within = register_stack(volume, AlignOptions(region=((0, 38, 10, 90),)))
    assert within.flagged == ()
    assert np.abs(errors(within, shifts)).max() < 0.15
    without = register_stack(volume, AlignOptions(exclude=((0, 60, 0, 130),)))
    assert np.abs(without.shifts_px_yx).max() < 0.1  # what is taken out as stripes reaches into the box


def test_area_outside_the_footprint_does_not_count() -> None:
    picture = texture((130, 150))
    stack = np.array([moved(picture, (0, 0)), moved(picture, (3.2, -4.1))])
    stack[:, :, 60:] = texture((90, 110), 9)[:, 60:]
    area = ((0.0, 0.0), (0.0, 55.0), (89.0, 55.0), (89.0, 0.0))
    volume = volume_of(stack, footprint=(area, area))
    assert register_stack(volume).shifts_px_yx[1] == pytest.approx((3.2, -4.1), abs=0.05)


def test_threads_do_not_change_the_result() -> None:
    stack = volume_of(shifted_stack(jitter(9), same=False))
    one, three = (register_stack(stack, room=Room(threads=n)) for n in (1, 3))
    for name in ("shifts_px_yx", "transforms", "confidence", "residual_px", "correlation_after"):
        assert np.array_equal(getattr(one, name), getattr(three, name)), name


class Counting(ArraySource):
    """Notes which slices are read."""

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        READ.append(z.start)
        return super().read(z, y, x)


READ: list[int] = []


def test_slices_are_read_once_and_in_order() -> None:
    data = shifted_stack(jitter(12))
    READ.clear()
    source = Counting(data)
    shape: Shape = source.shape
    register_stack(Volume(VolumeInfo(shape, source.dtype), source), room=Room(threads=1))
    assert list(range(12)) == READ


def test_progress_and_cancel() -> None:
    stop, seen = threading.Event(), []

    def report(progress: Progress) -> None:
        seen.append(progress.done)
        if progress.done == 3:
            stop.set()

    with pytest.raises(Cancelled):
        register_stack(volume_of(shifted_stack(jitter(12))), job=Job(report, stop))
    assert seen[-1] == 3
    seen.clear()
    register_stack(volume_of(evolving(4)), job=Job(lambda progress: seen.append(progress.done)))
    assert seen[-1] == 4
    assert seen == sorted(seen)


def test_refusals() -> None:
    stack = texture((3, 64, 64))
    broken = stack.copy()
    broken[1, 2, 3] = np.inf
    with pytest.raises(VoxelError, match="slice 1 has values"):
        register_stack(volume_of(broken))
    for options in (
        AlignOptions(reference_slice=3),
        AlignOptions(region=((0, 65, 0, 10),)),
        AlignOptions(exclude=((5, 5, 0, 10),)),
        AlignOptions(window_slices=0),
    ):
        with pytest.raises(ParameterError):
            register_stack(volume_of(stack), options)


def test_memory_decides_how_many_threads_or_refuses() -> None:
    stack = volume_of(shifted_stack(jitter(5)))
    roomy, tight = (register_stack(stack, room=Room(threads=4, memory_mb=mb)) for mb in (100, 2.5))
    assert np.array_equal(roomy.shifts_px_yx, tight.shifts_px_yx)
    with pytest.raises(NotEnoughMemoryError, match="too little memory"):
        register_stack(stack, room=Room(memory_mb=1))
