"""Counts of 2 x 2 x 2 configurations against counting them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ParameterError
from core.measure.configurations import ConfigurationCounter
from core.volume import Array


def one_by_one(solid: Array) -> Array:
    codes = np.zeros(tuple(side - 1 for side in solid.shape), dtype=np.int64)
    for dz, dy, dx in np.ndindex(2, 2, 2):
        corner = solid[dz : dz + codes.shape[0], dy : dy + codes.shape[1], dx : dx + codes.shape[2]]
        codes |= corner.astype(np.int64) << (4 * dx + 2 * dz + dy)
    return np.bincount(codes.ravel(), minlength=256)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 40)),
    share=st.sampled_from([0.05, 0.5, 0.95]),
    cuts=st.lists(st.integers(0, 7), max_size=3),
)
def test_equals_counting_one_by_one(
    seed: int, shape: tuple[int, int, int], share: float, cuts: list[int]
) -> None:
    solid = np.random.default_rng(seed).random(shape) < share
    counter = ConfigurationCounter(shape[1:], threads=2)
    for slab in np.split(solid, sorted(min(cut, shape[0]) for cut in cuts)):
        counter.add(slab)
    within, beyond = counter.counts
    assert within.tolist() == one_by_one(solid).tolist()
    assert (within + beyond).tolist() == one_by_one(np.pad(solid, 1)).tolist()


def test_uniform_rows() -> None:
    # Eight alike at a time take a way of their own.
    solid = np.zeros((5, 6, 100), bool)
    solid[:, :3] = True
    solid[2, 1, 50] = False
    counter = ConfigurationCounter((6, 100))
    counter.add(solid)
    assert counter.counts[0].tolist() == one_by_one(solid).tolist()


def test_counts_may_be_looked_at_in_between() -> None:
    solid = np.random.default_rng(1).random((6, 5, 4)) < 0.5
    counter = ConfigurationCounter((5, 4))
    assert not counter.counts.any()
    counter.add(solid[:2])
    assert counter.counts.sum() == 3 * 6 * 5
    counter.add(solid[2:])
    assert (counter.counts.sum(axis=0)).tolist() == one_by_one(np.pad(solid, 1)).tolist()


@pytest.mark.parametrize("slab", [np.zeros((1, 4, 4), bool), np.zeros((1, 4, 5)), np.zeros((4, 5), bool)])
def test_refuses_other_planes(slab: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="slab"):
        ConfigurationCounter((4, 5)).add(slab)
