"""Brings the planes of one stack to a view without ever making it wait.

For each of the three cuts only the newest wish counts: it takes back the tickets of older ones, so that
what was not begun is never read, and answers that come too late are not shown. Slices (xy) are read whole.
The cuts across them (xz, yz) come from a coarse overview at once, and in full resolution once the cursor
rests, if the first few slices show that this ends in reasonable time.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.geometry import CUT_AXES, Frame, X, Y, Z
from app.plots.planes import Overview, Plane, cut_bytes, pyramid, read_part
from app.workers import Ticket, WorkerPool
from core.job import Job, JobState, Outcome
from core.volume import Volume

URGENT, SOON, REFINE, AHEAD, BACKGROUND = range(5)  # priorities

CUT_LIMIT_BYTES = 256 << 20
CUT_LIMIT_S = 8.0
CUT_CHUNK = 16
MOST_UNREADABLE = 3  # after that many slices that cannot be read, the overview is given up


class PlaneCache:
    """The planes used last, up to a number of bytes."""

    def __init__(self, limit_bytes: int = 384 << 20) -> None:
        self.limit_bytes = limit_bytes
        self._planes: OrderedDict[tuple[int, int], Plane] = OrderedDict()
        self._bytes = 0

    def get(self, axis: int, index: int) -> Plane | None:
        """A plane, if it is there; it then counts as the one used last."""
        plane = self._planes.get((axis, index))
        if plane is not None:
            self._planes.move_to_end((axis, index))
        return plane

    def put(self, plane: Plane) -> None:
        """Keep a plane, dropping those not used for longest; one over the limit alone is kept alone."""
        key = (plane.axis, plane.index)
        old = self._planes.pop(key, None)
        self._bytes += plane.nbytes - (old.nbytes if old else 0)
        self._planes[key] = plane
        while self._bytes > self.limit_bytes and len(self._planes) > 1:
            self._bytes -= self._planes.popitem(last=False)[1].nbytes

    @property
    def nbytes(self) -> int:
        """Memory in use."""
        return self._bytes


@dataclass(frozen=True)
class TooSlow:
    """A full-resolution cut was given up: it would have taken about `seconds`."""

    seconds: float


@dataclass(frozen=True)
class _Reader:
    """What workers need of one stack; holds nothing of Qt."""

    volume: Volume
    overview: Overview
    size: tuple[float, float, float]

    def plane(self, axis: int, index: int, data: Any, step: tuple[int, int], exact: bool) -> Plane:
        rows, columns = CUT_AXES[axis]
        pixel = (self.size[rows], self.size[columns])
        levels = pyramid(data, pixel=pixel, step=step, content=self.volume.info.content)
        return Plane(axis, index, levels, exact)

    def slice_plane(self, index: int, job: Job) -> Plane:
        job.check()
        data = self.volume.slice(index)
        job.check()
        return self.plane(Z, index, data, (1, 1), True)

    def overview_plane(self, axis: int, index: int) -> Plane | None:
        found = self.overview.cut(axis, index)
        return None if found is None else self.plane(axis, index, *found)

    def fill(self, coarse: int, job: Job) -> None:
        job.check()
        self.overview.fill(coarse, self.volume.slice(self.overview.slice_index(coarse)))

    def full_cut(self, axis: int, index: int, job: Job) -> Plane | TooSlow:
        count = self.volume.info.shape[Z]
        columns = self.volume.info.shape[X if axis == Y else Y]
        data = np.empty((count, columns), self.volume.info.dtype)
        started = time.monotonic()
        for first in range(0, count, CUT_CHUNK):
            job.check()
            last = min(count, first + CUT_CHUNK)
            data[first:last] = read_part(self.volume, axis, index, first, last)
            expected_s = (time.monotonic() - started) * count / last
            if expected_s > CUT_LIMIT_S:
                return TooSlow(expected_s)
        job.check()
        return self.plane(axis, index, data if axis == Y else np.ascontiguousarray(data.T), (1, 1), True)


class PlaneLoader:
    """Gives the planes of one stack to `show`, newest wishes only.

    Parameters
    ----------
    volume : Volume
        The stack.
    pool : WorkerPool
        Threads to read with.
    show : callable
        ``show(plane)`` on the GUI thread, for every plane that is still wanted; a better one may follow.
    fail : callable
        ``fail(axis, error)`` on the GUI thread: a wanted plane could not be read.
    grown : callable
        ``grown(fraction)`` on the GUI thread as the overview fills.
    """

    def __init__(
        self,
        volume: Volume,
        pool: WorkerPool,
        *,
        show: Callable[[Plane], None],
        fail: Callable[[int, Exception], None],
        grown: Callable[[float], None] = lambda _fraction: None,
        cache_bytes: int = 384 << 20,
        overview_bytes: int = 64 << 20,
    ) -> None:
        self.volume = volume
        self.frame = Frame(volume.info)
        self.cache = PlaneCache(cache_bytes)
        self.overview = Overview(volume.info, limit_bytes=overview_bytes)
        self.too_slow: TooSlow | None = None
        self._reader = _Reader(volume, self.overview, self.frame.size)
        self._pool = pool
        self._show, self._fail, self._grown = show, fail, grown
        self._wanted: dict[int, int] = {}
        self._shown: dict[int, Plane] = {}
        self._tickets: dict[tuple[str, int], Ticket] = {}
        self._filling: Ticket | None = None
        self._unreadable: set[int] = set()
        self._closed = False

    # ------------------------------------------------------------------ wishes
    def want(self, axis: int, index: int) -> None:
        """Ask for a plane to look at; older wishes for this cut are taken back."""
        if self._wanted.get(axis) == index:
            return
        self._wanted[axis] = index
        for kind in ("coarse", "full"):
            self._drop(kind, axis)
        cached = self.cache.get(axis, index)
        if cached is not None:
            self._present(cached)
            return
        self._ask_coarse(axis, index)
        if axis == Z:
            self._ask_slice(index, URGENT)

    def rest(self, ahead: int = 1) -> None:
        """Call when the cursor rests: refines the cuts, reads neighbours ahead, goes on with the overview.

        Parameters
        ----------
        ahead : int
            1 or -1: the direction the user went along z.
        """
        if self._closed:
            return
        for axis in (Y, X):
            if axis in self._wanted:
                self._refine(axis, self._wanted[axis])
        if Z in self._wanted:
            for step in (ahead, -ahead, 2 * ahead):
                neighbour = self._wanted[Z] + step
                if 0 <= neighbour < self.volume.info.shape[Z] and self.cache.get(Z, neighbour) is None:
                    self._ask_slice(neighbour, AHEAD)
        self._fill_next()

    def wants(self, axis: int) -> bool:
        """Whether a plane is wanted along an axis."""
        return axis in self._wanted

    def forget(self, axis: int) -> None:
        """No plane is wanted along an axis: the cursor lies outside."""
        self._wanted.pop(axis, None)

    def shown(self, axis: int) -> Plane | None:
        """The plane that was shown last, if it is still the one wanted."""
        plane = self._shown.get(axis)
        return plane if plane is not None and plane.index == self._wanted.get(axis) else None

    def remarks(self, axis: int) -> tuple[str, ...]:
        """What the reader of a cut has to know: that it is coarse, and whether a finer one is coming."""
        plane = self.shown(axis)
        if plane is None:
            return ("reading …",)
        if plane.exact:
            return ()
        every = " × ".join(f"1/{step}" for step in plane.levels[0].step)
        if self.overview.full_resolution:
            return (f"reading … {self.overview.fraction:.0%}",)
        if ("full", axis) in self._tickets:
            return (f"overview ({every}), refining …",)
        if axis != Z and self.too_slow is not None:
            return (f"overview ({every}): all voxels would take {self.too_slow.seconds:.0f} s",)
        return (f"overview ({every})",)

    def close(self) -> None:
        """Cancel everything; nothing is shown any more."""
        self._closed = True
        for ticket in self._tickets.values():
            ticket.cancel()
        self._tickets.clear()
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None

    # ------------------------------------------------------------------ tasks
    def _drop(self, kind: str, axis: int) -> None:
        ticket = self._tickets.pop((kind, axis), None)
        if ticket is not None:
            ticket.cancel()

    def _ask_slice(self, index: int, priority: int) -> None:
        key = ("slice", index)
        if self._closed:
            return
        if priority == URGENT:  # slices that are no longer wanted make room
            for kind, other in [key for key in self._tickets if key[0] == "slice" and key[1] != index]:
                self._drop(kind, other)
            self._drop(*key)
        elif key in self._tickets:
            return
        reader = self._reader
        self._tickets[key] = self._pool.submit(
            lambda job: reader.slice_plane(index, job),
            lambda outcome: self._arrived(key, Z, index, outcome),
            priority=priority,
        )

    def _ask_coarse(self, axis: int, index: int) -> None:
        if self._closed or self.overview.fraction == 0:
            return
        key, reader = ("coarse", axis), self._reader
        self._drop(*key)
        self._tickets[key] = self._pool.submit(
            lambda _job: reader.overview_plane(axis, index),
            lambda outcome: self._arrived(key, axis, index, outcome),
            priority=URGENT if axis == Z else SOON,
        )

    def _refine(self, axis: int, index: int) -> None:
        shown = self._shown.get(axis)
        if shown is not None and shown.index == index and shown.exact:
            return
        hopeless = cut_bytes(self.volume.info, axis) > CUT_LIMIT_BYTES or self.too_slow is not None
        if hopeless or self.overview.full_resolution or ("full", axis) in self._tickets:
            return
        key, reader = ("full", axis), self._reader
        self._tickets[key] = self._pool.submit(
            lambda job: reader.full_cut(axis, index, job),
            lambda outcome: self._arrived(key, axis, index, outcome),
            priority=REFINE,
        )

    def _arrived(self, key: tuple[str, int], axis: int, index: int, outcome: Outcome[Any]) -> None:
        self._tickets.pop(key, None)
        if self._closed:
            return
        if outcome.state is JobState.FAILED and outcome.error is not None:
            if self._wanted.get(axis) == index:
                self._fail(axis, outcome.error)
            return
        result = outcome.value
        if isinstance(result, TooSlow):
            self.too_slow = result
            if axis in self._shown:
                self._show(self._shown[axis])  # its caption now says that it stays an overview
        elif isinstance(result, Plane):
            if result.exact:
                self.cache.put(result)
            if self._wanted.get(axis) == index:
                self._present(result)

    def _present(self, plane: Plane) -> None:
        shown = self._shown.get(plane.axis)
        if shown is not None and shown.index == plane.index and shown.exact and not plane.exact:
            return
        self._shown[plane.axis] = plane
        self._show(plane)

    # ------------------------------------------------------------------ overview
    def _fill_next(self) -> None:
        if self._closed or self._filling is not None:
            return
        coarse = next(
            (
                each
                for each in self.overview.order
                if not self.overview.has(each) and each not in self._unreadable
            ),
            None,
        )
        if coarse is None or len(self._unreadable) > MOST_UNREADABLE:
            return
        reader = self._reader
        self._filling = self._pool.submit(
            lambda job: reader.fill(coarse, job),
            lambda outcome: self._filled(coarse, outcome),
            priority=BACKGROUND,
        )

    def _filled(self, coarse: int, outcome: Outcome[None]) -> None:
        self._filling = None
        if self._closed:
            return
        if outcome.state is JobState.FAILED and outcome.error is not None:
            self._unreadable.add(coarse)
            for axis in (Y, X):
                self._fail(axis, outcome.error)
        done = round(self.overview.fraction * len(self.overview.order))
        if done in (1, 4) or done % 16 == 0 or self.overview.complete:
            self._grown(self.overview.fraction)
            for axis, index in self._wanted.items():
                shown = self._shown.get(axis)
                if shown is None or shown.index != index or not shown.exact:
                    self._ask_coarse(axis, index)
        self._fill_next()
