from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from app.jobs import SYNCHRONOUS, JobQueue, Task, TaskState
from core.errors import ReadError
from core.job import Job, JobState
from tests.app.leftovers import flush_deletions, nothing_left

Wait = Callable[[Callable[[], bool]], None]


class Listener(QObject):
    """Writes down what a task says, and on which thread."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.heard: list[tuple[str, object]] = []
        self.threads: set[int] = set()
        task.started.connect(lambda: self.hear("started"))
        task.progressed.connect(lambda progress: self.hear("progressed", progress))
        task.succeeded.connect(lambda value: self.hear("succeeded", value))
        task.cancelled.connect(lambda: self.hear("cancelled"))
        task.failed.connect(lambda error: self.hear("failed", error))
        task.ended.connect(lambda state: self.hear("ended", state))

    @Slot()
    def hear(self, what: str, value: object = None) -> None:
        self.heard.append((what, value))
        self.threads.add(threading.get_ident())

    def said(self, what: str) -> list[object]:
        return [value for name, value in self.heard if name == what]


@pytest.fixture
def queue(qtbot: QtBot, wait: Wait) -> Iterator[JobQueue]:
    with nothing_left():
        made = JobQueue(1)
        yield made
        made.cancel_all()
        wait(lambda: not made.active)
        made.close()
        made.deleteLater()
        flush_deletions()


def endings(listener: Listener) -> list[str]:
    return [name for name, _ in listener.heard if name in ("succeeded", "cancelled", "failed")]


def test_value_arrives_on_the_gui_thread(queue: JobQueue, wait: Wait) -> None:
    task = queue.prepare("sum", lambda job: (threading.get_ident(), sum(job.track([1, 2, 3], 3, "adding"))))
    listener = Listener(task)
    queue.start(task)
    wait(lambda: not queue.active)
    worker, value = listener.said("succeeded")[0]  # type: ignore[misc]
    assert value == 6
    assert worker != threading.get_ident()
    assert listener.threads == {threading.get_ident()}
    assert [name for name, _ in listener.heard][-2:] == ["succeeded", "ended"]
    assert endings(listener) == ["succeeded"]


def test_last_progress_is_never_lost(queue: JobQueue, wait: Wait) -> None:
    def work(job: Job) -> None:
        for done in range(5001):
            job.progress(done, 5000, "counting")

    task = queue.prepare("count", work)
    listener = Listener(task)
    queue.start(task)
    wait(lambda: not queue.active)
    seen = listener.said("progressed")
    assert seen[-1].done == 5000  # type: ignore[attr-defined]
    assert len(seen) < 2000, "progress floods the event loop"
    done = [progress.done for progress in seen]  # type: ignore[attr-defined]
    assert done == sorted(done)


def test_cancel_ends_as_cancelled(queue: JobQueue, wait: Wait) -> None:
    begun = threading.Event()

    def work(job: Job) -> None:
        begun.set()
        while True:
            job.check()
            time.sleep(0.001)

    task = queue.prepare("endless", work)
    listener = Listener(task)
    queue.start(task)
    wait(begun.is_set)
    task.cancel()
    assert task.stopping
    wait(lambda: not queue.active)
    assert endings(listener) == ["cancelled"]
    assert listener.said("ended") == [JobState.CANCELLED]


def test_failure_carries_the_exception(queue: JobQueue, wait: Wait) -> None:
    error = ReadError("slice 3 cannot be read")

    def work(_job: Job) -> None:
        raise error

    task = queue.prepare("read", work)
    listener = Listener(task)
    queue.start(task)
    wait(lambda: not queue.active)
    assert listener.said("failed") == [error]
    assert endings(listener) == ["failed"]


def test_one_worker_keeps_the_order_and_a_waiting_task_can_be_cancelled(queue: JobQueue, wait: Wait) -> None:
    gate, order = threading.Event(), []

    def first(_job: Job) -> None:
        gate.wait(10)
        order.append("first")

    tasks = [queue.prepare("first", first)]
    tasks += [queue.prepare(name, lambda _job, name=name: order.append(name)) for name in ("second", "third")]
    listeners = [Listener(task) for task in tasks]
    for task in tasks:
        queue.start(task)
    wait(lambda: tasks[0].state is TaskState.RUNNING)
    assert tasks[1].state is TaskState.WAITING
    tasks[1].cancel()
    gate.set()
    wait(lambda: not queue.active)
    assert order == ["first", "third"]
    assert [endings(listener) for listener in listeners] == [["succeeded"], ["cancelled"], ["succeeded"]]


def test_a_task_runs_once(queue: JobQueue, wait: Wait) -> None:
    task = queue.prepare("once", lambda _job: 1)
    queue.start(task)
    with pytest.raises(RuntimeError, match="started before"):
        queue.start(task)
    wait(lambda: not queue.active)


def test_idle_is_sent_when_the_last_has_ended(queue: JobQueue, qtbot: QtBot) -> None:
    idle: list[int] = []
    queue.idle.connect(lambda: idle.append(len(queue.active)))
    with qtbot.waitSignal(queue.idle, timeout=5000):
        for _ in range(5):
            queue.start(queue.prepare("short", lambda _job: None))
    assert idle == [0]


def test_synchronous_tasks_run_in_line(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setenv(SYNCHRONOUS, "1")
    queue = JobQueue(1)
    task = queue.prepare("in line", lambda _job: threading.get_ident())
    listener = Listener(task)
    queue.start(task)
    assert listener.said("succeeded") == [threading.get_ident()]
    assert queue.active == ()
    queue.close()


def test_events_run_while_work_is_done(queue: JobQueue, wait: Wait) -> None:
    """Work that holds no lock must not hold up the window for more than 50 ms."""
    gaps, last = [], time.monotonic()

    def tick() -> None:
        nonlocal last
        now = time.monotonic()
        gaps.append(now - last)
        last = now

    from PySide6.QtCore import QTimer

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(1)
    queue.start(queue.prepare("sleep", lambda _job: time.sleep(0.3)))
    wait(lambda: not queue.active)
    timer.stop()
    assert len(gaps) > 20
    assert sorted(gaps)[len(gaps) // 2] < 0.05


def test_a_task_for_a_closed_queue_ends_as_cancelled(qtbot: QtBot, wait: Wait) -> None:
    queue = JobQueue(1)
    queue.close()
    ran: list[int] = []
    task = queue.prepare("too late", lambda _job: ran.append(1))
    listener = Listener(task)
    queue.start(task)
    wait(lambda: bool(endings(listener)))
    assert endings(listener) == ["cancelled"]
    assert not ran
    assert not queue.active
    queue.deleteLater()
    flush_deletions()
