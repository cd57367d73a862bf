"""Opens what the user drops: stacks, projects and recipes; asks where the answer is not in the files."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue, Task
from app.places import draft_file, project_folders
from app.session import Opened, Session
from core.errors import AmbiguousInputError, IncompleteStackError, ProjectError, UnsupportedFormatError
from core.job import Job
from core.recipe import Recipe
from core.volume import Volume

if TYPE_CHECKING:
    from core.project import Project

TRUTH = "truth.json"
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
    """

    paths: tuple[Path, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    adds: bool = False

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
    """What was at the paths: inputs with the project that has their results, or a recipe alone."""

    request: Request
    inputs: Mapping[str, Opened] = field(default_factory=dict)
    project: Project | None = None
    recipe: Recipe | None = None


class Opener(QObject):
    """Opens in the background.

    Signals: `choice_needed` (request, `AmbiguousInputError`), `odd_slices` (request, `IncompleteStackError`),
    `description_needed` (request) of a file without header, `failed` (exception, what it was doing), `opened`
    (paths), `recipe_found` (`Recipe`).
    """

    choice_needed = Signal(object, object)
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
        task.succeeded.connect(
            lambda made: self._session.reread({**self._session.inputs, channel: known_as(channel, made)})
        )
        task.failed.connect(lambda error: self.failed.emit(error, "reading the stack again"))
        self._queue.start(task)

    def _found(self, task: Task, found: Found) -> None:
        if task is not self._task or task.job.stop.is_set():
            return
        self._task = None
        if not found.inputs:
            self.recipe_found.emit(found.recipe or Recipe())
            return
        if found.request.adds:
            self._session.reread(named([*self._session.inputs.items(), *found.inputs.items()]))
        else:
            self._session.begin(found.inputs, found.recipe or Recipe())
            if found.project is not None:
                self._session.home = found.project.folder
                self._verify(found.project)
        for opened in found.inputs.values():
            for note in opened.volume.notes:
                log.warning("%s", note)
        self.opened.emit(found.request.paths)

    def _verify(self, project: Project) -> None:
        """Check in the background that the inputs are those the results were made from."""
        task = self._queue.prepare("Check input files", lambda job: verified(project, job))
        task.succeeded.connect(self._verified)
        task.failed.connect(lambda error: self.failed.emit(error, "checking the input files"))
        self._queue.start(task)

    def _verified(self, project: Project) -> None:
        if self._session.home == project.folder:
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
    stacks = acquisition_stacks(paths)
    requests = [replace(request, paths=(stack,)) for stack in stacks] or [request]
    made = [opened_at(each, job) for each in requests]
    names = [stack.stem for stack in stacks] or [made[0].volume.info.channel]
    inputs = {name: known_as(name, one) for name, one in zip(names, made, strict=True)}
    earlier = None if request.adds else _earlier_project(tuple(inputs.values()), job)
    if earlier is not None:
        return _in_project(request, earlier, job)
    return Found(request, inputs, recipe=_draft(next(iter(inputs.values()))))


def acquisition_stacks(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The stacks of the channels, if what was dropped is the folder of a virtual acquisition."""
    if len(paths) != 1 or not (paths[0] / TRUTH).is_file():
        return ()
    try:
        channels = json.loads((paths[0] / TRUTH).read_text(encoding="utf-8"))["channels"]
        stacks = tuple(paths[0] / f"{channel}.tif" for channel in channels)
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # of another program: its files are looked at as those of any folder
    return stacks if all(stack.is_file() for stack in stacks) else ()


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


def _earlier_project(inputs: Sequence[Opened], job: Job) -> Project | None:
    """Find the project made of the same inputs before, where the window puts projects."""
    from core.project import MARKER, Project

    wanted = [_absolute(opened.spec.paths) for opened in inputs]
    for folder in project_folders(inputs[0].spec.paths):
        job.check()
        if not (folder / MARKER).is_file():
            return None
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
