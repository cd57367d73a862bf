"""Brings labels into the 3D view: read in the background when they are first to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.canvas.labels import LabelSet, read_labels
from app.canvas.reduce import Reduction
from app.workers import Ticket, WorkerPool
from core.job import Job, JobState, Outcome
from core.volume import Volume


class Bodies:
    """The labels of one stack.

    Parameters
    ----------
    arrived : callable
        Called with the `LabelSet`.
    failed : callable
        Called with the error where they cannot be read.
    """

    def __init__(
        self,
        pool: WorkerPool,
        arrived: Callable[[LabelSet], None],
        failed: Callable[[Exception | None], None],
    ) -> None:
        self._pool, self._arrived, self._failed = pool, arrived, failed
        self._ticket: Ticket | None = None
        self.labels: LabelSet | None = None

    @property
    def reading(self) -> bool:
        """Whether they are still to come."""
        return self._ticket is not None

    def drop(self) -> None:
        """Forget them: another stack is shown."""
        if self._ticket is not None:
            self._ticket.cancel()
        self._ticket = self.labels = None

    def want(self, volume: Volume, how: Reduction) -> None:
        """Read them unless they are there or under way."""
        if self.labels is None and self._ticket is None:
            self._ticket = self._pool.submit(partial(_read, volume, how), self._take)

    def _take(self, outcome: Outcome[LabelSet]) -> None:
        self._ticket = None
        if outcome.state is JobState.FAILED:
            self._failed(outcome.error)
        elif outcome.value is not None:
            self.labels = outcome.value
            self._arrived(outcome.value)


def _read(volume: Volume, how: Reduction, job: Job) -> LabelSet:
    return read_labels(volume, how, job)
