"""The 3D view in the whole window: slices that follow the cursor, movies, and closing during one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.canvas.gl import NoOpenGLError, ask_driver
from app.canvas.volume3d import VolumeView
from app.geometry import Z
from app.main_window import MainWindow
from tests.app.conftest import made_stack
from tests.system.test_window import OpenWindow, drop, open_window, opened, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui


def opened_3d(qtbot: QtBot, window: MainWindow, path: Path) -> VolumeView:
    """Drop a stack and look at it in 3D; skips where there is no OpenGL."""
    try:
        ask_driver()
    except NoOpenGLError as error:
        pytest.skip(f"no OpenGL here: {error}")
    drop(window, path)
    until(qtbot, lambda: opened(window))
    window.acts["both"].trigger()
    until(qtbot, lambda: window.views.volume_view is not None and window.views.volume_view.settled())
    view = window.views.volume_view
    assert view is not None
    return view


def save_as(window: MainWindow, target: Path) -> None:
    """Answer the file dialog that is open."""
    dialog = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    dialog.findChild(QLineEdit).setText(str(target))
    dialog.accept()


def test_slices_in_the_volume_follow_the_cursor_and_a_turn_is_filmed(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    view = opened_3d(qtbot, window, made_stack(tmp_path / "data" / "gold"))
    qtbot.mouseClick(view._controls.tabs["Slices"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(view._controls.slices[Z], Qt.MouseButton.LeftButton)
    until(qtbot, view.settled)
    scene = view._drawing.renderer.scene  # type: ignore[union-attr]
    before = scene.planes._images[Z].transform.matrix[3, 2]
    qtbot.keyClick(window.views.slices, Qt.Key.Key_PageDown)
    assert scene.planes._images[Z].transform.matrix[3, 2] - before == pytest.approx(1 / 48)
    del scene
    window.acts["movie"].trigger()
    panel = view._controls.movie
    assert panel.isVisible()
    panel.frames.setValue(5)
    panel.pixels.setCurrentIndex(0)
    qtbot.mouseClick(panel.make, Qt.MouseButton.LeftButton)
    save_as(window, tmp_path / "turn.webp")
    until(qtbot, lambda: (tmp_path / "turn.webp").exists() and view.settled())
    with Image.open(tmp_path / "turn.webp") as movie:
        assert (movie.n_frames, movie.size) == (5, (640, 480))
    assert "turn.webp" in window.statusBar().currentMessage()


def test_closing_the_window_ends_a_movie(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    window = open_window()
    labels = np.zeros((12, 40, 48), np.uint8)
    labels[2:8, 5:20, 5:20], labels[4:10, 25:38, 25:44] = 1, 2
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    view = opened_3d(qtbot, window, tmp_path / "labels.tif")
    view.show_panel("Movie")
    view._controls.movie.kind.setCurrentIndex(1)
    qtbot.mouseClick(view._controls.movie.make, Qt.MouseButton.LeftButton)
    save_as(window, tmp_path / "turn")
    until(qtbot, lambda: any(tmp_path.glob(".*.part/*.png")))
    window.close()
    until(qtbot, lambda: not window.isVisible())
    until(qtbot, lambda: not list(tmp_path.glob(".*.part")))
    assert not (tmp_path / "turn").exists()
