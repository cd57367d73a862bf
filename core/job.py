"""Progress and cancelling, without a window: every long function takes one `Job`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from core.errors import Cancelled

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total` units of the part called `message`."""

    done: int
    total: int
    message: str

    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0-1 (0 while the total is unknown)."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


def _silent(_progress: Progress) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Job:
    """Where a long function reports to, and how it is told to stop.

    `report` is called from whichever thread does the work. `stop` may be set from any thread.
    """

    report: Callable[[Progress], None] = _silent
    stop: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise `Cancelled` if the user has asked to stop."""
        if self.stop.is_set():
            raise Cancelled("stopped by the user")

    def progress(self, done: int, total: int, message: str) -> None:
        """Report, and stop here if asked to."""
        self.check()
        self.report(Progress(done, total, message))

    def track(self, items: Iterable[T], total: int, message: str) -> Iterator[T]:
        """Yield `items`, reporting before each and after the last."""
        done = 0
        for item in items:
            self.progress(done, total, message)
            yield item
            done += 1
        self.progress(done, total, message)


class JobState(Enum):
    """The one state a finished job is in."""

    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How a job ended: exactly one of a value, a cancellation, or an error."""

    state: JobState
    value: T | None = None
    error: Exception | None = None


def run_job(function: Callable[[Job], T], job: Job) -> Outcome[T]:
    """Call ``function(job)`` and say how it ended; never raises an `Exception` itself."""
    try:
        value = function(job)
    except Cancelled:
        return Outcome(JobState.CANCELLED)
    except Exception as error:  # noqa: BLE001 - this is the border where every failure becomes a value
        return Outcome(JobState.FAILED, error=error)
    return Outcome(JobState.SUCCEEDED, value=value)
