"""Blocks follow the time they take; together they cover everything once."""

from __future__ import annotations

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled
from core.execute.pace import BLOCK_S, Pace, Stopwatch
from core.execute.pools import Pool, open_pool
from core.job import Job


@given(st.lists(st.floats(1e-4, 30), min_size=200, max_size=200), st.integers(1, 40))
def test_parts_cover_the_gaps_once_whatever_the_times(seconds, most):
    gaps = [range(0, 7), range(9, 10), range(20, 150)]
    pace, found = Pace(most), []
    for part, took in zip(pace.parts(gaps), seconds, strict=False):
        assert 1 <= len(part) <= most
        found += part
        pace.learn(part, took)
    assert found == [index for gap in gaps for index in gap]


def test_slow_steps_get_small_blocks_and_quick_ones_large():
    pace = Pace(most=64)
    for _ in range(10):
        pace.learn(range(pace.slices), pace.slices * BLOCK_S / 10)
    assert pace.slices == 10
    pace.learn(range(10), 60.0)
    assert pace.slices == 1
    for _ in range(10):
        pace.learn(range(pace.slices), 1e-5)
    assert pace.slices == 64


def test_a_size_that_was_asked_for_stays():
    pace = Pace(most=8, slices=5, steady=True)
    pace.learn(range(5), 100.0)
    assert [len(part) for part in pace.parts([range(12)])] == [5, 5, 2]


def _length(part: range) -> int:
    return len(part)


def test_time_is_told_and_the_watch_travels():
    timed = pickle.loads(pickle.dumps(Stopwatch(_length)))(range(3))
    assert timed.value == 3
    assert timed.seconds >= 0


@pytest.mark.parametrize(("workers", "limit"), [(4, 2), (4, 1), (2, 2)])
def test_no_more_blocks_run_at_once_than_fit(workers, limit):
    running, most, lock = 0, 0, threading.Lock()

    def work(_part: range) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    with ThreadPoolExecutor(workers) as executor:
        pool = Pool(executor, workers).at_most(limit)
        pool.run(work, [range(i, i + 1) for i in range(20)], job=Job(), finished=lambda *_: None)
    assert most == limit


def test_stopping_keeps_what_is_finished_and_is_quick():
    job, done = Job(), []

    def work(part: range) -> range:
        time.sleep(0.05)
        return part

    def finished(part: range, _result: range) -> None:
        done.extend(part)
        if len(done) == 3:
            job.stop.set()

    begin = time.monotonic()
    with open_pool(None, 2) as pool, pytest.raises(Cancelled):
        pool.run(work, (range(i, i + 1) for i in range(1000)), job=job, finished=finished)
    assert time.monotonic() - begin < 2
    assert 3 <= len(done) <= 6
    assert len(set(done)) == len(done)


def test_a_failure_waits_for_its_neighbours_and_keeps_their_results():
    done = []

    def work(part: range) -> None:
        time.sleep(0.02 * part.start)
        if part.start == 0:
            raise ValueError("first block")

    with open_pool(None, 3) as pool, pytest.raises(ValueError, match="first block"):
        pool.run(work, [range(i, i + 1) for i in range(9)], job=Job(), finished=lambda p, _: done.extend(p))
    assert {1, 2} <= set(done)
