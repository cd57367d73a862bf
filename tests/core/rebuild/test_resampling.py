"""Areas are conserved, polynomials are reproduced, and edges stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rebuild.resampling import commonest, new_length, resampled, taps


@given(st.integers(1, 60), st.floats(0.1, 9), st.sampled_from(["cubic", "linear"]))
def test_weights_add_up_to_one_and_stay_inside(length: int, ratio: float, finer) -> None:  # type: ignore[no-untyped-def]
    found = taps(length, ratio, finer)
    assert np.allclose(found.weight.sum(axis=1), 1)
    assert found.index.min() >= 0
    assert found.index.max() < length
    assert len(found.index) == new_length(length, ratio)


def test_halves_are_means_of_blocks() -> None:
    plane = np.random.default_rng(1).random((8, 6))
    found = resampled(plane, taps(8, 2.0), taps(6, 2.0))
    assert np.allclose(found, plane.reshape(4, 2, 3, 2).mean(axis=(1, 3)))


def test_the_mean_is_kept_where_pixels_fit_wholly() -> None:
    plane = np.random.default_rng(2).random((30, 30))
    assert resampled(plane, taps(30, 2.5), taps(30, 7.5)).mean() == pytest.approx(plane.mean())


@pytest.mark.parametrize("finer", ["cubic", "linear"])
def test_a_slope_stays_where_it_is(finer) -> None:  # type: ignore[no-untyped-def]
    centre_nm = (np.arange(20) + 0.5) * 5.0
    plane = np.broadcast_to(centre_nm, (20, 20))
    found = resampled(plane, taps(20, 0.4, finer), taps(20, 0.4, finer))
    wanted = (np.arange(50) + 0.5) * 2.0
    assert np.allclose(found[:, 5:-5], wanted[5:-5])


def test_commonest_value_by_area() -> None:
    plane = np.array([[3, 3, 7, 7], [3, 7, 7, 9]], np.uint16)
    found = commonest(plane, taps(2, 2.0), taps(4, 2.0))
    assert found.tolist() == [[3, 7]]
    assert found.dtype == np.uint16
    tie = np.array([[9, 2]], np.uint8)
    assert commonest(tie, taps(1, 1.0), taps(2, 2.0)).tolist() == [[2]]
