"""A network that fills gaps sees what it should, and no cut of the plane can be seen in what it makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from core.job import Job
from core.rebuild.network import Filling, network_into, windows
from core.rebuild.network_input import (
    CHANNELS,
    DISTANCE_UNIT_PX,
    DISTANCES,
    OFFSET_UNIT_PX,
    as_input,
    between,
    interpolated,
)
from core.volume import Array


class Looking:
    """Looks `reach` pixels far in the plane, weighs all channels, and knows where it was called."""

    def __init__(self, reach: int = 3) -> None:
        self.reach, self.seen = reach, []

    def run(self, x: Array, job: Job | None = None) -> tuple[Array, None]:
        self.seen.append(x.shape)
        weights = np.array([0.6, -0.3, 0.4, -0.2, 1.0, 0.3, -0.1, 0.2, 0.05], np.float32)
        mixed = np.tensordot(weights, x[0], 1)
        padded = np.pad(mixed, self.reach)
        shifted = [
            np.roll(padded, (dy, dx), (0, 1))
            for dy in (-self.reach, 0, self.reach)
            for dx in (-self.reach, 0)
        ]
        total = sum(shifted)[self.reach : -self.reach, self.reach : -self.reach]
        return (1 / (1 + np.exp(-total)))[np.newaxis, np.newaxis], None


def slices_of(count: int, shape: tuple[int, int] = (41, 37), seed: int = 1) -> Array:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(count, *shape)), (1, 3, 3))
    return (field > 0) * np.uint8(255)


def filled(planes: Array, knots: Array, wanted: list[int], **options: Any) -> Array:
    out = np.empty((len(wanted), *planes.shape[1:]), np.uint8)
    made_from = [between(knots, float(z)) for z in wanted]
    network = Filling(options.pop("runner", Looking()), 3)
    network_into(out, range(len(wanted)), planes, made_from, 0, 255.0, network=network, **options)
    return out


def test_the_nearer_side_comes_first() -> None:
    knots = np.array([0.0, 4.0, 9.0, 15.0])
    item = between(knots, 7.0)
    assert item.knots == (2, 3, 1, 0)
    assert item.offsets_px == (2.0, 8.0, 3.0, 7.0)
    assert between(knots, 5.0).knots == (1, 0, 2, 3)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=8), st.data())
def test_turning_the_stack_over_changes_nothing(steps: list[int], data: st.DataObject) -> None:
    knots = np.concatenate([[0], np.cumsum(steps)]).astype(float)
    z = data.draw(st.integers(0, int(knots[-1])))
    item, other = between(knots, float(z)), between(knots[-1] - knots[::-1], float(knots[-1] - z))
    if z in knots or item.offsets_px[0] == item.offsets_px[2]:  # in the middle neither side is nearer
        return
    assert other.offsets_px == item.offsets_px
    assert other.knots == tuple(len(knots) - 1 - knot for knot in item.knots)


@given(st.integers(2, 9), st.integers(0, 40))
def test_no_plane_is_needed_that_is_not_there(count: int, z: int) -> None:
    item = between(np.arange(count) * 5.0, float(z))
    assert item.first >= 0
    assert item.stop <= count
    assert item.first <= min(item.knots)
    assert item.stop > max(item.knots)


def test_input_is_in_the_units_it_states() -> None:
    slices = np.arange(4.0)[:, None, None] * np.ones((4, 2, 3))
    found = as_input(slices, np.full((2, 3), 5.0), (1.0, 5.0, 2.0, 8.0))
    assert found.shape == (len(CHANNELS), 2, 3)
    assert found.dtype == np.float32
    assert found[:DISTANCES, 0, 0] * DISTANCE_UNIT_PX == pytest.approx([0, 1, 2, 3, 5])
    assert found[DISTANCES:, 1, 2] * OFFSET_UNIT_PX == pytest.approx([1, 5, 2, 8])


def test_interpolated_distances_are_the_weighted_sum() -> None:
    distances = np.random.default_rng(1).normal(size=(5, 3, 4)).astype(np.float32)
    item = between(np.array([0.0, 3.0, 7.0, 9.0, 14.0]), 8.0)
    expected = np.tensordot(item.row.weights, distances[item.row.first : item.row.stop], 1)
    assert np.abs(interpolated(distances, item.row, 0) - expected).max() < 1e-5


@settings(max_examples=6)
@given(st.integers(9, 60))
def test_no_tile_can_be_seen(side: int) -> None:
    planes = slices_of(6)
    knots = np.array([0.0, 3.0, 7.0, 9.0, 14.0, 17.0])
    whole = filled(planes, knots, [1, 8, 12, 15], tile_px=1000)
    assert np.array_equal(filled(planes, knots, [1, 8, 12, 15], tile_px=side), whole)
    assert 0 < np.count_nonzero(whole) < whole.size


def test_beyond_the_outermost_slices_these_are_repeated() -> None:
    planes = slices_of(3)
    runner = Looking()
    found = filled(planes, np.array([2.0, 5.0, 9.0]), [0, 11], runner=runner)
    assert np.array_equal(found, planes[[0, 2]])
    assert runner.seen == []


@given(st.integers(1, 70), st.integers(1, 70), st.integers(3, 40))
def test_windows_cover_a_plane_once(height: int, width: int, side: int) -> None:
    count = np.zeros((height, width), int)
    for window in windows((height, width), 4, side):
        count[window.place] += 1
    assert np.all(count == 1)


def test_small_planes_are_mirrored_beyond_their_border() -> None:
    planes = slices_of(4, (2, 3))
    found = filled(planes, np.array([0.0, 4.0, 8.0, 12.0]), [5, 6])
    assert found.shape == (2, 2, 3)
