"""Keeps the recipe on disk while the user works on it, so that leaving and coming back loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import JobQueue
from app.places import draft_file
from app.running import Runner
from app.session import Session
from core.files import make_folder
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.project import Project

DELAY_MS = 400


class Keeper(QObject):
    """Saves the recipe into the project, or as a draft while there is none.

    `failed` carries the exception when that is not possible.
    """

    failed = Signal(object)

    def __init__(
        self, session: Session, runner: Runner, queue: JobQueue, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._queue = queue
        self._kept: Recipe | None = Recipe()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.flush)
        session.leaving.connect(self._leave)
        session.inputs_changed.connect(self._begin)
        session.recipe_changed.connect(self._timer.start)
        session.project_changed.connect(self._timer.start)
        runner.started.connect(self._run_begun)
        runner.ended.connect(self._timer.start)

    def flush(self) -> None:
        """Save now, in the background, what is not saved yet."""
        self._timer.stop()
        if self._session.recipe == self._kept or not self._session.inputs:
            return
        project = self._session.project
        if self._runner.running and self._runner.is_of_session:
            project = self._runner.project
            if project is None:
                self._timer.start()  # it is being made
                return
        self._save(project)

    def _leave(self) -> None:
        """Save at once, for in a moment something else is open."""
        self.flush()
        if self._timer.isActive():
            self._timer.stop()
            self._save(None)

    def _save(self, project: Project | None) -> None:
        recipe, file = self._session.recipe, None
        if project is None:
            file = draft_file(self._first_paths())
        task = self._queue.prepare("Save the recipe", lambda _job: save(recipe, project, file))
        task.failed.connect(self.failed)
        self._kept = recipe
        self._queue.start(task)

    def _run_begun(self) -> None:
        """The run saves its own recipe: what comes after differs from that, not from what was saved here."""
        self._kept = None
        self._timer.start()

    def _begin(self) -> None:
        # Sent before the recipe of new inputs is announced: what was read from disk is kept already.
        self._timer.stop()
        self._kept = self._session.recipe

    def _first_paths(self) -> tuple[Path, ...]:
        return next(iter(self._session.inputs.values())).spec.paths


def save(recipe: Recipe, project: Project | None, file: Path | None) -> None:
    """Write the recipe; in a worker thread."""
    if project is not None:
        project.save_recipe(recipe)
    elif file is not None:
        make_folder(file.parent)
        recipe.save(file)
