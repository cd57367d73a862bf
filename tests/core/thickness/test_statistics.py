"""Known distributions come out as what they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma as scipy_gamma

from core.errors import ParameterError
from core.thickness.statistics import (
    MAX_BINS,
    gamma_density,
    gamma_fit,
    histogram_of,
    statistics_of,
)

MEAN, SD = 10.16, 3.12  # article III


def drawn(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).gamma((MEAN / SD) ** 2, SD**2 / MEAN, count)


@pytest.mark.parametrize(("shape", "scale"), [(0.6, 4.0), (10.6, 0.958), (400.0, 0.025)])
def test_gamma_fit_agrees_with_scipy(shape, scale) -> None:
    values = np.random.default_rng(1).gamma(shape, scale, 500)
    found_shape, found_scale = gamma_fit(values)
    expected_shape, _, expected_scale = scipy_gamma.fit(values, floc=0)
    assert found_shape == pytest.approx(expected_shape, rel=1e-6)
    assert found_scale == pytest.approx(expected_scale, rel=1e-6)
    assert gamma_density(np.array([scale]), shape, scale)[0] == pytest.approx(
        scipy_gamma.pdf(scale, shape, scale=scale)
    )


@given(st.lists(st.floats(1e-3, 1e6), min_size=3, max_size=40))
def test_gamma_fit_keeps_the_mean(values) -> None:
    found = gamma_fit(values)
    if found is not None:
        assert found[0] * found[1] == pytest.approx(np.mean(values), rel=1e-9)
        assert min(found) > 0


@pytest.mark.parametrize("values", [[], [3.0, 4.0], [5.0] * 9])
def test_nothing_is_fitted_to_too_few_or_equal_values(values) -> None:
    assert gamma_fit(values) is None


def test_gamma_refuses_what_is_not_positive() -> None:
    with pytest.raises(ParameterError, match="positive"):
        gamma_fit([1.0, 2.0, 0.0])


def test_mean_and_sd_of_the_articles_distribution() -> None:
    found = statistics_of(drawn(20_000))
    assert found.mean_nm == pytest.approx(MEAN, abs=0.1)
    assert found.sd_nm == pytest.approx(SD, abs=0.1)
    assert 0.10 < len(found.outliers) / found.used < 0.15
    assert found.inner_sd_nm < found.sd_nm


def test_known_outlier_and_implausible() -> None:
    values = [10.0, 10.5, 9.5, 1.0, 10.0, 30.0, 0.2]
    found = statistics_of(values)
    assert found.implausible == (3, 6)
    assert found.left_out == (3, 6)
    assert found.outliers == (5,)
    kept = [10.0, 10.5, 9.5, 10.0, 30.0]
    assert found.mean_nm == pytest.approx(np.mean(kept))
    assert found.sd_nm == pytest.approx(np.std(kept, ddof=1))
    assert found.inner_mean_nm == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("unmeasured", "left_out"), [([0], (0,)), ([2], (1, 2)), ([4], (3,)), ([1, 2], (0, 1, 2)), ([], ())]
)
def test_thicknesses_beside_unmeasured_slices_are_left_out(unmeasured, left_out) -> None:
    assert statistics_of([5.0, 6.0, 7.0, 8.0], unmeasured).left_out == left_out


def test_equal_thicknesses_have_no_outliers() -> None:
    found = statistics_of([10.0] * 8)
    assert (found.mean_nm, found.sd_nm, found.outliers, found.gamma) == (10.0, 0.0, (), None)


def test_nothing_measured_has_no_mean() -> None:
    found = statistics_of([0.5, 0.5])
    assert (found.mean_nm, found.sd_nm, found.used) == (None, None, 0)


@given(st.lists(st.floats(0.01, 500), min_size=1, max_size=200))
def test_the_histogram_counts_every_value_once(values) -> None:
    edges, counts = histogram_of(values)
    assert counts.sum() == len(values)
    assert (np.diff(edges) > 0).all()
    assert len(counts) <= MAX_BINS + 2
    width = edges[1] - edges[0]
    assert math.isclose(edges[0] / width, round(edges[0] / width), abs_tol=1e-6)


def test_bins_of_a_given_width() -> None:
    edges, counts = histogram_of([1.0, 2.6, 2.6, 9.9], 2.5)
    assert edges.tolist() == [0.0, 2.5, 5.0, 7.5, 10.0]
    assert counts.tolist() == [1, 2, 0, 1]
