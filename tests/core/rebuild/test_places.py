"""No slice is lost, duplicated or swapped, and none is moved farther than it has to be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError
from core.rebuild.places import places, wanted_places

STEPS = st.lists(st.floats(0, 40, allow_nan=False), min_size=0, max_size=60)


def positions(steps: list[float]) -> list[float]:
    return np.concatenate([[0.0], np.cumsum(steps)]).tolist()


@given(STEPS, st.floats(0.5, 20))
def test_every_slice_keeps_a_place_of_its_own_in_order(steps: list[float], grid_nm: float) -> None:
    found = places(positions(steps), grid_nm)
    assert len(found) == len(steps) + 1
    assert found[0] == 0
    assert np.all(np.diff(found) >= 1)


@given(STEPS, st.floats(0.5, 20))
def test_slices_that_want_different_planes_get_them(steps: list[float], grid_nm: float) -> None:
    z_nm = positions(steps)
    wanted = wanted_places(z_nm, grid_nm)
    if len(set(wanted.tolist())) == len(wanted):
        assert np.array_equal(places(z_nm, grid_nm), wanted)


@given(st.lists(st.integers(0, 3), min_size=0, max_size=4))
def test_displacement_is_the_least_and_ties_go_deeper(steps: list[int]) -> None:
    wanted = np.concatenate([[0], np.cumsum(steps)]).astype(int)
    found = places(wanted.astype(float).tolist(), 1.0)
    every = np.array(list(combinations(range(int(wanted[-1]) + len(wanted) + 1), len(wanted))))
    cost = np.abs(every - wanted).sum(axis=1)
    best = every[cost == cost.min()]
    assert np.abs(found - wanted).sum() == cost.min()
    assert np.array_equal(found, best.max(axis=0))


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([0.0], [0]),
        ([0.0, 0.2], [0, 1]),
        ([0, 10, 10.1, 20], [0, 10, 11, 20]),
        ([0, 10, 10.1, 11], [0, 9, 10, 11]),
        ([0, 0.1, 0.2, 0.3], [0, 1, 2, 3]),
        ([5.0, 5.5, 6.49], [0, 1, 2]),
        ([0.0, 0.49], [0, 1]),
    ],
)
def test_known_answers(z: list[float], expected: list[int]) -> None:
    assert places(z, 1.0).tolist() == expected


def test_rounding_errors_of_sums_do_not_decide() -> None:
    z_nm = np.cumsum(np.full(11, 0.1))  # 0.1 + 0.1 + ... is not 0.1 * n
    assert wanted_places(z_nm, 0.2).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(("z", "grid"), [([0, 2, 1], 1), ([0, np.nan], 1), ([], 1), ([0, 1], 0), ([0], -1)])
def test_refusals(z: list[float], grid: float) -> None:
    with pytest.raises(ParameterError):
        places(z, grid)
