"""Solid voxels are counted exactly, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.fraction import two_values
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


def test_the_two_values_of_a_plane() -> None:
    found = two_values(np.array([[3.0, 7.0], [7.0, 7.0]]), name="plane")
    assert (found.low, found.high, found.high_count) == (3.0, 7.0, 3)
