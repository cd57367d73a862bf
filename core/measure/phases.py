"""Which values of a volume are which phase; refuses what is not segmented."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from core.errors import VoxelError
from core.job import Job
from core.measure.components import Connectivity
from core.volume import Array, Source, Volume

Values = Literal["auto", "binary", "labels"]
MOST_LABELS = 64


@dataclass(frozen=True)
class Phase:
    """One phase: the value of its voxels, its name, and which of its voxels are neighbours."""

    value: float
    name: str
    connectivity: Connectivity

    def of(self, voxels: Array) -> Array:
        """Where the voxels are of this phase; bool of the same shape."""
        found: Array = np.equal(voxels, self.value)
        return found


PORE, SOLID = "pore", "solid"


def phases_of(volume: Volume, values: Values, job: Job, *, slab_slices: int) -> tuple[Phase, ...]:
    """Find the phases of a volume: pore and solid of a binary one, or one per label.

    Parameters
    ----------
    volume : Volume
        Segmented.
    values : {'auto', 'binary', 'labels'}
        What the values are; 'auto' goes by the volume's content, and takes for binary what does not say.
    job : Job
        Progress and cancelling.
    slab_slices : int
        Slices to look at in one go.

    Returns
    -------
    tuple of Phase
        By value. The greater of two values is solid. A volume of one value is all pore if that is 0, else all
        solid; the other phase is there, too, and empty.

    Raises
    ------
    VoxelError
        If a binary volume holds a third value (as far as was looked at), or there are more than 64 labels.
    """
    if values == "labels" or (values == "auto" and volume.info.content == "labels"):
        return _labels(volume.source, job, slab_slices)
    return _binary(volume.source, job, slab_slices)


def _binary(source: Source, job: Job, slab_slices: int) -> tuple[Phase, Phase]:
    """Looks only until it has seen two values: those who count afterwards look at all of them."""
    found: set[float] = set()
    for first in range(0, source.shape[0], slab_slices):
        job.progress(first, source.shape[0], "Looking for the phases")
        slab = source.read(slice(first, min(source.shape[0], first + slab_slices)))
        require_finite(slab, first)
        low, high = slab.min(), slab.max()
        if low != high and np.count_nonzero(slab == low) + np.count_nonzero(slab == high) < slab.size:
            found |= set(np.unique(slab)[:12].tolist())
        found |= {float(low), float(high)}
        if len(found) > 1:
            break
    require_two(found)
    low, high = min(found), max(found)
    if low == high:
        low, high = (low, 255.0) if low == 0 else (0.0, high)
    return Phase(low, PORE, 26), Phase(high, SOLID, 6)


def require_finite(slab: Array, first: int) -> None:
    """Refuse values that are no numbers; `first` is the number of the slab's first slice.

    Raises
    ------
    VoxelError
        Naming the slice.
    """
    if not np.issubdtype(slab.dtype, np.floating) or np.isfinite(slab).all():
        return
    at = int(np.flatnonzero(~np.isfinite(slab).all(axis=(1, 2)))[0])
    wrong = int(np.count_nonzero(~np.isfinite(slab[at])))
    raise VoxelError(
        f"{wrong} of {slab[at].size} values of slice {first + at} are NaN or infinite: of no phase",
        expected="finite numbers",
        remedy="segment the stack again, or leave the slice out with drop-slices",
    )


def require_two(found: set[float]) -> None:
    """Refuse more than two values.

    Raises
    ------
    VoxelError
        Naming some of them.
    """
    if len(found) > 2:
        raise VoxelError(
            "the slices hold more than two different values, so solid and pore cannot be told apart",
            expected="at most 2 different values in the whole stack (0 pore, 255 solid)",
            got=", ".join(f"{value:g}" for value in sorted(found)[:10]),
            remedy="segment the stack first; if the values are labels, say so (--values labels)",
        )


def _labels(source: Source, job: Job, slab_slices: int) -> tuple[Phase, ...]:
    if not np.issubdtype(source.dtype, np.integer):
        raise VoxelError(
            "labels are whole numbers",
            expected="an integer type",
            got=str(source.dtype),
            remedy="export the labels as 8- or 16-bit whole numbers",
        )
    found: set[int] = set()
    for first in range(0, source.shape[0], slab_slices):
        job.progress(first, source.shape[0], "Looking for the labels")
        slab = source.read(slice(first, min(source.shape[0], first + slab_slices)))
        found |= set(_distinct(slab))
        if len(found) > MOST_LABELS:
            raise VoxelError(
                "there are too many labels to measure each as a phase",
                expected=f"at most {MOST_LABELS}",
                got=f"{len(found)} or more",
                remedy="if these are numbered particles or grey values, segment them into phases first",
            )
    return tuple(
        Phase(value, "label 0 (pore)" if value == 0 else f"label {value}", 26 if value == 0 else 6)
        for value in sorted(found)
    )


def _distinct(slab: Array) -> list[int]:
    if slab.dtype == np.uint8:
        return np.flatnonzero(np.bincount(slab.ravel(), minlength=256)).tolist()
    return [int(value) for value in np.unique(slab)]


def predicate(phase: Phase) -> partial[Array]:
    """The phase as a function that can be sent to another process."""
    return partial(Phase.of, phase)
