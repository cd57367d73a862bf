"""Opens *About*, and makes the diagnostic report for the clipboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.diagnostics import private_paths, window_parts
from app.dialogs.about import AboutDialog
from app.latest import Latest
from core import diagnostics
from core.diagnostics import Library, Part
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow


class About(QObject):
    """The dialog and what it shows; libraries and computer are looked up in the background."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: AboutDialog | None = None
        program = window.program
        self._listing = Latest("Look up the libraries", program.quick, self, pause_ms=0)
        self._reporting = Latest("Make the diagnostic report", program.quick, self, pause_ms=0)
        program.asides += [self._listing, self._reporting]
        self._listing.ready.connect(self._listed)
        self._reporting.ready.connect(self._copied)
        for latest in (self._listing, self._reporting):
            latest.failed.connect(self._failed)

    def open(self) -> None:
        """Show the dialog."""
        dialog = AboutDialog(self._window)
        dialog.copy.connect(self._report)
        dialog.finished.connect(self._closed)
        self._dialog = dialog
        self._listing.ask(diagnostics.libraries)
        self._window.asker.show(dialog)

    def _report(self, with_paths: bool) -> None:
        private = None if with_paths else private_paths(self._window)
        parts = window_parts(self._window)
        if self._dialog is not None:
            self._dialog.say("Looking at the computer …", busy=True)
        self._reporting.ask(partial(made_report, parts, private))

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        if self._dialog is not None:
            self._dialog.say("The report is on the clipboard.", busy=False)

    def _listed(self, libraries: tuple[Library, ...]) -> None:
        if self._dialog is not None:
            self._dialog.show_libraries(libraries)

    def _failed(self, error: Exception) -> None:
        if self._dialog is not None:
            self._dialog.say("", busy=False)
        self._window.program.problems.report(error, "making the diagnostic report")

    def _closed(self) -> None:
        self._dialog = None
        self._listing.drop()
        self._reporting.drop()


def made_report(parts: tuple[Part, ...], private: dict[str, str] | None, job: Job) -> str:
    """The report, without the user's paths if these are named; in a worker thread."""
    text = diagnostics.report((*diagnostics.system(job), *parts))
    return diagnostics.without_home(text) if private is None else diagnostics.without_names(text, private)
