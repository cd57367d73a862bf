"""Labels are read and written one after the other, in a worker: no save overtakes an earlier one."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.jobs import JobQueue
from app.places import MOST_TRIED, draft_file
from core.files import make_folder, writing
from core.labels import LabelStore, stores_in
from core.recipe import RecipeStep

LABELS = "labels"
NAME = "painted"
_DIGITS = 8

Work = Callable[[], Any]
Then = Callable[[Any], None]


@dataclass(eq=False)
class Where:
    """Where labels are kept; what waits to be saved follows when they are moved."""

    store: LabelStore


class Disk(QObject):
    """One piece of work at a time. Signals: `failed` (exception, what was done), `idle`."""

    failed = Signal(object, str)
    idle = Signal()

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._waiting: deque[tuple[str, Work, Then, Then]] = deque()
        self._running = False

    @property
    def busy(self) -> bool:
        """Whether anything is left to do."""
        return self._running or bool(self._waiting)

    def add(self, title: str, work: Work, then: Then, refused: Then | None = None) -> None:
        """Do something after all that is waiting; `then` gets its value, `refused` its error."""
        self._waiting.append((title, work, then, refused or (lambda error: self.failed.emit(error, title))))
        self._next()

    def _next(self) -> None:
        if self._running or not self._waiting:
            return
        title, work, then, refused = self._waiting.popleft()
        self._running = True
        task = self._queue.prepare(title.capitalize(), lambda _job: work())
        task.succeeded.connect(then)
        task.failed.connect(refused)
        task.ended.connect(lambda _state: self._ended())
        self._queue.start(task)

    def _ended(self) -> None:
        self._running = False
        self._next()
        if not self.busy:
            self.idle.emit()


def geometry_of(steps: Sequence[RecipeStep]) -> tuple[dict[str, Any], ...]:
    """What of some steps moves, drops or adds pixels: labels of a slice stay right after all others."""
    found = (
        entry.table()
        for entry in steps
        if any(part is not None for part in (entry.step.select, entry.step.warp, entry.step.gather))
    )
    return tuple(found)


def name_of(geometry: Sequence[Mapping[str, Any]]) -> str:
    """Name of the folder for labels of slices after these steps."""
    import hashlib
    import json

    if not geometry:
        return NAME
    text = json.dumps(list(geometry), sort_keys=True)
    return f"{NAME}-{geometry[-1]['step']}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def folder_of(home: Path | None, paths: Sequence[Path]) -> Path:
    """Where labels of an input are: in its project, or beside its draft."""
    return home / LABELS if home is not None else draft_folder(paths)


def draft_folder(paths: Sequence[Path]) -> Path:
    """Where labels are kept until there is a project."""
    return draft_file(paths).with_suffix(f".{LABELS}")


def moved_into(project: Path, paths: Sequence[Path]) -> dict[Path, Path]:
    """Take labels that were kept as a draft into the project: from where to where; in a worker thread."""
    source, target, moved = draft_folder(paths), project / LABELS, {}
    for store in stores_in(source):
        make_folder(target)
        names = (store.name, *(f"{store.name}-{number}" for number in range(2, MOST_TRIED)))
        place = next(target / name for name in names if not (target / name).exists())
        with writing(place):
            shutil.move(store.folder, place)
        moved[store.folder] = place
    return moved


def opened(store: LabelStore) -> tuple[Any, tuple[int, ...]]:
    """Header (None where nothing is there) and slices; in a worker thread."""
    return (store.header(), store.slices()) if store.exists() else (None, ())
