"""The level of a scalar field at which a given share of the voxels lies below it.

Fields are cut to whole numbers (`BINS` steps between their limits) before anything is compared. A level is
one of these numbers, so that counting once gives it exactly, and no order of adding can change it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.structures.pattern import Ranges
from core.volume import Array, Shape

BINS = 1 << 18
MOST_SAMPLES = 1 << 27
_BLOCK = 128
_EXACT = 0.001


def blocks_of(shape: Shape, side: int = _BLOCK) -> Iterator[Ranges]:
    """Blocks that fill a shape."""
    starts = [range(0, length, side) for length in shape]
    for z in starts[0]:
        for y in starts[1]:
            for x in starts[2]:
                yield tuple((a, min(a + side, n)) for a, n in zip((z, y, x), shape, strict=True))  # type: ignore[misc]


def stride_of(shape: Shape) -> int:
    """Every how many voxels (along each axis) a field is looked at to find its level.

    1 up to 2^27 voxels. Beyond that a regular part of the voxels is enough: they lie far closer together
    than the structure is wide, and the share of 10^8 voxels is sharp to some 10^-5.
    """
    return max(1, math.ceil(math.cbrt(math.prod(shape) / MOST_SAMPLES)))


def histogram(counts_of: Callable[[Ranges, int], Array], shape: Shape, job: Job, message: str) -> Array:
    """Add the counts of all blocks of a shape; `counts_of` takes the ranges and the stride."""
    stride = stride_of(shape)
    blocks = list(blocks_of(shape))
    total: Array | None = None
    for ranges in job.track(blocks, len(blocks), message):
        counts = counts_of(ranges, stride)
        total = counts if total is None else total + counts
    assert total is not None  # a shape has at least one block
    return total


def level_of(counts: Array, share: float, what: str) -> tuple[int, float]:
    """The number t for which the share of values below t comes nearest to `share`.

    Parameters
    ----------
    counts : ndarray of int, shape (BINS,) or longer
        How often each value occurs.
    share : float
        0-1.
    what : str
        Name of the field, for the message.

    Returns
    -------
    level : int
        1 to `BINS`.
    reached : float
        The share below it.

    Raises
    ------
    ParameterError
        If nothing or everything would lie below (the structure would be empty), or the share cannot be met.
    """
    below = np.cumsum(counts, dtype=np.int64)
    total = int(below[-1])
    if below[BINS - 1] < (share - _EXACT) * total:
        raise ParameterError(
            f"{what}: there is no room for so much",
            expected=f"a share of {share:g}",
            got=f"{below[BINS - 1] / total:.3g} at most",
            remedy="choose larger objects, more places for them, or a smaller share",
        )
    level = int(np.argmin(np.abs(below[:BINS] - share * total)))
    reached = int(below[level])
    if reached in (0, total):
        raise ParameterError(
            f"{what}: nothing or everything would be solid, the structure is empty",
            expected=f"a share of {share:g} of {total} voxels",
            remedy="choose a larger shape, smaller features or a fraction further from 0 and 1",
        )
    return level + 1, reached / total
