"""Puts the project where the user wants it, with the results that are there already."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.inputs import are_open
from app.jobs import JobQueue
from app.session import Session
from core.errors import ProjectError
from core.files import make_folder
from core.job import Job
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.project import InputSpec, Project

log = logging.getLogger("trueslice.project")


class Saver(QObject):
    """Saves projects under other names.

    Signals: `saved` (folder), `failed` (exception).
    """

    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue

    def save_as(self, folder: Path) -> None:
        """Copy the project to `folder`, or make it there, and work there from now on."""
        session = self._session
        specs = {channel: opened.spec for channel, opened in session.inputs.items()}
        recipe, present = session.recipe, session.project
        task = self._queue.prepare(
            "Save the project", lambda job: placed(specs, recipe, present, folder, job)
        )
        task.succeeded.connect(lambda project: self._saved(project, specs))
        task.failed.connect(self.failed)
        self._queue.start(task)

    def _saved(self, project: Project, specs: Mapping[str, InputSpec]) -> None:
        if are_open(self._session, specs):
            self._session.home = project.folder
            self._session.set_project(project)
        log.info("The project is in %s", project.folder)
        self.saved.emit(project.folder)


def placed(
    specs: Mapping[str, InputSpec], recipe: Recipe, present: Project | None, folder: Path, job: Job
) -> Project:
    """Make the project at `folder`; in a worker thread.

    Raises
    ------
    ProjectError
        If something else is there.
    """
    from core.project import Project

    if folder.exists() and any(folder.iterdir()):
        raise ProjectError(f"{folder} is not empty", remedy="choose a new name for the project")
    if present is not None:
        copy_files(present.folder, folder, job)
    project = Project.create(folder, specs)
    project.save_recipe(recipe)
    for channel in specs:
        project.root_key(channel, job)
    return project


def copy_files(source: Path, target: Path, job: Job) -> None:
    """Copy a folder; a copy that is stopped or fails leaves nothing."""
    files = [path for path in source.rglob("*") if path.is_file() and path.name != ".lock"]
    try:
        for file in job.track(files, len(files), "copying"):
            place = target / file.relative_to(source)
            make_folder(place.parent)
            shutil.copy2(file, place)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
