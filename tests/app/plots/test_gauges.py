"""Lines drawn, dragged and taken away with the mouse, on the slice views."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.geometry import Frame, X, Y, Z
from app.plots.lines import Point, angle_of, length_of, value_of
from app.plots.marks import draw_scale_bar
from app.plots.slices import SliceViews
from core.volume import VolumeInfo, volume_of
from tests.app.leftovers import flush_deletions, nothing_left

pytestmark = pytest.mark.gui
VOXEL_NM = (10.0, 5.0, 5.0)
SHAPE = (24, 40, 48)


@pytest.fixture(scope="module")
def shared(qapp: QApplication) -> Iterator[SliceViews]:
    """One window for all of these tests: making and checking one each takes longer than they do."""
    with nothing_left():
        made = SliceViews()
        made.resize(900, 760)
        made.show()
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


@pytest.fixture
def views(shared: SliceViews, qtbot: QtBot) -> SliceViews:
    """The same with a fresh stack."""
    shared.set_volume(None)
    shared.gauges.forget()
    ramp = np.broadcast_to(np.arange(SHAPE[2], dtype=np.uint8), SHAPE)
    shared.gauges.use(None)
    shared.set_volume(volume_of(ramp, voxel_nm=VOXEL_NM))
    shared.fit()
    qtbot.waitExposed(shared)
    qtbot.waitUntil(lambda: not shared.busy(), timeout=10_000)
    return shared


def place(views: SliceViews, axis: int, point: Point) -> QPoint:
    """Where a row and column in nm lie in a cut, in whole pixels."""
    pane = views.cut(axis)
    seen = pane.visible()
    at = QPointF((point[1] - seen.left()) / pane.scale, (point[0] - seen.top()) / pane.scale)
    return at.toPoint()


def drag(qtbot: QtBot, views: SliceViews, axis: int, *points: Point) -> None:
    """Press at the first point, go through the others, let go."""
    target = views.cut(axis).viewport()
    first, *rest = (place(views, axis, point) for point in points)
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=first)
    for at in rest:
        qtbot.mouseMove(target, at)
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=rest[-1])


def click(qtbot: QtBot, views: SliceViews, axis: int, point: Point) -> None:
    qtbot.mouseClick(views.cut(axis).viewport(), Qt.MouseButton.LeftButton, pos=place(views, axis, point))


@pytest.mark.parametrize("axis", [Z, Y, X])
def test_a_drag_draws_a_distance_in_any_cut(views: SliceViews, qtbot: QtBot, axis: int) -> None:
    views.gauges.use("distance")
    drag(qtbot, views, axis, (40.0, 30.0), (80.0, 60.0), (130.0, 150.0))
    (line,) = views.gauges.lines
    assert (line.axis, line.index) == (axis, views.cursor_zyx()[axis])
    pixel = views.cut(axis).scale
    assert length_of(*line.points) == pytest.approx(150.0, abs=2 * pixel)
    assert views.gauges.tool == "distance", "another one can be drawn at once"


def test_clicks_draw_as_well_and_the_cursor_stays(views: SliceViews, qtbot: QtBot) -> None:
    before = views.cursor_zyx()
    views.gauges.use("angle")
    for point in ((30.0, 150.0), (150.0, 150.0), (150.0, 60.0)):
        click(qtbot, views, Z, point)
    (line,) = views.gauges.lines
    assert angle_of(*line.points) == pytest.approx(90.0, abs=2.0)
    assert views.cursor_zyx() == before


def test_an_angle_is_drawn_by_a_drag_and_a_click(views: SliceViews, qtbot: QtBot) -> None:
    views.gauges.use("angle")
    drag(qtbot, views, Y, (60.0, 40.0), (60.0, 120.0))
    qtbot.mouseMove(views.cut(Y).viewport(), place(views, Y, (100.0, 100.0)))
    assert not views.gauges.lines, "one arm is no angle"
    click(qtbot, views, Y, (140.0, 40.0))
    (line,) = views.gauges.lines
    assert angle_of(*line.points) == pytest.approx(45.0, abs=2.0)


def test_ends_and_whole_lines_are_dragged(views: SliceViews, qtbot: QtBot) -> None:
    gauges = views.gauges
    gauges.use("distance")
    drag(qtbot, views, Z, (40.0, 40.0), (40.0, 140.0))
    gauges.use(None)
    drag(qtbot, views, Z, (40.0, 140.0), (90.0, 160.0), (140.0, 40.0))
    (line,) = gauges.lines
    pixel = views.cut(Z).scale
    assert line.points[1] == pytest.approx((140.0, 40.0), abs=2 * pixel)
    drag(qtbot, views, Z, (90.0, 40.0), (90.0, 90.0), (90.0, 120.0))
    (moved,) = gauges.lines
    assert moved.points[0] == pytest.approx((40.0, 120.0), abs=2 * pixel)
    assert length_of(*moved.points) == pytest.approx(length_of(*line.points))


def test_several_lines_are_numbered_and_taken_away_one_by_one(views: SliceViews, qtbot: QtBot) -> None:
    gauges = views.gauges
    gauges.use("distance")
    for row in (40.0, 80.0, 120.0):
        drag(qtbot, views, Z, (row, 40.0), (row, 140.0))
    assert [line.name for line in gauges.lines] == ["Distance 1", "Distance 2", "Distance 3"]
    gauges.choose(gauges.lines[1])
    qtbot.keyClick(views, Qt.Key.Key_Delete)
    assert [line.name for line in gauges.lines] == ["Distance 1", "Distance 3"]
    gauges.clear()
    assert not gauges.lines


def test_escape_leaves_the_tool_and_drops_what_is_not_finished(views: SliceViews, qtbot: QtBot) -> None:
    views.gauges.use("angle")
    click(qtbot, views, Z, (30.0, 150.0))
    with qtbot.waitSignal(views.gauges.tool_changed) as told:
        qtbot.keyClick(views.cut(Z), Qt.Key.Key_Escape)
    assert told.args == [""]
    assert not views.gauges.lines
    click(qtbot, views, Z, (102.5, 22.5))
    assert views.cursor_zyx()[1:] == (20, 4), "the mouse moves the cursor again"


def test_a_new_profile_takes_the_place_of_the_old_and_follows_the_slice(
    views: SliceViews, qtbot: QtBot
) -> None:
    gauges = views.gauges
    gauges.use("profile")
    drag(qtbot, views, Z, (40.0, 40.0), (40.0, 140.0))
    drag(qtbot, views, Z, (80.0, 40.0), (80.0, 140.0))
    assert len(gauges.lines) == 1
    views.set_cursor(3, 10, 10)
    assert gauges.profile is not None
    assert gauges.profile.index == 3


def test_lines_stay_within_the_slice(views: SliceViews, qtbot: QtBot) -> None:
    views.gauges.use("distance")
    drag(qtbot, views, Z, (100.0, 100.0), (100.0, 120.0), (-50.0, 1000.0))
    (line,) = views.gauges.lines
    assert line.points[1] == (0.0, SHAPE[2] * VOXEL_NM[2])


def test_lines_of_other_slices_cannot_be_taken_hold_of(views: SliceViews, qtbot: QtBot) -> None:
    views.gauges.use("distance")
    drag(qtbot, views, Z, (40.0, 40.0), (40.0, 140.0))
    views.gauges.use(None)
    before = views.gauges.lines
    views.set_cursor(5, 0, 0)
    drag(qtbot, views, Z, (40.0, 140.0), (140.0, 40.0))
    assert views.gauges.lines == before
    assert views.cursor_zyx()[1:] != (0, 0), "the drag has moved the cursor"


def test_lines_come_back_with_the_stack_they_were_drawn_on(views: SliceViews, qtbot: QtBot) -> None:
    gauges, voxels = views.gauges, np.zeros(SHAPE, np.uint8)
    gauges.use("distance")
    drag(qtbot, views, Z, (40.0, 40.0), (40.0, 140.0))
    drawn = list(gauges.lines)
    views.set_volume(volume_of(voxels[:, 4:, 4:], voxel_nm=VOXEL_NM), related=True)
    assert not gauges.lines, "they would lie elsewhere in a cropped stack"
    views.set_volume(volume_of(voxels, voxel_nm=VOXEL_NM), related=True)
    assert gauges.lines == drawn
    views.set_volume(volume_of(voxels[1:], voxel_nm=VOXEL_NM))
    views.set_volume(volume_of(voxels, voxel_nm=VOXEL_NM))
    assert not gauges.lines, "another sample"


def test_uneven_slices_are_measured_as_they_are_drawn(views: SliceViews, qtbot: QtBot) -> None:
    z_nm = (0.0, *np.cumsum(np.tile([6.0, 14.0], 12))[:23].tolist())
    views.set_volume(volume_of(np.zeros(SHAPE, np.uint8), voxel_nm=(None, 5.0, 5.0), z_nm=z_nm))
    qtbot.waitUntil(lambda: not views.busy(), timeout=10_000)
    frame = views.gauges.frame
    assert frame is not None
    first, last = float(frame.z_centres[2]), float(frame.z_centres[20])
    views.gauges.use("distance")
    drag(qtbot, views, Y, (first, 60.0), (100.0, 60.0), (last, 60.0))
    (line,) = views.gauges.lines
    told = float(value_of(line, frame).split(" nm")[0])
    assert told == pytest.approx(z_nm[20] - z_nm[2], abs=2 * views.cut(Y).scale)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("scale", [0.37, 1.0, 4.9, 73.0])
def test_the_scale_bar_is_as_long_as_it_says(scale: float, ratio: float) -> None:
    image = QImage(round(600 * ratio), round(300 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("black"))
    painter = QPainter(image)
    ground = draw_scale_bar(painter, QRectF(0, 0, 600, 300), scale, "nm")
    line = painter.fontMetrics().height()
    painter.end()
    row = round((ground.bottom() - line * 0.28) * ratio)
    white = [x for x in range(image.width()) if image.pixelColor(x, row).lightness() > 200]
    length_nm = (white[-1] - white[0] + 1) / ratio * scale
    leading = length_nm / 10 ** np.floor(np.log10(length_nm * 1.02))
    assert min(abs(leading - each) / each for each in (1, 2, 5, 10)) < 0.03


def test_the_scale_bar_says_where_it_does_not_hold() -> None:
    from app.plots.snapshot import bar_axis

    known = Frame(VolumeInfo(SHAPE, np.dtype(np.uint8), voxel_nm=VOXEL_NM))
    unknown = Frame(VolumeInfo(SHAPE, np.dtype(np.uint8), voxel_nm=(None, 5.0, 5.0)))
    assert {bar_axis(known, axis) for axis in (Z, Y, X)} == {""}
    assert [bar_axis(unknown, axis) for axis in (Z, Y, X)] == ["", "x", "y"]
