"""The region in a cut: taken hold of where it is drawn, dragged as far as the picture goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.geometry import X, Y, Z
from app.plots.box import MOVE, Box, grip_at, handles, shape_of
from app.plots.pictures import OVERLAY
from app.plots.slices import SliceViews
from app.region import Region, whole
from app.tint import tint_of_components
from core.errors import ParameterError
from core.volume import volume_of
from tests.app.leftovers import flush_deletions, nothing_left
from tests.app.plots.sources import WatchedSource, watched

pytestmark = pytest.mark.gui
AREA = QRectF(100, 50, 200, 100)
REGION = Region((2, 10, 10), (8, 30, 40))


@pytest.mark.parametrize(
    ("x", "y", "grip"),
    [
        (100, 50, (-1, -1)), (300, 150, (1, 1)), (302, 48, (-1, 1)), (100, 120, (0, -1)), (150, 153, (1, 0)),
        (200, 100, MOVE), (160, 90, None), (80, 100, None), (200, 170, None),
    ],
)  # fmt: skip
def test_lines_corners_and_the_middle_are_taken_hold_of(x: float, y: float, grip: object) -> None:
    assert grip_at(AREA, QPointF(x, y)) == grip


def test_a_drag_moves_borders_or_all_of_it() -> None:
    box = Box((10.0, 20.0), (30.0, 50.0))
    assert box.dragged((-1, 0), 3, 99) == Box((13.0, 20.0), (30.0, 50.0))
    assert box.dragged((1, 1), 5, -5) == Box((10.0, 25.0), (30.0, 45.0))
    assert box.dragged((-1, 0), 15, 0) == Box((20.0, 25.0), (30.0, 50.0)), "borders may pass each other"
    assert box.dragged(MOVE, -2, 4) == Box((8.0, 18.0), (34.0, 54.0))


def test_a_moved_box_keeps_its_size_at_the_edge() -> None:
    box = Box((10.0, 20.0), (30.0, 50.0))
    assert box.dragged(MOVE, -15, 100).kept_within(40, 60) == Box((0.0, 10.0), (40.0, 60.0))
    assert Box((-5.0, 100.0), (0.0, 1.0)).kept_within(40, 60).rows == (0.0, 40.0)


def test_pointers_tell_the_direction() -> None:
    assert shape_of(MOVE) is Qt.CursorShape.SizeAllCursor
    assert shape_of((0, 1)) is Qt.CursorShape.SizeHorCursor
    assert shape_of((-1, 0)) is Qt.CursorShape.SizeVerCursor
    assert shape_of((1, 1)) is not shape_of((1, -1))
    assert len(handles(AREA)) == 8


@pytest.fixture
def views(qtbot: QtBot) -> Iterator[SliceViews]:
    with nothing_left():
        made = SliceViews()
        made.resize(900, 700)
        made.show()
        qtbot.waitExposed(made)
        made.set_volume(watched(WatchedSource(shape=(12, 40, 50)), voxel_nm=(10.0, 5.0, 5.0)))
        settle(made, qtbot)
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


def settle(views: SliceViews, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not views.busy(), timeout=10_000)


def drag(views: SliceViews, axis: int, start: QPointF, end: QPointF, *, ctrl: bool = False) -> None:
    """Drag with the left button between two places (x, y) in the frame's unit."""
    pane = views._panes[axis]
    pane.render_now()
    seen = pane.visible()
    places = [
        QPoint(round((at.x() - seen.left()) / pane.scale), round((at.y() - seen.top()) / pane.scale))
        for at in (start, end)
    ]
    keys = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, keys, places[0])
    QTest.mouseMove(pane.viewport(), places[1])
    QTest.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, keys, places[1])


def test_a_region_is_seen_in_all_cuts(views: SliceViews) -> None:
    views.set_region(REGION)
    boxes = {axis: views._panes[axis].box for axis in (Z, Y, X)}
    assert boxes[Z] == Box((50.0, 150.0), (50.0, 200.0))
    assert boxes[Y] == Box((20.0, 80.0), (50.0, 200.0))
    assert boxes[X] == Box((50.0, 150.0), (20.0, 80.0))
    views.set_cursor(11, 5, 5)
    assert not any(views._panes[axis].box.inside for axis in (Z, Y, X))
    views.set_region(None)
    assert views._panes[Z].box is None


def test_dragging_a_border_changes_the_region(views: SliceViews, qtbot: QtBot) -> None:
    views.set_region(REGION)
    with qtbot.waitSignal(views.region_changed, timeout=2000):
        drag(views, Z, QPointF(200, 70), QPointF(226, 70))
    assert views.region() == REGION.with_axis(X, 10, 45)
    drag(views, Y, QPointF(80, 20), QPointF(80, 51))
    assert views.region() == REGION.with_axis(X, 10, 45).with_axis(Z, 5, 8)


def test_dragging_beyond_the_stack_stops_at_its_edge(views: SliceViews) -> None:
    views.set_region(REGION)
    drag(views, Z, QPointF(125, 100), QPointF(125, 400))
    assert views.region() == Region((2, 20, 10), (8, 40, 40)), "moved, and as large as before"


def test_ctrl_draws_a_new_box_and_a_click_inside_still_sets_the_cursor(views: SliceViews) -> None:
    views.set_region(REGION)
    drag(views, Z, QPointF(151, 110), QPointF(202, 152), ctrl=True)
    region = views.region()
    assert region is not None
    assert (region.low, region.high) == ((2, 22, 30), (8, 30, 40))
    before = views.region()
    drag(views, Z, QPointF(167.5, 122.5), QPointF(167.5, 122.5))
    assert views.cursor_zyx()[1:] == (24, 33)
    assert views.region() == before


def test_without_a_region_ctrl_sets_the_cursor(views: SliceViews) -> None:
    drag(views, Z, QPointF(22.5, 102.5), QPointF(22.5, 102.5), ctrl=True)
    assert views.region() is None
    assert views.cursor_zyx()[1:] == (20, 4)


def test_regions_end_with_the_stack(views: SliceViews) -> None:
    with pytest.raises(ParameterError):
        views.set_region(Region((0, 0, 0), (13, 1, 1)))
    views.set_region(REGION)
    views.set_volume(watched(WatchedSource(shape=(12, 40, 50))))
    assert views.region() == REGION, "another stack of the same shape keeps it"
    views.set_volume(watched(WatchedSource(shape=(11, 40, 50))))
    assert views.region() is None


def test_colours_lie_over_the_grey_values_with_their_legend(views: SliceViews, qtbot: QtBot) -> None:
    volume = volume_of(np.zeros((12, 40, 50), np.uint8), voxel_nm=(10.0, 5.0, 5.0))
    labels = np.ones((12, 40, 50), np.int32)
    labels[:, :, 25:] = 0
    tint = tint_of_components(volume, whole(volume.info), labels)
    views.set_overlay(tint.volume, 1.0, legend=tint.legend)
    settle(views, qtbot)
    for axis in (Z, Y):
        views._panes[axis].render_now()
        picture = views._panes[axis]._layers[OVERLAY].item.image
        assert picture[0, 0].tolist() == [*tint.legend.table[1], 255]
        assert picture[0, -1, 3] == 0
    assert views._panes[Z].legend is tint.legend
    assert views._panes[Y].legend is None, "once is enough"
    views.set_views("xz")
    assert views._panes[Y].legend is tint.legend
    views.set_overlay(None)
    assert views._panes[Y].legend is None
