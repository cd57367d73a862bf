"""Regions stay inside their volume; what is cut out of it and put back is the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.geometry import Frame, X, Y, Z
from app.region import PaddedSource, Region, box_of, cropped, first_region, range_at, region_within
from core.errors import ParameterError
from core.volume import VolumeInfo, volume_of

SHAPES = st.tuples(*[st.integers(1, 9)] * 3)
CORNERS = st.tuples(*[st.integers(-5, 15)] * 3)


@given(CORNERS, CORNERS, SHAPES)
def test_any_wish_becomes_a_region_inside(
    low: tuple[int, int, int], high: tuple[int, int, int], shape: tuple[int, int, int]
) -> None:
    region = region_within(low, high, shape)
    assert all(0 <= a < b <= n for a, b, n in zip(region.low, region.high, shape, strict=True))
    assert region_within(region.low, region.high, shape) == region


@given(SHAPES, CORNERS, CORNERS)
def test_a_region_is_cut_out_and_put_back(
    shape: tuple[int, int, int], low: tuple[int, int, int], high: tuple[int, int, int]
) -> None:
    data = np.arange(1, np.prod(shape) + 1, dtype=np.uint16).reshape(shape)
    region = region_within(low, high, shape)
    part = cropped(volume_of(data, voxel_nm=(3.0, 2.0, 1.0)), region)
    assert part.info.shape == region.shape
    assert part.info.voxel_nm == (3.0, 2.0, 1.0)
    np.testing.assert_array_equal(part.read(), data[region.slices()])
    padded = PaddedSource(part.read(), region.low, shape)
    expected = np.zeros_like(data)
    expected[region.slices()] = data[region.slices()]
    np.testing.assert_array_equal(padded.read(slice(None)), expected)
    last = slice(shape[0] - 1, shape[0])
    np.testing.assert_array_equal(padded.read(last), expected[last])


def test_a_part_keeps_the_places_of_its_slices() -> None:
    volume = volume_of(np.zeros((4, 2, 2), np.uint8), z_nm=(0.0, 10.0, 35.0, 40.0))
    part = cropped(volume, Region((1, 0, 0), (4, 2, 1)))
    assert part.info.z_nm == (0.0, 25.0, 30.0)
    with pytest.raises(ParameterError):
        part.read(slice(0, 4))


def test_empty_regions_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Region((0, 0, 3), (1, 1, 3))


def test_the_first_box_lies_in_the_middle_of_all_slices() -> None:
    region = first_region((10, 40, 80))
    assert (region.low, region.high) == ((0, 10, 20), (10, 30, 60))
    assert first_region((1, 1, 1)).voxels == 1
    assert region.text == "z 0–9, y 10–29, x 20–59 px"


def test_positions_on_the_screen_are_borders_of_voxels() -> None:
    info = VolumeInfo((4, 20, 30), np.dtype(np.uint8), (10.0, 2.0, 5.0), z_nm=(0.0, 10.0, 60.0, 70.0))
    frame, region = Frame(info), Region((1, 5, 6), (3, 9, 12))
    for axis in (Z, Y, X):
        assert range_at(frame, axis, *box_of(region, frame, axis)) == (region.low[axis], region.high[axis])
    assert range_at(frame, Y, 19.0, 9.2) == (5, 10), "either border may come first"
