"""Parts of the program, made for a test and taken down after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.problems import Problems
from app.program import Program
from app.session import Opened, Session
from app.settings import Settings
from app.theme import Theme
from core.io import ReadOptions, open_stack
from core.project import InputSpec
from core.recipe import Recipe
from tests.app.leftovers import flush_deletions, nothing_left

SHAPE = (12, 40, 48)
TIMEOUT_MS = 20_000


def made_stack(folder: Path, shape: tuple[int, int, int] = SHAPE, seed: int = 1) -> Path:
    """Numbered TIFF slices of bright blobs on dark ground."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    z, y, x = np.indices(shape)
    blobs = np.sin(x / 5) + np.sin(y / 6) + np.sin(z / 3) > 0.4
    voxels = np.clip(np.where(blobs, 170, 60) + rng.normal(0, 12, shape), 0, 255).astype(np.uint8)
    for number, plane in enumerate(voxels):
        tifffile.imwrite(folder / f"slice_{number:04d}.tif", plane)
    return folder


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Folder of twelve slices."""
    return made_stack(tmp_path / "data" / "gold")


@pytest.fixture
def opened(stack: Path) -> Opened:
    """The same stack, opened."""
    return Opened(InputSpec(paths=(stack,), options=ReadOptions()), open_stack(stack))


@pytest.fixture
def session(qapp: QApplication, opened: Opened) -> Iterator[Session]:
    """A session with the stack open and an empty recipe."""
    made = Session()
    made.begin({"": opened}, Recipe())
    yield made
    made.undo.blockSignals(True)
    made.deleteLater()
    flush_deletions()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of this test alone."""
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def theme(qapp: QApplication, settings: Settings) -> Iterator[Theme]:
    """Dark colours."""
    settings.theme = "dark"
    made = Theme(qapp, settings)
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()
    flush_deletions()


@pytest.fixture
def wait(qtbot: QtBot) -> Callable[[Callable[[], bool]], None]:
    """Let events run until something is true."""

    def until(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=TIMEOUT_MS)

    return until


@pytest.fixture
def program(
    qapp: QApplication, settings: Settings, wait: Callable[[Callable[[], bool]], None]
) -> Iterator[Program]:
    """Session and services without a window; must be idle at the end."""
    with nothing_left():
        made = Program(settings, Problems())
        yield made
        made.work.cancel_all()
        made.quick.cancel_all()
        wait(lambda: not made.busy)
        made.close()
        made.problems.deleteLater()
        made.deleteLater()
        flush_deletions()
