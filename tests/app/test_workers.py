"""Worker threads for views: urgent first, cancellable, answers on the GUI thread, nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.workers import WorkerPool
from core.job import Job, JobState, Outcome, Progress

pytestmark = pytest.mark.gui


@pytest.fixture
def pool(qtbot: QtBot) -> Iterator[WorkerPool]:
    made = WorkerPool(1)
    yield made
    assert made.shutdown()


def test_answers_arrive_on_the_thread_of_the_pool(pool: WorkerPool, qtbot: QtBot) -> None:
    threads: list[int] = []
    outcomes: list[Outcome[int]] = []

    def work(_job: Job) -> int:
        threads.append(threading.get_ident())
        return 42

    def done(outcome: Outcome[int]) -> None:
        threads.append(threading.get_ident())
        outcomes.append(outcome)

    pool.submit(work, done)
    qtbot.waitUntil(lambda: len(outcomes) == 1)
    assert outcomes[0].value == 42
    assert threads[0] != threads[1] == threading.get_ident()
    assert pool.idle


def test_failures_are_values(pool: WorkerPool, qtbot: QtBot) -> None:
    outcomes: list[Outcome[None]] = []

    def work(_job: Job) -> None:
        raise ValueError("no")

    pool.submit(work, outcomes.append)
    qtbot.waitUntil(lambda: len(outcomes) == 1)
    assert outcomes[0].state is JobState.FAILED
    assert str(outcomes[0].error) == "no"


def test_urgent_tasks_overtake_and_newer_ones_come_first(pool: WorkerPool, qtbot: QtBot) -> None:
    gate, order, done = threading.Event(), [], []
    pool.submit(lambda _job: gate.wait(5), done.append)
    qtbot.wait(20)
    for name, priority in (("late", 5), ("old", 1), ("new", 1), ("urgent", 0)):
        pool.submit(lambda _job, name=name: order.append(name), done.append, priority=priority)
    gate.set()
    qtbot.waitUntil(lambda: len(done) == 5)
    assert order == ["urgent", "new", "old", "late"]


def test_cancelled_tasks_are_stopped_and_never_answered(pool: WorkerPool, qtbot: QtBot) -> None:
    started, stopped, answers = threading.Event(), threading.Event(), []

    def work(job: Job) -> None:
        started.set()
        if job.stop.wait(5):
            stopped.set()
        job.check()

    running = pool.submit(work, answers.append)
    assert started.wait(5)
    waiting = pool.submit(lambda _job: answers.append("ran"), answers.append)
    waiting.cancel()
    running.cancel()
    assert stopped.wait(5)
    qtbot.waitUntil(lambda: pool.idle)
    assert answers == []


def test_progress_is_relayed(pool: WorkerPool, qtbot: QtBot) -> None:
    seen: list[Progress] = []
    outcomes: list[Any] = []
    pool.submit(lambda job: list(job.track(range(3), 3, "reading")), outcomes.append, progress=seen.append)
    qtbot.waitUntil(lambda: bool(outcomes))
    assert [progress.done for progress in seen] == [0, 1, 2, 3]


def test_shutdown_ends_threads_even_with_work_waiting(qtbot: QtBot) -> None:
    pool = WorkerPool(2)
    for _ in range(20):
        pool.submit(lambda job: job.stop.wait(0.01), lambda _outcome: None)
    assert pool.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("view-worker")]
    assert pool.submit(lambda _job: 1, lambda _outcome: None).cancelled
