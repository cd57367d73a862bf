"""The slow part of shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.align.trend import slow_part
from core.errors import ParameterError


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 60), st.sampled_from([None, 0, 5, 25, 101]), st.floats(-1, 1), st.floats(-30, 30))
def test_straight_lines_come_back(count: int, slices: int | None, slope: float, start: float) -> None:
    at = np.arange(count)
    shifts = np.stack([start + slope * at, -2 * slope * at], axis=1)
    assert slow_part(shifts, slices) == pytest.approx(shifts, abs=1e-6)


def test_jitter_is_left_out_and_a_spike_does_no_harm() -> None:
    at = np.arange(200)
    line = np.stack([0.05 * at, -0.02 * at], axis=1)
    shifts = line + np.random.default_rng(1).normal(0, 1, line.shape)
    shifts[90:93] += 80
    assert np.abs(slow_part(shifts) - line).max() < 0.5


def test_slow_bends_are_followed_where_asked() -> None:
    at = np.arange(300)
    bend = np.stack([8 * np.sin(at / 60), 5 * np.cos(at / 80)], axis=1)
    shifts = bend + np.random.default_rng(1).normal(0, 0.5, bend.shape)
    assert np.abs(slow_part(shifts, 41) - bend).max() < 0.9
    assert np.abs(slow_part(shifts) - bend).max() > 2


def test_slices_that_do_not_count() -> None:
    shifts = np.stack([np.arange(20.0), np.zeros(20)], axis=1)
    use = np.ones(20, bool)
    shifts[5:9] = 1000
    use[5:9] = False
    assert slow_part(shifts, None, use)[:, 0] == pytest.approx(np.arange(20), abs=1e-6)
    assert slow_part(shifts, 9, use)[:, 0] == pytest.approx(np.arange(20), abs=0.01)
    assert slow_part(shifts, 9, np.zeros(20, bool)).max() == 0


def test_refusals() -> None:
    with pytest.raises(ParameterError):
        slow_part(np.zeros((4, 3)))
    with pytest.raises(ParameterError):
        slow_part(np.zeros((4, 2)), -1)
