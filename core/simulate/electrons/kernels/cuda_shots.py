# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, disable-error-code="attr-defined"
"""The loop over pixels and electrons on a CUDA device.

The physics is that of `kernels.shots`, compiled once more for the device: numba takes functions written for
the CPU in device code. Only the dealing out stands here.

One thread follows a few electrons of one pixel, neighbouring threads those of the same pixel: they start
among the same voxels, and their sums go to the same few numbers. A thread for a whole pixel would need no
atomic additions, but leaves most of a device idle where images are small, and its launches last long.
Threads of a warp wait for the one whose electron lives longest; small blocks make room for the next soon.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import config, cuda

from core.simulate.electrons.kernels.shots import shoot_pixels
from core.volume import Array

BLOCK = 64
ELECTRONS_PER_THREAD = 4
FEWEST_BLOCKS = 128  # numba warns of fewer; idle ones cost nothing
SIMULATED = bool(config.ENABLE_CUDASIM)  # numba's own interpreter of device code, for tests
INTERPRETED = bool(config.DISABLE_JIT)
TOTALS = 6
TOTAL_SLOTS = 256  # copies of the totals, so that not all threads add to the same numbers


@lru_cache
def shooter(detectors: int) -> Any:
    """The kernel for a number of detectors; compiled at its first launch.

    ``kernel[blocks, BLOCK](numbers, setting, sums, squares, totals)``: see `kernels.shots` for `numbers`
    (`first` to `key`), `setting` (`cells` to `windows`), `sums` and `squares`. `totals` has `TOTAL_SLOTS`
    rows, one after the other.
    """

    @cuda.jit
    def shoot(numbers, setting, sums, squares, totals):
        first, last, begin, end, columns, key = numbers
        thread = cuda.grid(1)
        threads_per_pixel = (end - begin + ELECTRONS_PER_THREAD - 1) // ELECTRONS_PER_THREAD
        pixel = first + thread // threads_per_pixel
        if pixel >= last:
            return
        start = begin + thread % threads_per_pixel * ELECTRONS_PER_THREAD
        stop = min(start + ELECTRONS_PER_THREAD, end)
        own_sums = cuda.local.array(detectors, np.int64)
        own_squares = cuda.local.array(detectors, np.int64)
        own_totals = cuda.local.array(TOTALS, np.int64)
        for d in range(detectors):
            own_sums[d] = own_squares[d] = 0
        for at in range(TOTALS):
            own_totals[at] = 0
        own = (own_sums, own_squares, own_totals)
        shoot_pixels((pixel, pixel + 1, start, stop, columns, key, *setting, *own))
        place = (pixel - first) * detectors
        for d in range(detectors):
            if own_sums[d] != 0:
                cuda.atomic.add(sums, place + d, own_sums[d])
                cuda.atomic.add(squares, place + d, own_squares[d])
        slot = thread % TOTAL_SLOTS * TOTALS
        for at in range(TOTALS):
            if own_totals[at] != 0:
                cuda.atomic.add(totals, slot + at, own_totals[at])

    return shoot


def blocks_for(numbers: tuple[Any, ...]) -> int:
    """How many blocks of `BLOCK` threads a launch takes."""
    first, last, begin, end = numbers[:4]
    threads: int = (last - first) * -((begin - end) // ELECTRONS_PER_THREAD)
    return max(-(-threads // BLOCK), 1 if SIMULATED else FEWEST_BLOCKS)


def launch(
    kernel: Any, numbers: tuple[Any, ...], setting: tuple[Any, ...], out: tuple[Array, Array, Array]
) -> None:
    """Run `kernel` and add what it counted to `out` (sums, squares, totals); waits for it."""
    sums, squares = cuda.to_device(out[0]), cuda.to_device(out[1])
    totals = cuda.to_device(np.zeros(TOTAL_SLOTS * TOTALS, np.int64))
    kernel[blocks_for(numbers), BLOCK](numbers, setting, sums, squares, totals)
    sums.copy_to_host(out[0])
    squares.copy_to_host(out[1])
    out[2][...] += totals.copy_to_host().reshape(TOTAL_SLOTS, TOTALS).sum(axis=0)


def upload(setting: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arrays of `setting` on the current device, all else as it is."""
    return tuple(cuda.to_device(part) if isinstance(part, np.ndarray) else part for part in setting)


def available() -> bool:
    """Whether there is a CUDA device, or its simulation."""
    return bool(cuda.is_available())


def free_bytes() -> float:
    """Memory left on the current device; infinite in the simulation."""
    return float(cuda.current_context().get_memory_info().free)
