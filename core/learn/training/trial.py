"""How good a finished model is, beside the methods without a network, on the same stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.errors import VoxelError
from core.job import Job
from core.learn.training.cases import Case
from core.measure.confusion import Confusion, confusion
from core.models.card import Model
from core.models.intensity import levels_of_planes
from core.models.predict import predict_planes
from core.models.session import open_session
from core.models.work import Work, cut_for
from core.segment.histogram import Histogram, counted, histogram_of
from core.segment.thresholds import brighter, brightest_cluster, kmeans, otsu
from core.volume import Array

NETWORK, BRANCH = "network", "branch"
METHODS = ("otsu", "kmeans-2", "kmeans-3")
SMOOTHED = " smoothed"
"""After a Gaussian filter of 1 px in the plane: what anybody would do against the noise first."""
CLASSICAL = (*METHODS, *(method + SMOOTHED for method in METHODS))
_SMOOTHING_PX = 1.0


class Row(BaseModel):
    """One method over all stacks together.

    Attributes
    ----------
    method : str
        ``network``, ``branch`` (one channel of a network that has branches), or one of `CLASSICAL`.
    channels : tuple of str
        What it looks at.
    mp, mgp : float
        Misplaced pixels, misplaced solid pixels, in percent.
    mds, precision, recall, iou : float
        See `core.measure.confusion`.
    phi : float
        Solid fraction that was found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    channels: tuple[str, ...]
    mp: float
    mgp: float | None
    mds: float
    phi: float
    precision: float | None
    recall: float | None
    iou: float


@dataclass(frozen=True)
class Trial:
    """What was found.

    Attributes
    ----------
    rows : tuple of Row
        The network first.
    cases : tuple of str
        Names of the stacks.
    role : str
        ``test``, ``validation``, or empty where there was no stack.
    voxels : int
        Voxels that were compared.
    phi : float
        True solid fraction.
    """

    rows: tuple[Row, ...] = ()
    cases: tuple[str, ...] = ()
    role: str = ""
    voxels: int = 0
    phi: float = 0.0

    @property
    def network(self) -> Row | None:
        """Row of the whole network."""
        return next((row for row in self.rows if row.method == NETWORK), None)

    @property
    def best_classical(self) -> Row | None:
        """The method without a network that misplaces the fewest pixels."""
        found = [row for row in self.rows if row.method in CLASSICAL]
        return min(found, key=lambda row: row.mp) if found else None


def tried(model: Model, cases: Iterable[Case], job: Job, *, slice_step: int = 1, threads: int = 0) -> Trial:
    """Segment stacks by a model, through the program's own inference, and without a network.

    Parameters
    ----------
    model : Model
    cases : iterable of Case
    job : Job
    slice_step : int
        Distance in slices of the planes that the network sees as adjacent.
    threads : int
        Of one run; 0: one per core.

    Raises
    ------
    TruesliceError, Cancelled
    """
    totals: dict[tuple[str, tuple[str, ...]], Confusion] = {}
    names, roles = [], []
    for case in cases:
        names.append(case.name)
        roles.append(case.role)
        for key, mask in _masks(model, case, job, slice_step, threads):
            part = confusion(_compared(mask, case), _compared(case.truth, case))
            totals[key] = totals.get(key, Confusion(0, 0, 0, 0)) + part
    if not totals:
        return Trial()
    counts = next(iter(totals.values()))
    rows = tuple(_row(*key, total) for key, total in totals.items())
    phi = (counts.tp + counts.fn) / counts.voxels
    return Trial(rows, tuple(names), roles[0], counts.voxels, phi)


def _compared(mask: Array, case: Case) -> Array:
    """What of a mask is compared: shape (1, 1, n) where the truth is known in part."""
    rows = mask[:, case.rows]
    return rows if case.known is None else rows[case.known[:, case.rows]][None, None]


def _row(method: str, channels: tuple[str, ...], total: Confusion) -> Row:
    return Row(
        method=method,
        channels=channels,
        mp=total.mp,
        mgp=total.mgp,
        mds=total.mds,
        phi=(total.tp + total.fp) / total.voxels,
        precision=total.precision,
        recall=total.recall,
        iou=total.iou,
    )


def _masks(
    model: Model, case: Case, job: Job, slice_step: int, threads: int
) -> Iterator[tuple[tuple[str, tuple[str, ...]], Array]]:
    """What each method calls solid, ndarray of bool, shape (z, y, x)."""
    channels = model.spec.channels
    whole, branches = probabilities(model, case, job, slice_step, threads)
    yield (NETWORK, channels), whole > 0.5
    if branches is not None:
        for place, channel in enumerate(channels):
            yield (BRANCH, (channel,)), branches[:, place] > 0.5
    for channel in channels:
        for method, mask in _classical(case.channels[channel], job):
            yield (method, (channel,)), mask


def probabilities(
    model: Model, case: Case, job: Job, slice_step: int, threads: int = 0
) -> tuple[Array, Array | None]:
    """Probability of solid, and that of each branch, (z, y, x) and (z, channel, y, x)."""
    spec, planes = model.spec, {name: case.channels[name] for name in model.spec.channels}
    count, *shape_yx = case.truth.shape
    levels = {name: levels_of_planes(stack) for name, stack in planes.items()}
    session = open_session(model.weights, "cpu", threads)
    parts = cut_for(spec, model.weights, (shape_yx[0], shape_yx[1]))
    work = Work(session, spec, levels, slice_step, parts, spec.branches, job)
    found = []
    for number in filter(case.asks, range(count)):
        job.progress(number, count, f"Testing on {case.name}")
        found.append(predict_planes(work, planes, [number]))
    whole = np.concatenate([one.probability for one in found])
    each = [one.branches for one in found if one.branches is not None]
    branches = np.concatenate(each) if each else None
    return _spread(whole, case), None if branches is None else _spread(branches, case)


def _spread(found: Array, case: Case) -> Array:
    """Slices that were not asked for as zeros, so that all are at their places."""
    if case.known is None:
        return found
    spread = np.zeros((len(case.truth), *found.shape[1:]), found.dtype)
    spread[[number for number in range(len(spread)) if case.asks(number)]] = found
    return spread


def _classical(stack: Array, job: Job) -> Iterator[tuple[str, Array]]:
    for suffix, planes in (("", stack), (SMOOTHED, _smoothed(stack))):
        total = counted(planes[0])
        for plane in planes[1:]:
            job.check()
            total += counted(plane)
        histogram = histogram_of(total, planes.dtype)
        for method in METHODS:
            threshold = _threshold(method, histogram)
            if threshold is not None:
                yield method + suffix, brighter(planes, threshold) > 0


def _smoothed(stack: Array) -> Array:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(stack.astype(np.float32), (0.0, _SMOOTHING_PX, _SMOOTHING_PX)))


def _threshold(method: str, histogram: Histogram) -> float | None:
    """None where the grey values cannot be divided."""
    try:
        return otsu(histogram) if method == "otsu" else brightest_cluster(kmeans(histogram, int(method[-1])))
    except VoxelError:
        return None
