"""Two results, channels over each other and the truth, compared in the whole window by clicks and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from app.geometry import Z
from app.main_window import MainWindow
from app.opening import Request
from app.plots.pictures import AFTER, BEFORE, CHANNELS, DIFFERENCE, OVER
from core.recipe import Recipe, default_step
from tests.app.conftest import made_stack
from tests.system.test_window import OpenWindow, drop, open_window, opened, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui
SHAPE = (8, 40, 48)


def settled(window: MainWindow) -> bool:
    compared = window.program.comparing.waiting
    return not (compared or window.program.busy or window.views.slices.busy())


def click(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Press the visible button of this name above the slices."""
    buttons = window.views.slices.findChildren(QToolButton)
    found = [button for button in buttons if button.accessibleName() == name and button.isVisible()]
    assert len(found) == 1, name
    qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)
    until(qtbot, lambda: settled(window))


def pick(qtbot: QtBot, window: MainWindow, side: str, text: str) -> None:
    """Choose one side of the comparison with the keys."""
    box = next(
        each
        for each in window.views.slices.findChildren(QComboBox)
        if each.accessibleName() == f"{side} side of the comparison"
    )
    assert box.isVisible()
    index = box.findText(text)
    assert index >= 0, [box.itemText(n) for n in range(box.count())]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(index):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == text
    until(qtbot, lambda: settled(window))


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    window.views.slices.setFocus()
    qtbot.keyClick(window.views.slices, key)
    until(qtbot, lambda: settled(window))


def activate(qtbot: QtBot, window: MainWindow) -> None:
    """Shortcuts are for the active window."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def seen(window: MainWindow, role: str, axis: int = Z) -> np.ndarray | None:
    plane = window.views.slices.cut(axis).plane(role)
    return None if plane is None else plane.levels[0].data


def test_two_results_and_the_truth_are_chosen_and_compared(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    folder = made_stack(tmp_path / "data" / "gold", SHAPE)
    raw = np.stack([tifffile.imread(path) for path in sorted(folder.iterdir())])
    truth = tmp_path / "truth.tif"
    tifffile.imwrite(truth, (raw > 110).astype(np.uint8))
    window = open_window()
    activate(qtbot, window)
    drop(window, folder)
    until(qtbot, lambda: opened(window))
    steps = tuple(default_step(name) for name in ("invert", "denoise", "segment"))
    window.program.session.load(Recipe(steps))
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.working)
    until(qtbot, lambda: settled(window))

    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    until(qtbot, lambda: settled(window))
    assert window.compared.bar.isVisible()
    assert window.compared.bar.right.currentText() == "3 Segment"
    pick(qtbot, window, "Left", "Input")
    pick(qtbot, window, "Right", "1 Invert")
    z = window.views.slices.cursor_zyx()[0]
    assert np.array_equal(seen(window, BEFORE), raw[z])
    assert np.array_equal(seen(window, AFTER), 255 - raw[z])
    until(qtbot, lambda: _in_mode(qtbot, window, "difference"))
    until(qtbot, lambda: seen(window, DIFFERENCE) is not None)
    assert np.array_equal(seen(window, DIFFERENCE), 255 - 2 * raw[z].astype(int))
    press(qtbot, window, Qt.Key.Key_PageDown)
    assert np.array_equal(seen(window, DIFFERENCE), 255 - 2 * raw[z + 1].astype(int))
    assert window.program.session.z_index == z + 1, "the rest of the window follows"

    pick(qtbot, window, "Left", "3 Segment")
    click(qtbot, window, "File…")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.selectFile(str(truth))
    dialog.fileSelected.emit(str(truth))
    dialog.accept()
    until(qtbot, lambda: window.compared.bar.right.currentText() == "truth.tif")
    until(qtbot, lambda: settled(window))
    codes = seen(window, DIFFERENCE)
    assert codes is not None
    mask = seen(window, BEFORE)
    assert mask is not None
    expected = (mask != 0) + 2 * (raw[z + 1] > 110)
    assert np.array_equal(codes, expected)
    differ = 100 * np.isin(codes, (1, 2)).mean()
    badge = " ".join(window.views.slices.cut(Z).badges)
    assert f"{differ:.3g} % of this slice differ (MP)" in badge

    press(qtbot, window, Qt.Key.Key_B)
    assert window.views.slices.blinking
    press(qtbot, window, Qt.Key.Key_B)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    until(qtbot, lambda: settled(window))
    assert not window.compared.bar.isVisible()
    assert window.program.comparing.left is not None


def _in_mode(qtbot: QtBot, window: MainWindow, mode: str) -> bool:
    press(qtbot, window, Qt.Key.Key_C)
    return window.views.slices.mode == mode


def test_channels_are_switched_and_laid_over_each_other_by_keys(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    first = made_stack(tmp_path / "data" / "1kV", SHAPE, 1)
    second = made_stack(tmp_path / "data" / "4kV", SHAPE, 2)
    window = open_window()
    activate(qtbot, window)
    program, slices = window.program, window.views.slices
    drop(window, first)
    until(qtbot, lambda: opened(window))
    assert not window.compared.channels.isVisible()
    program.opener.open(Request((second,), adds=True))
    until(qtbot, lambda: len(program.session.inputs) == 2)
    until(qtbot, lambda: settled(window))
    names = list(program.session.inputs)
    assert window.compared.channels.isVisible()
    raw = {
        name: np.stack([tifffile.imread(path) for path in sorted(folder.iterdir())])
        for name, folder in zip(names, (first, second), strict=True)
    }
    z = slices.cursor_zyx()[0]
    press(qtbot, window, Qt.Key.Key_2)
    assert program.session.channel == names[1]
    assert np.array_equal(seen(window, BEFORE), raw[names[1]][z])
    qtbot.keyClick(window, Qt.Key.Key_O)
    until(qtbot, lambda: settled(window))
    assert program.comparing.over
    assert np.array_equal(seen(window, CHANNELS[0]), raw[names[0]][z])
    colours = {each.name: each.colour for each in slices._layers.channels.shown}
    click(qtbot, window, names[0])
    assert np.array_equal(seen(window, BEFORE), raw[names[0]][z])
    assert np.array_equal(seen(window, CHANNELS[0]), raw[names[1]][z])
    assert {each.name: each.colour for each in slices._layers.channels.shown} == colours
    press(qtbot, window, Qt.Key.Key_PageUp)
    assert np.array_equal(seen(window, CHANNELS[0]), raw[names[1]][z - 1])
    click(qtbot, window, "Overlay of channels")
    assert not program.comparing.over
    assert seen(window, CHANNELS[0]) is None
    assert slices.mode != OVER
