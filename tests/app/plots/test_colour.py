"""Grey values become the colours they should, for every type."""

from __future__ import annotations

import numpy as np
import pytest

from app.plots.colour import COLOUR_MAPS, Contrast, auto_contrast, coloured, overlaid, ramp


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float32, np.float64])
def test_contrast_maps_low_to_black_and_high_to_white(dtype: type) -> None:
    data = np.array([[0, 50, 100, 120]], dtype)
    picture = coloured(data, Contrast(50, 100), "Grey", "grey")
    assert picture.shape == (1, 4, 4)
    assert picture[0, :, 0].tolist() == [0, 0, 255, 255]
    assert (picture[..., 3] == 255).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_all_types_give_the_same_picture(dtype: type) -> None:
    data = np.arange(256).reshape(16, 16)
    expected = coloured(data.astype(np.uint8), Contrast(20, 180), "Viridis", "grey")
    np.testing.assert_array_equal(
        coloured(data.astype(dtype), Contrast(20, 180), "Viridis", "grey"), expected
    )


def test_not_a_number_is_transparent() -> None:
    picture = coloured(np.array([[np.nan, 1.0, np.inf]]), Contrast(0, 1), "Grey", "grey")
    assert picture[0, :, 3].tolist() == [0, 255, 0]


def test_inverted_is_inverted() -> None:
    data = np.array([[0, 255]], np.uint8)
    assert coloured(data, Contrast(0, 255), "Grey, inverted", "grey")[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_every_map_has_256_colours(name: str) -> None:
    assert ramp(name).shape == (256, 3)


def test_labels_above_65535_keep_apart() -> None:
    data = np.array([[0, 1, 2, 70_000, 70_001, 2**31]], np.uint32)
    picture = coloured(data, Contrast(0, 255), "Grey", "labels")
    assert picture[0, 0, :3].tolist() == [0, 0, 0]
    assert len({tuple(colour) for colour in picture[0, :, :3].tolist()}) == 6


def test_overlay_leaves_the_background_clear() -> None:
    picture = overlaid(np.array([[0, 255, 128]], np.uint8), 0.4, "binary")
    assert picture[0, :, 3].tolist() == [0, 102, 51]
    picture = overlaid(np.array([[0, 7]], np.int32), 0.5, "labels")
    assert picture[0, :, 3].tolist() == [0, 128]


def test_auto_contrast_leaves_outliers_out() -> None:
    data = np.random.default_rng(0).normal(100, 5, (300, 300)).astype(np.float32)
    data[0, 0], data[1, 1], data[2, 2] = 1e9, np.nan, -np.inf
    contrast = auto_contrast(data, "grey")
    assert 80 < contrast.low < 95
    assert 105 < contrast.high < 120
    assert auto_contrast(data, "binary") == Contrast(0, 255)


@pytest.mark.parametrize("value", [0, 7])
def test_constant_images_have_a_contrast(value: int) -> None:
    contrast = auto_contrast(np.full((5, 5), value, np.uint8), "grey")
    assert contrast.high > contrast.low


def test_dragging_never_turns_the_contrast_over() -> None:
    contrast = Contrast(0, 100)
    for _ in range(200):
        contrast = contrast.moved(-3.0, 0.8)
    assert contrast.high > contrast.low
