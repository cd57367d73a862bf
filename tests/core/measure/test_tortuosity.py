"""Shortest ways: straight ones are exactly 1, all others what Dijkstra's method finds on the same graph."""

from __future__ import annotations

import threading
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.measure import tortuosity
from core.measure.tortuosity import geometric_tortuosity
from core.volume import Array

CUBES = (1.0, 1.0, 1.0)


def measured(
    phase: Array, axis: int = 0, connectivity: int = 6, voxel_nm: tuple[float, float, float] = CUBES
) -> float | None:
    return geometric_tortuosity(phase, axis=axis, connectivity=connectivity, voxel_nm=voxel_nm, job=Job())


def on_graph(
    phase: Array, axis: int, connectivity: int, voxel_nm: tuple[float, float, float]
) -> float | None:
    """The same by a graph of all steps."""
    places = {tuple(place): k for k, place in enumerate(np.argwhere(phase))}
    first = [k for place, k in places.items() if place[axis] == 0]
    last = [k for place, k in places.items() if place[axis] == phase.shape[axis] - 1]
    if not first or not last or phase.shape[axis] < 2:
        return None
    entries = []
    for step in product((-1, 0, 1), repeat=3):
        if not any(step) or (connectivity == 6 and np.abs(step).sum() > 1):
            continue
        length = float(np.linalg.norm(np.array(step) * voxel_nm))
        for place, k in places.items():
            other = places.get(tuple(int(a) + b for a, b in zip(place, step, strict=True)))
            if other is not None:
                entries.append((length, k, other))
    if not entries:
        return None
    lengths, rows, columns = zip(*entries, strict=True)
    graph = coo_matrix((lengths, (rows, columns)), shape=(len(places), len(places))).tocsr()
    ways = dijkstra(graph, indices=first).min(axis=0)[last]
    ways = ways[np.isfinite(ways)]
    return float(ways.mean()) / ((phase.shape[axis] - 1) * voxel_nm[axis]) if len(ways) else None


@settings(max_examples=40)
@given(
    phase=arrays(np.bool_, st.tuples(*[st.integers(1, 6)] * 3)),
    axis=st.integers(0, 2),
    connectivity=st.sampled_from([6, 26]),
    voxel_nm=st.tuples(*[st.floats(0.3, 30)] * 3),
)
def test_same_as_on_a_graph(
    phase: Array, axis: int, connectivity: int, voxel_nm: tuple[float, float, float]
) -> None:
    found = measured(phase, axis, connectivity, voxel_nm)
    expected = on_graph(phase, axis, connectivity, voxel_nm)
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_same_as_on_a_graph_where_ways_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near the threshold of site percolation ways wind; with few entries at a time."""
    monkeypatch.setattr(tortuosity, "_BUDGET", 7)
    phase = np.random.default_rng(2).random((14, 14, 14)) < 0.4
    expected = on_graph(phase, 0, 6, (1.0, 2.5, 1.7))
    assert expected is not None
    assert expected > 1.5
    assert measured(phase, 0, 6, (1.0, 2.5, 1.7)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("connectivity", [6, 26])
def test_straight_channels_are_exactly_one(connectivity: int) -> None:
    phase = np.zeros((30, 9, 9), dtype=np.bool_)
    phase[:, 2, 3] = phase[:, 6:8, 6:8] = True
    phase[:17, 2, 6] = True  # a dead end
    for axis in range(3):
        turned = np.moveaxis(phase, 0, axis)
        assert measured(turned, axis, connectivity, (0.7, 0.3, 0.1)) == 1.0
        assert measured(turned, (axis + 1) % 3, connectivity) is None
    assert measured(np.ones((5, 6, 7), dtype=np.bool_), 1, connectivity) == 1.0


def test_oblique_channel() -> None:
    """A staircase: twice as long by faces, square root of 2 by edges."""
    phase = np.zeros((20, 21, 1), dtype=np.bool_)
    for k in range(20):
        phase[k, k] = phase[k, k + 1] = True
    assert measured(phase[:, :, :], 0, 6) == pytest.approx((19 + 18.5) / 19)
    lonely = np.eye(20, dtype=np.bool_)[:, :, None]
    assert measured(lonely, 0, 26) == pytest.approx(2**0.5)
    assert measured(lonely, 0, 26, (3.0, 4.0, 1.0)) == pytest.approx(5 / 3)
    assert measured(lonely, 0, 6) is None


def test_more_neighbours_never_lengthen_a_way_and_size_does_not_matter() -> None:
    phase = np.random.default_rng(3).random((20, 20, 20)) < 0.5
    six, many = measured(phase, 2, 6), measured(phase, 2, 26)
    assert six is not None
    assert many is not None
    assert 1 <= many < six
    assert measured(phase, 2, 6, (8.0, 8.0, 8.0)) == six


def test_too_thin_or_empty() -> None:
    assert measured(np.ones((1, 5, 5), dtype=np.bool_)) is None
    assert measured(np.zeros((5, 5, 5), dtype=np.bool_)) is None


def test_refusals() -> None:
    good = np.ones((4, 4, 4), dtype=np.bool_)
    for phase, axis, connectivity in ((good * 1, 0, 6), (good[0], 0, 6), (good, 3, 6), (good, 0, 18)):
        with pytest.raises(ParameterError, match="cannot look for ways"):
            measured(phase, axis, connectivity)
    with pytest.raises(ParameterError, match="above 0"):
        measured(good, voxel_nm=(1.0, -1.0, 1.0))
    with pytest.raises(ParameterError, match="too far from cubes"):
        measured(good, voxel_nm=(1e9, 1.0, 1.0))


def test_stops_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tortuosity, "_BUDGET", 100)
    stop = threading.Event()
    job = Job(report=lambda progress: stop.set() if progress.done else None, stop=stop)
    with pytest.raises(Cancelled):
        geometric_tortuosity(
            np.ones((12, 12, 12), dtype=np.bool_), axis=0, connectivity=6, voxel_nm=CUBES, job=job
        )
