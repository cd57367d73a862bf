"""Pages that take the place of the stack for a while: Simulate, Train, Models, Settings, the guide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.jobs import Task
from core.job import Job

if TYPE_CHECKING:
    from app.main_window import MainWindow


class Tool(QObject):
    """One such page and what it does; the page is made when it is first asked for: the window starts without.

    Attributes
    ----------
    name : str
        Of its action, which is checked while the page is shown.
    page : QWidget or None
        The page, once there is one; `add_page` takes it.
    shown : bool
        Whether the user wants to see it.
    """

    name: ClassVar[str]

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.program = window.program
        self.page: QWidget | None = None
        self.shown = False
        self._settings_task: Task | None = None

    def switch(self, on: bool) -> None:
        """Do what the user asks for who has switched its action on or off."""
        self.show(on)

    def show(self, on: bool) -> None:
        """Show the page, or go back to the stack."""
        self.shown = on
        self.window.acts[self.name].setChecked(on)
        if on:
            for other in self.window.tools.values():
                if other is not self and other.shown:
                    other.show(False)
            self.enter()
        else:
            self.left()
        self.window.show_open(self.program.session.volume is not None)

    def leave(self) -> None:
        """Go back to the stack, or to the empty page."""
        if self.shown:
            self.show(False)

    def enter(self) -> None:
        """Make the page, or bring it up to date; called whenever it is to be shown."""
        raise NotImplementedError

    def left(self) -> None:
        """Drop what only a visible page needs."""

    def takes(self, paths: tuple[Path, ...]) -> bool:
        """Take what was dropped on the page, if it is for this tool; else it is opened as usual."""
        return False

    def read_settings(self, file: Path, work: Callable[[Job], Any], then: Callable[[Any], object]) -> None:
        """Read settings, and with them what takes long to import, in the background; one file at a time."""
        if self._settings_task is not None:
            return
        task = self.program.quick.prepare("Load settings", work)
        task.succeeded.connect(then)
        task.failed.connect(lambda error: self.program.problems.report(error, f"reading {file.name}"))
        task.ended.connect(lambda _state: self._settings_read())
        self._settings_task = task
        self.program.quick.start(task)

    def _settings_read(self) -> None:
        self._settings_task = None

    def add_page(self, page: QWidget) -> None:
        """Take the page into the window; it may come later than `enter`."""
        self.page = page
        self.window.centre.addWidget(page)
        self.window.show_open(self.program.session.volume is not None)
