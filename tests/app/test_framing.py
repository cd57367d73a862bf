"""Slices on the canvas of a result."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.framing import FramedSource, canvas_corner, framed, previous
from core.recipe import RecipeStep, default_step
from core.steps import step_named
from core.steps.register import RegisterParams
from core.volume import ArraySource, VolumeInfo, volume_of
from tests.app.alignment import register_estimate

RANDOM = np.random.default_rng(0)
DATA = RANDOM.integers(1, 255, (5, 7, 9)).astype(np.uint8)


def ranges(length: int) -> st.SearchStrategy[slice]:
    pairs = st.tuples(st.integers(0, length - 1), st.integers(1, length))
    return pairs.map(lambda pair: slice(min(pair[0], pair[1] - 1), max(pair[0] + 1, pair[1])))


@given(st.integers(-12, 12), st.integers(-12, 12), ranges(5), ranges(10), ranges(8))
def test_framed_slices_lie_at_their_corner(y: int, x: int, z: slice, rows: slice, columns: slice) -> None:
    source = FramedSource(ArraySource(DATA), (y, x), (10, 8))
    wide = np.zeros((5, 40, 40), np.uint8)
    wide[:, 15 + y : 22 + y, 15 + x : 24 + x] = DATA
    expected = wide[:, 15:25, 15:23]
    np.testing.assert_array_equal(source.read(z, rows, columns), expected[z, rows, columns])


def test_around_a_framed_slice_nothing_was_measured() -> None:
    volume = volume_of(DATA)
    assert framed(volume, (0, 0), (7, 9)) is volume
    info = framed(volume, (2, -1), (12, 9)).info
    assert info.shape == (5, 12, 9)
    assert info.footprint is not None
    assert info.footprint[3] == ((2, -1), (2, 7), (8, 7), (8, -1))
    again = framed(framed(volume, (2, -1), (12, 9)), (1, 1), (20, 20)).info
    assert again.footprint is not None
    assert again.footprint[0][0] == (3, 0)


@given(ranges(5))
def test_previous_shows_the_slice_before(z: slice) -> None:
    expected = np.concatenate([DATA[:1], DATA[:-1]])
    np.testing.assert_array_equal(previous(volume_of(DATA)).read(z), expected[z])
    one = volume_of(DATA[:1])
    np.testing.assert_array_equal(previous(one).read(), DATA[:1])


def test_the_corner_is_where_a_slice_that_is_not_moved_begins() -> None:
    info = VolumeInfo((12, 40, 48), np.dtype(np.uint8))
    estimate = register_estimate()
    step = step_named("register")
    grown = RecipeStep(step, RegisterParams(canvas="grow"))
    shape = step.result_info(info, grown.params, estimate).shape
    corner = canvas_corner(grown, info, estimate)
    assert corner is not None
    # Content moves down by up to 6.5 px and left by up to 2.75 px: slices go up, and to the right.
    assert corner == (7, 0)
    assert shape == (12, 47, 51)
    assert canvas_corner(RecipeStep(step, RegisterParams(canvas="common")), info, estimate) == (0, -3)
    assert canvas_corner(RecipeStep(step, RegisterParams(canvas="same")), info, estimate) == (0, 0)
    assert canvas_corner(grown, info, None) is None, "nobody knows yet"
    assert canvas_corner(default_step("denoise"), info, None) is None
