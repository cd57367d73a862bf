"""Neighbours by distance: what is missing is not closed up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.neighbours import lacking, nearest, places_of
from core.volume import VolumeInfo


def info(count: int, **known: object) -> VolumeInfo:
    return VolumeInfo((count, 4, 5), np.dtype(np.uint8), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "places"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"slice_numbers": (3, 4, 7, 8, 9)}, [0, 1, 4, 5, 6]),
        ({"z_nm": (0.0, 7.0, 20.0, 31.0, 39.0)}, [0, 1, 2, 3, 4]),  # uneven, but none is missing
        ({"z_nm": (0.0, 10.0, 20.0, 50.0, 60.0)}, [0, 1, 2, 5, 6]),
        # Where positions are measured, they count: two thin slices were left out, and one of twice the usual.
        ({"z_nm": (0.0, 10.0, 22.0, 32.0, 72.0), "slice_numbers": (0, 1, 3, 4, 6)}, [0, 1, 2, 3, 7]),
    ],
)
def test_slices_are_counted_by_their_distance(known: dict[str, object], places: list[int]) -> None:
    assert places_of(info(5, **known)).tolist() == places


def test_a_single_slice_lies_at_nothing() -> None:
    assert places_of(info(1, z_nm=(0.0,))).tolist() == [0]


def test_the_nearest_stands_in_and_the_own_side_wins() -> None:
    places = np.array([0, 1, 5, 6])
    assert nearest(places, 1, range(-1, 4)) == [0, 0, 1, 1, 1]  # 3 is as near to 1 as to 5
    assert nearest(places, 2, range(3, 8)) == [2, 2, 2, 3, 3]
    assert lacking(places, 1, 1).tolist() == [False, True, True, False]
    assert lacking(places, 2, 1).tolist() == [True] * 4
    assert lacking(places, 1, 5).tolist() == [False] * 4
    assert not lacking(np.arange(5), 3, 2).any()


@given(st.lists(st.integers(1, 6), max_size=12), st.integers(1, 3), st.integers(1, 4), st.data())
def test_what_is_seen_is_never_farther_than_the_reach(
    steps: list[int], half: int, step: int, data: st.DataObject
) -> None:
    places = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
    own = data.draw(st.integers(0, len(places) - 1))
    wanted = [int(places[own]) + by * step for by in range(-half, half + 1)]
    seen = nearest(places, own, wanted)
    assert seen == sorted(seen)
    assert seen[half] == own
    assert all(
        abs(index - own) <= abs(by) * step for index, by in zip(seen, range(-half, half + 1), strict=True)
    )
    for index, place in zip(seen, wanted, strict=True):
        assert abs(places[index] - place) == np.abs(places - place).min()
