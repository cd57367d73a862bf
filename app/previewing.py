"""The chosen step on the visible slice, kept up to date while the user types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.framing import Corner, canvas_corner
from app.jobs import JobQueue, Task
from app.session import Session
from app.tracing import input_slices, nearest, passes_through
from core.job import Job
from core.recipe import Recipe
from core.step import Estimate
from core.volume import Volume

if TYPE_CHECKING:
    from core.execute import PlaneCache, Preview
    from core.execute.preview import PreviewSource

DEBOUNCE_MS = 120


@dataclass(frozen=True)
class Unsaved:
    """What a preview asks of a project, answered before there is one."""

    volumes: Mapping[str, Volume]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels."""
        return tuple(self.volumes)

    def input(self, channel: str, job: Job | None = None) -> Volume:
        """The raw volume of one channel."""
        del job
        return self.volumes[channel]

    def volume(self, channel: str, count: int, recipe: Recipe | None = None) -> Volume | None:
        """Nothing is stored yet."""
        del recipe
        return self.volumes[channel] if count == 0 else None

    def estimate(self, channel: str, index: int, recipe: Recipe | None = None) -> Estimate | None:
        """The user's own value, nothing else is known."""
        del channel
        return None if recipe is None else recipe.steps[index].estimate


class Previewer(QObject):
    """Computes previews one after the other; only the newest is wanted.

    Signals: `ready` (`core.execute.Preview`), `failed` (exception), `busy` (bool), `cleared` when there is
    nothing to show.
    """

    ready = Signal(object)
    failed = Signal(object)
    busy = Signal(bool)
    cleared = Signal()

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._task: Task | None = None
        self._planes: PlaneCache | None = None
        self.generation = 0
        self.shown: int | None = None  # slice of the views; several may belong to one slice of the input
        self.corner: Corner | None = None  # where slices begin on the canvas of the last answer
        self.enabled = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._start)
        for signal in (session.recipe_changed, session.chosen_changed, session.project_changed):
            signal.connect(self.request)
        for signal in (session.inputs_changed, session.channel_changed, session.draft_changed):
            signal.connect(self.request)
        session.slice_changed.connect(lambda _z: self.request())

    def enable(self, on: bool) -> None:
        """Switch live preview on or off."""
        self.enabled = on
        self.request()

    def request(self) -> None:
        """Ask for a new preview; the present one is out of date from now on."""
        self.generation += 1
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.busy.emit(False)
        if self.enabled and self._session.volume is not None and self._session.chosen is not None:
            self._timer.start()
        else:
            self._timer.stop()
            self.cleared.emit()

    def _start(self) -> None:
        session, position = self._session, self._session.chosen
        if position is None or session.volume is None:
            return
        recipe = session.tried()
        entry = recipe.steps[position]
        traced = input_slices(session.volume.info, recipe, position, session.real)
        if passes_through(entry) or entry.step.gather is not None:
            self.cleared.emit()  # nothing to see of one slice alone
            return
        volumes = {channel: opened.volume for channel, opened in session.inputs.items()}
        source: PreviewSource = session.project or Unsaved(volumes)
        channel, z_index = session.channel, self._plane(traced)
        generation = self.generation
        infos = session.infos()
        info = infos[position] if position < len(infos) else session.volume.info

        def work(job: Job) -> tuple[Preview, Corner | None]:
            from core.execute import PlaneCache, preview

            # Made here, because importing core.execute takes longer than the window may stand still.
            self._planes = self._planes or PlaneCache()
            made = preview(source, channel, recipe, position, z_index, job, self._planes)
            return made, canvas_corner(entry, info, made.estimate)

        task = self._queue.prepare("Preview", work)
        task.succeeded.connect(lambda made: self._answer(generation, task, made))
        task.failed.connect(lambda error: self._refusal(generation, task, error))
        self._task = task
        self.busy.emit(True)
        self._queue.start(task)

    def _plane(self, traced: Sequence[int]) -> int:
        wanted = self._session.z_index
        if self.shown is not None and self.shown < len(traced) and traced[self.shown] == wanted:
            return self.shown
        return nearest(traced, wanted)

    def _answer(self, generation: int, task: Task, answer: tuple[Preview, Corner | None]) -> None:
        if self._current(generation, task):
            made, self.corner = answer
            self.ready.emit(made)

    def _refusal(self, generation: int, task: Task, error: Exception) -> None:
        if self._current(generation, task):
            self.cleared.emit()  # what is shown was made by other settings
            self.failed.emit(error)

    def _current(self, generation: int, task: Task) -> bool:
        if self._task is task:
            self._task = None
            self.busy.emit(False)
        return generation == self.generation
