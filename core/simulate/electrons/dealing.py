"""Deals electrons out to threads, in parts of about a fifth of a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from core import machine
from core.job import Job

R = TypeVar("R")
_PART_S = 0.2
_FIRST_PART = 2_000
_WAIT_S = 0.1


@dataclass(frozen=True)
class Part:
    """Electrons `begin` to `end` of each of the pixels `first` to `last`."""

    first: int
    last: int
    begin: int
    end: int

    @property
    def electrons(self) -> int:
        """Number of electrons."""
        return (self.last - self.first) * (self.end - self.begin)


@dataclass(frozen=True)
class _Done(Generic[R]):
    part: Part
    value: R
    seconds: float


@dataclass
class _Deal:
    """All electrons of all pixels, cut into parts; `size` may change on the way."""

    pixels: int
    electrons: int
    size: int = _FIRST_PART

    def parts(self) -> Iterator[Part]:
        pixel = 0
        while pixel < self.pixels:
            if self.electrons <= self.size:
                last = min(self.pixels, pixel + self.size // self.electrons)
                yield Part(pixel, last, 0, self.electrons)
                pixel = last
            else:
                begin = 0
                while begin < self.electrons:
                    end = min(self.electrons, begin + self.size)
                    yield Part(pixel, pixel + 1, begin, end)
                    begin = end
                pixel += 1


def deal(
    pixels: int,
    electrons: int,
    function: Callable[[Part], R],
    take: Callable[[Part, R], None],
    job: Job,
    *,
    threads: int | None,
    message: str,
) -> None:
    """Call `function` for parts of all electrons in several threads, and `take` for every result in this one.

    Where the cuts are depends on the machine: results must add up to the same whichever way.

    Raises
    ------
    Cancelled
        If the job was stopped; parts that run are waited for.
    """
    count = threads or machine.threads()
    todo = _Deal(pixels, electrons)
    parts = todo.parts()
    waiting: set[Future[_Done[R]]] = set()
    ready = 0
    with ThreadPoolExecutor(count, thread_name_prefix="electrons") as pool:
        try:
            while True:
                while len(waiting) < 2 * count and (part := next(parts, None)) is not None:
                    waiting.add(pool.submit(_timed, function, part))
                if not waiting:
                    return
                done, waiting = wait(waiting, _WAIT_S, FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    take(result.part, result.value)
                    ready += result.part.electrons
                    todo.size = _next_size(todo.size, result.part.electrons, result.seconds)
                job.progress(ready, pixels * electrons, message)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _timed(function: Callable[[Part], R], part: Part) -> _Done[R]:
    begin = time.perf_counter()
    value = function(part)
    return _Done(part, value, time.perf_counter() - begin)


def _next_size(size: int, electrons: int, seconds: float) -> int:
    """Towards the part that takes the wanted time, at most fourfold at once."""
    fitting = electrons * _PART_S / max(seconds, 1e-6)
    return int(min(max(fitting, size / 4, 100), size * 4))
