"""How far the electrons are, and how long they will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.job import Job, Progress

_STEPS = 1000


class Pace:
    """Progress over images of unequal cost, with the time left.

    Parameters
    ----------
    job : Job
        Who is told, and who may stop.
    total, done : float
        Cost of all images and of those that an earlier run has made, in any one unit.
    message : str
        What is being done.
    clock : callable
        Seconds; for tests.
    """

    def __init__(
        self,
        job: Job,
        *,
        total: float,
        done: float,
        message: str = "Following electrons",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._message = message
        self._job, self._total, self._before, self._done = job, total, done, done
        self._clock, self._start = clock, clock()

    def part(self, cost: float) -> Job:
        """A job for the next image, of this cost; its progress counts as part of the whole."""
        base = self._done

        def report(progress: Progress) -> None:
            self._tell(base + cost * progress.fraction)

        self._tell(base)
        return Job(report, self._job.stop)

    def finish(self, cost: float) -> None:
        """Count an image as made."""
        self._done += cost
        self._tell(self._done)

    def _tell(self, done: float) -> None:
        left = self.seconds_left(done)
        message = self._message if left is None else f"{self._message}, {about(left)} left"
        self._job.progress(int(_STEPS * min(1.0, done / self._total)), _STEPS, message)

    def seconds_left(self, done: float) -> float | None:
        """Estimate from what this run has made; None until there is enough to tell."""
        made = done - self._before
        passed = self._clock() - self._start
        if made <= 0 or passed < 1.0:
            return None
        return passed / made * max(0.0, self._total - done)


def about(seconds: float) -> str:
    """A duration as people say it; coarse, so that it does not change with every report."""
    if seconds < 60:
        return "less than 1 min"
    if seconds < 3600:
        return f"about {seconds / 60:.0f} min"
    if seconds < 36000:
        return f"about {seconds / 3600:.1f} h"
    return f"about {seconds / 3600:.0f} h"
