"""From the start of the program to its window, and from the drop of 10 GB to the first slice on screen.

Needs a display. Each round is a fresh process; the peer is an empty Qt window in the same interpreter, so
that the ratio tells what the program itself adds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks._sparse import sparse_tiff

ROUNDS = 5
EMPTY = """
import time; begin = time.perf_counter()
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([]); window = QMainWindow(); window.show()
while not window.windowHandle().isExposed(): application.processEvents()
import json; print(json.dumps([time.perf_counter() - begin]), flush=True)
"""
OURS = """
import json, sys, time; begin = time.perf_counter()
from pathlib import Path
from PySide6.QtCore import QTimer
from app.application import made_application
from app.main_window import MainWindow
from app.problems import Problems
from app.program import Program
from app.settings import Settings
from app.theme import Theme
from app.wiring import open_paths
application = made_application()
settings = Settings(Path(sys.argv[2]))
window = MainWindow(Program(settings, Problems(application), application), Theme(application, settings))
window.show()
while not window.windowHandle().isExposed(): application.processEvents()
times = [time.perf_counter() - begin]
drop, stall, last = time.perf_counter(), 0.0, time.perf_counter()
open_paths(window, (Path(sys.argv[1]),))
pane = window.views.slices._panes[0]
while pane.plane() is None and time.perf_counter() - drop < 30:
    application.processEvents()
    now = time.perf_counter(); stall, last = max(stall, now - last), now
application.processEvents()
times += [time.perf_counter() - drop, stall]
print(json.dumps(times), flush=True)
window.close()
QTimer.singleShot(300, application.quit)
application.exec()
"""


def rounds(*command: object) -> list[list[float]]:
    """What several fresh processes print."""
    found = []
    for _ in range(ROUNDS):
        ended = subprocess.run(
            [sys.executable, "-c", *map(str, command)], capture_output=True, text=True, check=True
        )
        found.append(json.loads(ended.stdout))
    return found


def main() -> int:
    """Print both starts, their ratio, and the time from drop to slice."""
    with tempfile.TemporaryDirectory() as name:
        stack = sparse_tiff(Path(name, "large.tif"))
        size_gb = stack.stat().st_size / 1e9
        empty = statistics.median(times[0] for times in rounds(EMPTY))
        ours = rounds(OURS, stack, Path(name, "settings.ini"))
    start, first, stall = (statistics.median(times[index] for times in ours) for index in range(3))
    print(f"window open: {start:.2f} s; empty Qt window: {empty:.2f} s; ratio {start / empty:.1f}")
    longest = f"longest event meanwhile: {1000 * stall:.0f} ms"
    print(f"drop of {size_gb:.1f} GB to first slice: {first:.2f} s; {longest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
