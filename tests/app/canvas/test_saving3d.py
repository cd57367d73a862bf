"""Pictures and movies of the 3D view: whole, playable, cancelled at once, never half there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.canvas.gl import checked
from app.canvas.movie_files import FrameQueue, save_movie
from app.canvas.orbit import Orbit
from app.canvas.pace import Pace
from app.canvas.volume3d import VolumeView
from core.errors import Cancelled, WriteError
from core.job import Job, Progress
from core.volume import volume_of
from tests.app.canvas.parts import VOXEL_NM, opened_view, settle, shown

SMALL = Orbit(frames=4, size=(160, 120), per_second=10)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[VolumeView]:
    with opened_view() as made:
        data = np.zeros((16, 16, 16), np.uint8)
        data[4:12, 4:12, 2:14] = 255
        shown(made, volume_of(data, voxel_nm=VOXEL_NM, content="binary"), qtbot)
        yield made


def queued(count: int = 3) -> FrameQueue:
    frames = FrameQueue()
    for number in range(count):
        frames.put(np.full((20, 30, 3), 80 * number, np.uint8))
    frames.put(None)
    return frames


def test_a_movie_is_a_folder_of_pictures_or_one_file_that_others_can_read(tmp_path: Path) -> None:
    folder, file = tmp_path / "turn", tmp_path / "turn.webp"
    save_movie(folder, queued(), "pictures", 10, Job())
    assert [path.name for path in sorted(folder.iterdir())] == [f"frame_{n:04d}.png" for n in range(3)]
    assert QImage(str(folder / "frame_0001.png")).pixelColor(5, 5).red() == 80
    save_movie(file, queued(), "webp", 10, Job())
    with Image.open(file) as opened:
        assert (opened.n_frames, opened.size) == (3, (30, 20))
        opened.seek(2)
        opened.load()
        assert opened.info["duration"] == 100
        assert np.asarray(opened.convert("RGB"))[10, 15].tolist() == pytest.approx([160] * 3, abs=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["turn", "turn.webp"]


@pytest.mark.parametrize("kind", ["pictures", "webp"])
def test_a_movie_that_is_stopped_leaves_nothing(tmp_path: Path, kind: str) -> None:
    job, frames = Job(), FrameQueue()
    frames.put(np.zeros((20, 30, 3), np.uint8))
    job.stop.set()
    with pytest.raises(Cancelled):
        save_movie(tmp_path / "turn", frames, kind, 10, job)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WriteError, match="there already"):
        save_movie(tmp_path, queued(), "pictures", 10, Job())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.gui
def test_a_turn_is_filmed_while_the_window_stays_free(view: VolumeView, qtbot: QtBot, tmp_path: Path) -> None:
    before, size = view.screenshot(), view._screen.size()
    told: list[Progress | None] = []
    view.progressed.connect(told.append)
    with qtbot.waitSignal(view.saved, timeout=30_000):
        view._saver.movie(tmp_path / "turn", view._ready(), SMALL)
        assert not view._controls.isEnabled()
        assert view._page._stop.isVisible()
    settle(view, qtbot)
    reader = QImageReader(str(tmp_path / "turn.webp"))
    assert [each.done for each in told if each] == [0, 1, 2, 3, 4]
    assert told[-1] is None
    assert view._controls.isEnabled()
    with Image.open(tmp_path / "turn.webp") as opened:
        assert (opened.n_frames, opened.size) == (4, SMALL.size)
        frames = []
        for number in range(4):
            opened.seek(number)
            frames.append(np.asarray(opened.convert("RGB")).astype(int))
    assert min(np.abs(frames[n] - frames[n - 1]).mean() for n in range(1, 4)) > 0.5, "it turns"
    if reader.supportsAnimation():
        assert reader.imageCount() == 4
    assert view._screen.size() == size
    np.testing.assert_array_equal(view.screenshot(), before)


@pytest.mark.gui
def test_a_movie_can_be_cancelled_at_once(view: VolumeView, qtbot: QtBot, tmp_path: Path) -> None:
    long = Orbit(frames=400, size=(320, 240), kind="pictures")
    view._saver.movie(tmp_path / "turn", view._ready(), long)
    qtbot.waitUntil(lambda: any(tmp_path.glob("*/frame_0001.png")), timeout=20_000)
    began = time.perf_counter()
    qtbot.mouseClick(view._page._stop, Qt.MouseButton.LeftButton)
    assert not view._saver.busy
    qtbot.waitUntil(lambda: not list(tmp_path.iterdir()), timeout=2_000)
    assert time.perf_counter() - began < 1.0
    settle(view, qtbot)
    assert view.message() == ""


@pytest.mark.gui
def test_another_stack_ends_a_movie(view: VolumeView, qtbot: QtBot, tmp_path: Path) -> None:
    view._saver.movie(tmp_path / "turn", view._ready(), Orbit(frames=400, size=(160, 120)))
    view.set_volume(volume_of(np.full((8, 8, 8), 200, np.uint8), voxel_nm=VOXEL_NM))
    assert not view._saver.busy
    settle(view, qtbot)
    assert view._controls.isEnabled()
    assert list(tmp_path.glob("*.webp")) == []


@pytest.mark.gui
def test_pictures_are_finer_with_axes_and_bar_as_wished(
    view: VolumeView, qtbot: QtBot, tmp_path: Path
) -> None:
    view.show_panel("Picture")
    panel = view._controls.picture
    panel.times.setCurrentIndex(1)
    sizes = []  # the line that says where a picture lies takes some of the height
    for name, ticked in (("with.png", True), ("without.png", False)):
        if not ticked:
            panel.axes.click()
            panel.bar.click()
        qtbot.mouseClick(panel.save, Qt.MouseButton.LeftButton)
        dialog = view.findChildren(QFileDialog)[-1]
        dialog.findChild(QLineEdit).setText(str(tmp_path / name))
        settle(view, qtbot)
        sizes.append(2 * view._screen.size())
        with qtbot.waitSignal(view.saved, timeout=20_000):
            dialog.accept()
        settle(view, qtbot)
    decorated, plain = (QImage(str(tmp_path / name)) for name in ("with.png", "without.png"))
    assert [decorated.size(), plain.size()] == sizes
    assert decorated.pixelColor(decorated.width() - 14, 30) != plain.pixelColor(plain.width() - 14, 30)
    assert decorated.pixelColor(20, 20) == plain.pixelColor(20, 20)


@pytest.mark.gui
def test_what_cannot_be_saved_is_said(view: VolumeView, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with qtbot.waitSignal(view.refused, timeout=10_000) as said:
        view._saver.movie(tmp_path / "full", view._ready(), Orbit(frames=4, kind="pictures"))
    assert "there already" in str(said.args[0])
    with qtbot.waitSignal(view.refused, timeout=10_000):
        view._saver.picture(tmp_path / "none" / "a.png", view._ready(), 1.0)
    assert not view._saver.busy


@pytest.mark.gui
def test_resolution_falls_while_moving_and_comes_back(view: VolumeView, qtbot: QtBot) -> None:
    renderer, screen = view._drawing.renderer, view._screen
    assert renderer is not None
    fine = screen._image.width()
    slow = 1e-5  # seconds per pixel, whatever this machine does
    renderer.pace.learn = lambda _pixels, _seconds: None  # type: ignore[method-assign]
    renderer.pace.seconds_per_pixel = slow
    qtbot.keyClick(screen, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: screen._image.width() < 0.6 * fine, timeout=5_000)
    assert not view.settled()
    settle(view, qtbot)
    assert screen._image.width() == fine


@pytest.mark.gui
def test_a_driver_without_room_gets_a_smaller_stack_and_then_a_message(
    view: VolumeView, qtbot: QtBot
) -> None:
    renderer = view._drawing.renderer
    assert renderer is not None
    view._supply.budget_bytes = 4 << 20
    answers = iter([False, True, False, False])
    renderer.scene.out_of_memory = lambda: next(answers, False)  # type: ignore[method-assign]
    renderer.change(lambda _scene: None)
    qtbot.waitUntil(lambda: view._supply.budget_bytes == 2 << 20, timeout=5_000)
    settle(view, qtbot)
    assert view.message() == ""
    renderer.scene.draw = _refuse  # type: ignore[method-assign,assignment]
    renderer.change(lambda _scene: None)
    qtbot.waitUntil(lambda: "cannot draw this stack: shader too long" in view.message(), timeout=5_000)
    assert view.settled()


def _refuse(*_arguments: object) -> None:
    raise RuntimeError("shader too long")


def test_small_pieces_do_not_look_dear() -> None:
    pace = Pace(overhead_s=0.004)
    for _ in range(30):
        pixels = 4 * 640
        pace.learn(pixels, 0.004 + pixels * 1e-6)
    assert pace.strip_rows(640, 1.0) > 30


def test_why_a_picture_is_coarse_is_said() -> None:
    soft = checked("llvmpipe (LLVM 15.0.6, 256 bits)", "4.5", 2048, embedded=False)
    card = checked("Intel G45", "2.1", 256, embedded=False)
    assert soft.why_coarse("bytes", 16 << 20) == "drawn by the processor (llvmpipe): at most 16 MiB"
    assert "at most 256 voxels along a side" in card.why_coarse("side", 1)
    assert card.why_coarse("", 1) == ""
