"""One random user on one window, and what has to be true at the end.

A sequence opens a window of its own with empty settings, drops a stack, and makes random events (clicks,
keys, drops, drags) while jobs run. Then the window is closed, and the project has to be whole: its recipe is
the one the window had, and what is stored can be opened. It fails on a window that does not close, on an
error nobody foresaw, on a complaint of Qt, and on a project that is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tifffile
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from app.gc_guard import CollectorGuard
from app.heartbeat import Heartbeat
from app.main_window import MainWindow
from app.places import draft_file
from app.problems import UNFORESEEN, Problem, Problems
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from core.errors import TruesliceError
from core.project import MARKER, Project
from core.recipe import Recipe
from tests.system.random_user import RandomUser

EVENTS, SHAPE = 60, (8, 48, 56)
ARTIFICIAL = ("QGraphicsView::dragLeaveEvent",)  # a drag by QTest enters nothing
CLOSES_S, HANGS_S, LAST_MS = 30.0, 80.0, 20


@dataclass
class Outcome:
    """How one sequence went; no `faults` is a good end."""

    seed: int
    faults: list[str] = field(default_factory=list)
    events: int = 0
    seconds: float = 0.0
    stalls: list[tuple[float, str]] = field(default_factory=list)
    last: list[str] = field(default_factory=list)


def material(folder: Path) -> tuple[list[tuple[Path, ...]], Path]:
    """Stacks of several kinds to drop, something broken, a recipe; and a file for dialogs to choose."""
    random, (z, y, x) = np.random.default_rng(5), np.indices(SHAPE)
    solid = np.sin(x / 5) + np.sin(y / 6) + np.sin(z / 2) > 0.3
    voxels = np.clip(np.where(solid, 170, 60) + random.normal(0, 12, SHAPE), 0, 255).astype(np.uint8)
    for name in ("1kV", "2kV"):
        (folder / "gold" / name).mkdir(parents=True)
        for number, plane in enumerate(voxels):
            tifffile.imwrite(folder / "gold" / name / f"slice_{number:03d}.tif", plane)
    tifffile.imwrite(folder / "binary.tif", solid.astype(np.uint8) * 255)
    (folder / "broken.tif").write_bytes(b"II*\0\x08\0\0\0 not really")
    recipe = folder / "recipe.toml"
    recipe.write_text('trueslice = 1\n[[steps]]\nstep = "segment"\nmethod = "otsu"\n', encoding="utf-8")
    one, two = folder / "gold" / "1kV", folder / "gold" / "2kV"
    return [(one,), (one, two), (folder / "binary.tif",), (folder / "broken.tif",), (recipe,)], recipe


class Sequence:
    """One window, one user."""

    def __init__(self, application: QApplication, seed: int, folder: Path, events: int) -> None:
        self.seed, self.folder, self.events = seed, folder, events
        self.outcome, self._deep = Outcome(seed), 0
        settings = Settings(folder / "settings.ini")
        settings.last_folder = folder
        self.theme, self.problems = Theme(application, settings), Problems()
        self.problems.install()
        self.problems.occurred.connect(self._occurred)
        self.guard, self.heartbeat = CollectorGuard(), Heartbeat()
        self.guard.start()
        self.window = MainWindow(Program(settings, self.problems), self.theme)

    def play(self) -> Outcome:
        """Make the events, close, and look at what is left."""
        began = time.perf_counter()
        previous = qInstallMessageHandler(self._complained)
        paths, outside = material(self.folder / "data")
        self.window.show()
        QTest.qWaitForWindowExposed(self.window)
        QTest.qWait(50)
        self.heartbeat.start()
        user = RandomUser(self.window, self.seed, paths, outside)
        self.outcome.last = user.done
        user._drop()
        QTest.qWait(150)
        self._next(user)
        self._until(lambda: self._over, HANGS_S)
        self._close()
        qInstallMessageHandler(previous)
        self.outcome.seconds = time.perf_counter() - began
        return self.outcome

    @property
    def _over(self) -> bool:
        return self.outcome.events >= self.events or not self.window.isVisible()

    def _next(self, user: RandomUser) -> None:
        """One event for each turn of the event loop, also of the loop of a menu that is open meanwhile."""
        if not self._over:
            self.outcome.events += 1
            QTimer.singleShot(user.pause_ms(), lambda: self._next(user))
            self._deep += 1
            user.act()
            self._deep -= 1
        elif self._deep:
            QTimer.singleShot(LAST_MS, lambda: self._next(user))
            self._let_go()

    def _let_go(self) -> None:
        """End what keeps an event from ending: a menu that is open, or something that is dragged."""
        menu, handle = QApplication.activePopupWidget(), self.window.windowHandle()
        if menu is not None:
            menu.close()
        elif handle is not None:
            QTest.keyClick(handle, Qt.Key.Key_Escape)

    def _close(self) -> None:
        session, program = self.window.program.session, self.window.program
        program.stop()
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
        while (menu := QApplication.activePopupWidget()) is not None:
            menu.close()
            QTest.qWait(1)
        if not self._until(lambda: not program.busy):
            self._fault(f"jobs did not end: {self._under_way()}")
        session.settle()
        recipe, home, inputs = session.recipe, session.home, dict(session.inputs)
        self.window.close()
        if not self._until(lambda: not self.window.isVisible()):
            self._fault(f"the window did not close: {self._under_way()}")
        QTest.qWait(50)  # a menu that has closed the window has an end of its own
        self._look(recipe, home, [opened.spec.paths for opened in inputs.values()])
        self._take_down()

    def _under_way(self) -> str:
        """What keeps the window: jobs, a training, an open dialog."""
        program = self.window.program
        tasks = [task.title for queue in program._queues for task in queue.active]
        dialogs = [type(each).__name__ for each in self.window.findChildren(QDialog) if each.isVisible()]
        return f"jobs {tasks}, training {program.trainer.active}, dialogs {dialogs}"

    def _fault(self, text: str) -> None:
        self.outcome.faults.append(text)

    def _until(self, condition: Callable[[], bool], seconds: float = CLOSES_S) -> bool:
        until = time.monotonic() + seconds
        while not condition() and time.monotonic() < until:
            QTest.qWait(5)
        return condition()

    def _look(self, recipe: Recipe, home: Path | None, paths: list[tuple[Path, ...]]) -> None:
        """Nothing of the user's work may be lost."""
        try:
            if home is not None and (home / MARKER).is_file():
                project = Project.open(home)
                if project.recipe != recipe:
                    self._fault(f"the project has another recipe: {project.recipe} != {recipe}")
                for channel in project.specs:
                    project.states(channel, recipe)
            elif paths and recipe.steps:
                draft = draft_file(paths[0])
                kept = Recipe.load(draft) if draft.is_file() else Recipe()
                if kept != recipe:
                    self._fault(f"the draft is another recipe: {kept} != {recipe}")
        except (TruesliceError, OSError, ValueError) as error:
            self._fault(f"the project cannot be opened: {error!r}")

    def _take_down(self) -> None:
        self.heartbeat.stop()
        self.outcome.stalls = [(stall.ms, stall.where) for stall in self.heartbeat.stalls]
        self.guard.stop()
        self.problems.uninstall()
        program = self.window.program
        for part in (self.window, program, self.guard, self.problems, self.theme, self.heartbeat):
            part.deleteLater()
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _occurred(self, problem: Problem) -> None:
        if problem.heading == UNFORESEEN:
            self._fault(problem.text())

    def _complained(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        harmless = kind is QtMsgType.QtDebugMsg or kind is QtMsgType.QtInfoMsg or text.startswith(ARTIFICIAL)
        if not harmless:
            self._fault(f"Qt: {text}")
