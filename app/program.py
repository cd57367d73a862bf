"""Everything of the program that is no widget, made once and told about each other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.aligning import Aligning
from app.comparing import Comparing
from app.guiding import Guide
from app.jobs import JobQueue
from app.keeping import Keeper
from app.latest import Latest
from app.measuring import Measuring
from app.opening import Opener
from app.pacing import Paces
from app.painting.painting import Painting
from app.painting.strokes import Strokes
from app.places import forget_chosen
from app.previewing import Previewer
from app.problems import LogRelay, Problems
from app.reporting import Reporter
from app.running import Runner
from app.saving import Saver
from app.session import Session
from app.settings import Settings
from app.simulating import Simulator
from app.standing import Standings
from app.training import Trainer
from core import machine
from core.errors import ParameterError, StepFailedError, VoxelError
from core.job import Job

if TYPE_CHECKING:
    from core.execute import ChannelReport

QUICK_WORKERS = 3
STEP_FAULTS = (StepFailedError, VoxelError, ParameterError)

log = logging.getLogger("trueslice")


class Program(QObject):
    """State and services; `idle` is sent when no job is left."""

    idle = Signal()

    def __init__(self, settings: Settings, problems: Problems, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.problems = problems
        settings.take_effect()
        self.relay = LogRelay(self)
        self.relay.attach()
        # Runs are long and wait for each other; opening, looking up and previewing must not wait for them.
        self.work = JobQueue(1, name="work", parent=self)
        self.quick = JobQueue(QUICK_WORKERS, name="quick", parent=self)
        self.making = JobQueue(1, name="simulate", parent=self)
        self.measures = JobQueue(2, name="measure", parent=self)
        self.session = Session(self)
        self.standings = Standings(self.session, self.quick, self)
        self.comparing = Comparing(self.session, self.standings, self.quick, self)
        self.previewer = Previewer(self.session, self.quick, self)
        self.opener = Opener(self.session, self.quick, self)
        self.runner = Runner(self.session, self.work, self)
        self.paces = Paces(self.session, self.standings, self.runner, settings, self)
        self.guide = Guide(self.session, self.quick, self)
        self.keeper = Keeper(self.session, self.runner, self.quick, self)
        self.painting = Painting(self.session, self.quick, self)
        self.strokes = Strokes(self.painting, self.quick, self)
        self.saver = Saver(self.session, self.work, self)
        self.simulator = Simulator(self.making, self)
        self.trainer = Trainer(self)
        self.foreseen = Latest("Preview of the simulation", self.quick, self)
        self.counting = Latest("Histogram of the volume", self.quick, self, pause_ms=0)
        self.priced = Latest("Cost of the simulation", self.quick, self)
        self.measuring = Measuring(self.session, self.measures, self)
        self.aligning = Aligning(self.session, self.standings, self.quick, self)
        self.reporter = Reporter(self.session, self.measures, self)
        self.runner.scheduler = lambda: settings.scheduler
        self.asides: list[Latest] = []  # answers for pages of tools; nobody waits for them at the end
        self._connect()

    @property
    def busy(self) -> bool:
        """Whether any job waits or runs."""
        return self.trainer.active or any(queue.active for queue in self._queues)

    @property
    def working(self) -> bool:
        """Whether something is under way that took the user time: a run, a simulation, a training."""
        return self.runner.running or self.simulator.running or self.trainer.running

    def stop(self) -> None:
        """Ask everything that is under way to stop; what is finished is kept."""
        self.runner.stop()
        self.simulator.stop()
        self.trainer.stop()
        self.previewer.enable(False)
        self.foreseen.drop()
        self.guide.drop()
        self.priced.drop()
        self.counting.drop()
        for aside in self.asides:
            aside.drop()
        self.measuring.stop()
        self.comparing.stop()
        self.reporter.stop()

    def close(self) -> None:
        """End the threads; call when nothing is busy any more."""
        self.guide.drop()
        self.session.undo.blockSignals(True)  # it tells of its own end, when nobody is there to listen
        for queue in self._queues:
            queue.close()
        self.relay.detach()
        machine.say_nothing()
        forget_chosen()

    @property
    def _queues(self) -> tuple[JobQueue, ...]:
        return self.work, self.quick, self.making, self.measures

    def _connect(self) -> None:
        self.opener.failed.connect(self.problems.report)
        self.opener.opened.connect(self._opened)
        self.standings.failed.connect(lambda error: self.problems.report(error, "looking up the results"))
        self.keeper.failed.connect(lambda error: self.problems.report(error, "saving the recipe"))
        self.saver.failed.connect(lambda error: self.problems.report(error, "saving the project"))
        self.aligning.failed.connect(lambda error: self.problems.report(error, "reading or writing a table"))
        self.reporter.failed.connect(lambda error: self.problems.report(error, "saving the report"))
        self.runner.ended.connect(self.standings.refresh)
        self.runner.failed.connect(self._run_failed)
        self.runner.succeeded.connect(self._run_succeeded)
        self.runner.cancelled.connect(lambda: log.info("The run was stopped; finished blocks are kept."))
        self.simulator.failed.connect(lambda error: self.problems.report(error, "simulating"))
        self.trainer.failed.connect(lambda error: self.problems.report(error, "training"))
        self.trainer.ended.connect(lambda _state: self._queue_idle())
        for queue in self._queues:
            queue.idle.connect(self._queue_idle)

    def _queue_idle(self) -> None:
        if not self.busy:
            self.idle.emit()

    def _opened(self, paths: tuple[Path, ...]) -> None:
        self.settings.add_recent(paths)
        volume = self.session.volume
        if volume is not None:
            z, y, x = volume.info.shape
            log.info("Opened %s: %d slices of %d × %d px, %s", paths[0], z, x, y, volume.info.dtype)
            self._read_cards()

    def _read_cards(self) -> None:
        """Forms list the models, whose cards take a while to read the first time."""
        task = self.quick.prepare("Read the cards of the models", cards_read)
        task.failed.connect(lambda error: log.warning("The cards of the models: %s", error))
        self.quick.start(task)

    def _run_succeeded(self, reports: Mapping[str, ChannelReport]) -> None:
        for report in reports.values():
            known = report.volume.notes
            for note in report.notes:
                if note not in known:
                    log.warning("%s", note)
            for file in report.files:
                log.info("Exported %s", file)
        log.info("The run is done.")

    def _run_failed(self, error: Exception) -> None:
        blamed = isinstance(error, STEP_FAULTS) or self.standings.reached
        if blamed and self.runner.is_of_session:
            self.standings.blame(self.session.recipe)
        self.problems.report(error, "running the recipe")


def cards_read(_job: Job) -> None:
    """Have the cards of all models in memory; in a worker thread."""
    from core.models.library import survey

    survey()
