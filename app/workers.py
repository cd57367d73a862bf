"""A few worker threads for what views need to see: urgent first, cancellable, answers on the GUI thread.

Workers never hold a widget: a task is a plain function, and who wants the answer is remembered on the
GUI side only. So no Qt object can lose its last reference, and be destroyed, in a worker thread.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.job import Job, JobState, Outcome, Progress, run_job

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Ticket:
    """One task that was handed in; `cancel` drops it wherever it is."""

    number: int
    stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Drop the task if it waits, stop it at its next check if it runs; its answer is never delivered."""
        self.stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self.stop.is_set()


@dataclass(order=True)
class _Entry:
    priority: int
    order: int
    ticket: Ticket = field(compare=False)
    work: Callable[[Job], Any] = field(compare=False)


class _Mailbox(QObject):
    """Carries answers into the thread it was made in."""

    answered = Signal(int, object)
    progressed = Signal(int, object)


class _Queue:
    """Tasks that wait, the most urgent first, the newest first among equals."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._condition = threading.Condition()
        self._order = itertools.count(0, -1)
        self._closed = False

    def put(self, priority: int, ticket: Ticket, work: Callable[[Job], Any]) -> None:
        with self._condition:
            heapq.heappush(self._entries, _Entry(priority, next(self._order), ticket, work))
            self._condition.notify()

    def take(self) -> _Entry | None:
        """Wait for the next task; None when there will be none."""
        with self._condition:
            while not self._closed:
                if self._entries:
                    return heapq.heappop(self._entries)
                self._condition.wait()
            return None

    def close(self) -> list[_Entry]:
        with self._condition:
            self._closed = True
            left, self._entries = self._entries, []
            self._condition.notify_all()
            return left


def _serve(queue: _Queue, mailbox: _Mailbox) -> None:
    while (entry := queue.take()) is not None:
        ticket = entry.ticket
        if ticket.cancelled:
            outcome: Outcome[Any] = Outcome(JobState.CANCELLED)
        else:

            def report(progress: Progress, number: int = ticket.number) -> None:
                mailbox.progressed.emit(number, progress)

            outcome = run_job(entry.work, Job(report=report, stop=ticket.stop))
        mailbox.answered.emit(ticket.number, outcome)
        del entry, outcome


class WorkerPool(QObject):
    """Runs functions on a few threads and gives their outcomes back on the thread the pool was made in.

    Parameters
    ----------
    threads : int
        How many tasks run at the same time.
    """

    def __init__(self, threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = _Queue()
        self._mailbox = _Mailbox(self)
        self._mailbox.answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._mailbox.progressed.connect(self._relay, Qt.ConnectionType.QueuedConnection)
        self._waiting: dict[int, tuple[Ticket, Callable[[Outcome[Any]], None]]] = {}
        self._watching: dict[int, Callable[[Progress], None]] = {}
        self._numbers = itertools.count(1)
        self._closed = False
        self._threads = [
            threading.Thread(
                target=_serve, args=(self._queue, self._mailbox), name=f"view-worker-{index}", daemon=True
            )
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        work: Callable[[Job], T],
        done: Callable[[Outcome[T]], None],
        *,
        priority: int = 0,
        progress: Callable[[Progress], None] | None = None,
    ) -> Ticket:
        """Hand in a task.

        Parameters
        ----------
        work : callable
            ``work(job)``, run on a worker thread; must not touch Qt, and should call ``job.check()`` often.
        done : callable
            Called with the outcome on the GUI thread, unless the ticket was cancelled.
        priority : int
            Lower runs earlier.
        progress : callable, optional
            Called with each `Progress` the work reports, on the GUI thread.
        """
        ticket = Ticket(next(self._numbers))
        if self._closed:
            ticket.cancel()
            return ticket
        self._waiting[ticket.number] = (ticket, done)
        if progress is not None:
            self._watching[ticket.number] = progress
        self._queue.put(priority, ticket, work)
        return ticket

    @property
    def idle(self) -> bool:
        """Whether no task waits or runs."""
        return not self._waiting

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Cancel everything and end the threads.

        Returns
        -------
        bool
            False if a thread was still stuck in a read after `timeout_s` (it ends after that read).
        """
        self._closed = True
        for ticket, _done in self._waiting.values():
            ticket.cancel()
        self._waiting.clear()
        self._watching.clear()
        self._queue.close()
        for thread in self._threads:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._threads)

    @Slot(int, object)
    def _deliver(self, number: int, outcome: Outcome[Any]) -> None:
        self._watching.pop(number, None)
        ticket, done = self._waiting.pop(number, (None, None))
        if ticket is not None and done is not None and not ticket.cancelled:
            done(outcome)

    @Slot(int, object)
    def _relay(self, number: int, progress: Progress) -> None:
        watcher = self._watching.get(number)
        ticket = self._waiting.get(number, (None, None))[0]
        if watcher is not None and ticket is not None and not ticket.cancelled:
            watcher(progress)
