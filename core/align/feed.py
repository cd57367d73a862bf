"""Slices read once, in order, and made ready by threads a little ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from core import machine
from core.align.footprint import mask_of
from core.align.options import AlignOptions
from core.align.prepare import Prepared, prepare
from core.errors import NotEnoughMemoryError
from core.job import Job
from core.step import Room
from core.volume import Array, Volume, VolumeInfo

T = TypeVar("T")
_MEBI = 1 << 20
_USABLE_SHARE = 0.7
_PIXEL_BYTES = 24  # a slice made ready takes 14, making it ready 10 more


def threads_of(room: Room | None) -> int:
    """Threads to use; the result does not depend on it."""
    return (room.threads if room is not None else None) or machine.threads()


def room_within(room: Room | None, pixels: int, held: int, per_thread: int) -> Room:
    """As many threads as the memory allows.

    Parameters
    ----------
    pixels : int
        Of one slice.
    held, per_thread : int
        Slices that are in memory at once whatever the threads, and for each of them.

    Raises
    ------
    NotEnoughMemoryError
        If there is no room for one thread.
    """
    stated = None if room is None else room.memory_mb
    free = stated * _MEBI if stated else machine.free_bytes(_USABLE_SHARE)
    slices = free / (pixels * _PIXEL_BYTES)
    if slices < held + per_thread:
        raise NotEnoughMemoryError(
            "registration: too little memory for slices of this size",
            expected=f"{(held + per_thread) * pixels * _PIXEL_BYTES / _MEBI:.0f} MiB",
            got=f"{free / _MEBI:.0f} MiB",
            remedy="close other programs, compare with fewer slices, or bin the slices",
        )
    return Room(min(threads_of(room), int((slices - held) / per_thread)), stated)


@contextmanager
def pool_of(room: Room | None) -> Iterator[Executor]:
    """Threads for compiled loops; what has not begun is left when one fails or the job is stopped."""
    pool = ThreadPoolExecutor(threads_of(room), thread_name_prefix="align")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    tasks: Iterator[Callable[[], T]] | Sequence[Callable[[], T]], pool: Executor, ahead: int, job: Job
) -> Iterator[T]:
    """Results of tasks in their order, at most `ahead` of them begun before they are asked for."""
    waiting: deque[Future[T]] = deque()
    for task in tasks:
        waiting.append(pool.submit(task))
        if len(waiting) > ahead:
            job.check()
            yield waiting.popleft().result()
    while waiting:
        job.check()
        yield waiting.popleft().result()


def prepared_slice(volume: Volume, index: int, options: AlignOptions) -> Prepared:
    """One slice, ready to be matched."""
    plane = volume.slice(index)
    return prepare(plane, options, usable_pixels(volume.info, index), name=f"slice {index}")


def usable_pixels(info: VolumeInfo, index: int) -> Array | None:
    """Pixels of a slice that were measured; None: all."""
    if info.footprint is None:
        return None
    return mask_of(info.footprint[index], (info.shape[1], info.shape[2]))
