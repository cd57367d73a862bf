"""The two-point correlation from exact counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParameterError
from core.measure.correlation import two_point_correlation


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.integers(4, 20), st.integers(4, 20), st.integers(4, 20)),
    periodic=st.booleans(),
)
def test_equals_counting_pairs(seed: int, shape: tuple[int, int, int], periodic: bool) -> None:
    solid = np.random.default_rng(seed).random(shape) < 0.4
    found = two_point_correlation(solid, 3, periodic=periodic)
    for axis in range(3):
        lines = np.moveaxis(solid, axis, 0)
        for lag in range(4):
            other = np.roll(lines, -lag, axis=0)
            pairs = lines & other if periodic else (lines & other)[: len(lines) - lag]
            assert found[axis, lag] == pytest.approx(pairs.mean())


def test_checkerboard_alternates() -> None:
    solid = np.indices((12, 12, 12)).sum(axis=0) % 2 == 0
    assert two_point_correlation(solid, 4) == pytest.approx(np.tile([0.5, 0, 0.5, 0, 0.5], (3, 1)))


def test_independent_voxels_are_uncorrelated() -> None:
    solid = np.random.default_rng(1).random((100, 100, 100)) < 0.3
    found = two_point_correlation(solid, 50)
    assert found[:, 0] == pytest.approx(0.3, abs=0.002)
    assert found[:, 1:] == pytest.approx(0.09, abs=0.002)


def test_slabs_show_their_period_along_one_axis_only() -> None:
    solid = np.zeros((64, 32, 32), dtype=bool)
    solid[np.arange(64) % 8 < 4] = True
    found = two_point_correlation(solid, 8, periodic=True)
    assert found[0] == pytest.approx([0.5, 0.375, 0.25, 0.125, 0, 0.125, 0.25, 0.375, 0.5])
    assert found[1:] == pytest.approx(np.full((2, 9), 0.5))


def test_refuses_lags_beyond_the_volume() -> None:
    with pytest.raises(ParameterError, match="lags"):
        two_point_correlation(np.ones((4, 8, 8), dtype=bool), 4)
    with pytest.raises(ParameterError, match="lags"):
        two_point_correlation(np.ones((8, 8, 8), dtype=np.uint8), 4)
