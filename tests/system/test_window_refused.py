"""Settings that a step refuses: what an earlier preview showed does not stay beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from core.step import Stage
from tests.system.test_window import OpenWindow, add, drop, fill_in, open_window, opened, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui


def said(window: MainWindow) -> str:
    return "\n".join(each.text() for each in window.step.findChildren(QLabel) if each.isVisible())


def test_a_refused_network_leaves_no_preview_of_another_method(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "no-pixel-size.tif"
    stack = np.where(rng.random((4, 40, 50)) > 0.5, 170.0, 60.0) + rng.normal(0, 6, (4, 40, 50))
    tifffile.imwrite(path, np.clip(stack, 0, 255).astype(np.uint8), photometric="minisblack")
    window = open_window()
    cleared: list[bool] = []
    window.program.previewer.cleared.connect(lambda: cleared.append(True))
    drop(window, path)
    until(qtbot, lambda: opened(window))
    add(qtbot, window, Stage.SEGMENT, "Segment")
    until(qtbot, lambda: window.step.threshold.isVisible() and "Found for the preview" in said(window))
    cleared.clear()
    fill_in(qtbot, window, "Method", "model:ceramics")
    until(qtbot, lambda: "Expected a pixel size" in said(window))
    assert cleared
    assert not window.step.threshold.isVisible()
    assert "Found for the preview" not in said(window)
    fill_in(qtbot, window, "Method", "Otsu")
    until(qtbot, lambda: window.step.threshold.isVisible() and "Found for the preview" in said(window))
