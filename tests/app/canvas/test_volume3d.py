"""The 3D view draws what is there, and says so where it cannot."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.canvas.gl import NoOpenGLError, ask_driver
from app.canvas.volume3d import VolumeView
from core.errors import ParameterError, WriteError
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left
from tests.app.plots.sources import WatchedSource, watched

pytestmark = pytest.mark.gui
VOXEL_NM = (10.0, 10.0, 10.0)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[VolumeView]:
    try:
        ask_driver()
    except NoOpenGLError as error:
        pytest.skip(f"no OpenGL here: {error}")
    with nothing_left():
        made = VolumeView()
        made.resize(360, 320)
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


def settle(view: VolumeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(view.settled, timeout=30_000)


def cube(side: int = 24, margin: int = 6, **info: object) -> Volume:
    data = np.zeros((side, side, side), np.uint8)
    data[margin:-margin, margin:-margin, margin:-margin] = 255
    return volume_of(data, **{"voxel_nm": VOXEL_NM, "content": "binary", **info})


def coloured(picture: np.ndarray) -> np.ndarray:
    """Where the surface is: far more red than blue in its default colour."""
    return picture[..., 0].astype(int) - picture[..., 2] > 25


def shown(view: VolumeView, volume: Volume, qtbot: QtBot) -> None:
    view.set_volume(volume)
    view.show()
    settle(view, qtbot)


def test_nothing_is_read_before_the_view_is_seen(view: VolumeView, qtbot: QtBot) -> None:
    source = WatchedSource()
    view.set_volume(watched(source, voxel_nm=VOXEL_NM))
    qtbot.wait(50)
    assert source.reads == []
    view.show()
    settle(view, qtbot)
    assert source.reads
    assert threading.get_ident() not in source.threads


def test_a_solid_is_drawn_as_a_lit_surface(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    assert view.message() == ""
    picture = view.screenshot()
    solid = coloured(picture)
    assert 0.05 < solid.mean() < 0.5
    rows, columns = np.nonzero(solid)
    assert rows.mean() == pytest.approx(picture.shape[0] / 2, rel=0.15)
    assert columns.mean() == pytest.approx(picture.shape[1] / 2, rel=0.15)
    assert len(np.unique(picture[solid][:, 0])) > 5, "shades, not one flat colour"


def test_x_points_right_y_down_and_z_away(view: VolumeView, qtbot: QtBot) -> None:
    data = np.zeros((24, 24, 24), np.uint8)
    data[:8, :8, 16:] = 255  # front, top, right
    shown(view, volume_of(data, voxel_nm=VOXEL_NM, content="binary"), qtbot)
    view._screen.turned.emit(30.0, -25.0)  # back to the very front
    settle(view, qtbot)
    front = coloured(view.screenshot())
    rows, columns = np.nonzero(front)
    assert rows.mean() < 0.45 * front.shape[0]
    assert columns.mean() > 0.55 * front.shape[1]
    back_data = np.zeros((24, 24, 24), np.uint8)
    back_data[16:, :8, 16:] = 255
    view.set_volume(volume_of(back_data, voxel_nm=VOXEL_NM, content="binary"))
    settle(view, qtbot)
    view._screen.turned.emit(30.0, -25.0)
    settle(view, qtbot)
    assert coloured(view.screenshot()).sum() < front.sum(), "what lies farther along z looks smaller"


def test_voxels_have_their_true_proportions(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(voxel_nm=(10.0, 10.0, 30.0)), qtbot)
    view._screen.turned.emit(30.0, -25.0)
    settle(view, qtbot)
    rows, columns = np.nonzero(coloured(view.screenshot()))
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(3.0, rel=0.15)
    assert "720 nm × 240 nm × 240 nm (x, y, z)" in view.label()


def test_cutting_takes_parts_away(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    whole = coloured(view.screenshot()).sum()
    view.set_clip("x", 0.5, 1.0)
    settle(view, qtbot)
    half = coloured(view.screenshot()).sum()
    assert 0.2 * whole < half < 0.9 * whole
    view.set_clip("x", 0.0, 1.0)
    view.set_clip("z", 0.9, 1.0)
    settle(view, qtbot)
    assert coloured(view.screenshot()).sum() == 0
    with pytest.raises(ParameterError):
        view.set_clip("x", 0.7, 0.2)


def test_grey_stacks_start_with_the_brightest_voxel_on_dark_ground(view: VolumeView, qtbot: QtBot) -> None:
    rng = np.random.default_rng(1)
    data = rng.integers(20, 60, (24, 24, 24)).astype(np.uint16)
    data[8:16, 8:16, 8:16] = 40_000
    shown(view, volume_of(data, voxel_nm=VOXEL_NM), qtbot)
    picture = view.screenshot()
    middle = picture[picture.shape[0] // 2, picture.shape[1] // 2]
    assert middle[:3].min() > 200
    assert picture[3, 3, :3].max() < 60


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_the_threshold_means_grey_values_of_the_stack(view: VolumeView, qtbot: QtBot, dtype: str) -> None:
    data = np.full((20, 20, 20), 10, dtype)
    data[5:15, 5:15, 5:15] = 100
    shown(view, volume_of(data, voxel_nm=VOXEL_NM), qtbot)
    view.set_mode("iso")
    for threshold, visible in ((60, True), (110, False)):
        view.set_threshold(threshold)
        settle(view, qtbot)
        assert bool(coloured(view.screenshot()).any()) is visible


def test_colours_can_be_chosen(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    view.set_colour(QColor("#2060ff"))
    settle(view, qtbot)
    picture = view.screenshot().astype(int)
    assert (picture[..., 2] - picture[..., 0] > 40).any()
    view.set_mode("mip")
    view.set_colour_map("Viridis")
    settle(view, qtbot)
    with pytest.raises(ParameterError):
        view.set_colour_map("none such")
    with pytest.raises(ParameterError):
        view.set_mode("none such")


def test_turning_moving_and_resetting(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    first = view.screenshot().astype(int)
    qtbot.keyClick(view._screen, Qt.Key.Key_Right)
    view._screen.moved.emit(0.2, 0.0)
    settle(view, qtbot)
    moved = view.screenshot().astype(int)
    assert np.abs(moved - first).mean() > 1
    columns = [np.nonzero(coloured(picture.astype(np.uint8)))[1].mean() for picture in (first, moved)]
    assert columns[1] - columns[0] == pytest.approx(0.2 * first.shape[0], rel=0.3)
    view.reset_view()
    settle(view, qtbot)
    assert np.abs(view.screenshot().astype(int) - first).mean() < 1


def test_strips_make_the_same_picture_as_one_piece(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    renderer = view._drawing.renderer
    assert renderer is not None
    renderer.pace.seconds_per_pixel = renderer.pace.target_s / 5000  # a few rows at a time
    renderer._begin_strips()
    renderer._finished = False
    settle(view, qtbot)
    image = view._screen._image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pieces = rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).astype(int)
    whole = view.screenshot().astype(int)
    assert pieces.shape == whole.shape
    assert np.abs(pieces - whole)[..., :3].mean() < 0.5


def test_large_stacks_say_how_coarse_they_are(
    view: VolumeView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.canvas.gl.SOFTWARE_BYTES", 8000)
    monkeypatch.setattr("app.canvas.gl.HARDWARE_BYTES", 8000)
    shown(view, cube(40), qtbot)
    assert "shown at 1/2 (block mean)" in view.label()
    assert coloured(view.screenshot()).any()


def test_very_large_stacks_get_a_first_look(
    view: VolumeView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.canvas.gl.SOFTWARE_BYTES", 8000)
    monkeypatch.setattr("app.canvas.gl.HARDWARE_BYTES", 8000)
    monkeypatch.setattr("app.canvas.reading.LARGE_BYTES", 1000)
    labels: list[str] = []
    view.shown.connect(labels.append)
    shown(view, cube(40), qtbot)
    assert len(labels) == 2
    assert "first look" in labels[0]
    assert "first look" not in labels[1]


def test_reading_can_be_cancelled_and_begun_again(view: VolumeView, qtbot: QtBot) -> None:
    source = WatchedSource(gate=threading.Event())
    view.set_volume(watched(source))
    view.show()
    qtbot.waitUntil(lambda: view._drawing.renderer is not None and view._supply.reading, timeout=10_000)
    view.cancel()
    source.gate.set()
    assert "stopped" in view.message()
    assert view._page._again.isVisible()
    view._page._again.click()
    settle(view, qtbot)
    assert view.message() == ""


def test_what_cannot_be_read_is_said(view: VolumeView, qtbot: QtBot) -> None:
    view.set_volume(watched(WatchedSource(bad=frozenset({3}))))
    with qtbot.waitSignal(view.failed, timeout=10_000) as said:
        view.show()
    assert "damaged" in said.args[0]
    assert "leave it out" in view.message()


def test_without_opengl_there_is_a_message_and_nothing_breaks(
    view: VolumeView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise NoOpenGLError("There is no OpenGL here.")

    importlib.import_module("app.canvas.renderer")
    monkeypatch.setattr("app.canvas.renderer.ask_driver", refuse)
    view.set_volume(cube())
    with qtbot.waitSignal(view.failed, timeout=10_000):
        view.show()
    assert view.message() == "There is no OpenGL here."
    assert view.settled()
    view.set_mode("iso")
    view.set_threshold(3)
    view.set_clip("x", 0.2, 0.8)
    view.reset_view()
    view.set_volume(cube())
    with pytest.raises(ParameterError, match="no 3D picture"):
        view.screenshot()


def test_pictures_are_saved_whole_or_not_at_all(view: VolumeView, qtbot: QtBot, tmp_path: Path) -> None:
    shown(view, cube(), qtbot)
    target = tmp_path / "Bild ä.png"
    view.save_screenshot(target)
    assert QImage(str(target)).height() == view.screenshot().shape[0]
    with pytest.raises(WriteError):
        view.save_screenshot(tmp_path / "missing" / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["Bild ä.png"]


def test_volumes_can_follow_each_other(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, cube(), qtbot)
    view.set_volume(None)
    assert view.message()
    view.set_volume(cube(30))
    settle(view, qtbot)
    assert coloured(view.screenshot()).any()
    view.hide()
    view.set_volume(cube(20))
    view.show()
    settle(view, qtbot)
    assert coloured(view.screenshot()).any()
