"""Batches made ahead of their use, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from core.job import Job
from core.learn.data.batch import Batch, PatchSource

_POLL_S = 0.1


def batches_ahead(
    source: PatchSource, epoch: int, first: int, job: Job, *, workers: int = 1
) -> Generator[Batch]:
    """Batches of one epoch from number `first` on, a few of them being made while one is in use.

    Parameters
    ----------
    source : PatchSource
        Its batches are pure functions of epoch and number, so that threads cannot change them.
    epoch, first : int
        Counted from 0.
    job : Job
        Raises `Cancelled` while a batch is waited for.
    workers : int
        Threads that make batches.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="batch") as executor:
        waiting: deque[Future[Batch]] = deque()
        numbers = iter(range(first, source.batches_per_epoch))
        try:
            while True:
                while len(waiting) <= workers and (number := next(numbers, None)) is not None:
                    waiting.append(executor.submit(source.batch, epoch, number))
                if not waiting:
                    return
                yield _waited(waiting.popleft(), job)
        finally:
            for future in waiting:
                future.cancel()


def _waited(future: Future[Batch], job: Job) -> Batch:
    while True:
        job.check()
        try:
            return future.result(timeout=_POLL_S)
        except NotYet:
            if future.done():  # the batch itself raised a TimeoutError
                raise
