"""The running program: the Qt application and what lives as long as it."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QStandardPaths, Qt, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

import resources
from app.gc_guard import CollectorGuard
from app.main_window import MainWindow
from app.problems import Problems, log_to_file
from app.settings import Settings
from app.theme import Theme


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
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = Application(sys.argv[:1])
    application.setApplicationName("Trueslice")
    application.setOrganizationName("Trueslice")
    application.setWindowIcon(QIcon(str(resources.path("icons/trueslice.svg"))))
    return application


def log_folder() -> Path:
    """Where the log is kept."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation), "log")


def run(paths: tuple[str, ...]) -> int:
    """Run the program until its window is closed."""
    application = made_application()
    settings = Settings()
    theme = Theme(application, settings)
    problems = Problems(application)
    problems.install()
    log = log_to_file(log_folder())
    guard = CollectorGuard(application)
    guard.start()
    window = MainWindow(settings, theme)
    window.show()
    try:
        return application.exec()
    finally:
        guard.stop()
        problems.uninstall()
        settings.save()
        log.close()
