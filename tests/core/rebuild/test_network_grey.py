"""A network for grey planes sees what it should, and no cut of the plane can be seen in what it makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.ndimage import uniform_filter

from core.job import Job
from core.rebuild.network import Filling
from core.rebuild.network_grey import network_grey_into, stored
from core.rebuild.network_grey_input import CHANNELS, CUBIC, LINEAR, PLANES, as_grey_input
from core.rebuild.network_input import OFFSET_UNIT_PX, between
from core.volume import Array

KNOTS = np.array([0.0, 3.0, 7.0, 9.0, 14.0, 17.0])
WEIGHTS = np.array([0.3, -0.1, 0.2, -0.1, 0.5, 0.2, 3.0, -1.0, 2.0, 0.5], np.float32)


class Looking:
    """Looks 3 pixels far in the plane and weighs all channels."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain, self.runs = gain, 0

    def run(self, x: Array, job: Job | None = None) -> tuple[Array, None]:
        self.runs += 1
        mixed = np.tensordot(WEIGHTS, x[0].astype(np.float64), 1)
        found = self.gain * uniform_filter(mixed, 7, mode="constant")
        return found[np.newaxis, np.newaxis].astype(np.float32), None


def filled(
    planes: Array, wanted: list[float], runner: Any = None, knots: Array = KNOTS, **options: Any
) -> Array:
    out = np.empty((len(wanted), *planes.shape[1:]), planes.dtype)
    made_from = [between(knots, z) for z in wanted]
    network = Filling(runner or Looking(), 3)
    network_grey_into(out, range(len(wanted)), planes, made_from, 0, network=network, **options)
    return out


def grey(count: int = 6, shape: tuple[int, int] = (41, 37)) -> Array:
    return np.random.default_rng(1).uniform(20, 230, (count, *shape)).astype(np.float32)


def test_input_holds_slices_spline_line_and_offsets() -> None:
    planes = grey(6, (4, 5))
    item = between(KNOTS, 8.5)  # the deeper one of 7 and 9 is nearer
    found = as_grey_input(planes, item, 0)
    assert found.shape == (len(CHANNELS), 4, 5)
    assert np.array_equal(found[:CUBIC], planes[[3, 4, 2, 1]])
    assert np.abs(found[CUBIC] - CubicSpline(KNOTS, planes)(8.5)).max() < 0.01
    assert np.abs(found[LINEAR] - (planes[2] + 0.75 * (planes[3] - planes[2]))).max() < 1e-3
    assert found[PLANES:, 1, 2] * OFFSET_UNIT_PX == pytest.approx([0.5, 5.5, 1.5, 5.5])


def test_only_the_slices_at_hand_are_looked_at() -> None:
    planes, item = grey(6, (4, 5)), between(KNOTS, 8.0)
    part = as_grey_input(planes[item.first : item.stop], item, item.first)
    assert np.array_equal(part, as_grey_input(planes, item, 0))


@settings(max_examples=6)
@given(st.integers(9, 60))
def test_no_tile_can_be_seen(side: int) -> None:
    planes = grey()
    whole = filled(planes, [1.0, 8.0, 15.0], tile_px=1000)
    assert np.abs(filled(planes, [1.0, 8.0, 15.0], tile_px=side) - whole).max() < 1e-3
    assert whole.std() > 1


def test_beyond_the_outermost_slices_these_are_repeated() -> None:
    planes, runner = grey(3), Looking()
    found = filled(planes, [0.0, 11.0], runner, np.array([2.0, 5.0, 9.0]))
    assert np.array_equal(found, planes[[0, 2]])
    assert runner.runs == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.uint32])
def test_whole_numbers_are_rounded_and_kept_within_their_range(dtype: type) -> None:
    limits = np.iinfo(dtype)
    values = np.array([-1e12, 2.4, 2.6, 1e12], np.float32)
    assert stored(values, np.dtype(dtype)).tolist() == [limits.min, 2, 3, limits.max]
    planes = np.full((6, 9, 9), limits.max, dtype)
    assert (filled(planes, [8.0], Looking(5.0))[0, 4, 4]) == limits.max


def test_small_planes_are_mirrored_beyond_their_border() -> None:
    found = filled(grey(6, (2, 3)), [5.0, 6.0])
    assert found.shape == (2, 2, 3)
    assert np.isfinite(found).all()
