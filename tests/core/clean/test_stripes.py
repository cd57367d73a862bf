"""Stripes that are there go; edges, noise and structure stay."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.clean.consistency import repeated
from core.clean.stripes import Finder, sheared, stripes_along
from core.clean.variational_stripes import variational_stripes
from core.clean.wavelet_stripes import wavelet_stripes
from core.volume import Array
from tests.core.clean.phantoms import stripes, two_phases

SHAPE = (256, 256)
CONTRAST, NOISE, STRIPE = 110.0, 8.0, 12.0
METHODS: dict[str, Finder] = {
    "variational": partial(variational_stripes, width_px=16, length_px=128),
    "wavelet": partial(wavelet_stripes, width_px=16, length_px=128, wavelet="db5"),
}
# What is left of the stripes' energy (what was wrongly taken included), and how much an image without stripes
# may change, in per cent of the contrast between the phases; measured values are about two thirds of these.
LIMITS = {
    ("variational", 0): (0.12, 0.4),
    ("variational", 15): (0.17, 0.4),
    ("wavelet", 0): (0.60, 2.0),
    ("wavelet", 15): (0.65, 2.0),
}


def scene(angle_deg: float, seed: int) -> tuple[Array, Array]:
    """Image without stripes, and the stripes."""
    rng = np.random.default_rng(seed)
    solid = gaussian_filter(two_phases(SHAPE, 0.4, feature_px=6, seed=seed).astype(float), 1.0)
    clean = 60 + CONTRAST * solid + rng.normal(0, NOISE, SHAPE)
    return clean.astype(np.float32), stripes(SHAPE, angle_deg, grey=STRIPE, seed=seed).astype(np.float32)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("method", "angle_deg"), LIMITS)
def test_known_stripes_go_and_nothing_else(method: str, angle_deg: float, seed: int) -> None:
    clean, striped = scene(angle_deg, seed)
    left, change = LIMITS[method, angle_deg]
    found = stripes_along(clean + striped, angle_deg, METHODS[method])
    assert ((found - striped) ** 2).mean() <= left * (striped**2).mean()
    unasked = stripes_along(clean, angle_deg, METHODS[method])
    assert unasked.std() <= change / 100 * CONTRAST


@pytest.mark.parametrize("method", METHODS)
def test_edges_stay_sharp(method: str) -> None:
    solid = two_phases(SHAPE, 0.4, feature_px=8, seed=5)
    clean = (60 + CONTRAST * solid).astype(np.float32)
    result = clean - stripes_along(clean, 0, METHODS[method])
    edges = np.diff(solid.astype(int), axis=1)
    height = (np.diff(result, axis=1) * edges)[edges != 0]
    assert np.median(height) == pytest.approx(CONTRAST, rel=0.02)


@pytest.mark.parametrize("angle_deg", [-90, -80, -40, 25, 60, 90])
def test_stripes_at_any_angle_go(angle_deg: float) -> None:
    steep = abs(angle_deg) > 45
    clean, striped = scene(90 - abs(angle_deg) if steep else abs(angle_deg), 7)
    if steep:
        clean, striped = clean.T, striped.T
    if angle_deg < 0:
        clean, striped = clean[:, ::-1], striped[:, ::-1]
    found = stripes_along(clean + striped, angle_deg, METHODS["variational"])
    assert ((found - striped) ** 2).mean() < 0.25 * (striped**2).mean()


def test_stripes_that_start_half_way_down_go_too() -> None:
    clean, striped = scene(0, 4)
    striped[:120] = 0
    found = stripes_along(clean + striped, 0, METHODS["variational"])
    assert ((found - striped) ** 2).mean() < 0.4 * (striped**2).mean()


def test_what_repeats_stays_and_what_does_not_goes() -> None:
    noise = np.random.default_rng(1).normal(0, NOISE, SHAPE).astype(np.float32)
    _, striped = scene(0, 2)
    assert (repeated(noise + striped, striped) - striped).std() < 0.15 * striped.std()
    # The best guess for an image of noise alone is the mean of its columns, and none of that repeats.
    by_chance = np.broadcast_to(noise.mean(axis=0), SHAPE).astype(np.float32)
    assert repeated(noise, by_chance).std() < 0.35 * by_chance.std()


def test_stripes_at_another_angle_are_left_alone() -> None:
    _, striped = scene(0, 1)
    noise = np.random.default_rng(0).normal(0, NOISE, SHAPE).astype(np.float32)
    found = stripes_along(striped + noise, 30, METHODS["variational"])
    assert (found**2).mean() < 0.1 * (striped**2).mean()


def test_broad_shading_is_no_stripe() -> None:
    shading = np.linspace(0, 60, 256, dtype=np.float32)[None] + np.zeros((256, 1), np.float32)
    shading += np.random.default_rng(0).normal(0, 2, SHAPE).astype(np.float32)
    assert METHODS["variational"](shading).std() < 2
    assert METHODS["wavelet"](shading).std() < 2


@pytest.mark.parametrize("slope", [-0.9, 0.13, 0.5])
def test_a_shift_of_rows_is_undone_exactly(slope: float) -> None:
    plane = np.random.default_rng(1).normal(size=(33, 47))
    upright = sheared(plane, slope)
    assert not np.allclose(upright, plane, atol=0.1)
    assert np.allclose(sheared(upright, -slope), plane, atol=1e-10)


def test_a_slope_of_one_pixel_per_row_turns_a_diagonal_upright() -> None:
    upright = sheared(np.eye(9), 1.0)
    assert np.allclose(upright, np.eye(9)[4], atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 4), (33, 31)])
def test_small_and_flat_planes_have_no_stripes(method: str, shape: tuple[int, int]) -> None:
    found = METHODS[method](np.full(shape, 7.0, np.float32))
    assert found.shape == shape
    assert np.allclose(found, 0, atol=1e-4)
