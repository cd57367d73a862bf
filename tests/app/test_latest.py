"""Answers that follow what the user types: only the newest arrives, and nothing waits for the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.jobs import JobQueue
from app.latest import Latest
from core.errors import ParameterError
from core.job import Job
from tests.app.leftovers import flush_deletions, nothing_left

pytestmark = pytest.mark.gui


@pytest.fixture
def latest(qtbot: QtBot) -> Iterator[Latest]:
    """Asks after a short pause, with two workers."""
    with nothing_left():
        owner = QObject()
        queue = JobQueue(2, synchronous=False, parent=owner)
        yield Latest("Test", queue, owner, pause_ms=5)
        queue.cancel_all()
        qtbot.waitUntil(lambda: not queue.active)
        queue.close()
        owner.deleteLater()
        flush_deletions()


def test_only_the_newest_of_quick_questions_is_computed(qtbot: QtBot, latest: Latest) -> None:
    computed: list[int] = []
    answers: list[object] = []
    latest.ready.connect(answers.append)
    for number in range(5):
        latest.ask(lambda _job, number=number: computed.append(number) or number)
    qtbot.waitUntil(lambda: not latest.waiting)
    assert computed == [4]
    assert answers == [4]


def test_a_question_under_way_is_stopped_and_its_answer_dropped(qtbot: QtBot, latest: Latest) -> None:
    began, stopped = threading.Event(), threading.Event()

    def slow(job: Job) -> str:
        began.set()
        stopped.set() if job.stop.wait(20) else None
        return "old"

    answers: list[object] = []
    latest.ready.connect(answers.append)
    latest.ask(slow)
    qtbot.waitUntil(began.is_set)
    latest.ask(lambda _job: "new")
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.waitUntil(stopped.is_set)
    qtbot.wait(30)
    assert answers == ["new"]


def test_failures_and_busy_are_told(qtbot: QtBot, latest: Latest) -> None:
    def wrong(_job: Job) -> None:
        raise ParameterError("no good")

    told: list[object] = []
    latest.busy.connect(told.append)
    with qtbot.waitSignal(latest.failed) as signal:
        latest.ask(wrong)
    assert isinstance(signal.args[0], ParameterError)
    assert told == [True, False]
    assert not latest.waiting


def test_dropped_questions_are_never_answered(qtbot: QtBot, latest: Latest) -> None:
    answers: list[object] = []
    latest.ready.connect(answers.append)
    latest.ask(lambda _job: 1)
    latest.drop()
    qtbot.wait(40)
    assert answers == []
