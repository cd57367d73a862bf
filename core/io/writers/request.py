"""One order to write a volume, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from core.errors import ReadError, TruesliceError
from core.io.writers.delivery import Delivery, delivery
from core.io.writers.names import split_suffix
from core.io.writers.options import WriteOptions
from core.job import Job
from core.volume import Array, Volume


@dataclass(frozen=True)
class Request:
    """A volume on its way to a target.

    Attributes
    ----------
    volume : Volume
        What to write.
    target : Path
        File or folder to make.
    job : Job
        Progress and cancelling.
    options : WriteOptions
        The user's choices.
    overwrite : bool
        Whether an older export may be replaced.
    message : str
        What the progress is called.
    """

    volume: Volume
    target: Path
    job: Job
    options: WriteOptions
    overwrite: bool = False
    message: str = "Writing"

    @property
    def stem(self) -> str:
        """Name of the target without its suffix."""
        return split_suffix(self.target.name)[0]

    def delivery(self, needed_bytes: int) -> AbstractContextManager[Delivery]:
        """Stage the parts; see `delivery`."""
        return delivery(self.target, needed_bytes=needed_bytes, overwrite=self.overwrite)

    def planes(self, message: str | None = None) -> Iterator[Array]:
        """All planes in order, one in memory at a time, reporting before each.

        Raises
        ------
        ReadError
            If a plane cannot be read; not to be taken for trouble with the target.
        Cancelled
            If the user asked to stop.
        """
        count = self.volume.info.shape[0]
        for index in self.job.track(range(count), count, message or self.message):
            yield self._plane(index)

    def _plane(self, index: int) -> Array:
        try:
            return self.volume.slice(index)
        except TruesliceError:
            raise
        except OSError as error:
            raise ReadError(f"slice {index} cannot be read: {error}") from error
