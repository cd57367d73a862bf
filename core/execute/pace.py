"""Blocks that take about half a second, however slow the step: a run can then be stopped at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

R = TypeVar("R")
BLOCK_S = 0.5


@dataclass(frozen=True)
class Timed(Generic[R]):
    """A block's result and how long it took in its worker."""

    value: R
    seconds: float


@dataclass(frozen=True)
class Stopwatch(Generic[R]):
    """A function of a block that also tells its time; picklable if the function is."""

    function: Callable[[range], R]

    def __call__(self, part: range) -> Timed[R]:
        """Call the function."""
        begin = time.perf_counter()
        value = self.function(part)
        return Timed(value, time.perf_counter() - begin)


@dataclass
class Pace:
    """Deals out blocks; their size follows the time that finished ones took.

    Block sizes never change a result, so they may depend on how busy the machine is.

    Attributes
    ----------
    most : int
        Slices per block that fit into memory.
    slices : int
        Slices of the next block.
    steady : bool
        Keep the size as it is.
    """

    most: int
    slices: int = 1
    steady: bool = False

    def parts(self, gaps: Sequence[range]) -> Iterator[range]:
        """Blocks that cover the gaps, cut when they are asked for."""
        for gap in gaps:
            start = gap.start
            while start < gap.stop:
                stop = min(start + self.slices, gap.stop)
                yield range(start, stop)
                start = stop

    def learn(self, part: range, seconds: float) -> None:
        """Fit the size to the time a block took; at most twofold at a time, as the first are slow."""
        if self.steady:
            return
        fitting = int(BLOCK_S * len(part) / max(seconds, 1e-6))
        self.slices = max(1, min(fitting, 2 * self.slices, self.most))
