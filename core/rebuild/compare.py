"""How well each way of rebuilding gives a true structure back, and how isotropic its results are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import VoxelError
from core.job import Job
from core.measure.confusion import Confusion
from core.measure.isotropy import isotropy_errors
from core.measure.results import IsotropyResult
from core.rebuild.datasets import Name, Rebuilt
from core.volume import Array, Source

_SLAB = 16


@dataclass(frozen=True)
class Score:
    """One data set beside the truth.

    Attributes
    ----------
    whole, invented : Confusion or None
        Over all voxels, and over the planes that are no measured slices; None without a truth.
    isotropy : IsotropyResult or None
        Of the data set itself; None where that was not asked for or cannot be told.
    """

    whole: Confusion | None
    invented: Confusion | None
    isotropy: IsotropyResult | None

    def row(self) -> dict[str, float | None]:
        """The numbers as a flat table row."""
        found: dict[str, float | None] = {}
        for suffix, counts in (("", self.whole), ("_invented", self.invented)):
            for name in ("mp", "mgp", "mds"):
                found[name + suffix] = None if counts is None else getattr(counts, name)
        for name in ("e_tpcf", "e_lpf", "e_d"):
            found[name] = None if self.isotropy is None else getattr(self.isotropy, name)
        return found


def compared(
    sets: Mapping[Name, Rebuilt], truth: Source | None, job: Job, *, isotropy: bool
) -> dict[Name, Score]:
    """Score every data set; each is computed once, slab by slab.

    Parameters
    ----------
    sets : mapping of str to Rebuilt
        See `core.rebuild.datasets.data_sets`.
    truth : Source or None
        At least as deep, voxels above 0 are solid.
    job : Job
        Progress and cancelling.
    isotropy : bool
        Whether the isotropy errors are measured.
    """
    found: dict[Name, Score] = {}
    for name, one in sets.items():
        whole = invented = None
        if truth is not None:
            whole, invented = _confusions(one, truth, job, name)
        found[name] = Score(whole, invented, isotropy_of(one, job) if isotropy else None)
    return found


def isotropy_of(source: Source, job: Job) -> IsotropyResult | None:
    """Isotropy errors; None where nothing is solid."""
    try:
        return isotropy_errors(source, job)
    except VoxelError:
        return None


def _confusions(one: Rebuilt, truth: Source, job: Job, name: str) -> tuple[Confusion, Confusion]:
    whole = invented = Confusion(0, 0, 0, 0)
    measured = one.measured
    for start in range(0, one.depth, _SLAB):
        job.progress(start, one.depth, f"Comparing {name}")
        part = slice(start, min(start + _SLAB, one.depth))
        predicted, true = one.read(part) > 0, truth.read(part) > 0
        whole += _counted(predicted, true)
        made = ~measured[part]
        if made.any():
            invented += _counted(predicted[made], true[made])
    job.progress(one.depth, one.depth, f"Comparing {name}")
    return whole, invented


def _counted(predicted: Array, true: Array) -> Confusion:
    both = int(np.count_nonzero(predicted & true))
    found, there = int(np.count_nonzero(predicted)), int(np.count_nonzero(true))
    return Confusion(both, found - both, there - both, predicted.size - found - there + both)
