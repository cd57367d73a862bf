"""Whether a Dask scheduler answers, asked so that nobody has to wait for one that does not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import MissingExtraError, ParameterError
from core.job import Job

CONNECT_S = 10.0
_POLL_S = 0.1
_GIB = 1 << 30


@dataclass(frozen=True)
class Cluster:
    """The workers of a scheduler: how many, their threads, and their memory in bytes (0: no limit told)."""

    address: str
    workers: int
    threads: int
    memory: int

    def sentence(self) -> str:
        """What answers at the address."""
        if not self.workers:
            return (
                f"A scheduler answers at {self.address}, but it has no workers: start some with "
                f"`dask worker {self.address}`."
            )
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        memory = f" and {self.memory / _GIB:.1f} GiB of memory" if self.memory else ""
        return (
            f"A scheduler answers at {self.address}: {workers} with {self.threads} threads{memory}. They "
            "have to see the project and the stack under the same names as this computer."
        )


def distributed() -> Any:
    """The module of Dask's scheduler.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import distributed as found
    except ImportError as error:
        raise MissingExtraError(
            "running on a cluster needs Dask, which is not installed",
            remedy='install the extra: pip install "trueslice[cluster]"',
        ) from error
    return found


def asked(address: str, job: Job | None = None, *, seconds: float = CONNECT_S) -> Cluster:
    """Ask a scheduler for its workers.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    ParameterError
        If no scheduler answers in time.
    Cancelled
        If the job was stopped, at once.
    """
    distributed()
    try:
        told = asyncio.run(_answer(address, job or Job(), seconds))
    except (OSError, ValueError, TypeError) as error:  # also a kind of address that is not set up here
        raise ParameterError(
            f"no Dask scheduler answers at {address}: {' '.join(str(error).split())[:200]}",
            expected="threads, local or an address such as tcp://host:8786",
            remedy="start one with `dask scheduler` and workers with `dask worker ADDRESS`",
        ) from error
    workers = told.get("workers", {}).values()
    return Cluster(
        address,
        len(workers),
        sum(int(worker.get("nthreads") or 0) for worker in workers),
        sum(int(worker.get("memory_limit") or 0) for worker in workers),
    )


async def _answer(address: str, job: Job, seconds: float) -> Mapping[str, Any]:
    task, end = asyncio.ensure_future(_identity(address, seconds)), time.monotonic() + seconds
    try:
        while not task.done():
            job.check()
            if time.monotonic() > end:
                raise TimeoutError(
                    f"something is there, but it did not answer as a scheduler in {seconds:g} s"
                )
            await asyncio.wait({task}, timeout=_POLL_S)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task


async def _identity(address: str, seconds: float) -> Mapping[str, Any]:
    from distributed.core import rpc

    async with rpc(address, timeout=seconds) as scheduler:
        told = await scheduler.identity()
    if not isinstance(told, Mapping) or told.get("type") != "Scheduler":
        raise ValueError("what answers there is no scheduler")
    return told
