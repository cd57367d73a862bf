"""Grey values to what networks are given: levels of mixtures that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from core.errors import VoxelError
from core.models.intensity import Levels, added, levels_of, levels_of_planes, normalised, observe
from core.volume import Array


def _ranked(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Smooth random field whose values are spread evenly over 0-1."""
    field = gaussian_filter(rng.normal(size=shape), (0, 5, 5))
    return np.asarray(field.argsort(axis=None).argsort().reshape(shape) / field.size)


def _mixture(solid_fraction: float, grey_share: float, noise: float, seed: int) -> Array:
    """Pore 60, solid 180, some pore in between; noise as share of the contrast."""
    rng = np.random.default_rng(seed)
    shape = (3, 160, 160)
    between = _ranked(rng, shape)
    grey = np.where(between < grey_share, between / max(grey_share, 1e-9), 0)
    ideal = np.where(_ranked(rng, shape) > 1 - solid_fraction, 1.0, grey)
    return np.asarray(60 + 120 * (ideal + rng.normal(0, noise, shape)))


@settings(max_examples=15)
@given(
    solid_fraction=st.floats(0.05, 0.9),
    grey_share=st.floats(0, 0.3),
    noise=st.floats(0, 0.25),
    seed=st.integers(0, 1000),
)
def test_levels_hardly_depend_on_solid_fraction_noise_and_shine_through(
    solid_fraction: float, grey_share: float, noise: float, seed: int
) -> None:
    grey = _mixture(solid_fraction, grey_share, noise, seed)
    found = levels_of_planes(np.clip(grey, 0, 255).round().astype(np.uint8))
    assert abs(found.low - 60) < 0.1 * 120
    assert abs(found.high - 180) < 0.1 * 120
    assert abs(found.noise - 120 * noise) < 0.15 * 120 * noise + 1


@pytest.mark.parametrize(
    ("factor", "dtype"), [(200, np.uint16), (1, np.float32), (100, np.int16), (1, np.int32)]
)
def test_levels_follow_the_grey_scale_and_the_type(factor: int, dtype: type) -> None:
    grey = np.clip(_mixture(0.3, 0.2, 0.1, 1), 0, 255).round().astype(np.uint8)
    plain, other = levels_of_planes(grey), levels_of_planes((grey.astype(np.float64) * factor).astype(dtype))
    assert other.low == pytest.approx(factor * plain.low, abs=0.4 * factor)
    assert other.high == pytest.approx(factor * plain.high, abs=0.4 * factor)
    assert other.noise == pytest.approx(factor * plain.noise, rel=0.05)


def test_hot_pixels_do_not_matter() -> None:
    grey = np.clip(_mixture(0.1, 0.1, 0.1, 2), 0, 255) * 10
    hot = np.random.default_rng(0).random(grey.shape) < 0.0005
    clean = levels_of_planes(grey.astype(np.uint16))
    spoilt = levels_of_planes(np.where(hot, 65535, grey).astype(np.uint16))
    assert spoilt.low == pytest.approx(clean.low, abs=0.01 * clean.contrast)
    assert spoilt.high == pytest.approx(clean.high, abs=0.01 * clean.contrast)


def test_counts_may_be_added_in_any_order() -> None:
    grey = np.clip(_mixture(0.4, 0.2, 0.1, 3), 0, 255).astype(np.uint8)
    parts = [observe(plane) for plane in grey]
    assert all(np.issubdtype(counts.dtype, np.integer) for part in parts for counts in part.values())
    one = levels_of(added(parts), grey.dtype)
    assert one == levels_of(added(parts[::-1]), grey.dtype)
    assert one == levels_of_planes(grey)


@pytest.mark.parametrize("noise", [0.0, 20.0])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_blank_stack_is_refused(noise: float, dtype: type) -> None:
    rng = np.random.default_rng(0)
    grey = (100 + rng.normal(0, 1, (2, 128, 128)) * noise).astype(dtype)
    with pytest.raises(VoxelError, match="no contrast"):
        levels_of_planes(grey)


def test_no_plane_and_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(VoxelError, match="no plane"):
        levels_of_planes([])
    with pytest.raises(VoxelError, match="finite"):
        observe(np.array([[1.0, np.nan], [0.0, 1.0]]))


def test_planes_of_less_than_three_pixels_are_counted() -> None:
    assert observe(np.array([[1, 200]], dtype=np.uint8))["counts"].sum() > 0


def test_pore_becomes_minus_one_and_solid_one() -> None:
    values = np.array([10, 20, 30, 200], dtype=np.uint8)
    found = normalised(values, Levels(10, 30, 2))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [-1, 0, 1, 3], atol=1e-6)
    assert normalised(np.float64([-1e9]), Levels(10, 30, 2))[0] == -3


def test_contrast_to_noise() -> None:
    assert Levels(10, 30, 4).contrast_to_noise == 5
    assert Levels(10, 30, 0).contrast_to_noise == 1000


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_values_far_from_zero_are_refused_before_they_mislead(kind: type) -> None:
    rng = np.random.default_rng(3)
    solid = rng.normal(size=(120, 120)).cumsum(axis=0).cumsum(axis=1) > 0
    plane = 60 + 90 * solid + rng.normal(0, 5, solid.shape)
    near = levels_of_planes([(plane + 30_000).astype(kind)])
    assert near.low == pytest.approx(30_060, abs=4)
    assert near.high == pytest.approx(30_150, abs=4)
    for offset in (1e5, -1e5, 4e5):
        with pytest.raises(VoxelError, match=r"from 0|no contrast"):
            levels_of_planes([(plane + offset).astype(kind)])
