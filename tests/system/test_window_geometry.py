"""Registration, thickness and rebuilding in the whole window: form, run, plots, corrections, marks, blink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from scipy import ndimage

from app.geometry import Y, Z
from app.main_window import MainWindow
from app.plots.pictures import AFTER, BEFORE
from core.align.results import RegisterEstimate
from core.step import Stage
from core.thickness.results import ThicknessEstimate
from tests.system.test_window import OpenWindow, add, drop, fill_in, open_window, opened, texts, until

__all__ = ["open_window"]
pytestmark = pytest.mark.gui
SLICES, BLANK = 10, 6
STEPS = [[0, 0], [2, -1], [-1, 3], [3, 0], [1, 1], [-2, 0], [0, 2], [1, -3], [2, 1], [-1, -1]]
SHIFTS = np.cumsum(STEPS, axis=0)


@pytest.fixture
def drifting(tmp_path: Path) -> Path:
    """A stack that wanders by whole pixels, and one blank slice."""
    random = np.random.default_rng(4)
    solid = ndimage.gaussian_filter(random.normal(size=(SLICES, 120, 130)), (4.0, 3.0, 3.0))
    grey = np.where(solid > 0, 170.0, 70.0) + random.normal(0, 6, solid.shape)
    slices = [grey[k, 16 - y : 104 - y, 16 - x : 112 - x] for k, (y, x) in enumerate(SHIFTS)]
    slices[BLANK] = np.full_like(slices[0], 100.0)
    return written(tmp_path / "data" / "drifting", np.stack(slices))


@pytest.fixture
def ruled(tmp_path: Path) -> Path:
    """Slices that show two parallel and two inclined marks in a cap above the structure."""
    random = np.random.default_rng(5)
    thickness = np.array([9.0, 11.0, 10.0, 12.0, 8.0, 10.0, 11.0, 9.0, 10.0, 12.0, 9.0])
    depth_px = np.concatenate([[0], np.cumsum(thickness)]) * np.tan(np.radians(30.0)) / 4.0
    columns = np.arange(300.0)
    slices = []
    for depth in depth_px:
        plane = np.full((96, 300), 90.0)
        for centre in (40.0, 90.0 + depth, 210.0 - depth, 260.0):
            plane[10:60] += 80.0 * np.clip(10.5 - np.abs(columns - centre), 0, 1)
        plane[70:] = np.where(random.normal(size=(26, 300)) > 0, 150.0, 40.0)
        plane[:6] = 20.0
        slices.append(plane + random.normal(0, 4, plane.shape))
    return written(tmp_path / "data" / "ruled", np.stack(slices))


def written(folder: Path, stack: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    for number, plane in enumerate(np.clip(np.rint(stack), 0, 255).astype(np.uint8)):
        tifffile.imwrite(folder / f"slice_{number:03d}.tif", plane)
    return folder


def settled(window: MainWindow) -> bool:
    return not window.program.busy and not window.views.slices.busy()


def run(qtbot: QtBot, window: MainWindow) -> None:
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.working)
    until(qtbot, lambda: settled(window))


def found_shifts(window: MainWindow) -> np.ndarray:
    estimate = window.program.standings.estimate(0)
    assert isinstance(estimate, RegisterEstimate)
    return np.asarray(estimate.shifts_px_yx)


def choose_file(window: MainWindow, path: Path) -> None:
    dialog = next(each for each in window.findChildren(QFileDialog) if each.isVisible())
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()


def test_registering(qtbot: QtBot, open_window: OpenWindow, drifting: Path, tmp_path: Path) -> None:
    window = open_window()
    drop(window, drifting)
    until(qtbot, lambda: opened(window))
    session, slices, page = window.program.session, window.views.slices, window.alignment.drift
    add(qtbot, window, Stage.ALIGN, "Register")
    until(qtbot, lambda: settled(window))
    assert "nothing to show before it has been run" in texts(window.step)
    assert slices._panes[Z].plane(AFTER) is None

    qtbot.mouseClick(window.step.run_button, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.program.working and settled(window))
    measured = np.delete(np.arange(SLICES), BLANK)
    assert np.abs(found_shifts(window) - SHIFTS)[measured].max() < 1.0
    assert page.plot.isVisible(), "the tab with the shifts came up by itself"
    assert page.plot.marked() == [BLANK]
    page.plot.choose_at(BLANK + 0.2, reach=0.5)
    assert session.z_index == BLANK
    assert slices.cursor_zyx()[0] == BLANK

    until(qtbot, lambda: settled(window))
    shapes = {role: slices._panes[Z].plane(role).levels[0].data.shape for role in (BEFORE, AFTER)}
    assert shapes[BEFORE] == shapes[AFTER], "the input lies in the canvas of the result"
    blinks_between_before_and_after(qtbot, window)
    corrected_by_hand(qtbot, window)
    compared_with_the_slice_before(qtbot, window)

    page.save_button.click()
    choose_file(window, tmp_path / "moves.json")
    until(qtbot, lambda: (tmp_path / "moves.json").exists())
    qtbot.mouseClick(page.reset_button, Qt.MouseButton.LeftButton)
    assert session.recipe.steps[0].estimate is None
    until(qtbot, lambda: settled(window))
    page.load_button.click()
    choose_file(window, tmp_path / "moves.json")
    until(qtbot, lambda: session.recipe.steps[0].estimate is not None)


def blinks_between_before_and_after(qtbot: QtBot, window: MainWindow) -> None:
    slices = window.views.slices
    slices.setFocus()
    qtbot.keyClick(slices, Qt.Key.Key_B)
    seen: set[str] = set()
    until(qtbot, lambda: bool(seen.add(slices._panes[Z].mode) or {"before", "after"} <= seen))
    qtbot.keyClick(slices, Qt.Key.Key_B)
    assert slices._panes[Z].mode == "swipe"


def corrected_by_hand(qtbot: QtBot, window: MainWindow) -> None:
    page, before = window.alignment.drift, found_shifts(window)
    qtbot.mouseClick(page.arrows[3], Qt.MouseButton.LeftButton)
    moved = found_shifts(window) - before
    assert moved[BLANK] == pytest.approx([0.0, 0.1])
    assert np.abs(np.delete(moved, BLANK, axis=0)).max() < 1e-9
    until(qtbot, lambda: settled(window) and window.views.slices._panes[Z].plane(AFTER) is not None)
    assert "your own values" in texts(window.alignment)
    window.acts["undo"].trigger()
    until(qtbot, lambda: settled(window))
    assert page.plot.isVisible()
    assert (found_shifts(window) == before).all()
    window.acts["redo"].trigger()
    until(qtbot, lambda: settled(window))


def compared_with_the_slice_before(qtbot: QtBot, window: MainWindow) -> None:
    slices, page = window.views.slices, window.alignment.drift
    slices.set_cursor(4, 20, 20)
    qtbot.mouseClick(page.neighbours, Qt.MouseButton.LeftButton)
    assert slices.blinking
    until(qtbot, lambda: settled(window) and slices._panes[Z].plane(AFTER) is not None)
    slices.blink(False)
    result = window.program.standings.result(1)
    assert result is not None
    pane = slices._panes[Z]
    until(qtbot, lambda: pane.value_at(BEFORE, (4, 20, 20)) is not None)
    assert pane.value_at(BEFORE, (4, 20, 20)) == result.slice(3)[20, 20]
    assert pane.value_at(AFTER, (4, 20, 20)) == result.slice(4)[20, 20]
    assert pane.names == ("slice before", "this slice")
    qtbot.mouseClick(page.neighbours, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: settled(window))


def test_drawing_where_to_look(qtbot: QtBot, open_window: OpenWindow, drifting: Path) -> None:
    window = open_window()
    drop(window, drifting)
    until(qtbot, lambda: opened(window))
    add(qtbot, window, Stage.ALIGN, "Register")
    until(qtbot, lambda: settled(window))
    window.step.fields.buttons["exclude"].click()
    drag(qtbot, window, (10, 20), (40, 60))
    assert window.step.form is not None
    drawn = window.step.form.value().model_dump()["exclude"]
    y, x = (tuple(map(int, part.split("-"))) for part in drawn.split(", "))
    assert np.abs(np.subtract((*y, *x), (10, 40, 20, 60))).max() <= 1, drawn
    assert window.step.apply_button.isEnabled()
    window.acts["undo"].trigger()
    until(qtbot, lambda: settled(window))
    assert window.overlays.box_tool("exclude").boxes == ()


def drag(qtbot: QtBot, window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one pixel (row, column) of the visible slice to another."""
    pane = window.views.slices._panes[Z]
    screen = pane._tool_screen()
    assert screen is not None
    begin, stop = (QPoint(round(screen.x_of(x)), round(screen.y_of(y))) for y, x in (start, end))
    left, target = Qt.MouseButton.LeftButton, pane.viewport()
    qtbot.mousePress(target, left, pos=begin)
    qtbot.mouseMove(target, (begin + stop) / 2)
    qtbot.mouseMove(target, stop)
    qtbot.mouseRelease(target, left, pos=stop)


def test_thickness_and_rebuilding(qtbot: QtBot, open_window: OpenWindow, ruled: Path) -> None:
    window = open_window()
    drop(window, ruled)
    until(qtbot, lambda: opened(window))
    session, page = window.program.session, window.alignment.thickness
    add(qtbot, window, Stage.THICKNESS, "Thickness", Angle_of_the_ruler="30", Pixel_size_along_x="4")
    run(qtbot, window)
    estimate = window.program.standings.estimate(0)
    assert isinstance(estimate, ThicknessEstimate), texts(window)
    assert page.plot.isVisible()
    assert page.histogram.counts.sum() == 11
    assert estimate.mean_nm == pytest.approx(111 / 11, abs=0.3)
    assert [mark.kind for mark in window.overlays.ruler.marks].count("inclined") == 2
    page.plot.choose_at(3)
    assert window.views.slices.cursor_zyx()[0] == 3

    mark = window.overlays.ruler.marks[1]
    drag(
        qtbot, window, (float(mark.y[3]), float(mark.x[3]) + 0.5), (float(mark.y[3]), float(mark.x[3]) + 6.5)
    )
    assert window.step.form is not None
    text = window.step.form.value().model_dump()["marks_x_px"]
    assert float(text.split(",")[1]) == pytest.approx(float(mark.x[0]) + 6.0, abs=1.5)
    assert "found with other settings" in texts(window.step)
    window.acts["undo"].trigger()

    add(qtbot, window, Stage.REBUILD, "Reposition")
    fill_in(qtbot, window, "Grid", "2.5")
    run(qtbot, window)
    rebuilt = session.infos()[2]
    assert rebuilt.shape[0] == pytest.approx(111 / 2.5 + 1, abs=2)
    assert rebuilt.origin is not None
    assert rebuilt.origin.count(1) == 12
    slices = window.views.slices
    assert slices.cursor_zyx()[0] < rebuilt.shape[0]
    slices.set_cursor(rebuilt.origin.index(0), 5, 5)
    assert "gap" in "".join(slices._panes[Z].badges)
    slices.set_cursor(rebuilt.origin.index(1, 5), 5, 5)
    assert "measured" in "".join(slices._panes[Z].badges)
    until(qtbot, lambda: settled(window))
    assert slices.grab_image(Y).width() > 0
