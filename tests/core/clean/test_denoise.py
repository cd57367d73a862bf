"""Noise is measured and reduced; edges, types and the ends of the stack keep their place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, median_filter

from core.clean.denoise import gaussian, gaussian_reach, median, noise_level, non_local_means, total_variation
from core.clean.planes import as_float, as_type, working_type
from core.steps.denoise import DENOISE
from core.volume import Array
from tests.core.clean.phantoms import two_phases
from tests.core.steps.running import run_step

NOISE = 12.0


def scene(slices: int = 1) -> tuple[Array, Array]:
    """Clean and noisy stack, uint8."""
    clean = 60.0 + 110 * two_phases((slices, 150, 160), 0.4, feature_px=6, seed=1)
    noisy = clean + np.random.default_rng(2).normal(0, NOISE, clean.shape)
    return clean, noisy.clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("sigma", [1.0, 5.0, 20.0])
def test_the_noise_of_a_structured_shaded_image_is_measured(sigma: float) -> None:
    clean = 500 + 110.0 * two_phases((200, 220), 0.4, feature_px=6) + np.linspace(0, 300, 200)[:, None]
    noisy = clean + np.random.default_rng(0).normal(0, sigma, clean.shape)
    assert noise_level(noisy) == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1)])
def test_the_noise_of_a_single_line_is_measured(shape: tuple[int, int]) -> None:
    assert noise_level(np.random.default_rng(0).normal(0, 4, shape)) == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("plane", [np.zeros((1, 1)), np.zeros((1, 2)), np.full((9, 9), 7)])
def test_where_there_is_no_noise_it_is_zero(plane: Array) -> None:
    assert noise_level(plane) == 0


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ({"method": "nlm"}, 2.8),
        ({"method": "tv"}, 2.5),
        ({"method": "median"}, 1.8),
    ],
)
def test_filters_reduce_the_error_and_keep_edges(values: dict[str, str], factor: float) -> None:
    clean, noisy = scene(2)
    result, found = run_step(DENOISE, noisy, **values)
    assert (result - clean).std() < (noisy - clean).std() / factor
    if found.noise_grey is not None:
        assert found.noise_grey == pytest.approx(NOISE, rel=0.1)
        edges = np.abs(np.diff(clean, axis=2)) > 0
        assert np.median(np.abs(np.diff(result.astype(float), axis=2))[edges]) > 90


def test_typed_in_noise_needs_no_first_pass() -> None:
    _, noisy = scene()
    _, found = run_step(DENOISE, noisy, method="tv", noise_grey=3.0)
    assert found.noise_grey == 3.0
    assert not DENOISE.observes(DENOISE.params(method="tv", noise_grey=3.0))
    assert not DENOISE.observes(DENOISE.params(method="median"))


def test_a_clean_image_is_left_alone() -> None:
    plane = np.kron(np.eye(9), np.full((7, 7), 80.0)).astype(np.float32)
    for smooth in (
        non_local_means(plane, noise=0.0, strength=1, patch_px=3, search_px=3),
        total_variation(plane, noise=0.0, strength=1),
    ):
        assert np.array_equal(smooth, plane)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.0])
def test_the_gaussian_across_slices_is_scipys(sigma: float) -> None:
    _, noisy = scene(9)
    data = noisy.astype(np.float32)
    result, _ = run_step(DENOISE, data, method="gaussian", sigma_px=1.5, sigma_slices=sigma)
    expected = gaussian_filter(data, (sigma, 1.5, 1.5), mode="reflect", radius=(gaussian_reach(sigma), 5, 5))
    assert np.allclose(result, expected, atol=1e-3)


@pytest.mark.parametrize(("across", "within"), [(0, 2), (1, 1), (2, 0), (3, 1)])
def test_the_median_across_slices_is_scipys(across: int, within: int) -> None:
    _, noisy = scene(5)
    data = noisy[:, :40, :50]
    result, _ = run_step(DENOISE, data, method="median", radius_slices=across, radius_px=within)
    size = (2 * across + 1, 2 * within + 1, 2 * within + 1)
    assert np.array_equal(result, median_filter(data, size, mode="reflect"))


def test_means_of_equal_planes_are_the_plane() -> None:
    plane = np.random.default_rng(0).integers(0, 60000, (20, 30)).astype(np.uint16)
    assert np.allclose(gaussian([plane] * 7, sigma_px=0, sigma_slices=1.0), plane, rtol=1e-6)
    assert np.array_equal(median([plane] * 3, radius_px=0), plane)


@settings(max_examples=50)
@given(st.sampled_from([np.uint8, np.uint16, np.int8, np.int16, np.uint32, np.int32]), st.data())
def test_whole_numbers_survive_the_working_type(dtype: type[np.integer], data: st.DataObject) -> None:
    limits = np.iinfo(dtype)
    values = np.array(
        data.draw(st.lists(st.integers(int(limits.min), int(limits.max)), min_size=1)), dtype=dtype
    )
    assert np.array_equal(as_type(as_float(values), np.dtype(dtype)), values)


def test_rounding_is_half_to_even_and_clipped() -> None:
    values = np.array([-3.0, 0.5, 1.5, 2.5, 254.6, 300.0], dtype=np.float32)
    assert as_type(values, np.dtype(np.uint8)).tolist() == [0, 0, 2, 2, 255, 255]
    assert working_type(np.dtype(np.uint16)) == np.float32
    assert working_type(np.dtype(np.int32)) == np.float64
