"""Opens what the user drops: stacks, projects and recipes; asks where the answer is not in the files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.channels import Candidate, acquisition_stacks, certain, parted, slices_of
from app.inputs import are_open
from app.jobs import JobQueue, Task
from app.places import draft_file, known_folders
from app.session import Opened, Session
from core.errors import AmbiguousInputError, IncompleteStackError, ProjectError, UnsupportedFormatError
from core.job import Job
from core.recipe import Recipe
from core.volume import Volume

if TYPE_CHECKING:
    from core.project import Project

RAW_SUFFIXES = frozenset({".raw", ".bin", ".vol", ".img", ".data"})

log = logging.getLogger("trueslice.opening")


@dataclass(frozen=True)
class Request:
    """What to open and how.

    Attributes
    ----------
    paths : tuple of Path
        What was dropped together.
    options : mapping
        Values for `core.io.ReadOptions`, untyped.
    adds : bool
        Whether it becomes another channel of what is open.
    single : bool
        Whether the user has said that all of it is one stack.
    channels : mapping of str to paths
        What the user has said to be the channels; empty where nothing was said.
    """

    paths: tuple[Path, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    adds: bool = False
    single: bool = False
    channels: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def answered(self, option: str, value: object) -> Request:
        """Repeat the request with one more option."""
        return replace(self, options={**self.options, option: value})

    def with_options(self, values: Mapping[str, Any]) -> Request:
        """Repeat the request with more options."""
        return replace(self, options={**self.options, **values})

    def may_be_raw(self) -> bool:
        """Whether it is one file whose name promises bare values, which nobody has described yet."""
        bare = len(self.paths) == 1 and self.paths[0].suffix.lower() in RAW_SUFFIXES
        return bare and self.options.get("raw_shape_zyx") is None


@dataclass(frozen=True)
class Found:
    """What was at the paths: inputs with the project that has their results, or a recipe alone.

    Where it is not clear whether `unclear` are channels of the same slices, the user has to be asked.
    """

    request: Request
    inputs: Mapping[str, Opened] = field(default_factory=dict)
    project: Project | None = None
    recipe: Recipe | None = None
    unclear: tuple[Candidate, ...] = ()


class Opener(QObject):
    """Opens in the background.

    Signals: `choice_needed` (request, `AmbiguousInputError`), `odd_slices` (request, `IncompleteStackError`),
    `channels_unclear` (request, what may be channels),
    `description_needed` (request) of a file without header, `failed` (exception, what it was doing), `opened`
    (paths), `recipe_found` (`Recipe`).
    """

    choice_needed = Signal(object, object)
    channels_unclear = Signal(object, object)
    description_needed = Signal(object)
    odd_slices = Signal(object, object)
    failed = Signal(object, str)
    opened = Signal(tuple)
    recipe_found = Signal(object)

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._task: Task | None = None
        self._again: dict[str, Task] = {}

    def open(self, request: Request) -> None:
        """Open; a request that is still under way is dropped."""
        if self._task is not None:
            self._task.cancel()
        task = self._queue.prepare(f"Open {request.paths[0].name}", lambda job: found_at(request, job))
        task.succeeded.connect(lambda found: self._found(task, found))
        task.failed.connect(lambda error: self._failed(task, request, error))
        self._task = task
        self._queue.start(task)

    def reread(self, channel: str, options: Mapping[str, Any]) -> None:
        """Read an open channel again with other options."""
        opened = self._session.inputs[channel]
        request = Request(opened.spec.paths, options)
        task = self._queue.prepare("Read again", lambda job: opened_at(request, job))
        task.succeeded.connect(lambda made: self._read_again(task, channel, opened, made))
        task.failed.connect(lambda error: self.failed.emit(error, "reading the stack again"))
        self._again[channel] = task
        self._queue.start(task)

    def _read_again(self, task: Task, channel: str, opened: Opened, made: Opened) -> None:
        """Take the newest answer, if the channel is still open."""
        if task is self._again.get(channel) and self._session.inputs.get(channel) is opened:
            self._session.reread({**self._session.inputs, channel: known_as(channel, made)})

    def _found(self, task: Task, found: Found) -> None:
        if task is not self._task or task.job.stop.is_set():
            return
        self._task = None
        if found.unclear:
            self.channels_unclear.emit(found.request, found.unclear)
            return
        if not found.inputs:
            self.recipe_found.emit(found.recipe or Recipe())
            return
        if found.request.adds:
            self._session.reread(named([*self._session.inputs.items(), *found.inputs.items()]))
        else:
            self._session.settle()
            self._session.begin(found.inputs, self._recipe(found))
            if found.project is not None:
                self._session.home = found.project.folder
                self._verify(found.project)
        for opened in found.inputs.values():
            for note in opened.volume.notes:
                log.warning("%s", note)
        self.opened.emit(found.request.paths)

    def _recipe(self, found: Found) -> Recipe:
        """Of what is opened; if it is what is open already, what is shown is newer than what was read."""
        same = are_open(self._session, {name: one.spec for name, one in found.inputs.items()})
        if same and (found.project is None or found.project.folder == self._session.home):
            return self._session.recipe
        return found.recipe or Recipe()

    def _verify(self, project: Project) -> None:
        """Check in the background that the inputs are those the results were made from."""
        task = self._queue.prepare("Check input files", lambda job: verified(project, job))
        task.succeeded.connect(self._verified)
        task.failed.connect(lambda error: self.failed.emit(error, "checking the input files"))
        self._queue.start(task)

    def _verified(self, project: Project) -> None:
        if self._session.home == project.folder and are_open(self._session, project.specs):
            self._session.set_project(project)

    def _failed(self, task: Task, request: Request, error: Exception) -> None:
        if task is not self._task:
            return
        self._task = None
        if isinstance(error, AmbiguousInputError):
            self.choice_needed.emit(request, error)
        elif isinstance(error, IncompleteStackError) and "skip_odd" in error.remedy:
            self.odd_slices.emit(request, error)
        elif isinstance(error, UnsupportedFormatError) and request.may_be_raw():
            self.description_needed.emit(request)
        else:
            self.failed.emit(error, f"opening {request.paths[0].name}")


def named(channels: Sequence[tuple[str, Opened]]) -> dict[str, Opened]:
    """Several channels by name: one without gets that of its file or folder; no two share one."""
    made: dict[str, Opened] = {}
    for name, opened in channels:
        wanted = name or name_of(opened.spec.paths) or "channel"
        free, number = wanted, 2
        while free in made:
            free, number = f"{wanted} {number}", number + 1
        made[free] = known_as(free, opened)
    return made


def name_of(paths: Sequence[Path]) -> str:
    """What a user calls the stack at these paths."""
    if len(paths) > 1:
        return paths[0].parent.name
    return paths[0].name if paths[0].is_dir() else paths[0].stem


def known_as(channel: str, opened: Opened) -> Opened:
    """The same input, its volume described as that of a channel: what is found per channel goes by that."""
    volume = opened.volume
    if volume.info.channel == channel:
        return opened
    info = volume.info.with_(channel=channel)
    return replace(opened, volume=Volume(info, volume.source, volume.metadata, volume.notes))


def found_at(request: Request, job: Job) -> Found:
    """Look what is at the paths and open it; runs in a worker thread."""
    from core.project import MARKER, Project

    paths = request.paths
    if len(paths) == 1 and paths[0].suffix.lower() == ".toml":
        return Found(request, recipe=Recipe.load(paths[0]))
    if len(paths) == 1 and paths[0].name == MARKER:
        paths = (paths[0].parent,)
    if len(paths) == 1 and (paths[0] / MARKER).is_file():
        return _in_project(request, Project.open(paths[0]), job)
    inputs, candidates = _inputs_at(request, job)
    answers: tuple[list[tuple[Path, ...]], ...]
    if not inputs:
        answers = ([one.paths for one in candidates], [slices_of(paths, single=True)])
    else:
        answers = ([one.spec.paths for one in inputs.values()],)
    for known in answers if not request.adds else ():
        earlier = _earlier_project(known, job)
        if earlier is not None:
            return _in_project(request, earlier, job)
    if not inputs:
        return Found(request, unclear=candidates)
    return Found(request, inputs, recipe=_draft(next(iter(inputs.values()))))


def _inputs_at(request: Request, job: Job) -> tuple[Mapping[str, Opened], tuple[Candidate, ...]]:
    """The channels by name; or none, and what may be channels, where that is for the user to say."""

    def at(paths: Sequence[Path]) -> Opened:
        return opened_at(replace(request, paths=tuple(paths)), job)

    stacks = acquisition_stacks(request.paths)
    told = dict(request.channels) or {stack.stem: (stack,) for stack in stacks}
    if told:
        return {name: known_as(name, at(paths)) for name, paths in told.items()}, ()
    chosen = request.single or request.options.get("dataset") is not None
    parts = () if chosen else parted(request.paths)
    if not parts:
        made = at(slices_of(request.paths, single=request.single))
        return {made.volume.info.channel: made}, ()
    candidates = tuple(Candidate(paths, named, at(paths)) for named, paths in parts)
    sure = certain(candidates) or {}
    return {name: known_as(name, one.opened) for name, one in sure.items()}, candidates


def opened_at(request: Request, job: Job) -> Opened:
    """Open one stack with its options; runs in a worker thread."""
    from core.io import ReadOptions, open_stack
    from core.project import InputSpec

    options = ReadOptions.parse(request.options, owner="import")
    paths: Path | Sequence[Path] = request.paths[0] if len(request.paths) == 1 else request.paths
    return Opened(InputSpec(paths=request.paths, options=options), open_stack(paths, options, job))


def verified(project: Project, job: Job) -> Project:
    """Compare the inputs with their checksums, which takes a while where they were never computed."""
    for channel in project.specs:
        project.root_key(channel, job)
    return project


def _in_project(request: Request, project: Project, job: Job) -> Found:
    specs = project.specs.items()
    inputs = {channel: Opened(spec, project.input(channel, job)) for channel, spec in specs}
    return Found(request, inputs, project, project.recipe)


def _earlier_project(inputs: Sequence[Sequence[Path]], job: Job) -> Project | None:
    """Find the project made of inputs at the same paths before, where the window puts projects."""
    from core.project import MARKER, Project

    wanted = [_absolute(paths) for paths in inputs]
    places = [
        takewhile(lambda folder: (folder / MARKER).is_file(), folders) for folders in known_folders(inputs)
    ]
    for folder in dict.fromkeys(chain.from_iterable(places)):
        job.check()
        with contextlib.suppress(ProjectError):  # of another version, or damaged: it is not the one
            project = Project.open(folder)
            if [spec.paths for spec in project.specs.values()] == wanted:
                return project
    return None


def _absolute(paths: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(path.absolute() for path in paths)


def _draft(opened: Opened) -> Recipe | None:
    file = draft_file(opened.spec.paths)
    return Recipe.load(file) if file.is_file() else None
