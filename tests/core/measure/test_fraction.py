"""Solid voxels are counted exactly, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import VoxelError
from core.measure.fraction import solid_counts, two_values
from core.steps.measure import MEASURE
from tests.core.steps.running import run_step


@given(
    st.integers(0, 99), st.integers(1, 6), st.floats(0, 1), st.sampled_from([np.uint8, np.uint16, np.float32])
)
def test_known_fractions_are_exact(seed: int, slices: int, share: float, dtype: type[np.generic]) -> None:
    solid = np.random.default_rng(seed).random((slices, 5, 7)) < share
    for scale in (1, 255):
        _, found = run_step(MEASURE, (solid * scale).astype(dtype), content="binary")
        assert found.solid_voxels == solid.sum()
        assert found.voxels == solid.size
        assert found.solid_fraction == solid.sum() / solid.size
        assert np.array_equal(found.solid_fraction_per_slice, solid.mean(axis=(1, 2)))


def test_slices_of_one_phase_count_as_what_they_are() -> None:
    data = np.zeros((3, 4, 4), np.uint8)
    data[1] = 255
    data[2, :2] = 255
    _, found = run_step(MEASURE, data)
    assert found.solid_fraction_per_slice == (0.0, 1.0, 0.5)


@pytest.mark.parametrize(("value", "fraction"), [(0, 0.0), (255, 1.0), (1, 1.0)])
def test_a_stack_of_one_value(value: int, fraction: float) -> None:
    _, found = run_step(MEASURE, np.full((2, 3, 3), value, np.uint8))
    assert found.solid_fraction == fraction


def test_grey_values_are_refused_with_numbers() -> None:
    data = np.zeros((3, 4, 4), np.uint8)
    data[1, 0, :3] = 10, 20, 255
    with pytest.raises(VoxelError, match="slice 1 is not binary") as caught:
        run_step(MEASURE, data)
    assert "4 values from 0 to 255" in str(caught.value)


def test_slices_with_different_pairs_of_values_are_refused() -> None:
    data = np.zeros((2, 2, 2), np.uint8)
    data[0, 0], data[1, 0] = 1, 255
    with pytest.raises(VoxelError, match="not with the same two values") as caught:
        run_step(MEASURE, data)
    assert "0, 1, 255" in str(caught.value)


def test_the_two_values_of_a_plane() -> None:
    found = two_values(np.array([[3.0, 7.0], [7.0, 7.0]]), name="plane")
    assert (found.low, found.high, found.high_count) == (3.0, 7.0, 3)
    counts = solid_counts(np.array([3.0, 3.0]), np.array([7.0, 3.0]), np.array([3, 4]), 4)
    assert counts.tolist() == [3, 0]
