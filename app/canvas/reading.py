"""Reads a stack for the 3D view in the background: a first look where it is large, then all of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.canvas.gl import GlFacts
from app.canvas.reduce import LARGE_BYTES, Kind, Reduction, plan, reduced, starting_values
from app.plots.colour import Contrast, auto_contrast
from app.workers import Ticket, WorkerPool
from core.job import Job, JobState, Outcome, Progress
from core.volume import Array, Content, Volume


@dataclass(frozen=True, eq=False)
class Loaded:
    """A stack as a texture.

    Attributes
    ----------
    data : ndarray, shape (z, y, x)
        The texture.
    how : Reduction
        How it was made.
    contrast, threshold
        To begin with.
    grey : Contrast
        Contrast of single slices.
    quick : bool
        Whether more is still being read.
    """

    data: Array
    how: Reduction
    contrast: tuple[float, float]
    threshold: float
    grey: Contrast
    quick: bool


class Reader(QObject):
    """Reads one stack at a time.

    Signals: `loaded` (`Loaded`), maybe twice; `failed` (str); `progressed` (`Progress`, or None
    when it is over).
    """

    loaded = Signal(object)
    failed = Signal(str)
    progressed = Signal(object)

    def __init__(self, pool: WorkerPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._ticket: Ticket | None = None

    @property
    def reading(self) -> bool:
        """Whether something is under way."""
        return self._ticket is not None

    def read(self, volume: Volume, facts: GlFacts, budget_bytes: int, kind: Kind) -> None:
        """Read what fits."""
        how = plan(volume.info, largest_side=facts.largest_texture, budget_bytes=budget_bytes, kind=kind)
        self._read(volume, how, quick=volume.info.nbytes > LARGE_BYTES and how.factors[0] > 1)

    def stop(self) -> None:
        """Want no answer any more."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self.progressed.emit(None)

    def _read(self, volume: Volume, how: Reduction, *, quick: bool) -> None:
        def work(job: Job) -> Loaded:
            return load(volume, how, job, quick=quick)

        def done(outcome: Outcome[Loaded]) -> None:
            self._ticket = None
            if outcome.state is JobState.FAILED:
                self.progressed.emit(None)
                self.failed.emit(str(outcome.error))
            elif outcome.value is not None:
                if quick:
                    self._read(volume, how, quick=False)
                else:
                    self.progressed.emit(None)
                self.loaded.emit(outcome.value)

        self.progressed.emit(Progress(0, 0, ""))
        self._ticket = self._pool.submit(work, done, progress=self.progressed.emit)


def load(volume: Volume, how: Reduction, job: Job, *, quick: bool) -> Loaded:
    """Read a stack; in a worker thread."""
    data = reduced(volume, how, job, quick=quick)
    contrast, threshold = starting_values(data, volume.info.content in ("binary", "labels"))
    content: Content = "binary" if volume.info.content in ("binary", "labels") else "grey"
    grey = auto_contrast(data.reshape(-1, data.shape[-1]), content)
    return Loaded(data, how, contrast, threshold, grey, quick)
