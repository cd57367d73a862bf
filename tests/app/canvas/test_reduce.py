"""Stacks are made smaller truthfully: known means, bounded memory, everything that was left out is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.canvas.reduce import plan, reduced, starting_values, texture_type
from core.errors import Cancelled
from core.job import Job, Progress
from core.volume import Volume, VolumeInfo, volume_of
from tests.app.plots.sources import WatchedSource, watched

ENOUGH = 1 << 40


def test_what_fits_is_not_changed() -> None:
    data = np.random.default_rng(1).integers(0, 255, (5, 6, 7), np.uint8)
    volume = volume_of(data, voxel_nm=(10.0, 5.0, 5.0))
    how = plan(volume.info, largest_side=64, budget_bytes=ENOUGH)
    assert how.factors == (1, 1, 1)
    assert how.label == "shown at full resolution"
    np.testing.assert_array_equal(reduced(volume, how, Job()), data)


def test_blocks_are_means() -> None:
    data = np.random.default_rng(2).integers(0, 60000, (16, 32, 24), np.uint16)
    volume = volume_of(data, voxel_nm=(5.0, 5.0, 5.0))
    how = plan(volume.info, largest_side=8, budget_bytes=ENOUGH)
    assert how.factors == (2, 4, 4)
    assert how.size == (10.0, 20.0, 20.0)
    expected = data.reshape(8, 2, 8, 4, 6, 4).mean((1, 3, 5))
    result = reduced(volume, how, Job())
    assert result.dtype == np.uint16
    assert np.abs(result - expected).max() <= 0.51


@pytest.mark.parametrize("kind", ["mean", "max"])
def test_incomplete_blocks_at_the_far_edges(kind: str) -> None:
    data = np.zeros((3, 5, 7), np.uint8)
    data[2, 4, 6] = 200
    volume = volume_of(data, voxel_nm=(1.0, 1.0, 1.0))
    how = plan(volume.info, largest_side=4, budget_bytes=ENOUGH, kind=kind)  # type: ignore[arg-type]
    assert how.factors == (1, 2, 2)
    assert reduced(volume, how, Job())[-1, -1, -1] == 200


def test_the_finest_axis_is_reduced_first() -> None:
    info = VolumeInfo((100, 400, 400), np.dtype(np.uint8), voxel_nm=(20.0, 5.0, 5.0))
    how = plan(info, largest_side=2048, budget_bytes=1_000_000)
    assert how.factors == (1, 4, 4)
    assert how.label == "shown at z 1/1, y 1/4, x 1/4 (block mean)"


@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 20000), st.integers(1, 20000)),
    st.integers(64, 2048),
    st.sampled_from(["u1", "u2", "f8"]),
)
def test_every_stack_fits_after_planning(shape: tuple[int, int, int], side: int, dtype: str) -> None:
    info = VolumeInfo(shape, np.dtype(dtype), voxel_nm=(10.0, 5.0, 5.0))
    how = plan(info, largest_side=side, budget_bytes=16 << 20)
    assert max(how.shape) <= side
    assert np.prod(how.shape) * texture_type(info).itemsize <= 16 << 20
    assert how.layers[0][0] == 0
    assert how.layers[-1][1] == shape[0]


def test_binary_share_of_solid_is_kept_by_the_mean_and_thin_walls_by_the_maximum() -> None:
    data = np.zeros((8, 8, 8), np.uint8)
    data[:, :, 3] = 255
    volume = volume_of(data, content="binary", voxel_nm=(1.0, 1.0, 1.0))
    means = reduced(volume, plan(volume.info, largest_side=2, budget_bytes=ENOUGH), Job())
    assert means.mean() == pytest.approx(data.mean(), abs=0.5)
    highest = reduced(volume, plan(volume.info, largest_side=2, budget_bytes=ENOUGH, kind="max"), Job())
    assert (highest[:, :, 0] == 255).all()
    assert starting_values(means, binary=True) == ((0.0, 255.0), 127.5)


def test_labels_become_one_mask() -> None:
    data = np.zeros((4, 4, 4), np.uint32)
    data[0] = 70_000
    volume = volume_of(data, content="labels")
    how = plan(volume.info, largest_side=64, budget_bytes=ENOUGH)
    result = reduced(volume, how, Job())
    assert result.dtype == np.uint8
    assert set(np.unique(result)) == {0, 255}


def test_holes_between_slices_are_left_empty_and_counted() -> None:
    data = np.full((4, 3, 3), 9, np.uint8)
    volume = volume_of(data, voxel_nm=(10.0, 5.0, 5.0), slice_numbers=(0, 1, 5, 6))
    how = plan(volume.info, largest_side=64, budget_bytes=ENOUGH)
    assert how.shape[0] == 7
    assert reduced(volume, how, Job())[:, 0, 0].tolist() == [9, 9, 0, 0, 0, 9, 9]
    assert "3 of 7 layers have no slices" in how.note
    assert how.lengths[0] == 70.0


@settings(max_examples=30)
@given(st.lists(st.floats(5, 14), min_size=2, max_size=30))
def test_uneven_slices_without_holes_leave_no_empty_layer(steps: list[float]) -> None:
    z_nm = (0.0, *np.cumsum(steps).tolist())
    volume = volume_of(np.full((len(z_nm), 2, 2), 7, np.uint8), voxel_nm=(None, 5.0, 5.0), z_nm=z_nm)
    how = plan(volume.info, largest_side=512, budget_bytes=ENOUGH)
    if "no slices" not in how.note:
        assert (reduced(volume, how, Job()) == 7).all()


def test_the_stack_is_streamed_and_progress_told() -> None:
    source = WatchedSource(shape=(64, 100, 100))
    volume = watched(source)
    seen: list[Progress] = []
    how = plan(volume.info, largest_side=16, budget_bytes=ENOUGH)
    reduced(volume, how, Job(report=seen.append))
    assert max(stop - start for start, stop in source.reads) <= how.factors[0]
    assert [progress.done for progress in seen] == list(range(how.shape[0] + 1))


def test_a_quick_look_reads_one_slice_per_layer() -> None:
    source = WatchedSource(shape=(64, 100, 100))
    volume = watched(source)
    how = plan(volume.info, largest_side=16, budget_bytes=ENOUGH)
    reduced(volume, how, Job(), quick=True)
    assert sum(stop - start for start, stop in source.reads) == how.shape[0]


def test_stopping_stops() -> None:
    source = WatchedSource(shape=(64, 10, 10))
    job = Job()
    job.stop.set()
    volume: Volume = watched(source)
    with pytest.raises(Cancelled):
        reduced(volume, plan(volume.info, largest_side=64, budget_bytes=ENOUGH), job)
    assert source.reads == []


def test_not_a_number_counts_as_nothing() -> None:
    data = np.full((2, 2, 2), np.nan)
    data[0, 0, 0] = 4.0
    volume = volume_of(data)
    result = reduced(volume, plan(volume.info, largest_side=1, budget_bytes=ENOUGH), Job())
    assert result.dtype == np.float32
    assert result.item() == pytest.approx(0.5)


def test_starting_values_split_two_phases() -> None:
    rng = np.random.default_rng(3)
    data = np.where(rng.random((40, 40, 40)) > 0.5, 180, 60) + rng.normal(0, 10, (40, 40, 40))
    contrast, threshold = starting_values(data.astype(np.uint8), binary=False)
    assert 90 < threshold < 150
    assert contrast[0] < data.max(axis=0).mean() < contrast[1], "fits the brightest along each line"
    assert starting_values(np.zeros((2, 2, 2), np.uint8), binary=False) == ((0.0, 1.0), 0.5)
