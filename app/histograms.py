"""How often grey values occur: in the slice that is seen, and in a whole volume, read in a worker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.job import Job, Progress
from core.volume import Array, Origin, Volume

BINS = 256
MOST_VOXELS, MOST_SLICES = 8_000_000, 256
SAMPLE_SIDE = 512


@dataclass(frozen=True, eq=False)
class Counted:
    """A histogram.

    Attributes
    ----------
    counts : ndarray, shape (n,)
        Voxels in each bin.
    edges : ndarray, shape (n + 1,)
        Borders of the bins.
    said : str
        What was counted.
    """

    counts: npt.NDArray[np.float64]
    edges: npt.NDArray[np.float64]
    said: str


def counted(values: Array, said: str) -> Counted | None:
    """Count values of any shape; None where there is none to count."""
    finite = values[np.isfinite(values)] if np.issubdtype(values.dtype, np.floating) else values.ravel()
    if not finite.size:
        return None
    low, high = finite.min(), finite.max()
    if np.issubdtype(values.dtype, np.integer) and int(high) - int(low) < BINS:
        first = int(low)
        edges = np.arange(first, int(high) + 2) - 0.5
        places = np.subtract(finite, first, dtype=np.int64)  # 127 is no int8 away from -128
        counts = np.bincount(places, minlength=len(edges) - 1)
        return Counted(counts.astype(np.float64), edges.astype(np.float64), said)
    if np.issubdtype(values.dtype, np.integer):  # whole numbers a bin: else some hold one more than others
        span = int(high) - int(low) + 1
        width = -(-span // BINS)
        bins = -(-span // width)
        begin = int(low) - 0.5
        counts, edges = np.histogram(finite, bins, range=(begin, begin + bins * width))
        return Counted(counts.astype(np.float64), edges.astype(np.float64), said)
    counts, edges = np.histogram(finite, BINS)
    return Counted(counts.astype(np.float64), edges.astype(np.float64), said)


def slice_sample(plane: Array) -> Array:
    """Evenly spaced pixels of a slice, few enough to be counted at once."""
    steps = [max(1, -(-size // SAMPLE_SIDE)) for size in plane.shape]
    return plane[:: steps[0], :: steps[1]]


def volume_histogram(volume: Volume, job: Job) -> Counted | None:
    """Count evenly spread voxels of a volume; all of them where it is small. Gaps are left out.

    Raises
    ------
    TruesliceError
        If a slice cannot be read.
    """
    count, height, width = volume.info.shape
    origin = volume.info.origin
    there = [z for z in range(count) if origin is None or origin[z] != Origin.GAP]
    every = max(1, -(-len(there) // MOST_SLICES))
    chosen = there[every // 2 :: every]
    most = max(1, MOST_VOXELS // max(1, len(chosen)))
    step = max(1, int(np.ceil(np.sqrt(height * width / most))))
    parts = []
    for number, z in enumerate(chosen):
        job.check()
        parts.append(np.array(volume.slice(z)[step // 2 :: step, step // 2 :: step]).ravel())
        job.report(Progress(number + 1, len(chosen), "slices"))
    if not parts:
        return None
    of_slice = "every voxel" if step == 1 else f"every {step}th row and column"
    said = f"{len(chosen)} of {count} slices, {of_slice}" if every > 1 or step > 1 else f"all {count} slices"
    return counted(np.concatenate(parts), said)
