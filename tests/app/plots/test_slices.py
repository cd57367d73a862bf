"""The slice views as a user meets them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.geometry import X, Y, Z
from app.plots.marks import draw_divider, draw_scale_bar
from app.plots.pictures import AFTER, BEFORE
from app.plots.slices import SliceViews
from app.tint import Legend
from core.errors import ParameterError
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left
from tests.app.plots.sources import WatchedSource, watched

pytestmark = pytest.mark.gui
VOXEL_NM = (10.0, 5.0, 5.0)


@pytest.fixture
def views(qtbot: QtBot) -> Iterator[SliceViews]:
    with nothing_left():
        made = SliceViews()
        made.resize(900, 700)
        made.show()
        qtbot.waitExposed(made)
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


def settle(views: SliceViews, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not views.busy(), timeout=10_000)
    for axis in (Z, Y, X):
        views._panes[axis].render_now()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def text_of(views: SliceViews) -> str:
    return views._readout._value.text() + "\n" + views._readout._place.text()


def test_the_middle_is_shown_first_and_nothing_is_read_on_the_gui_thread(
    views: SliceViews, qtbot: QtBot
) -> None:
    source = WatchedSource()
    views.set_volume(watched(source, voxel_nm=VOXEL_NM))
    assert views.cursor_zyx() == (6, 20, 25)
    settle(views, qtbot)
    assert threading.get_ident() not in source.threads
    assert all(views._panes[axis].plane() is not None for axis in (Z, Y, X))
    assert "value 51" in text_of(views)
    assert "z 60 nm" in text_of(views)


def test_a_large_stack_is_not_read_to_show_its_first_slice(views: SliceViews, qtbot: QtBot) -> None:
    source = WatchedSource(shape=(500, 40, 50))
    views.set_volume(watched(source))
    qtbot.waitUntil(lambda: views._panes[Z].plane() is not None)
    assert source.reads[0] == (250, 251)
    assert len(source.reads) < 10


def test_pictures_have_the_greys_of_the_stack(views: SliceViews, qtbot: QtBot) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8), (4, 64, 64))
    views.set_volume(volume_of(ramp, voxel_nm=VOXEL_NM))
    views.set_levels(0, 255)
    settle(views, qtbot)
    seen = pixels(views.grab_image(Z))
    row = seen[seen.shape[0] // 2 + 20]
    ground = views.palette().color(QPalette.ColorRole.Base)
    inside = row[(row != [ground.red(), ground.green(), ground.blue()]).any(1)][:, 0].astype(int)
    assert inside[5] < 40
    assert inside[-5] > 215
    assert (np.diff(inside[5:-5]) >= -2).mean() > 0.95


def test_cuts_share_scale_and_true_proportions(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource(shape=(12, 40, 50)), voxel_nm=(20.0, 5.0, 5.0)))
    settle(views, qtbot)
    scales = {views._panes[axis].scale for axis in (Z, Y, X)}
    assert len(scales) == 1
    xz = views._panes[Y]
    item = xz._layers[BEFORE].item
    rect = item.mapRectToView(item.boundingRect())
    assert rect.height() == pytest.approx(12 * 20.0)
    assert rect.width() == pytest.approx(50 * 5.0)


def test_holes_between_slices_stay_empty(views: SliceViews, qtbot: QtBot) -> None:
    white = np.full((4, 30, 30), 255, np.uint8)
    views.set_volume(volume_of(white, voxel_nm=(10.0, 10.0, 10.0), slice_numbers=(0, 1, 12, 13)))
    views.set_levels(0, 255)
    settle(views, qtbot)
    picture = views._panes[Y]._layers[BEFORE].item.image
    alpha = picture[:, picture.shape[1] // 2, 3]
    assert 0.6 < (alpha == 0).mean() < 0.8  # ten of fourteen places


def test_a_click_sets_the_cursor_and_tells_it(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource(), voxel_nm=VOXEL_NM))
    settle(views, qtbot)
    pane = views._panes[Z]
    seen = pane.visible()
    at = QPoint(round((22.5 - seen.left()) / pane.scale), round((102.5 - seen.top()) / pane.scale))
    with qtbot.waitSignal(views.cursor_changed, timeout=1000) as moved:
        qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert moved.args == [6, 20, 4]
    assert views.cursor_zyx() == (6, 20, 4)


def wheel(pane: object, turns: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(50, 50),
        QPointF(50, 50),
        QPoint(),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane.viewport(), event)  # type: ignore[attr-defined]


def test_the_wheel_steps_through_slices_and_zooms_with_control(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource(), voxel_nm=VOXEL_NM))
    settle(views, qtbot)
    wheel(views._panes[Z], -2)
    assert views.cursor_zyx()[Z] == 8
    wheel(views._panes[X], 1)
    assert views.cursor_zyx()[X] == 24
    before = views._panes[Y].scale
    wheel(views._panes[Z], 2, Qt.KeyboardModifier.ControlModifier)
    assert views._panes[Y].scale < before, "all cuts zoom together"
    views.fit()
    assert views._panes[Y].scale == pytest.approx(before)


def test_keys_move_the_cursor_but_not_out_of_the_stack(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource(), voxel_nm=VOXEL_NM))
    for key, expected in (
        (Qt.Key.Key_PageDown, (7, 20, 25)),
        (Qt.Key.Key_Right, (7, 20, 26)),
        (Qt.Key.Key_Up, (7, 19, 26)),
        (Qt.Key.Key_Home, (0, 19, 26)),
        (Qt.Key.Key_PageUp, (0, 19, 26)),
        (Qt.Key.Key_End, (11, 19, 26)),
    ):
        qtbot.keyClick(views, key)
        assert views.cursor_zyx() == expected
    qtbot.keyClick(views, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert views.cursor_zyx() == (11, 19, 16)


def test_keys_pressed_over_a_cut_work_too(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    qtbot.keyClick(views._panes[Z], Qt.Key.Key_PageDown)
    assert views.cursor_zyx()[Z] == 7


def test_dragging_the_right_button_changes_the_contrast(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    views.set_levels(0, 100)
    with qtbot.waitSignal(views.levels_changed, timeout=1000):
        views._panes[Z].windowed.emit(0.0, -0.1)
    assert views.levels() == pytest.approx((-10, 90))
    views._panes[Z].windowed.emit(0.5, 0.0)
    low, high = views.levels()
    assert high - low == pytest.approx(100 * np.e)


def test_before_and_after_lie_on_both_sides_of_the_divider(views: SliceViews, qtbot: QtBot) -> None:
    before, after = (np.full((3, 60, 60), grey, np.uint8) for grey in (40, 200))
    views.set_volume(volume_of(before, voxel_nm=VOXEL_NM))
    views.set_levels(0, 255)
    views.set_compare(volume_of(after, voxel_nm=VOXEL_NM), "brighter")
    settle(views, qtbot)
    seen = pixels(views.grab_image(Z))
    row, middle = seen[seen.shape[0] // 4, :, 0].astype(int), seen.shape[1] // 2
    assert row[middle - 15] == pytest.approx(40, abs=3)
    assert row[middle + 15] == pytest.approx(200, abs=3)
    views._panes[Z].divider_moved.emit(0.75)
    row = pixels(views.grab_image(Z))[seen.shape[0] // 4, :, 0].astype(int)
    assert row[middle + 15] == pytest.approx(40, abs=3)
    assert "before 40 → brighter 200" in text_of(views)


def test_b_shows_both_sides_in_turn(views: SliceViews, qtbot: QtBot) -> None:
    before, after = (np.full((3, 60, 60), grey, np.uint8) for grey in (40, 200))
    views.set_volume(volume_of(before))
    views.set_compare(volume_of(after))
    views.set_mode("before")
    settle(views, qtbot)
    assert views._panes[Z].mode == "before"
    qtbot.keyClick(views, Qt.Key.Key_B)
    assert views.blinking
    assert views._panes[Z].mode == "after"
    views._comparison.blink_once()
    assert views._panes[Z].mode == "before"
    qtbot.waitUntil(lambda: views._panes[Z].mode == "after", timeout=5000)
    qtbot.keyClick(views, Qt.Key.Key_B)
    assert not views.blinking
    assert not views._comparison.timer.isActive()
    assert views._panes[Z].mode == "before", "as it was chosen"
    qtbot.keyClick(views, Qt.Key.Key_B)
    views.set_compare(None)
    settle(views, qtbot)
    assert not views._comparison.timer.isActive(), "nothing to compare any more"


def test_a_cropped_result_lies_where_it_was_cut_out(views: SliceViews, qtbot: QtBot) -> None:
    source = WatchedSource()
    whole = watched(source)
    part = volume_of(whole.read(slice(2, 10), slice(5, 35), slice(10, 40)))
    views.set_volume(whole)
    views.set_compare(part, "cropped", offset_zyx=(2, 5, 10))
    settle(views, qtbot)
    assert "before 51 → cropped 51" in text_of(views)
    views.set_cursor(0, 20, 25)
    settle(views, qtbot)
    assert views._panes[Z].plane(AFTER) is None, "no result on a slice that was cut off"
    assert views._panes[Y].plane(AFTER) is not None


def test_what_cannot_be_laid_over_each_other_is_refused(views: SliceViews) -> None:
    views.set_volume(watched(WatchedSource()))
    with pytest.raises(ParameterError, match="laid over"):
        views.set_compare(volume_of(np.zeros((12, 41, 50), np.uint8)))
    with pytest.raises(ParameterError, match="overlay"):
        views.set_overlay(volume_of(np.zeros((12, 20, 50), np.uint8)))


def test_a_preview_belongs_to_its_slice_and_stale_ones_are_dropped(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    new, old = np.full((40, 50), 9, np.uint8), np.full((40, 50), 8, np.uint8)
    views.show_preview(new, 5, z=6, note="from a sample")
    views.show_preview(old, 4, z=6)
    settle(views, qtbot)
    plane = views._panes[Z].plane(AFTER)
    assert plane is not None
    assert plane.value_at(0, 0) == 9
    assert "from a sample" in views._panes[Z].badges
    views.set_cursor(7, 20, 25)
    settle(views, qtbot)
    assert views._panes[Z].plane(AFTER) is None
    views.set_cursor(6, 20, 25)
    settle(views, qtbot)
    assert views._panes[Z].plane(AFTER) is plane
    views.show_preview(None, 6)
    assert views._panes[Z].plane(AFTER) is None
    assert not views._layers.comparable


def test_what_enters_the_step_stands_before_its_preview(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    pane = views._panes[Z]
    own = pane.plane(BEFORE)
    entered, result = np.full((40, 50), 77, np.uint8), np.full((40, 50), 9, np.uint8)
    views.show_preview(result, 1, z=6, before=entered)
    settle(views, qtbot)
    shown = pane.plane(BEFORE)
    assert shown is not None
    assert shown.value_at(3, 4) == 77
    views.set_cursor(7, 20, 25)
    settle(views, qtbot)
    moved = pane.plane(BEFORE)
    assert moved is not None
    assert moved.index == 7
    assert moved.value_at(3, 4) != 77
    views.set_cursor(6, 20, 25)
    settle(views, qtbot)
    views.clear_preview()
    assert pane.plane(BEFORE) is own


def test_an_overlay_colours_the_solid(views: SliceViews, qtbot: QtBot) -> None:
    mask = np.zeros((3, 60, 60), np.uint8)
    mask[:, :, 30:] = 255
    views.set_volume(volume_of(np.full((3, 60, 60), 100, np.uint8)))
    views.set_levels(0, 255)
    views.set_overlay(volume_of(mask, content="binary"), opacity=0.5)
    settle(views, qtbot)
    seen = pixels(views.grab_image(Z)).astype(int)
    row, middle = seen[seen.shape[0] // 4], seen.shape[1] // 2
    assert np.ptp(row[middle - 15]) <= 2, "grey where there is pore"
    assert row[middle + 15, 0] - row[middle + 15, 2] > 60, "coloured where there is solid"


def test_a_damaged_slice_is_said_in_its_place(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource(bad=frozenset({6}))))
    with qtbot.waitSignal(views.failed, timeout=2000) as said:
        pass
    assert "damaged" in said.args[0]
    assert "leave it out" in views._panes[Z].message
    views.set_cursor(7, 20, 25)
    settle(views, qtbot)
    assert views._panes[Z].message == ""
    assert views._panes[Z].plane() is not None


def test_a_stack_of_the_same_shape_keeps_place_and_contrast(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    views.set_cursor(2, 3, 4)
    views.set_levels(7, 77)
    views.zoom(0.5)
    scale = views._panes[Z].scale
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    assert views.cursor_zyx() == (2, 3, 4)
    assert views.levels() == (7, 77)
    assert views._panes[Z].scale == scale
    views.set_volume(watched(WatchedSource(shape=(3, 4, 5))))
    settle(views, qtbot)
    assert views.cursor_zyx() == (1, 2, 2)
    assert views.levels() != (7, 77)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 50), (40, 1, 2), (300, 2, 2)])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4"])
def test_odd_shapes_are_shown(
    views: SliceViews, qtbot: QtBot, shape: tuple[int, int, int], dtype: str
) -> None:
    views.set_volume(watched(WatchedSource(shape=shape, dtype=np.dtype(dtype))))
    settle(views, qtbot)
    assert views.grab_image(Z).width() > 0
    assert all(views._panes[axis].plane() is not None for axis in (Z, Y, X))


def test_an_image_without_any_number_in_it_does_no_harm(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume_of(np.full((3, 20, 20), np.nan, np.float32)))
    settle(views, qtbot)
    assert views.grab_image(Z).width() > 0


def test_single_views_can_be_chosen(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    for name, axis in (("xy", Z), ("xz", Y), ("yz", X)):
        views.set_views(name)
        assert [views._panes[each].isVisible() for each in (Z, Y, X)] == [each == axis for each in (Z, Y, X)]
    views.set_views("all")
    assert all(views._panes[each].isVisible() for each in (Z, Y, X))
    with pytest.raises(ParameterError):
        views.set_views("zz")


def test_none_empties_the_views(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(watched(WatchedSource()))
    settle(views, qtbot)
    views.set_volume(None)
    assert views._panes[Z].plane() is None
    views.set_cursor(1, 1, 1)
    views.show_preview(np.zeros((4, 4), np.uint8), 1)
    qtbot.keyClick(views, Qt.Key.Key_PageDown)
    qtbot.mouseClick(views._panes[Z].viewport(), Qt.MouseButton.LeftButton)


def test_colours_follow_the_theme(views: SliceViews, qtbot: QtBot) -> None:
    palette = views.palette()
    palette.setColor(QPalette.ColorRole.Base, QColor(10, 20, 30))
    views.setPalette(palette)
    qtbot.wait(20)
    assert pixels(views.grab_image(Z))[2, 2].tolist() == [10, 20, 30]


def test_shutdown_in_the_middle_of_reading(qtbot: QtBot) -> None:
    with nothing_left():
        views = SliceViews()
        views.set_volume(watched(WatchedSource(shape=(200, 40, 50))))
        views.shutdown()
        views.set_cursor(1, 1, 1)
        views.shutdown()
        views.deleteLater()
        flush_deletions()


def test_a_smaller_stack_after_a_larger_one(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume_of(np.zeros((64, 40, 50), np.uint8), voxel_nm=VOXEL_NM))
    settle(views, qtbot)
    views.set_volume(volume_of(np.full((1, 20, 30), 7, np.uint8), voxel_nm=VOXEL_NM))
    assert views.cursor_zyx() == (0, 10, 15)
    settle(views, qtbot)
    assert "value 7" in text_of(views)
    views.set_volume(volume_of(np.full((64, 40, 50), 9, np.uint8), voxel_nm=VOXEL_NM))
    settle(views, qtbot)
    assert "value 9" in text_of(views)


def test_the_read_out_says_what_the_colours_mean(views: SliceViews, qtbot: QtBot) -> None:
    table = np.zeros((256, 3), np.uint8)
    index = np.zeros((4, 20, 30), np.uint8)
    index[:, :, 15:] = 128
    views.set_volume(volume_of(np.zeros((4, 20, 30), np.uint8), voxel_nm=VOXEL_NM))
    views.set_overlay(
        volume_of(index, content="labels"), legend=Legend("Local thickness (nm)", 0, 100, table)
    )
    settle(views, qtbot)
    assert "local thickness about 50 nm" in text_of(views)
    views.set_cursor(2, 10, 3)
    settle(views, qtbot)
    assert "thickness" not in text_of(views)
    views.set_overlay(
        volume_of(index // 64, content="labels"), legend=Legend("Components", 0, 0, table, (("x", 1),))
    )
    views.set_cursor(2, 10, 20)
    settle(views, qtbot)
    assert "another component" in text_of(views)
    views.set_overlay(None)
    assert "component" not in text_of(views)


def test_the_legend_goes_where_there_is_room(views: SliceViews, qtbot: QtBot) -> None:
    index = volume_of(np.ones((400, 20, 300), np.uint8), content="labels")
    views.set_volume(volume_of(np.zeros((400, 20, 300), np.uint8)))
    views.set_overlay(index, legend=Legend("Thickness (px)", 0, 1, np.zeros((256, 3), np.uint8)))
    settle(views, qtbot)
    assert views._panes[Z].legend is not None
    views.resize(900, 330)
    settle(views, qtbot)
    low = views._panes[Z].height()
    assert low < views._panes[Y].height()
    assert [views._panes[axis].legend is not None for axis in (Z, Y, X)] == [False, True, False]
    views.set_views("xy")
    settle(views, qtbot)
    assert views._panes[Z].legend is not None


def rebuilt(origin: tuple[int, ...]) -> Volume:
    ramp = np.linspace(40, 200, 64).astype(np.uint8)
    planes = [np.broadcast_to(ramp, (64, 64)) if kind else np.zeros((64, 64), np.uint8) for kind in origin]
    return volume_of(np.stack(planes), voxel_nm=VOXEL_NM, origin=origin)


def test_a_gap_does_not_decide_the_contrast(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(rebuilt((1, 0, 0, 1, 0, 0, 1)))
    assert views.cursor_zyx()[0] == 3
    views.set_cursor(4, 5, 5)
    settle(views, qtbot)
    views.auto_contrast()
    settle(views, qtbot)
    assert views.levels()[1] > 190
    views.set_cursor(3, 5, 5)
    settle(views, qtbot)
    views.auto_contrast()
    assert views.levels()[0] == pytest.approx(40, abs=2)


def test_a_blank_slice_does_not_decide_the_contrast(views: SliceViews, qtbot: QtBot) -> None:
    data = np.random.default_rng(1).integers(40, 200, (6, 30, 32), dtype=np.uint8)
    data[2] = 77
    views.set_volume(volume_of(data))
    views.set_cursor(2, 5, 5)
    settle(views, qtbot)
    views.auto_contrast()
    settle(views, qtbot)
    assert views.levels()[0] < 60
    assert views.levels()[1] > 180


def test_both_sides_say_where_a_slice_comes_from(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(rebuilt((1, 0, 0, 1)))
    views.set_compare(rebuilt((1, 2, 2, 1)), "Fill")
    views.set_cursor(1, 5, 5)
    settle(views, qtbot)
    assert "gap → interpolated" in views._panes[Z].badges
    assert views._panes[Y].origins == {BEFORE: (1, 0, 0, 1), AFTER: (1, 2, 2, 1)}
    views.set_cursor(0, 5, 5)
    assert "measured" in views._panes[Z].badges
    views.set_compare(None)
    views.set_cursor(1, 5, 5)
    assert "gap: nothing was measured here" in views._panes[Z].badges


def test_names_at_the_divider_stand_above_the_scale_bar(qapp: QApplication) -> None:
    area = QRectF(0, 0, 260, 120)
    picture = QImage(260, 120, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    taken = draw_scale_bar(painter, area, 1.0, "nm")
    picture.fill(QColor("white"))
    draw_divider(painter, area, 130.0, ("before", "Register channels"), taken)
    painter.end()
    inside = pixels(picture)[int(taken.top()) + 1 : int(taken.bottom()), int(taken.left()) + 1 :]
    assert (inside == 255).all()
