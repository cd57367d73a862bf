"""Each view opens by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The event loop ends by itself after a moment; everything else is as started by hand.
STARTER = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app import alone
run = QApplication.exec
QApplication.exec = lambda *_self: (QTimer.singleShot(800, QApplication.quit), run())[1]
sys.exit(alone.main(sys.argv[1:]))
"""


@pytest.mark.gui
@pytest.mark.parametrize("name", ["slices", "volume"])
def test_a_view_opens_shows_and_ends(name: str, stack: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STARTER, name, str(stack)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_use_is_explained() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.alone", "everything"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "slices PATH" in done.stderr
