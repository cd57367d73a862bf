"""The running program: the Qt application and what lives as long as it."""

from __future__ import annotations

import locale
import logging
import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

import resources
from app.arenas import share_heaps
from app.gc_guard import CollectorGuard
from app.heartbeat import Heartbeat, wanted_ms
from app.main_window import MainWindow
from app.places import program_data
from app.problems import Problems, log_to_file
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from app.wiring import open_paths


class Application(QApplication):
    """Qt's application; `file_opened` carries a path that the desktop asks the program to open (macOS)."""

    file_opened = Signal(str)

    def event(self, event: QEvent) -> bool:
        """Take the desktop's requests to open a file."""
        if isinstance(event, QFileOpenEvent):
            self.file_opened.emit(event.file())
            return True
        return super().event(event)


def made_application() -> Application:
    """Make the application object; there is one per process."""
    share_heaps()
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = Application(sys.argv[:1])
    speak_plainly()
    application.setApplicationName("Trueslice")
    application.setOrganizationName("Trueslice")
    application.setWindowIcon(QIcon(str(resources.path("icons/trueslice.svg"))))
    return application


def logged_heartbeat(application: QApplication) -> Heartbeat | None:
    """Log when the window does not answer, if the environment asks for it."""
    stall_ms = wanted_ms()
    if stall_ms is None:
        return None
    heartbeat = Heartbeat(application, stall_ms=stall_ms)
    log = logging.getLogger("trueslice.heartbeat")
    heartbeat.stalled.connect(lambda stall: log.warning("no answer for %.0f ms: %s", stall.ms, stall.where))
    heartbeat.start()
    return heartbeat


def enlarge(percent: int) -> None:
    """Draw text and controls larger; only before there is an application. The environment goes first."""
    if percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{percent / 100:g}")


def speak_plainly() -> None:
    """Write numbers with a point everywhere, as files and recipes do, whatever the language of the system.

    Fields take a comma as well. Qt has set the locale of the C library, by which some libraries read numbers.
    """
    QLocale.setDefault(QLocale(QLocale.Language.C))
    locale.setlocale(locale.LC_NUMERIC, "C")


def run(paths: tuple[str, ...]) -> int:
    """Run the program until its window is closed."""
    settings = Settings()
    enlarge(settings.scale)
    application = made_application()
    theme = Theme(application, settings)
    problems = Problems(application)
    problems.install()
    log = log_to_file(program_data() / "log")
    guard = CollectorGuard(application)
    guard.start()
    window = MainWindow(Program(settings, problems, application), theme)
    application.file_opened.connect(lambda path: open_paths(window, (Path(path),)))
    window.show()
    guard.spare()
    heartbeat = logged_heartbeat(application)
    if paths:
        open_paths(window, tuple(Path(path) for path in paths))
    try:
        return application.exec()
    finally:
        if heartbeat is not None:
            heartbeat.stop()
        guard.stop()
        problems.uninstall()
        settings.save()
        log.close()
