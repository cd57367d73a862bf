"""A real window in which scenes are played and pictures taken; what all the scripts of pictures share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from PIL import Image
from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QDialog

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
COLOURS = 256
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
        self.window.acts["run"].trigger()
        yield lambda: self.program.runner.running
        yield lambda: not self.program.busy

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
        """Save what is on the screen where the window is."""
        place = QRect(self.window.pos(), self.window.size())
        picture = self.window.screen().grabWindow(0, place.x(), place.y(), place.width(), place.height())
        file = self.output / f"{name}.png"
        if not picture.save(str(file)):
            raise OSError(f"cannot write {file}")
        shrink(file)
        print(f"{file} {file.stat().st_size // 1000} kB", flush=True)

    def close_dialogs(self) -> None:
        """Close whatever asks."""
        for dialog in self.window.findChildren(QDialog):
            dialog.close()


def shrink(file: Path) -> None:
    """Write a picture again with few colours, where that looks the same: it takes a third of the bytes."""
    whole = Image.open(file).convert("RGB")
    few = whole.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def application_of_pictures() -> Application:
    """The application, with the same letters on every computer that has them."""
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
