"""One slice onto another: known shifts, turns and strains, and what must not lock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from core.align.climb import from_level, to_level
from core.align.options import AlignOptions
from core.align.pair import register_pair
from core.errors import ParameterError, VoxelError
from tests.core.align.pictures import Array, moved, texture

SHAPE = (168, 200)


def noisy(picture: Array, sd: float, seed: int) -> Array:
    return picture + sd * np.random.default_rng(seed).normal(size=picture.shape)


def warped(picture: Array, matrix: Array, margin: int = 20) -> Array:
    """The picture under a matrix (original to result) about its own pixels, by splines of degree 5."""
    inverse = np.linalg.inv(matrix)
    swap = inverse[1::-1, 1::-1]
    offset = inverse[1::-1, 2]
    out: Array = ndimage.affine_transform(picture, swap, offset, order=5, mode="reflect")
    return out[margin:-margin, margin:-margin]


@settings(max_examples=12, deadline=None)
@given(st.floats(-12, 12), st.floats(-12, 12), st.floats(0.7, 1.4), st.floats(-40, 40))
def test_subpixel_shift(down: float, right: float, gain: float, offset: float) -> None:
    picture = texture(SHAPE)
    found = register_pair(moved(picture, (0, 0)), gain * moved(picture, (down, right)) + offset)
    assert found.locked
    assert found.shift_yx == pytest.approx((down, right), abs=0.01)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 0.75])
def test_noise_does_not_pull_to_whole_or_half_pixels(fraction: float) -> None:
    errors = []
    for seed in range(6):
        picture = texture(SHAPE, seed)
        one = noisy(moved(picture, (0, 0)), 20, seed + 50)
        two = noisy(moved(picture, (fraction, 2 + fraction)), 20, seed + 90)
        found = register_pair(one, two)
        errors.append(np.subtract(found.shift_yx, (fraction, 2 + fraction)))
    assert np.abs(np.mean(errors, axis=0)).max() < 0.02
    assert np.abs(errors).max() < 0.1


def test_standard_error_fits_the_errors() -> None:
    errors, stated = [], []
    for seed in range(20):
        picture = texture((128, 128), seed)
        two = noisy(moved(picture, (1.3, -0.4)), 25, seed + 500)
        found = register_pair(noisy(moved(picture, (0, 0)), 25, seed), two)
        errors.append(np.subtract(found.shift_yx, (1.3, -0.4)))
        stated.append(found.sigma_px)
    actual = float(np.sqrt(np.mean(np.square(errors))))
    assert actual / 2 < np.mean(stated) < 2 * actual


def test_jump_beyond_a_third_of_the_slice() -> None:
    picture = texture((220, 240))
    found = register_pair(moved(picture, (0, 0)), moved(picture, (53.4, -61.7)))
    assert found.locked
    assert found.shift_yx == pytest.approx((53.4, -61.7), abs=0.03)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_types_of_voxels(dtype: type) -> None:
    picture = texture(SHAPE)
    factor = 200 if dtype == np.uint16 else 1
    one, two = ((factor * moved(picture, s)).clip(0).astype(dtype) for s in ((0, 0), (2.3, -4.6)))
    assert register_pair(one, two).shift_yx == pytest.approx((2.3, -4.6), abs=0.02)


def test_contrast_far_below_the_mean_in_float64() -> None:
    picture = 1e6 + 0.001 * texture(SHAPE)
    found = register_pair(moved(picture, (0, 0)), moved(picture, (2.3, -4.6)))
    assert found.shift_yx == pytest.approx((2.3, -4.6), abs=0.05)


def test_smallest_slices() -> None:
    picture = texture((104, 104))
    one, two = moved(picture, (0, 0)), moved(picture, (1.7, -3.2))
    assert one.shape == (64, 64)
    found = register_pair(one, two)
    assert found.locked
    assert found.shift_yx == pytest.approx((1.7, -3.2), abs=0.03)


def test_turn() -> None:
    picture, angle = texture((240, 260)), np.deg2rad(1.2)
    matrix = np.array([[np.cos(angle), -np.sin(angle), 3.2], [np.sin(angle), np.cos(angle), -1.7], [0, 0, 1]])
    found = register_pair(warped(picture, np.eye(3)), warped(picture, matrix), "rigid")
    frame = np.array([[1, 0, 20], [0, 1, 20], [0, 0, 1]])
    expected = np.linalg.inv(np.linalg.inv(frame) @ matrix @ frame)
    assert found.locked
    assert found.matrix[:2, :2] == pytest.approx(expected[:2, :2], abs=2e-4)
    assert found.matrix[:2, 2] == pytest.approx(expected[:2, 2], abs=0.03)
    assert found.matrix[:2, :2] @ found.matrix[:2, :2].T == pytest.approx(np.eye(2), abs=1e-12)


def test_strain() -> None:
    picture = texture((240, 260))
    matrix = np.array([[1.012, 0.006, 2.4], [-0.004, 0.991, 1.1], [0, 0, 1]])
    found = register_pair(warped(picture, np.eye(3)), warped(picture, matrix), "affine")
    frame = np.array([[1, 0, 20], [0, 1, 20], [0, 0, 1]])
    expected = np.linalg.inv(np.linalg.inv(frame) @ matrix @ frame)
    corners = np.array([[0, 0, 1], [219, 0, 1], [0, 199, 1], [219, 199, 1]]).T
    assert (found.matrix @ corners) == pytest.approx(expected @ corners, abs=0.05)


def test_mask_decides_what_is_followed() -> None:
    still, moving = texture((180, 220), 1), texture((180, 220), 2)
    one, two = moved(still, (0, 0)), moved(still, (0, 0))
    one[:, 100:], two[:, 100:] = moved(moving, (0, 0))[:, 100:], moved(moving, (3.5, 2.25))[:, 100:]
    mask = np.zeros(one.shape, bool)
    mask[20:120, 115:170] = True
    assert register_pair(one, two, mask=mask).shift_yx == pytest.approx((3.5, 2.25), abs=0.05)
    mask[:] = False
    mask[20:120, 10:85] = True
    assert register_pair(one, two, mask=mask).shift_yx == pytest.approx((0, 0), abs=0.05)


def test_border_left_blank_by_an_earlier_shift_does_not_hold() -> None:
    picture = texture(SHAPE)
    one, two = moved(picture, (0, 0)), moved(picture, (6.4, -9.3))
    one[:, :12] = 0
    one[-8:] = 0
    two[:, :12] = 0
    two[-8:] = 0
    assert register_pair(one, two).shift_yx == pytest.approx((6.4, -9.3), abs=0.03)


def test_curtains_do_not_hold_the_content() -> None:
    picture = texture(SHAPE)
    fade = np.linspace(1, 0.6, 128)[:, None]
    curtains = 40 * fade * np.random.default_rng(3).normal(size=160)[None, :]
    one, two = moved(picture, (0, 0)) + curtains, moved(picture, (1.5, 4.4)) + curtains
    found = register_pair(one, two)
    assert found.locked
    assert found.shift_yx == pytest.approx((1.5, 4.4), abs=0.15)
    held = register_pair(one, two, options=AlignOptions(destripe=False))
    assert abs(held.shift_yx[1] - 4.4) > 0.3


def test_shading_does_not_hold_the_content() -> None:
    picture = texture(SHAPE)
    y, x = np.mgrid[:128, :160]
    shade = 0.01 * ((y - 60) ** 2 + (x - 90) ** 2)
    found = register_pair(moved(picture, (0, 0)) + shade, moved(picture, (3.3, -2.2)) + shade)
    assert found.shift_yx == pytest.approx((3.3, -2.2), abs=0.05)


@pytest.mark.parametrize("grain_px", [0.5, 2.0, 5.0])
def test_unlike_slices_do_not_lock(grain_px: float) -> None:
    for seed in range(8):
        one, two = (texture((160, 180), 100 * seed + k, grain_px) for k in (1, 2))
        found = register_pair(one, two)
        assert not found.locked
        assert found.confidence == 0


def test_blank_slice_does_not_lock() -> None:
    picture = texture(SHAPE)
    for one, two in ((picture, np.full(SHAPE, 7.0)), (np.zeros(SHAPE), picture), (np.zeros(SHAPE),) * 2):
        found = register_pair(one, two)
        assert not found.locked
        assert found.confidence == 0
        assert np.isinf(found.sigma_px)
        assert found.matrix == pytest.approx(np.eye(3))


def test_refusals() -> None:
    picture = texture((64, 64))
    broken = picture.copy()
    broken[3, 4] = np.nan
    with pytest.raises(VoxelError, match="the moving slice has values that are not finite"):
        register_pair(picture, broken)
    with pytest.raises(ParameterError, match="of one size"):
        register_pair(picture, picture[1:])
    with pytest.raises(ParameterError, match="too small"):
        register_pair(picture[:20], picture[:20])


@given(st.integers(0, 5), st.lists(st.floats(-0.1, 0.1), min_size=6, max_size=6))
def test_levels_are_exact(level: int, values: list[float]) -> None:
    matrix = np.eye(3)
    matrix[:2] += np.array(values).reshape(2, 3) * [1, 1, 100]
    assert from_level(to_level(matrix, level), level) == pytest.approx(matrix, abs=1e-9)
    # Pixel k of a level is the middle of its pixels.
    middle = np.array([2.0**level * 3 + (2.0**level - 1) / 2, (2.0**level - 1) / 2, 1])
    there = to_level(matrix, level) @ [3, 0, 1]
    assert there[:2] * 2**level + (2**level - 1) / 2 == pytest.approx((matrix @ middle)[:2], abs=1e-9)
