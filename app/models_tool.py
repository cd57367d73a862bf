"""The Models page and what it does; made when it is first asked for: the window starts without it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QTimer

from app.dialogs.question import Answer
from app.latest import Latest
from app.models_work import added_model, card_of, checked, removed, surveyed, with_model
from app.tool import Tool
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.models_trial import Trial
    from app.panels.models import ModelsPage
    from app.panels.models_import import ImportDialog
    from core.models.check import CheckReport
    from core.models.library import Added, Library
    from core.models.stated import StatedModel
    from core.models.telling import Told

KINDS = "Models (*.onnx *.zip *.yaml *.yml);;All files (*)"
CHANGED_MS = 300
STEPS = {"segment": "segment", "fill": "fill"}
"""By task of a model: the step that asks it."""


class ModelsTool(Tool):
    """Connects the page with the library and with what is open."""

    name = "models"
    page: ModelsPage | None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        quick = self.program.quick
        self._listing = Latest("List the models", quick, self, pause_ms=0)
        self._reading = Latest("Read a card", quick, self, pause_ms=0)
        self.trying = Latest("Test a model", quick, self, pause_ms=0)
        self._checking = Latest("Check a model", quick, self, pause_ms=0)
        self.program.asides += [self._listing, self._reading, self.trying, self._checking]
        self._library: Library | None = None
        self._dialog: ImportDialog | None = None
        self._read_name = ""
        self._wanted = ""  # to be chosen once it is listed
        self._watcher = QFileSystemWatcher(self)
        self._changed = QTimer(self)
        self._changed.setSingleShot(True)
        self._changed.setInterval(CHANGED_MS)
        self._changed.timeout.connect(self.refresh)
        self._watcher.directoryChanged.connect(lambda _folder: self._changed.start())
        self._listing.ready.connect(self._listed)
        self._listing.failed.connect(lambda error: self.program.problems.report(error, "listing the models"))
        self._reading.ready.connect(self._show_card)
        self._reading.failed.connect(self._no_card)
        self._checking.ready.connect(self._checked)
        self._checking.failed.connect(self._not_checked)
        self.trying.ready.connect(self._show_trial)
        self.trying.failed.connect(self._no_trial)
        self.program.session.inputs_changed.connect(self._clear_trial)

    # ---- coming and going
    def enter(self) -> None:
        """Make the page, or bring it up to date."""
        if self.page is None:
            self._made_page()
        self.refresh()

    def left(self) -> None:
        """Nobody looks any more."""
        self._cancel()
        for latest in (self._listing, self._reading):
            latest.drop()
        self._changed.stop()
        watched = self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)

    def refresh(self) -> None:
        """Look again which models there are; nothing happens while the page is not shown."""
        if self.shown and self.page is not None:
            self.page.set_stack_open(self.program.session.volume is not None)
            self._listing.ask(surveyed)

    def _made_page(self) -> None:
        from app.panels.models import ModelsPage

        page = ModelsPage(self.window.theme, self.window.centre)
        page.chosen.connect(self._read)
        page.test.connect(self._test)
        page.use.connect(self._use)
        page.remove.connect(self._ask_remove)
        page.leave.connect(self.leave)
        page.trial.cancel.connect(self._cancel)
        asker = self.window.asker
        page.import_file.connect(lambda: asker.files("Import a model", self._import, KINDS))
        page.import_folder.connect(lambda: asker.folder("Import the folder of a model", self._import))
        self.add_page(page)

    # ---- the list and the card
    def _listed(self, library: Library) -> None:
        page, self._library = self.page, library
        if page is None:
            return
        page.show_models(library.models, library.notes)
        if self._wanted:
            page.choose(self._wanted)
            self._wanted = ""
        self._watch()

    def _watch(self) -> None:
        """Keep up with what others put there: a training that has ended, the command line."""
        from core.models.library import user_folder

        folder = user_folder()
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
        if there is not None and str(there) not in self._watcher.directories():
            self._watcher.addPath(str(there))

    def _read(self, name: str) -> None:
        if name != self._read_name:
            self._clear_trial()
        self._read_name = name
        self._reading.ask(partial(card_of, name))

    def _show_card(self, told: Told) -> None:
        if self.page is not None:
            self.page.card.show_told(told)

    def _no_card(self, error: Exception) -> None:
        if self.page is not None:
            self.page.card.say(str(error))

    # ---- trying out
    def _test(self, name: str) -> None:
        session, page = self.program.session, self.page
        if page is None or session.volume is None or not name:
            return
        volumes = {channel: opened.volume for channel, opened in session.inputs.items()}
        channel, z_index = session.channel, session.z_index

        def work(job: Job) -> Trial:
            from app.models_trial import tried

            return tried(volumes, channel, z_index, name, job)

        page.show_test()
        page.trial.show_busy(name)
        self.trying.ask(work)

    def _clear_trial(self) -> None:
        """What was found is of another network, or of another stack."""
        self.trying.drop()
        if self.page is not None:
            self.page.trial.clear()

    def _cancel(self) -> None:
        if self.trying.waiting and self.page is not None:
            self.page.trial.clear("The test was stopped.")
        self.trying.drop()

    def _show_trial(self, trial: Trial) -> None:
        if self.page is not None:
            self.page.trial.show_trial(trial)

    def _no_trial(self, error: Exception) -> None:
        if self.page is not None:
            self.page.trial.show_trouble(error)

    # ---- in the recipe
    def _use(self, name: str) -> None:
        library, session = self._library, self.program.session
        model = next((model for model in library.models if model.name == name), None) if library else None
        if model is None or session.volume is None or model.spec.task not in STEPS:
            return
        session.settle()
        recipe, place, added = with_model(session.recipe, STEPS[model.spec.task], name)
        session.change(f"use {name}", recipe, place)
        self.leave()
        self.window.inspector.show_chosen()
        what = "was added" if added else "asks it now"
        self._say(f"The step {recipe.steps[place].step.label} with the model {name} {what}.")

    # ---- taking in and removing
    def _import(self, paths: tuple[Path, ...]) -> None:
        from app.panels.models_import import ImportDialog

        path = paths[0]
        dialog = self._dialog = ImportDialog(path, self.window)
        dialog.add.connect(lambda stated, replace: self._add(dialog, stated, replace))
        dialog.finished.connect(lambda _result: self._import_ended())
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        self._checking.ask(partial(checked, path))

    def _import_ended(self) -> None:
        self._dialog = None
        self._checking.drop()

    def _checked(self, report: CheckReport) -> None:
        if self._dialog is not None:
            self._dialog.show_report(report)

    def _not_checked(self, error: Exception) -> None:
        if self._dialog is not None:
            self._dialog.show_trouble(error)

    def _add(self, dialog: ImportDialog, stated: StatedModel | None, replace: bool) -> None:
        path, facts = dialog.path, dict(dialog.facts)
        dialog.show_busy(True)
        task = self.program.quick.prepare(
            "Add a model", lambda job: added_model(path, stated, facts, replace, job)
        )
        task.succeeded.connect(lambda found: self._added(dialog, found))
        task.failed.connect(self._not_checked)
        dialog.finished.connect(lambda _result: task.cancel())
        self.program.quick.start(task)

    def _added(self, dialog: ImportDialog, found: Added) -> None:
        if self._dialog is dialog:
            dialog.accept()
        self._wanted = found.model.name
        self.refresh()
        self._say(f"The model {found.model.name} is in the library now.")

    def _ask_remove(self, name: str) -> None:
        self.window.asker.question(
            f"Remove {name}?",
            "Its folder is deleted. Results that were made with it stay and can be shown and exported, but "
            "recipes that ask it cannot be run any more.",
            [Answer("Remove", True, primary=True)],
            lambda _yes: self._remove(name),
        )

    def _remove(self, name: str) -> None:
        task = self.program.quick.prepare("Remove a model", lambda _job: removed(name))
        task.succeeded.connect(lambda _folder: self.refresh())
        task.succeeded.connect(lambda _folder: self._say(f"The model {name} was removed."))
        task.failed.connect(lambda error: self.program.problems.report(error, f"removing {name}"))
        self.program.quick.start(task)

    def _say(self, text: str) -> None:
        self.window.statusBar().showMessage(text, 8000)
