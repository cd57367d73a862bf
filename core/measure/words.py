"""Voxels packed to 64-bit words along x, and threads that work on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from core import machine
from core.job import Job
from core.volume import Array

Task: TypeAlias = Callable[[], object]
WORD = 64


def packed(phase: Array, words: int) -> Array:
    """Bits of bool voxels, shape (n, y, x), as words, shape (n, y, words); what is beyond the width is 0."""
    planes, rows, _ = phase.shape
    out = np.zeros((planes, rows, words * 8), dtype=np.uint8)
    bits = np.packbits(phase, axis=2, bitorder="little")
    out[:, :, : bits.shape[2]] = bits
    return out.view("<u8").astype(np.uint64, copy=False)


def words_of(width: int) -> int:
    """Words that a row of this many voxels takes."""
    return -(-width // WORD)


def shares(length: int, parts: int) -> list[tuple[int, int]]:
    """Cut 0..length into so many ranges of nearly one size, none empty."""
    borders = np.linspace(0, length, min(parts, length) + 1).astype(int).tolist()
    return list(pairwise(borders))


@contextmanager
def workers(threads: int | None = None) -> Iterator[Executor]:
    """Threads for compiled loops, which run beside each other; None for one per processor."""
    with ThreadPoolExecutor(threads or machine.threads(), thread_name_prefix="measure") as pool:
        yield pool


def run_all(pool: Executor, tasks: Sequence[Task], job: Job) -> None:
    """Run the tasks; the first failure or a cancel leaves those that have not begun."""
    futures = [pool.submit(_unless_stopped, task, job) for task in tasks]
    try:
        for future in futures:
            future.result()
    finally:
        for future in futures:
            future.cancel()


def _unless_stopped(task: Task, job: Job) -> None:
    job.check()
    task()
