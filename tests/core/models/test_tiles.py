"""Planes are cut so that every pixel is taken once, from a window on the grid with all its context."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.tiles import (
    MOST_PX,
    USUAL_BYTES_PER_PX,
    Stretch,
    Tile,
    bytes_per_px,
    most_px,
    parts_for,
    stretches,
    tiles_of,
    up_to_multiple,
)
from tests.core.models.tiny import mean_network, pooled_network, volume_network

LENGTHS, PARTS, HALOS, STRIDES = (
    st.integers(1, 300),
    st.integers(1, 20),
    st.integers(0, 50),
    st.integers(1, 16),
)


@given(LENGTHS, PARTS, HALOS, STRIDES)
def test_every_pixel_is_taken_once_with_its_context(length: int, parts: int, halo: int, stride: int) -> None:
    pieces = stretches(length, parts, halo, stride)
    assert [p for piece in pieces for p in range(piece.first, piece.last)] == list(range(length))
    padded = up_to_multiple(length, stride)
    assert len(pieces) <= parts
    for piece in pieces:
        assert piece.start % stride == 0
        assert piece.stop % stride == 0
        assert piece.start == 0 or piece.first - piece.start >= halo
        assert piece.stop == padded or piece.stop - piece.last >= halo
        assert 0 <= piece.start < piece.stop <= padded


def test_beyond_the_lower_right_a_plane_is_mirrored() -> None:
    plane = np.arange(12).reshape(3, 4)
    tile = Tile(Stretch(0, 8, 0, 3), Stretch(0, 8, 0, 4))
    np.testing.assert_array_equal(tile.window(plane), np.pad(plane, ((0, 5), (0, 4)), mode="reflect"))
    part = Tile(Stretch(2, 4, 2, 3), Stretch(0, 2, 0, 2))
    np.testing.assert_array_equal(part.window(plane), [[8, 9], [4, 5]])
    single = Tile(Stretch(0, 2, 0, 1), Stretch(0, 4, 0, 1))
    np.testing.assert_array_equal(single.window(np.full((1, 1), 7)), np.full((2, 4), 7))


@settings(max_examples=25)
@given(st.tuples(st.integers(1, 900), st.integers(1, 900)), st.integers(0, 60), st.sampled_from([1, 8, 32]))
def test_windows_are_small_enough_where_they_can_be(shape: tuple[int, int], halo: int, stride: int) -> None:
    limit = 250**2
    parts = parts_for(shape, halo, stride, limit)
    areas = [
        (tile.y.stop - tile.y.start) * (tile.x.stop - tile.x.start)
        for tile in tiles_of(shape, parts, halo, stride)
    ]
    assert max(areas) <= limit
    if up_to_multiple(shape[0], stride) * up_to_multiple(shape[1], stride) <= limit:
        assert parts == (1, 1)


def test_where_nothing_fits_the_smallest_windows_are_taken() -> None:
    assert parts_for((64, 64), 8, 8, 1) == (8, 8)


def test_windows_are_as_large_as_the_memory_allows() -> None:
    assert most_px(100, 1, free_bytes=2_000_000) == 10_000
    assert most_px(100, 4, free_bytes=2_000_000) == 2_500
    assert most_px(1, 1, free_bytes=1 << 40) == MOST_PX
    assert most_px(10**12) == 1


def test_memory_is_counted_from_the_tensors_that_live_at_once(tmp_path) -> None:
    # input (3 channels), logits and probability: of these at most input and logits at once
    assert bytes_per_px(mean_network(tmp_path / "mean.onnx", [1, 1, 1]), 3, 1) == 16
    # fine and probability, 4 bytes each
    assert bytes_per_px(pooled_network(tmp_path / "pooled.onnx"), 1, 4) == 8
    # the same of 6 slices
    assert bytes_per_px(volume_network(tmp_path / "volume.onnx"), 1, 2, 6) == 48


def test_a_network_that_cannot_be_counted_is_assumed_usual(tmp_path) -> None:
    model = onnx.load(pooled_network(tmp_path / "pooled.onnx"))
    model.graph.node[1].op_type, model.graph.node[1].domain = "Mystery", "elsewhere"
    onnx.save(model, tmp_path / "mystery.onnx")
    assert bytes_per_px(tmp_path / "mystery.onnx", 1, 4) == USUAL_BYTES_PER_PX


@pytest.mark.parametrize("length", [1, 5, 16])
def test_one_part_is_the_whole_axis(length: int) -> None:
    [piece] = stretches(length, 1, 30, 8)
    assert (piece.start, piece.stop, piece.first, piece.last) == (0, up_to_multiple(length, 8), 0, length)
