"""The tools of the slices in the whole window: lines, histograms, playing, pictures; with mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.picture import PictureDialog
from app.geometry import Y, Z
from app.main_window import MainWindow
from core.steps.denoise import DenoiseParams
from tests.system.test_window import OpenWindow, drop, open_window, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui
SHAPE = (16, 48, 64)
EDGE_PX, DARK, BRIGHT = 32, 40, 200


def edge_window(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> MainWindow:
    """A window with a stack that is dark left of its middle and bright right of it; 10 × 5 × 5 nm."""
    voxels = np.full(SHAPE, DARK, np.uint8)
    voxels[:, :, EDGE_PX:] = BRIGHT
    voxels += (np.arange(SHAPE[0], dtype=np.uint8) * 2)[:, None, None]
    (tmp_path / "data").mkdir()
    tifffile.imwrite(
        tmp_path / "data" / "edge.tif",
        voxels,
        imagej=True,
        resolution=(1e3 / 5, 1e3 / 5),
        metadata={"axes": "ZYX", "spacing": 0.01, "unit": "um"},
    )
    made = open_window()
    drop(made, tmp_path / "data" / "edge.tif")
    until(qtbot, lambda: made.program.session.volume is not None and not made.program.busy)
    until(qtbot, lambda: not made.views.slices.busy())
    made.activateWindow()
    until(qtbot, made.isActiveWindow)
    return made


def shown(window: MainWindow, kind: type, name: str) -> QWidget:
    """The visible control of a name."""
    found = [each for each in window.findChildren(kind) if each.accessibleName() == name and each.isVisible()]
    assert len(found) == 1, (name, len(found))
    return found[0]


def drag(qtbot: QtBot, window: MainWindow, axis: int, *points: tuple[float, float]) -> None:
    """Press, move and let go over a cut; points are rows and columns in nm."""
    pane = window.views.slices.cut(axis)
    target, seen = pane.viewport(), pane.visible()

    def place(point: tuple[float, float]) -> QPoint:
        row, column = point
        return QPointF((column - seen.left()) / pane.scale, (row - seen.top()) / pane.scale).toPoint()

    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=place(points[0]))
    for point in points[1:]:
        qtbot.mouseMove(target, place(point))
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=place(points[-1]))


def save_under(window: MainWindow, path: Path) -> None:
    dialog = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()


def test_a_profile_is_drawn_dragged_copied_and_saved(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    views, panel = window.views.slices, window.grey_values
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert window.acts["profile"].isChecked()
    drag(qtbot, window, Z, (120.0, 60.0), (120.0, 140.0), (120.0, 260.0))
    until(qtbot, lambda: panel.profile.shown is not None)
    profile = panel.profile.shown
    values = profile.values["value"]
    edge = float(np.interp((DARK + BRIGHT) / 2 + 2 * views.cursor_zyx()[Z], values, profile.distance))
    pixel = views.cut(Z).scale
    assert edge == pytest.approx(EDGE_PX * 5 - 60, abs=2 * pixel + 2.5)
    assert profile.unit == "nm"
    qtbot.keyClick(views, Qt.Key.Key_Escape)
    assert not window.acts["profile"].isChecked()
    drag(qtbot, window, Z, (120.0, 260.0), (100.0, 200.0), (120.0, 100.0))  # its end, to before the edge
    until(qtbot, lambda: panel.profile.shown is not profile and panel.profile.shown.distance[-1] < 60)
    assert np.ptp(panel.profile.shown.values["value"]) == 0
    qtbot.mouseClick(shown(window, QToolButton, "Copy the profile"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("distance_nm,value\n0,")
    qtbot.mouseClick(shown(window, QToolButton, "Save the profile"), Qt.MouseButton.LeftButton)
    save_under(window, tmp_path / "line")
    until(qtbot, lambda: (tmp_path / "line.csv").exists() and not window.program.busy)
    assert (tmp_path / "line.csv").read_text(encoding="utf-8") == copied


def test_a_profile_shows_both_sides_of_a_comparison(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    session = window.program.session
    session.add("denoise")
    session.set_params(0, DenoiseParams(method="gaussian"))
    session.choose(0)
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.busy and not window.views.slices.busy())
    window.acts["profile"].trigger()
    drag(qtbot, window, Y, (80.0, 60.0), (80.0, 160.0), (80.0, 260.0))
    until(qtbot, lambda: window.grey_values.profile.shown is not None)
    values = window.grey_values.profile.shown.values
    assert list(values) == ["before", "Denoise"]
    steepest = [float(np.nanmax(np.diff(each))) for each in values.values()]
    assert steepest[1] < 0.8 * steepest[0], "smoothing makes the edge less steep"


def test_distances_are_listed_and_deleted_with_keys(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    panel, gauges = window.grey_values, window.views.slices.gauges
    window.docks["grey values"].raise_()
    qtbot.keyClick(window, Qt.Key.Key_D)
    drag(qtbot, window, Z, (60.0, 40.0), (60.0, 100.0), (60.0, 240.0))
    drag(qtbot, window, Y, (20.0, 40.0), (80.0, 60.0), (140.0, 200.0))
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert not window.acts["distance"].isChecked()
    drag(qtbot, window, Z, (180.0, 60.0), (180.0, 160.0))
    drag(qtbot, window, Z, (80.0, 160.0), (80.0, 161.0))
    until(qtbot, lambda: panel.lines.count() == 3)
    texts = [panel.lines.item(row).text() for row in range(3)]
    assert [text.split("   ")[0] for text in texts] == ["Distance 1", "Distance 2", "Angle 1"]
    pixel = window.views.slices.cut(Z).scale
    assert float(texts[0].split()[2]) == pytest.approx(200.0, abs=2 * pixel)
    assert float(texts[1].split()[2]) == pytest.approx(200.0, abs=2 * pixel)
    assert float(texts[2].split()[2].rstrip("°")) == pytest.approx(90.0, abs=2.0)
    window.views.slices.set_cursor(3, 5, 5)
    item = panel.lines.item(1)
    qtbot.mouseClick(
        panel.lines.viewport(), Qt.MouseButton.LeftButton, pos=panel.lines.visualItemRect(item).center()
    )
    assert window.views.slices.cursor_zyx() == (3, gauges.lines[1].index, 5), "a click goes to its slice"
    qtbot.keyClick(panel.lines, Qt.Key.Key_Delete)
    until(qtbot, lambda: panel.lines.count() == 2)
    qtbot.mouseClick(shown(window, QToolButton, "Copy the lines"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().count("\n") == 3
    qtbot.mouseClick(shown(window, QToolButton, "Clear"), Qt.MouseButton.LeftButton)
    assert not gauges.lines


def test_histograms_of_slice_and_volume_set_the_contrast(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    panel, views = window.grey_values, window.views.slices
    qtbot.keyClick(window, Qt.Key.Key_H)
    until(qtbot, lambda: panel.histogram.thresholds() == pytest.approx(views.levels(), rel=1e-5))
    assert panel.histogram._counts.sum() == SHAPE[1] * SHAPE[2]
    panel.plot_choice.setCurrentIndex(2)
    until(qtbot, lambda: panel.histogram._counts.sum() == np.prod(SHAPE))
    assert panel.told.text() == f"all {SHAPE[0]} slices"
    boxes = [each for each in panel.histogram.findChildren(QWidget) if each.accessibleName() == "White"]
    line = boxes[0].findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "250")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert views.levels()[1] == pytest.approx(250.0)
    views.set_levels(10, 100)
    assert panel.histogram.thresholds() == (10.0, 100.0)


def test_space_plays_the_slices_and_a_click_stops(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    views = window.views.slices
    views.player.set_speed(30)
    begun = views.cursor_zyx()[Z]
    views.cut(Z).setFocus()
    qtbot.keyClick(views.cut(Z), Qt.Key.Key_Space)
    assert window.acts["play"].isChecked()
    until(qtbot, lambda: (views.cursor_zyx()[Z] - begun) % SHAPE[0] >= 4)
    assert views.player.playing
    drag(qtbot, window, Z, (100.0, 100.0), (101.0, 101.0))
    assert not views.player.playing
    assert not window.acts["play"].isChecked()
    qtbot.keyClick(views.cut(Z), Qt.Key.Key_Space)
    assert views.player.playing
    qtbot.keyClick(views.cut(Z), Qt.Key.Key_PageDown)
    assert not views.player.playing
    window.acts["play"].trigger()
    assert views.player.playing
    window.acts["simulate"].trigger()
    until(qtbot, lambda: not views.player.playing)
    window.acts["simulate"].trigger()


def test_the_view_is_copied_and_a_slice_saved_as_a_picture(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = edge_window(qtbot, open_window, tmp_path)
    views = window.views.slices
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().image()
    assert copied.size() == views.cut(Z).grab().toImage().size()
    for whole, bar in ((True, False), (True, True), (False, True)):
        qtbot.keyClick(
            window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        dialog = next(each for each in window.findChildren(PictureDialog) if each.isVisible())
        dialog.size_choice.setCurrentIndex(int(whole))
        dialog.bar.setChecked(bar)
        save = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Save…")
        qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
        target = tmp_path / f"slice-{whole}-{bar}.png"
        save_under(window, target)
        until(qtbot, lambda target=target: target.exists() and not window.program.busy)
        image = QImage(str(target))
        size = (SHAPE[2], SHAPE[1]) if whole else (copied.width(), copied.height())
        assert (image.width(), image.height()) == size
        if whole and not bar:
            assert image.pixelColor(2, 20).lightness() < image.pixelColor(60, 20).lightness() - 100
