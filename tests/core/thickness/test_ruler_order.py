from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError
from core.thickness.ruler_order import LEAST_NM, increasing


def test_increasing_positions_stay_as_they_are() -> None:
    z = np.array([0.0, 3.0, 9.0, 9.5])
    found, changed = increasing(z, np.ones(4))
    np.testing.assert_array_equal(found, z)
    assert changed == ()


def test_a_step_back_is_shared_by_the_weights() -> None:
    # 12 ± 1 and 8 ± 2 meet at their weighted mean (12 * 4 + 8) / 5.
    found, changed = increasing(
        np.array([0.0, 12.0, 8.0, 30.0]), np.array([1.0, 1.0, 2.0, 1.0]), least_nm=1e-9
    )
    np.testing.assert_allclose(found, [0, 11.2, 11.2, 30], atol=1e-6)
    assert changed == (1, 2)


def test_neighbours_end_up_a_least_step_apart() -> None:
    found, _ = increasing(np.array([0.0, 5.0, 5.0, 5.0]), np.ones(4), least_nm=0.5)
    np.testing.assert_allclose(np.diff(found), [4.5, 0.5, 0.5])


def test_nothing_in_nothing_out_and_nan_is_refused() -> None:
    assert increasing(np.zeros(0), np.zeros(0))[1] == ()
    with pytest.raises(ParameterError, match="finite"):
        increasing(np.array([0.0, np.nan]), np.ones(2))
    with pytest.raises(ParameterError, match="one of each"):
        increasing(np.zeros(3), np.ones(2))


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=30),
    st.lists(st.floats(0.01, 10), min_size=30, max_size=30),
)
def test_the_result_increases_and_nothing_that_increases_is_nearer(
    values: list[float], errors: list[float]
) -> None:
    z, sigma = np.array(values), np.array(errors[: len(values)])
    found, changed = increasing(z, sigma)
    assert (np.diff(found) >= LEAST_NM - 1e-9).all()
    kept = np.setdiff1d(np.arange(z.size), changed)
    np.testing.assert_allclose(found[kept], z[kept], atol=1e-6)
    # Not worse than two simple increasing sequences.
    weight = 1 / np.maximum(sigma, 1e-2 * np.median(sigma)) ** 2
    own = float(weight @ (found - z) ** 2)
    ramp = LEAST_NM * np.arange(z.size)
    for other in (np.maximum.accumulate(z - ramp) + ramp, np.full(z.size, z.mean()) + ramp):
        assert own <= float(weight @ (other - z) ** 2) + 1e-6
