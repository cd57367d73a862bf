"""Pairs and runs counted on packed words equal those counted voxel by voxel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParameterError
from core.measure.chords import chord_distribution
from core.measure.lines import LineCounts, count_lines, placements_of
from core.volume import Array

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 2, 5, 63, 64, 65, 130]))


def slow_runs(line: Array) -> list[tuple[int, bool]]:
    """Length of each run, and whether it ends within the line on both sides."""
    edges = np.flatnonzero(np.diff(np.r_[0, line.astype(np.int8), 0]))
    return [
        (b - a, a > 0 and b < len(line))
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]


def cut(volume: Array, at: int) -> list[Array]:
    return [part for part in (volume[:at], volume[at:]) if len(part)]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    shape=SHAPES,
    share=st.sampled_from([0, 0.2, 0.6, 1]),
    at=st.integers(0, 9),
    wrap=st.booleans(),
)
def test_equals_counting_by_hand(
    seed: int, shape: tuple[int, int, int], share: float, at: int, wrap: bool
) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    lags = (shape[0] - 1, shape[1] - 1, shape[2] - 1)
    counts = count_lines(cut(solid, at), shape, lags, periodic=wrap)
    for axis in range(3):
        lines = np.moveaxis(solid, axis, 0)
        side = shape[axis]
        for lag in range(side):
            both = lines & np.roll(lines, -lag, axis=0)
            pairs = both if wrap else both[: side - lag]
            assert counts.pairs[axis][lag] == pairs.sum()
            assert counts.tries[axis][lag] == pairs.size
        found = [run for line in lines.reshape(side, -1).T for run in slow_runs(line)]
        every = np.bincount([length for length, _ in found], minlength=side + 1)
        inner = np.bincount([length for length, within in found if within], minlength=side + 1)
        assert counts.runs[axis].tolist() == every.tolist()
        assert counts.inner[axis].tolist() == inner.tolist()


def left_out(solid: Array, used: Array) -> LineCounts:
    return count_lines([solid], solid.shape, tuple(side - 1 for side in solid.shape), used=used)  # type: ignore[arg-type]


def test_slices_that_are_left_out_hold_no_end_of_a_pair_and_cut_runs() -> None:
    solid = np.random.default_rng(3).random((9, 6, 70)) < 0.7
    used = np.array([1, 1, 0, 1, 1, 1, 1, 0, 1], dtype=bool)
    counts = left_out(solid, used)
    for lag in range(9):
        both = [(z, z + lag) for z in range(9 - lag) if used[z] and used[z + lag]]
        assert counts.pairs[0][lag] == sum(int((solid[a] & solid[b]).sum()) for a, b in both)
        assert counts.tries[0][lag] == len(both) * 6 * 70
    # Pieces between the gaps by themselves give the same runs; the longest piece has four slices.
    pieces = [solid[0:2], solid[3:7], solid[8:9]]
    for axis in (0, 1, 2):
        runs = sum(
            np.pad(found, (0, counts.runs[axis].size - found.size))
            for found in (count_lines([piece], piece.shape).runs[axis] for piece in pieces)
        )
        assert counts.runs[axis].tolist() == np.asarray(runs).tolist()
    assert counts.placements[0].tolist() == [n * 6 * 70 for n in (7, 4, 2, 1, 0, 0, 0, 0, 0)]
    assert counts.placements[1][0] == 7 * 6 * 70
    assert counts.inner[0][4] == 0  # a run of four would end at slices that are left out


def test_what_is_left_out_cannot_change_a_count() -> None:
    rng = np.random.default_rng(4)
    solid = rng.random((6, 5, 66)) < 0.5
    used = np.array([1, 0, 1, 1, 0, 1], dtype=bool)
    other = solid.copy()
    other[~used] = rng.random((2, 5, 66)) < 0.5
    for one, two in zip(
        vars(left_out(solid, used)).values(), vars(left_out(other, used)).values(), strict=True
    ):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_swapping_axes_swaps_answers_and_complements_swap_phases() -> None:
    solid = np.random.default_rng(5).random((7, 8, 9)) < 0.4
    counts = count_lines([solid], solid.shape, (3, 3, 3))
    swapped = count_lines([solid.T.copy()], solid.T.shape, (3, 3, 3))
    other = count_lines([~solid], solid.shape, (3, 3, 3))
    for axis in range(3):
        assert counts.pairs[axis].tolist() == swapped.pairs[2 - axis].tolist()
        assert counts.runs[axis].tolist() == swapped.runs[2 - axis].tolist()
        lines = np.moveaxis(solid, axis, 0)
        for lag in range(4):
            ends = lines[: len(lines) - lag].sum() + lines[lag:].sum()
            expected = counts.tries[axis][lag] - ends + counts.pairs[axis][lag]
            assert other.pairs[axis][lag] == expected


def test_placements_of_runs() -> None:
    assert placements_of(np.array([0, 2, 0, 1])).tolist() == [2 * 1 + 3, 2, 1]


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(ParameterError, match="lags"):
        count_lines([np.ones((2, 3, 4), dtype=bool)], (2, 3, 4), (2, 0, 0))
    with pytest.raises(ParameterError, match="add up"):
        count_lines([np.ones((1, 3, 4), dtype=bool)], (2, 3, 4))
    with pytest.raises(ParameterError, match="fit"):
        count_lines([np.ones((2, 3, 4), dtype=np.uint8)], (2, 3, 4))


def test_chords_have_their_mean_spread_and_median() -> None:
    lengths = np.zeros(101, dtype=np.int64)
    lengths[[2, 4, 90]] = 1, 2, 1
    found = chord_distribution(lengths, 5.0)
    assert found is not None
    assert (found.count, found.mean_nm, found.median_nm) == (4, 125.0, 20.0)
    assert found.sd_nm == pytest.approx(5 * np.std([2, 4, 4, 90]))
    assert sum(found.shares) == pytest.approx(1)
    edges = np.array(found.edges_nm)
    inside = (edges[:-1] < 20) & (edges[1:] > 20)
    assert np.array(found.shares)[inside] == pytest.approx([0.5])  # bins of three voxels: 4 to 6
    assert chord_distribution(np.zeros(5, dtype=np.int64), 1.0) is None
