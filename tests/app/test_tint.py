"""Colours stand for the right voxels, and are refused where there is nothing to colour."""

from __future__ import annotations

import numpy as np
import pytest

from app.region import Region, whole
from app.tint import (
    ENTRIES,
    check_memory,
    component_colours,
    phase_mask,
    thickness_colours,
    tint_of_components,
    tint_of_thickness,
)
from core.errors import NotEnoughMemoryError, VoxelError
from core.job import Job
from core.volume import volume_of


def checker(low: int = 0, high: int = 255) -> np.ndarray:
    return np.where(np.indices((3, 4, 5)).sum(0) % 2, high, low).astype(np.uint8)


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 1), (1, 2)])
def test_the_greater_value_is_solid(low: int, high: int) -> None:
    data = checker(low, high)
    volume = volume_of(data)
    np.testing.assert_array_equal(phase_mask(volume, whole(volume.info), None, Job()), data == high)
    np.testing.assert_array_equal(phase_mask(volume, whole(volume.info), high, Job()), data == high)
    np.testing.assert_array_equal(phase_mask(volume, whole(volume.info), low, Job()), data == low)


@pytest.mark.parametrize(("value", "solid"), [(0, False), (255, True)])
def test_a_volume_of_one_value_is_pore_only_if_that_is_zero(value: int, solid: bool) -> None:
    volume = volume_of(np.full((2, 2, 2), value, np.uint8))
    assert phase_mask(volume, whole(volume.info), None, Job()).all() == solid
    assert phase_mask(volume, whole(volume.info), 0, Job()).all() != solid


def test_labels_are_phases_of_their_own() -> None:
    data = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 4
    volume = volume_of(data, content="labels")
    np.testing.assert_array_equal(phase_mask(volume, whole(volume.info), 2, Job()), data == 2)
    np.testing.assert_array_equal(phase_mask(volume, whole(volume.info), None, Job()), data != 0)


def test_grey_values_are_refused() -> None:
    volume = volume_of(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    with pytest.raises(VoxelError, match="segment"):
        phase_mask(volume, whole(volume.info), None, Job())


def test_a_third_value_in_another_slice_is_seen() -> None:
    data = checker()
    data[2, 0, 0] = 7
    with pytest.raises(VoxelError):
        phase_mask(volume_of(data), whole(volume_of(data).info), None, Job())


def test_what_does_not_fit_into_memory_is_refused_with_numbers() -> None:
    region = Region((0, 0, 0), (1000, 1000, 1000))
    with pytest.raises(NotEnoughMemoryError, match="1,000,000,000 voxels"):
        check_memory(region, "thickness", 16 << 30)
    check_memory(region, "component", 64 << 30)


def test_components_keep_their_colours_and_the_rest_stays_clear() -> None:
    volume = volume_of(checker(), voxel_nm=(1.0, 1.0, 1.0))
    region = Region((1, 1, 1), (3, 4, 5))
    labels = np.zeros(region.shape, np.int32)
    labels[0, 0, :3] = (1, 2, 300)
    tint = tint_of_components(volume, region, labels)
    shown = tint.volume.read()
    assert shown.shape == volume.info.shape
    assert shown[1, 1, 1:4].tolist() == [1, 2, (300 - 2) % (ENTRIES - 2) + 2]
    assert np.count_nonzero(shown) == 3
    assert "region only" in tint.note
    assert tint.legend.names == (("largest component", 1), ("299 others", 2))
    assert tint_of_components(volume, whole(volume.info), np.zeros((3, 4, 5), np.int32)).note == ""


def test_thickness_uses_the_whole_table() -> None:
    volume = volume_of(checker(), voxel_nm=(1.0, 1.0, 1.0))
    diameters = np.zeros((3, 4, 5), np.float32)
    diameters[0, 0, :3] = (80.0, 40.0, 0.1)
    tint = tint_of_thickness(volume, whole(volume.info), diameters, "nm")
    assert tint.volume.read()[0, 0].tolist() == [255, 128, 1, 0, 0]
    assert (tint.legend.low, tint.legend.high) == (0.0, 80.0)
    empty = tint_of_thickness(volume, whole(volume.info), np.zeros((3, 4, 5), np.float32), "nm")
    assert not empty.volume.read().any()


def test_tables_have_no_colour_for_nothing() -> None:
    for table in (component_colours(), thickness_colours()):
        assert table.shape == (ENTRIES, 3)
        assert not table[0].any()
        assert table[1:].max(axis=1).min() > 60, "every colour is seen on dark ground"
    light = thickness_colours()[1:].astype(int).sum(axis=1)
    assert (np.diff(light) >= -1).all(), "thicker is lighter"
