"""The program as a process: how it starts, and how quickly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.conftest import made_stack

pytestmark = pytest.mark.gui

# Runs the real main() and closes the window as soon as `ready` is true; prints what it saw as JSON.
SCRIPT = """
import json, sys, time
began = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.main_window

seen = {{}}
original = app.main_window.MainWindow.__init__

def watched(self, *args):
    original(self, *args)
    timer = QTimer(self)

    def look():
        timer.setInterval(20)  # looking without a pause would take the interpreter from the thread that reads
        seen.setdefault("shown_s", time.perf_counter() - began)
        seen.setdefault("cpu_s", time.process_time())
        seen.setdefault("modules", sorted(sys.modules))
        import gc
        seen["collector_off"] = not gc.isenabled()
        volume = self.program.session.volume
        if {ready}:
            seen["title"] = self.windowTitle()
            timer.stop()
            self.close()

    timer.timeout.connect(look)
    timer.start(0)

app.main_window.MainWindow.__init__ = watched
from app.start import main
code = main({arguments!r})
print(json.dumps(seen))
sys.exit(code)
"""


def start(arguments: list[str], ready: str) -> dict[str, object]:
    """Start the program in a process of its own."""
    code = SCRIPT.format(arguments=arguments, ready=ready)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_window_is_there_in_three_seconds_without_the_heavy_libraries() -> None:
    seen = start([], "True")
    assert seen["title"] == "Trueslice"
    assert seen["collector_off"] is True
    heavy = {"vispy", "SimpleITK", "skimage", "scipy.ndimage", "torch", "matplotlib", "dask", "OpenGL"}
    assert not heavy & set(seen["modules"])  # type: ignore[call-overload]
    # Processor time, since other work on the machine says nothing about the program.
    assert float(str(seen["cpu_s"])) < 3


def test_open_shows_the_data_named_on_the_command_line(tmp_path: Path) -> None:
    stack = made_stack(tmp_path / "data" / "Probe Ä")
    seen = start(["open", str(stack)], "volume is not None")
    assert seen["title"] == "Probe Ä — Trueslice"
