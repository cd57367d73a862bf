"""Saves what was measured as a report, in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue, Task
from app.session import Session
from app.standing import Exported
from core.job import Job
from core.measure.params import MeasureParams
from core.measure.results import Measured
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.project import InputSpec, Project
    from core.reports import InputFile

log = logging.getLogger("trueslice.report")
LABEL = "Report"


@dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Attributes
    ----------
    title : str
        Heading.
    measured : Measured
        The values.
    params : MeasureParams
        What was asked for.
    recipe : Recipe
        Steps that led to the volume, with the measuring step if there is one.
    region : str
        Where, in words; empty for the whole volume.
    """

    title: str
    measured: Measured
    params: MeasureParams
    recipe: Recipe
    region: str = ""


class Reporter(QObject):
    """Writes reports, one at a time.

    Signals: `busy` (bool), `saved` (`Exported`), `failed` (exception).
    """

    busy = Signal(bool)
    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._queue = session, queue
        self._task: Task | None = None

    @property
    def running(self) -> bool:
        """Whether a report is being written."""
        return self._task is not None

    def save(self, subject: Subject, folder: Path) -> None:
        """Write a report into a new folder."""
        session = self._session
        if self.running or session.volume is None:
            return
        channel, project = session.channel, session.project
        spec = session.inputs[channel].spec
        task = self._queue.prepare(
            "Save the report", lambda job: written(subject, folder, spec, channel, project, job)
        )
        task.succeeded.connect(self._saved)
        task.failed.connect(self.failed)
        task.ended.connect(lambda _state: self._ended())
        self._task = task
        self.busy.emit(True)
        self._queue.start(task)

    def stop(self) -> None:
        """Write no more; what is there of the report is removed."""
        if self._task is not None:
            self._task.cancel()

    def _saved(self, report: Exported) -> None:
        log.info("The report is in %s", report.files[0].parent)
        self.saved.emit(report)

    def _ended(self) -> None:
        self._task = None
        self.busy.emit(False)


def written(
    subject: Subject, folder: Path, spec: InputSpec, channel: str, project: Project | None, job: Job
) -> Exported:
    """Write a report; in a worker thread. See `core.reports.write_measures_report` for what it raises."""
    job.progress(0, 0, "Getting ready")
    from core.reports import ReportInput, write_measures_report

    params = subject.params.model_dump(mode="json")
    if subject.region:
        params = {"region": subject.region, **params}
    recipe = subject.recipe.dumps() if subject.recipe.steps else None
    inputs = tuple(checksums(spec, channel, project, job))
    made = ReportInput(subject.title, subject.measured, params, recipe, inputs)
    files = write_measures_report([made], folder, job)
    return Exported(LABEL, tuple(files), ())


def checksums(spec: InputSpec, channel: str, project: Project | None, job: Job) -> Iterator[InputFile]:
    """Names and checksums of the files of a channel: as the project has them, else computed.

    Raises
    ------
    InputChangedError
        If a file is not the one the project was made from.
    """
    from core.files import sha256
    from core.io import input_files
    from core.reports import InputFile
    from core.reports.sources import input_sums

    if project is not None:
        project.root_key(channel, job)
        yield from input_sums(project, channel)
        return
    files = input_files(spec.paths, spec.options)
    for file in job.track(files, len(files), "checking input files"):
        yield InputFile(file.name, sha256(file, job))
