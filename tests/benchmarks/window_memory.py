"""Memory of the window after many rounds: ``python -m tests.benchmarks.window_memory [--rounds 50]``.

Each round opens a window, drops a stack, adds steps, runs them, shows every view and tool that needs no more
program, and closes. Told is the resident memory after rounds 1, 10, 20, ..., and what is left of widgets and
threads. Needs a display.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.application import made_application
from app.gc_guard import CollectorGuard
from app.main_window import MainWindow
from app.problems import Problem, Problems
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from app.wiring import open_paths
from tests.app.conftest import made_stack
from tests.benchmarks._home import own_home

SHAPE, PATIENCE_S = (24, 256, 256), 120.0
STEPS = ("normalise", "denoise", "segment", "measure")
MIB = 2**20


def until(condition: Callable[[], bool]) -> None:
    """Let events run until something is true."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window hangs")
        QTest.qWait(5)


def one_round(window: MainWindow, stack: Path) -> None:
    """What a user does in a morning."""
    program = window.program
    window.show()
    QTest.qWaitForWindowExposed(window)
    open_paths(window, (stack,))
    until(lambda: program.session.volume is not None)
    for name in STEPS:
        program.session.add(name)
    window.acts["run"].trigger()
    until(lambda: not program.busy)
    for name in ("both", *window.tools, "slices"):
        window.acts[name].trigger()
        QTest.qWait(100)
        until(lambda: not program.busy)
    window.close()
    until(lambda: not window.isVisible())


def taken_down(*parts: QWidget | Program | Theme | Problems) -> None:
    """Delete, and collect what hangs together in circles."""
    for part in parts:
        part.deleteLater()
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


def told(number: int, before: float) -> float:
    """Say what is there now; returns the memory in MiB."""
    process = psutil.Process()
    now = process.memory_info().rss / MIB
    grown = "" if not before else f", {(now - before) / max(1, number - 1):+.2f} MiB a round since the first"
    widgets = sum(1 for _ in QApplication.allWidgets())
    print(
        f"round {number:3}: {now:.0f} MiB, {widgets} widgets, {process.num_threads()} threads{grown}",
        flush=True,
    )
    return now


def fail(problem: Problem) -> None:
    """No round has an error."""
    raise RuntimeError(problem.text())


def main() -> int:
    """Play the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    own_home()
    application, first = made_application(), 0.0
    guard = CollectorGuard(application)
    guard.start()
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(prefix="rounds-") as place:
            settings = Settings(Path(place, "settings.ini"))
            theme, problems = Theme(application, settings), Problems()
            problems.occurred.connect(fail)
            window = MainWindow(Program(settings, problems), theme)
            one_round(window, made_stack(Path(place, "data"), SHAPE))
            for dialog in window.findChildren(QDialog):
                dialog.close()
            program = window.program
            taken_down(window, program, theme, problems)
            del window, program
        if number == 1 or number % 10 == 0 or number == rounds:
            now = told(number, first)
            first = first or now
    guard.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
