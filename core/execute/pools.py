"""How blocks are computed: threads here, or Dask processes here or elsewhere, through one interface."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from core import machine
from core.execute.cluster import CONNECT_S, asked, distributed
from core.job import Job

R = TypeVar("R")
THREADS = "threads"
LOCAL = "local"
POLL_S = 0.1


@dataclass(frozen=True)
class Pool:
    """An executor, how many blocks it works on at once, and how many wait in it for a free worker."""

    executor: Executor
    workers: int
    waiting: int = 1

    def at_most(self, workers: int) -> Pool:
        """Return the same executor, kept to fewer blocks at once."""
        # With workers to spare a waiting block would be started, and need memory that is not there.
        return self if workers >= self.workers else Pool(self.executor, workers, waiting=0)

    def run(
        self,
        function: Callable[[range], R],
        parts: Iterable[range],
        *,
        job: Job,
        finished: Callable[[range, R], None],
    ) -> None:
        """Call ``function(part)`` for every part, a few at a time; ``finished`` runs on the calling thread.

        Cancelling, or the failure of a part, waits for the parts in flight (they write to disk), keeps what
        they have finished, and then raises.
        """
        waiting = iter(parts)
        flying: dict[Future[R], range] = {}
        try:
            while True:
                while len(flying) < self.workers + self.waiting and (part := next(waiting, None)) is not None:
                    flying[self.executor.submit(function, part)] = part
                if not flying:
                    return
                ended, _ = wait(flying, timeout=POLL_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    finished(flying.pop(future), future.result())
                job.check()
        finally:
            _drain(flying, finished)


def _drain(flying: dict[Future[R], range], finished: Callable[[range, R], None]) -> None:
    for future in flying:
        future.cancel()
    wait(flying)
    for future, part in flying.items():
        if not future.cancelled() and future.exception() is None:
            finished(part, future.result())


@contextlib.contextmanager
def open_pool(scheduler: str | None, workers: int | None, job: Job | None = None) -> Iterator[Pool]:
    """Start the workers and stop them at the end.

    Parameters
    ----------
    scheduler : str or None
        None or ``threads``; ``local`` for a Dask cluster of processes on this machine; or the address of a
        Dask scheduler (``tcp://host:8786``) whose workers see the same files under the same names.
    workers : int or None
        Blocks at once; None for one per processor (threads, local) or per worker thread (address).
    job : Job, optional
        Asked whether to stop while the scheduler is looked for.

    Raises
    ------
    MissingExtraError
        If Dask is asked for and not installed.
    ParameterError
        If the scheduler does not answer.
    """
    count = workers or machine.threads()
    if scheduler is None or scheduler == THREADS:
        with ThreadPoolExecutor(count, thread_name_prefix="block") as executor:
            yield Pool(executor, count)
    elif scheduler == LOCAL:
        with _local_cluster(count) as client:
            yield Pool(client.get_executor(), count)
    else:
        with _remote_cluster(scheduler, job or Job()) as client:
            yield Pool(client.get_executor(), workers or sum(client.nthreads().values()) or 1)


@contextlib.contextmanager
def _local_cluster(count: int) -> Iterator[Any]:
    dask = distributed()
    cluster = dask.LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        memory_limit=0,
    )
    with cluster, dask.Client(cluster) as client:
        yield client


@contextlib.contextmanager
def _remote_cluster(address: str, job: Job) -> Iterator[Any]:
    asked(address, job, seconds=CONNECT_S)  # a client would wait for whatever else listens there
    with distributed().Client(address, timeout=CONNECT_S) as client:
        yield client
