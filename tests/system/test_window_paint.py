"""Labels painted in the window: strokes with the mouse, taken back, kept, put into the recipe."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.geometry import Z
from app.main_window import MainWindow
from app.plots.pane import SlicePane
from core.cli import main
from core.labels import LabelStore, stores_in
from core.recipe import Recipe, RecipeStep
from core.step import Stage
from core.steps.crop import CROP, CropParams
from core.steps.invert import INVERT, InvertParams
from core.volume import Array
from tests.app.conftest import made_stack
from tests.system.test_window import (
    OpenWindow,
    add,
    drop,
    open_window,
    opened,
    until,
)

__all__ = ["open_window"]  # a fixture

pytestmark = pytest.mark.gui

SHAPE = (6, 60, 70)
NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
BARE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A folder of slices."""
    return made_stack(tmp_path / "data" / "gold", SHAPE)


def pane_of(window: MainWindow) -> SlicePane:
    """The xy view."""
    return window.views.slices._panes[Z]


def place_of(window: MainWindow, row: float, column: float) -> QPoint:
    """Where a pixel of the slice is in the xy view."""
    screen = pane_of(window)._screen()
    assert screen is not None
    return QPoint(round(screen.x_of(column)), round(screen.y_of(row)))


def mouse(
    window: MainWindow, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton
) -> None:
    """One event as the desktop sends it."""
    target: QWidget = pane_of(window).viewport()
    where = QPointF(at)
    QApplication.sendEvent(
        target, QMouseEvent(kind, where, QPointF(target.mapToGlobal(at)), button, held, BARE)
    )


def drawn(window: MainWindow, *path: tuple[float, float]) -> None:
    """Press, move and release along places of the slice."""
    points = [place_of(window, *place) for place in path]
    mouse(window, QEvent.Type.MouseButtonPress, points[0], LEFT, LEFT)
    for point in points[1:]:
        mouse(window, QEvent.Type.MouseMove, point, NONE, LEFT)
    mouse(window, QEvent.Type.MouseButtonRelease, points[-1], LEFT, NONE)


def shown(window: MainWindow) -> Array:
    """Labels of the slice that is shown."""
    page = window.program.painting.ready_page()
    assert page is not None
    return page.labels


def begin(qtbot: QtBot, window: MainWindow, stack: Path) -> None:
    """Open a stack and the painting tools, by key."""
    drop(window, stack)
    until(qtbot, lambda: opened(window))
    window.activateWindow()
    window.acts["paint"].trigger()
    until(qtbot, lambda: window.program.painting.ready_page() is not None)
    assert window.paint.bar.isVisible()
    until(qtbot, lambda: pane_of(window).plane() is not None)


def saved(qtbot: QtBot, window: MainWindow) -> LabelStore:
    """Wait until all is on disk; where."""
    painting = window.program.painting
    until(qtbot, lambda: not painting.disk.busy and not any(page.dirty for page in painting.pages))
    assert painting.store is not None
    return painting.store


def test_labels_lie_on_the_canvas_that_is_shown(qtbot: QtBot, open_window: OpenWindow, stack: Path) -> None:
    window = open_window()
    session, slices = window.program.session, window.views.slices
    drop(window, stack)
    until(qtbot, lambda: opened(window))
    session.load(
        Recipe((RecipeStep(CROP, CropParams(y_start=20, x_start=10)), RecipeStep(INVERT, InvertParams())))
    )
    session.choose(1)
    until(qtbot, lambda: slices.volume() is not None and slices.volume().info.shape == (6, 40, 60))
    window.acts["paint"].trigger()
    until(qtbot, lambda: window.program.painting.ready_page() is not None)
    until(qtbot, lambda: pane_of(window).plane() is not None)
    assert shown(window).shape == (40, 60), "labels of rows that nobody sees"
    drawn(window, (5, 5), (5, 9))
    store = saved(qtbot, window)
    (grey,) = store.folder.glob("grey_*.tif")
    z = int(grey.stem.rpartition("_")[2])
    volume = slices.volume()
    assert volume is not None
    np.testing.assert_array_equal(tifffile.imread(grey), volume.source.read(slice(z, z + 1))[0])


def test_strokes_are_taken_back_kept_and_found_again(
    qtbot: QtBot, open_window: OpenWindow, stack: Path
) -> None:
    window = open_window()
    begin(qtbot, window, stack)
    z = window.program.painting.z
    qtbot.keyClick(window, Qt.Key.Key_2)
    drawn(window, (10, 10), (10, 40))
    once = shown(window).copy()
    assert once[10, 10:40].tolist() == [2] * 30
    assert set(np.unique(once).tolist()) == {0, 2}
    qtbot.keyClick(window, Qt.Key.Key_1)
    drawn(window, (40, 20), (50, 60))
    assert shown(window)[45, 40] == 1
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(shown(window), once)
    assert not window.acts["redo"].isEnabled() or "stroke" in window.acts["redo"].text()
    window.acts["redo"].trigger()
    assert shown(window)[45, 40] == 1
    qtbot.keyClick(window, Qt.Key.Key_E)
    drawn(window, (10, 20), (10, 20))
    assert shown(window)[10, 20] == 0
    window.acts["undo"].trigger()
    kept = shown(window).copy()
    assert not window.program.session.undo.count()  # the recipe has a history of its own
    store = saved(qtbot, window)
    assert np.array_equal(store.labels(z, store.header()), kept)
    assert np.array_equal(store.grey(z), tifffile.imread(sorted(stack.glob("*.tif"))[z]))
    window.close()
    until(qtbot, lambda: not window.isVisible())
    again = open_window()
    begin(qtbot, again, stack)
    assert again.program.painting.slices == (z,)
    until(qtbot, lambda: np.array_equal(shown(again), kept))
    assert again.paint.panel.list.text() == "1 slice painted"


def test_fill_outline_copy_and_clear(qtbot: QtBot, open_window: OpenWindow, stack: Path) -> None:
    window = open_window()
    begin(qtbot, window, stack)
    painting = window.program.painting
    window.views.slices.set_cursor(1, 30, 30)
    qtbot.keyClick(window, Qt.Key.Key_T)
    drawn(window, (10, 10), (10, 50), (40, 50), (40, 10), (12, 10))
    until(qtbot, lambda: bool(shown(window).any()))
    area = shown(window) == 2
    assert area[20:35, 20:40].all()
    assert not area[:9].any()
    assert not area[:, 52:].any()
    painting.set_brush(diameter=3)
    qtbot.keyClick(window, Qt.Key.Key_W)
    qtbot.keyClick(window, Qt.Key.Key_1)
    window.views.slices.set_cursor(2, 30, 30)
    drawn(window, (10, 10), (10, 50), (40, 50), (40, 10), (10, 10))
    assert shown(window)[25, 30] == 0
    qtbot.keyClick(window, Qt.Key.Key_R)
    painting.set_brush(fill_by="outline")
    drawn(window, (25, 30))
    until(qtbot, lambda: bool(shown(window)[25, 30] == 1))
    assert shown(window)[5, 5] == 0
    drawn(window, (5, 5))
    until(qtbot, lambda: "not closed" in window.statusBar().currentMessage())
    assert painting.slices == (1, 2)
    window.paint.panel.copy.trigger()
    until(qtbot, lambda: np.array_equal(shown(window) == 2, area))
    window.acts["undo"].trigger()
    assert shown(window)[25, 30] == 1
    window.paint.panel.clear.trigger()
    assert not shown(window).any()
    store = saved(qtbot, window)
    assert store.slices() == (1,)
    window.paint.panel.go_to.aboutToShow.emit()
    window.paint.panel.go_to.actions()[0].trigger()
    assert window.views.slices.cursor_zyx()[0] == 1


def test_a_corrected_segmentation_is_the_same_on_the_command_line(
    qtbot: QtBot, open_window: OpenWindow, stack: Path, tmp_path: Path
) -> None:
    window = open_window()
    begin(qtbot, window, stack)
    add(qtbot, window, Stage.SEGMENT, "Segment")
    add(qtbot, window, Stage.EXPORT, "Export", File_name="wetrev")
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.busy)
    window.program.session.choose(0)
    until(qtbot, lambda: window.views.slices.layer("after") is not None)
    painting, z = window.program.painting, window.program.painting.z
    assert painting.store is not None
    assert painting.store.folder.parent.name == "labels"  # in the project, now that there is one
    window.paint.panel.take.trigger()
    until(qtbot, lambda: bool(shown(window).all()))
    before = shown(window).copy()
    drawn(window, (30, 5), (30, 60))
    changed = int((shown(window) != before).sum())
    assert changed > 20
    window.paint.panel.correct.trigger()
    until(qtbot, lambda: len(window.program.session.recipe.steps) == 3)
    assert f"{changed} voxels" in window.statusBar().currentMessage()
    window.acts["run"].trigger()
    until(qtbot, lambda: not window.program.busy)
    project = window.program.session.home
    assert project is not None
    exported = tifffile.imread(project / "exports" / "wetrev.tif")
    assert np.array_equal(exported[z] > 0, shown(window) == 2)
    other = tmp_path / "cli"
    assert main(["run", str(project / "recipe.toml"), str(stack), "--output", str(other)]) == 0
    assert (other / "exports" / "wetrev.tif").read_bytes() == (
        project / "exports" / "wetrev.tif"
    ).read_bytes()
    marks = [json.loads(path.read_text()) for path in (project / "results").glob("*/done.json")]
    assert any(f"{changed} voxels" in note for mark in marks for note in mark.get("notes", ()))
    assert [store.slices() for store in stores_in(project / "labels")] == [(z,)]
