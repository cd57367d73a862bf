"""Two volumes of the same voxels, read slice by slice: what is counted in each slice, on several threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from core import machine
from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.measure.compare_params import CompareParams
from core.measure.curves import binned, bins_of
from core.measure.readings import MOST_REGIONS, Coded, Reading, labelled
from core.measure.similarity import squared_error, ssim
from core.slice_list import numbers_of
from core.volume import Array, Origin, Shape, Volume

R = TypeVar("R")
_IN_FLIGHT_BYTES = 1 << 30
_BYTES_PER_PIXEL = 40  # of both planes, their codes and what is made of them on the way


@dataclass(frozen=True)
class Pair:
    """What is compared with what.

    Attributes
    ----------
    prediction, truth : Volume
        Of the same shape.
    regions : Volume or None
        Labels of the same shape.
    rows, columns : slice
        Of the box.
    indices, left_out : tuple of int
        Slices of the box that are compared, and those that are not.
    """

    prediction: Volume
    truth: Volume
    regions: Volume | None
    rows: slice
    columns: slice
    indices: tuple[int, ...]
    left_out: tuple[int, ...]

    @property
    def shape(self) -> Shape:
        """Voxels compared: slices, rows, columns."""
        return (
            len(self.indices),
            self.rows.stop - self.rows.start,
            self.columns.stop - self.columns.start,
        )

    def plane(self, volume: Volume, index: int) -> Array:
        """The part of one slice within the box, shape (y, x)."""
        plane: Array = volume.source.read(slice(index, index + 1), self.rows, self.columns)[0]
        return plane


def paired(prediction: Volume, truth: Volume, regions: Volume | None, params: CompareParams) -> Pair:
    """Check that the volumes fit and choose the slices.

    Raises
    ------
    ParameterError
        If shapes differ, the box or a slice lies outside, or no slice would be left.
    MissingMetadataError
        If only measured slices are asked for and the prediction does not say which these are.
    """
    shape = truth.info.shape
    for name, volume in (("prediction", prediction), ("regions", regions)):
        if volume is not None and volume.info.shape != shape:
            raise ParameterError(
                f"{name} and truth differ in shape, so their voxels cannot be compared",
                expected=f"(z, y, x) = {shape} as the truth",
                got=volume.info.shape,
                remedy="crop or reposition one of them to the voxels of the other",
            )
    z0, z1, y0, y1, x0, x1 = params.region or (0, shape[0], 0, shape[1], 0, shape[2])
    if z1 > shape[0] or y1 > shape[1] or x1 > shape[2]:
        raise ParameterError(
            "the region reaches beyond the volumes", expected=f"within (z, y, x) = {shape}", got=params.region
        )
    left_out = _left_out(prediction, params, shape[0])
    indices = tuple(index for index in range(z0, z1) if index not in left_out)
    if not indices:
        raise ParameterError("no slice would be left to compare", expected="at least one of the box")
    gone = tuple(index for index in range(z0, z1) if index in left_out)
    return Pair(prediction, truth, regions, slice(y0, y1), slice(x0, x1), indices, gone)


def _left_out(prediction: Volume, params: CompareParams, count: int) -> frozenset[int]:
    excluded = numbers_of(params.exclude_slices)
    beyond = sorted(number for number in excluded if number >= count)
    if beyond:
        raise ParameterError(
            "there are no such slices to leave out", expected=f"0-{count - 1}", got=beyond[:10]
        )
    if params.slices == "all":
        return excluded
    origin = prediction.info.origin
    if origin is None:
        raise MissingMetadataError(
            "the prediction does not say which of its slices were measured",
            expected="the origin of each slice, as repositioning and filling write it",
            remedy="compare all slices, or name those to leave out with --exclude-slices",
        )
    return excluded | {index for index, value in enumerate(origin) if value != Origin.MEASURED}


@dataclass(frozen=True)
class SliceCounts:
    """What was counted in one slice.

    Attributes
    ----------
    index : int
        Which slice.
    pairs : mapping of (float, float) to int
        Pixels by value in prediction and truth.
    by_region : mapping of float to such a mapping
        The same within each region.
    histograms : mapping of float to ndarray of int64
        Histogram of the probabilities where the truth has this value.
    squared_error, ssim : float
        Of grey images.
    """

    index: int
    pairs: dict[tuple[float, float], int] = field(default_factory=dict)
    by_region: dict[float, dict[tuple[float, float], int]] = field(default_factory=dict)
    histograms: dict[float, Array] = field(default_factory=dict)
    squared_error: float = 0.0
    ssim: float = 0.0


@dataclass(frozen=True)
class Counter:
    """Counts one slice; safe to call from several threads.

    Attributes
    ----------
    pair : Pair
        The volumes.
    readings : tuple of Reading
        Of prediction and truth.
    probabilities : bool
        Whether histograms are wanted.
    data_range : float or None
        Span of the grey values where grey images are compared.
    counts : bool
        Whether values are counted.
    """

    pair: Pair
    readings: tuple[Reading, Reading]
    probabilities: bool
    data_range: float | None
    counts: bool

    def __call__(self, index: int, job: Job) -> SliceCounts:
        """Count the slice `index`."""
        pair = self.pair
        first, second = pair.plane(pair.prediction, index), pair.plane(pair.truth, index)
        found = SliceCounts(index)
        if self.data_range is not None:
            found = SliceCounts(
                index,
                squared_error=squared_error(first, second),
                ssim=ssim(first, second, data_range=self.data_range, job=job),
            )
        if self.counts:
            predicted = self.readings[0].coded(first, index)
            true = self.readings[1].coded(second, index)
            found.pairs.update(_pairs(predicted, true))
            if pair.regions is not None:
                labels = labelled(
                    pair.plane(pair.regions, index), most=MOST_REGIONS, name=f"slice {index} of the regions"
                )
                found.by_region.update(_by_region(labels, predicted, true))
            if self.probabilities:
                found.histograms.update(_histograms(first, true))
        return found


def _pairs(predicted: Coded, true: Coded) -> dict[tuple[float, float], int]:
    from core.measure.kernels.pairs import count_pairs

    table = np.zeros((len(predicted.values), len(true.values)), dtype=np.int64)
    count_pairs(predicted.codes, true.codes, table)
    return _named(table, predicted, true)


def _named(table: Array, predicted: Coded, true: Coded) -> dict[tuple[float, float], int]:
    return {(predicted.values[a], true.values[b]): int(table[a, b]) for a, b in np.argwhere(table)}


def _by_region(regions: Coded, predicted: Coded, true: Coded) -> dict[float, dict[tuple[float, float], int]]:
    from core.measure.kernels.pairs import count_triples

    table = np.zeros((len(regions.values), len(predicted.values), len(true.values)), dtype=np.int64)
    count_triples(regions.codes, predicted.codes, true.codes, table)
    return {value: _named(part, predicted, true) for value, part in zip(regions.values, table, strict=True)}


def _histograms(probabilities: Array, true: Coded) -> dict[float, Array]:
    from core.measure.kernels.pairs import count_pairs

    places = binned(probabilities)
    table = np.zeros((bins_of(probabilities.dtype), len(true.values)), dtype=np.int64)
    count_pairs(places.ravel(), true.codes, table)
    return {value: table[:, place] for place, value in enumerate(true.values)}


def each_slice(work: Callable[[int, Job], R], pair: Pair, job: Job, message: str) -> Iterator[R]:
    """Results of all slices in order; a few slices in memory at a time, as many as fit.

    Raises
    ------
    Cancelled
        If the user asked to stop, within tenths of a second.
    """
    count, rows, columns = pair.shape
    fitting = max(1, _IN_FLIGHT_BYTES // (rows * columns * _BYTES_PER_PIXEL))
    threads = min(machine.threads(), count, fitting)
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="compare") as pool:
        try:
            for done, index in enumerate(pair.indices):
                waiting.append(pool.submit(work, index, job))
                if len(waiting) > threads:
                    job.progress(done - threads, count, message)
                    yield _awaited(waiting.popleft(), job)
            while waiting:
                job.progress(count - len(waiting), count, message)
                yield _awaited(waiting.popleft(), job)
            job.progress(count, count, message)
        finally:
            for future in waiting:
                future.cancel()


def _awaited(future: Future[R], job: Job) -> R:
    while True:
        job.check()
        if wait([future], timeout=0.1).done:
            return future.result()
