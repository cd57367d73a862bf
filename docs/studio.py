"""A real window in which scenes are played and pictures taken; what all the scripts of pictures share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from PIL import Image
from PySide6.QtCore import QRect, QSignalBlocker, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPlainTextEdit

from app.application import Application, made_application
from app.main_window import MainWindow
from app.opening import Request
from app.problems import Problems
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from core.params import Params

SIZE_PX = (1480, 920)
FONTS = ("Inter", "Segoe UI", "Noto Sans", "DejaVu Sans")
SETTLED_S = 1.5
COLOURS = 224
SHOWN_HOME, SHOWN_FOLDER, PROGRAM = "/home/user", "/home/user/data", "/opt/trueslice"
Scene: TypeAlias = Iterator[Callable[[], bool]]


class Studio:
    """A window, and what scenes do with it. A scene yields what has to be true before it goes on."""

    def __init__(self, application: Application, folder: Path, output: Path) -> None:
        self.application = application
        self.folder, self.output = folder, output
        settings = Settings(folder / "settings.ini")
        self.theme = Theme(application, settings)
        self.problems = Problems(application)
        self.window = MainWindow(Program(settings, self.problems, application), self.theme)
        self.window.resize(*SIZE_PX)
        self.program = self.window.program
        self.session = self.program.session

    def begin(self, theme: str = "dark", size: tuple[int, int] | None = SIZE_PX) -> Scene:
        """Show the window anew: dark or light, of some size, with its parts where they are at first."""
        self.theme.choose("light" if theme == "light" else "dark")
        self.window.show()
        yield from self.settle(0.3)
        if size is not None:
            self.window.resize(*size)  # the page before this one may have made it wider
            self.window.move(0, 0)
            yield from self.settle(0.3)

    def opened(self, *paths: Path, **options: object) -> Scene:
        """Open something."""
        before = self.session.volume
        self.program.opener.open(Request(paths, options))
        yield lambda: self.session.volume not in (None, before)

    def ran(self) -> Scene:
        """Run the recipe."""
        self.session.settle()
        yield lambda: not self.program.busy
        ended: list[bool] = []
        known = self.program.runner.ended.connect(lambda: ended.append(True))
        self.window.acts["run"].trigger()
        yield lambda: bool(ended) and not self.program.busy
        self.program.runner.ended.disconnect(known)

    def stepped(self, step: str, params: Params) -> Scene:
        """Run a single step."""
        self.session.add(step)
        self.session.set_params(0, params)
        yield from self.ran()

    def settle(self, seconds: float = SETTLED_S) -> Scene:
        """Wait until everything is drawn."""
        until = time.monotonic() + seconds
        yield lambda: time.monotonic() > until and not self.window.views.slices.busy()

    def take(self, name: str) -> None:
        """Save what is on the screen where the window is, with places as a user would have them."""
        self.window.statusBar().clearMessage()
        changed = self.disguise()
        self.application.processEvents()
        place = QRect(self.window.pos(), self.window.size())
        picture = self.window.screen().grabWindow(0, place.x(), place.y(), place.width(), place.height())
        file = self.output / f"{name}.png"
        if not picture.save(str(file)):
            raise OSError(f"cannot write {file}")
        for part, text in changed:
            put(part, text)
        shrink(file)
        print(f"{file} {file.stat().st_size // 1000} kB", flush=True)

    def disguise(self) -> list[tuple[QLabel | QLineEdit, str]]:
        """Put other folders in place of those of this computer; return what was there."""
        changed: list[tuple[QLabel | QLineEdit, str]] = []
        parts: list[QLabel | QLineEdit] = [*self.window.findChildren(QLabel)]
        parts.extend(self.window.findChildren(QLineEdit))
        for part in parts:
            shown = part.text()
            other = shown.replace(str(self.folder), SHOWN_FOLDER)
            for root, name in ((str(Path(__file__).parents[1]), PROGRAM), (str(Path.home()), SHOWN_HOME)):
                other = other.replace(root, name)
            if other != shown:
                changed.append((part, shown))
                put(part, other)
        for log in self.window.findChildren(QPlainTextEdit):
            while not (place := log.document().find(str(self.folder))).isNull():
                place.insertText(SHOWN_FOLDER)
        return changed

    def close_dialogs(self) -> None:
        """Close whatever asks."""
        for dialog in self.window.findChildren(QDialog):
            dialog.close()


def put(part: QLabel | QLineEdit, text: str) -> None:
    """Show another text without telling anybody."""
    blocked = QSignalBlocker(part)
    part.setText(text)
    blocked.unblock()


def shrink(file: Path) -> None:
    """Write a picture again with few colours, where that looks the same: it takes a third of the bytes."""
    whole = Image.open(file).convert("RGB")
    few = whole.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def application_of_pictures(home: Path) -> Application:
    """The application at its first start: nobody's settings, the same letters where there are such."""
    os.environ |= {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "LANG": "C.UTF-8"}
    application = made_application()
    families = QFontDatabase.families()
    application.setFont(QFont(next(name for name in (*FONTS, *families) if name in families)))
    return application


def play(studio: Studio, scenes: Scene) -> int:
    """Run the scenes in the event loop; return the exit code."""
    waiting: list[Callable[[], bool]] = [lambda: True]
    timer = QTimer()

    def step() -> None:
        if waiting[0]():
            try:
                waiting[0] = next(scenes)
            except StopIteration:
                timer.stop()
                studio.close_dialogs()
                studio.window.close()

    timer.timeout.connect(step)
    timer.start(50)
    return studio.application.exec()
