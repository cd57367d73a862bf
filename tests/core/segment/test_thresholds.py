"""Histograms are exact and independent of the split; thresholds have known answers."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.filters import threshold_otsu

from core.errors import VoxelError
from core.segment.histogram import Histogram, counted, histogram_of
from core.segment.thresholds import brighter, brightest_cluster, kmeans, otsu
from core.volume import Array

TYPES = [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64]


def histogram(values: Array) -> Histogram:
    return histogram_of(counted(values), values.dtype)


def spread(values: Array, counts: Array, borders: tuple[int, ...]) -> float:
    """Sum of squares about the means of the parts between borders."""
    total = 0.0
    for start, stop in pairwise((0, *borders, len(values))):
        part, weight = values[start:stop], counts[start:stop]
        total += float((weight * (part - np.average(part, weights=weight)) ** 2).sum())
    return total


@pytest.mark.parametrize("dtype", TYPES)
def test_bins_hold_the_values_they_count(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(1)
    values = (rng.normal(size=500) * 40).clip(-100 if np.dtype(dtype).kind != "u" else 0, 100).astype(dtype)
    found = histogram(values)
    assert found.counts.sum() == 500
    assert (np.diff(found.lows) > 0).all()
    inside = (values.astype(float)[:, None] >= found.lows) & (values.astype(float)[:, None] <= found.highs)
    # Types wider than float32 may round across a border.
    wide = np.dtype(dtype) == np.float64
    assert inside.any(axis=1).mean() > 0.99 if wide else inside.sum(axis=0).tolist() == found.counts.tolist()


@settings(max_examples=25)
@given(arrays(np.float32, 40, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_float_bins_are_narrow_and_in_order(values: Array) -> None:
    found = histogram(values)
    inside = (values[:, None] >= found.lows) & (values[:, None] <= found.highs)
    # Minus zero and zero lie in neighbouring bins and compare equal.
    assert (inside.sum(axis=1) >= 1).all()
    size = np.maximum(np.abs(found.lows), np.abs(found.highs))
    assert (found.highs - found.lows <= np.maximum(size / 2048, 1e-40)).all()


@settings(max_examples=25)
@given(st.lists(st.integers(0, 255), min_size=2, max_size=60), st.integers(0, 60))
def test_counts_of_parts_add_up(values: list[int], cut: int) -> None:
    for dtype in (np.uint8, np.float32):
        whole = np.array(values, dtype=dtype)
        assert np.array_equal(counted(whole), counted(whole[:cut]) + counted(whole[cut:]))


@settings(max_examples=25)
@given(st.integers(0, 254), st.integers(1, 255), st.integers(1, 500), st.integers(1, 500))
def test_otsu_of_two_levels_lies_between_them(low: int, step: int, dark: int, bright: int) -> None:
    high = min(low + step, 255)
    values = np.repeat([low, high], [dark, bright])
    for dtype in (np.uint8, np.float32):
        plane = values.astype(dtype)
        threshold = otsu(histogram(plane))
        assert low <= threshold < high
        assert np.array_equal(brighter(plane, threshold) == 255, values == high)


def test_otsu_lies_in_the_middle_of_a_gap() -> None:
    assert otsu(histogram(np.repeat([50, 200], 9).astype(np.uint8))) == 125


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_otsu_agrees_with_scikit_image(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(3)
    plane = np.concatenate([rng.normal(80, 20, 6000), rng.normal(170, 15, 4000)]).clip(0, 255).astype(dtype)
    assert otsu(histogram(plane)) == threshold_otsu(plane)


@given(st.lists(st.integers(0, 40), min_size=3, max_size=25), st.sampled_from([2, 3]))
def test_kmeans_is_the_optimum_of_all_divisions(values: list[int], clusters: int) -> None:
    found = histogram(np.array(values, dtype=np.uint8))
    if len(found.counts) < clusters:
        with pytest.raises(VoxelError, match="too few different"):
            kmeans(found, clusters)
        return
    centres = np.array(kmeans(found, clusters))
    best = min(spread(found.values, found.counts, borders)
               for borders in combinations(range(1, len(found.counts)), clusters - 1))  # fmt: skip
    distance = ((found.values[:, None] - centres) ** 2).min(axis=1)
    assert float((distance * found.counts).sum()) == pytest.approx(best, abs=1e-6)


def test_kmeans_finds_three_known_levels_on_a_large_offset() -> None:
    rng = np.random.default_rng(4)
    plane = (60000 + np.repeat([100, 900, 1500], [5000, 3000, 2000]) + rng.normal(0, 20, 10000)).astype(
        np.uint16
    )
    centres = kmeans(histogram(plane), 3)
    assert np.allclose(centres, [60100, 60900, 61500], atol=2)
    assert brightest_cluster(centres) == pytest.approx(61200, abs=2)


def test_kmeans_of_every_16_bit_value_is_quick_and_exact() -> None:
    centres = kmeans(histogram(np.arange(65536, dtype=np.uint16)), 3)
    assert np.allclose(centres, [10922, 32767, 54612.5], atol=1)


def test_one_value_has_no_threshold() -> None:
    with pytest.raises(VoxelError, match="too few different") as caught:
        otsu(histogram(np.full(9, 7, dtype=np.uint8)))
    assert "drop-slices" in caught.value.remedy


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("threshold", [-1e9, -3.5, -1.0, 0.0, 41.0, 41.5, 1e9])
def test_brighter_means_greater_than(dtype: type[np.generic], threshold: float) -> None:
    plane = np.array([0, 1, 41, 42, 100], dtype=dtype)
    assert ((brighter(plane, threshold) == 255) == (plane.astype(float) > threshold)).all()


def test_levels_move_smoothly_with_brightness() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(100, 10, 20000)
    levels = [
        histogram(np.rint(values + shift).astype(np.uint8)).level(0.5) for shift in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert np.allclose(np.diff(levels), 0.25, atol=0.05)
    assert histogram(values.astype(np.float32)).quantile(0.9) == pytest.approx(
        np.quantile(values, 0.9), rel=1e-3
    )
