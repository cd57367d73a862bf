"""Pyramids and overviews show what is there, and say when they do not show all of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.geometry import X, Y, Z
from app.plots.planes import Overview, Plane, cut_bytes, overview_strides, pyramid, read_part, strided_order
from core.volume import VolumeInfo, volume_of


def filled(volume: np.ndarray, **settings: int) -> Overview:
    overview = Overview(VolumeInfo(volume.shape, volume.dtype), **settings)
    for coarse in overview.order:
        overview.fill(coarse, volume[overview.slice_index(coarse)])
    return overview


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64]
)
def test_levels_are_means_in_the_type_of_the_data(dtype: str) -> None:
    rng = np.random.default_rng(1)
    data = (rng.random((600, 900)) * 100).astype(dtype)
    levels = pyramid(data, pixel=(1.0, 1.0))
    assert levels[0].data is data
    assert levels[-1].data.dtype == dtype
    assert levels[-1].step == (4, 4)
    assert max(levels[-1].data.shape) <= 256
    means = data.astype(float).reshape(150, 4, 225, 4).mean((1, 3))
    assert np.abs(levels[-1].data - means).max() <= 2  # each halving rounds down by less than one


@given(st.integers(-(2**15), 2**15 - 1), st.integers(-(2**15), 2**15 - 1))
def test_integer_means_never_overflow(a: int, b: int) -> None:
    data = np.full((300, 100), a, np.int16)
    data[:, 1::2] = b
    data[1::2] = np.roll(data[1::2], 1, axis=1)
    level = pyramid(data, pixel=(1.0, 1.0))[1].data
    assert abs(int(level[0, 0]) - (a + b) / 2) <= 1


def test_labels_are_picked_never_averaged() -> None:
    data = np.zeros((512, 512), np.uint32)
    data[:, 256:] = 2_000_000_000
    for level in pyramid(data, pixel=(1.0, 1.0), content="labels"):
        assert set(np.unique(level.data)) <= {0, 2_000_000_000}


def test_levels_become_square_on_the_screen() -> None:
    levels = pyramid(np.zeros((200, 4000), np.uint8), pixel=(20.0, 5.0))
    assert levels[1].step == (1, 2)
    assert levels[2].step == (1, 4)
    assert levels[3].step == (2, 8)


def test_the_level_fits_the_screen() -> None:
    plane = Plane(Z, 0, pyramid(np.zeros((2048, 2048), np.uint8), pixel=(1.0, 1.0)), exact=True)
    assert plane.level_for((1.0, 1.0), 0.5).step == (1, 1)
    assert plane.level_for((1.0, 1.0), 2.5).step == (2, 2)
    assert plane.level_for((1.0, 1.0), 100.0).step == (8, 8)


def test_values_are_told_only_where_they_are_known() -> None:
    data = np.arange(12, dtype=np.uint8).reshape(3, 4)
    exact = Plane(Z, 0, pyramid(data, pixel=(1.0, 1.0)), exact=True)
    coarse = Plane(Y, 0, pyramid(data, pixel=(1.0, 1.0)), exact=False)
    assert exact.value_at(2, 3) == 11
    assert exact.value_at(3, 0) is None
    assert exact.value_at(-1, 0) is None
    assert coarse.value_at(0, 0) is None


@given(st.integers(1, 200))
def test_the_order_visits_everything_once_and_spreads_out(count: int) -> None:
    order = strided_order(count)
    assert sorted(order) == list(range(count))
    if count >= 8:
        gaps = np.diff(np.sort(order[:8]))
        assert gaps.max() <= count // 2 + 1


def test_small_stacks_are_kept_whole() -> None:
    data = np.random.default_rng(2).integers(0, 255, (20, 30, 40), np.uint8)
    overview = filled(data)
    assert overview.full_resolution
    assert overview.complete
    for axis, index, expected in ((Z, 7, data[7]), (Y, 11, data[:, 11]), (X, 13, data[:, :, 13].T)):
        cut = overview.cut(axis, index)
        assert cut is not None
        np.testing.assert_array_equal(cut[0], expected)
        assert cut[1:] == ((1, 1), True)


def test_large_stacks_stay_within_their_bytes_and_show_true_voxels() -> None:
    data = np.random.default_rng(3).integers(0, 60000, (64, 90, 110), np.uint16)
    overview = filled(data, limit_bytes=40_000)
    assert np.prod([-(-n // s) for n, s in zip(data.shape, overview.strides, strict=True)]) * 2 <= 40_000
    for axis in (Z, Y, X):
        cut = overview.cut(axis, 50)
        assert cut is not None
        values, _step, exact = cut
        assert not exact
        assert set(np.unique(values)) <= set(np.unique(data))


def test_slices_that_are_missing_are_taken_from_the_nearest() -> None:
    data = np.broadcast_to(np.arange(10, dtype=np.uint8)[:, None, None], (10, 4, 4))
    overview = Overview(VolumeInfo(data.shape, data.dtype))
    assert overview.cut(Y, 0) is None
    overview.fill(2, data[2])
    overview.fill(8, data[8])
    cut = overview.cut(Y, 0)
    assert cut is not None
    assert cut[0][:, 0].tolist() == [2, 2, 2, 2, 2, 2, 8, 8, 8, 8]
    assert not cut[2]


@given(st.tuples(st.integers(1, 5000), st.integers(1, 9000), st.integers(1, 9000)))
def test_no_stack_is_too_large_for_an_overview(shape: tuple[int, int, int]) -> None:
    info = VolumeInfo(shape, np.dtype(np.uint16))
    strides = overview_strides(info, 64 << 20, 3 << 30)
    kept = [-(-n // s) for n, s in zip(shape, strides, strict=True)]
    assert np.prod(kept) * 2 <= 64 << 20
    assert kept[0] <= max(64, (3 << 30) // (shape[1] * shape[2] * 2))


def test_parts_of_cuts_are_read_as_rows_of_slices() -> None:
    data = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    volume = volume_of(data)
    np.testing.assert_array_equal(read_part(volume, Y, 1, 0, 2), data[:, 1, :])
    np.testing.assert_array_equal(read_part(volume, X, 2, 1, 2), data[1:2, :, 2])
    assert cut_bytes(volume.info, Y) == 2 * 4
