"""Sums of planes are what scipy's spline through all of them gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from core.rebuild.blend import blend_into, blend_phases_into
from core.rebuild.weights import REACH, row_at


def uneven(count: int, seed: int) -> np.ndarray:
    steps = np.random.default_rng(seed).integers(1, 8, size=count - 1)
    return np.concatenate([[0], np.cumsum(steps)]).astype(float)


@given(st.integers(2, 70), st.integers(0, 99), st.floats(0, 1))
def test_cubic_weights_are_those_of_the_spline_through_all(count: int, seed: int, at: float) -> None:
    knots = uneven(count, seed)
    z = at * knots[-1]
    row = row_at(knots, z, "cubic")
    expected = np.asarray(CubicSpline(knots, np.eye(count))(z))
    found = np.zeros(count)
    found[row.first : row.stop] = row.weights
    assert np.abs(found - expected).max() < 1e-7
    assert row.weights.sum() == pytest.approx(1, abs=1e-12)


@given(st.integers(2, 40), st.integers(0, 99), st.integers(0, 99), st.sampled_from(sorted(REACH)))
def test_a_weight_does_not_depend_on_where_the_stack_begins(
    count: int, seed: int, quarters: int, kind: str
) -> None:
    knots = uneven(count, seed)
    z = min(quarters / 4, knots[-1])
    one, other = row_at(knots, z, kind), row_at(knots + 1024.0, z + 1024.0, kind)  # type: ignore[arg-type]
    assert one.first == other.first
    assert np.allclose(one.weights, other.weights, atol=1e-9)


def test_nearest_linear_and_the_ends() -> None:
    knots = np.array([2.0, 4.0, 8.0])
    assert [row_at(knots, z, "nearest").first for z in (0, 2, 3, 5, 6, 7, 9)] == [0, 0, 1, 1, 2, 2, 2]
    row = row_at(knots, 5.0, "linear")
    assert (row.first, row.weights.tolist()) == (1, [0.75, 0.25])
    for kind in REACH:
        assert row_at(knots, 0.0, kind).weights.tolist() == [1.0]  # type: ignore[arg-type]
        assert row_at(knots, 99.0, kind).first == 2  # type: ignore[arg-type]
        assert row_at(knots, 4.0, kind).weights.tolist() == [1.0]  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.uint16, np.int32])
def test_planes_equal_the_spline(dtype: type) -> None:
    knots = uneven(60, 1)
    data = (np.random.default_rng(2).random((60, 40, 70)) * 255).astype(dtype)
    z = np.arange(knots[-1] + 1)
    out = np.zeros((len(z), 40, 70), dtype)
    blend_into(out, range(len(z)), data, [row_at(knots, at, "cubic") for at in z], 0)
    expected = CubicSpline(knots, data, axis=0)(z)
    if np.issubdtype(dtype, np.floating):
        assert np.abs(out - expected).max() < 1e-4
    else:
        limits = np.iinfo(dtype)
        assert np.abs(out - np.clip(expected, limits.min, limits.max)).max() <= 0.5 + 1e-3


def test_only_the_planes_asked_for_are_written_and_ties_are_pore() -> None:
    data = np.array([0, 255, 255], np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    rows = [row_at(np.array([0.0, 2.0, 4.0]), z, "linear") for z in (1.0, 1.5)]
    out = np.full((4, 2, 3), 7, np.uint8)
    blend_phases_into(out, [3, 1], data, rows, 0, 255.0)
    assert out[:, 0, 0].tolist() == [7, 255, 7, 0]
