"""How well neighbours agree before and after moves that come from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.align.feed import in_order, pool_of, prepared_slice, room_within, threads_of
from core.align.options import AlignOptions
from core.align.prepare import Prepared
from core.align.quality import Agreement, agreement_of
from core.job import Job
from core.step import Room
from core.volume import Array, Volume


@dataclass(frozen=True)
class NeighbourQuality:
    """Of every slice with the one before; 1 for the first.

    Attributes
    ----------
    correlation_before, correlation_after, information_before, information_after : ndarray, shape (n,)
        Correlation coefficient, and normalised mutual information, over the area both show.
    """

    correlation_before: Array
    correlation_after: Array
    information_before: Array
    information_after: Array


def neighbour_quality(
    volume: Volume, matrices: Array, job: Job, room: Room | None = None
) -> NeighbourQuality:
    """Compare neighbours as they lie, and moved.

    Parameters
    ----------
    volume : Volume
    matrices : ndarray of float64, shape (n, 3, 3)
        Moving to fixed, per slice, on (x, y, 1) in px.
    job, room
        Progress and cancelling; threads. A few slices are in memory at a time.
    """
    count, height, width = volume.info.shape
    room = room_within(room, height * width, 2, 2)
    found = [(Agreement(1.0, 1.0), Agreement(1.0, 1.0))]
    with pool_of(room) as pool:
        compared = in_order(_tasks(volume, matrices), pool, 2 * threads_of(room), job)
        for pair in job.track(compared, count - 1, "Comparing neighbours"):
            found.append(pair)
    rows = np.array([(a.correlation, b.correlation, a.information, b.information) for a, b in found])
    return NeighbourQuality(*rows.T)


def _tasks(volume: Volume, matrices: Array) -> Iterator[Callable[[], tuple[Agreement, Agreement]]]:
    options = AlignOptions()
    last = prepared_slice(volume, 0, options)
    for index in range(1, volume.info.shape[0]):
        this = prepared_slice(volume, index, options)
        between = np.linalg.inv(matrices[index]) @ matrices[index - 1]
        yield partial(_compared, last, this, between)
        last = this


def _compared(last: Prepared, this: Prepared, between: Array) -> tuple[Agreement, Agreement]:
    return agreement_of(last, this, np.eye(3)), agreement_of(last, this, between)
