"""Pictures of a cut: every pixel where it belongs, scale bar and lines only where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.geometry import Y, Z
from app.plots.lines import Line
from app.plots.slices import SliceViews
from app.plots.snapshot import Shot, annotate, image_of, whole_picture, write_picture
from core.errors import ParameterError, WriteError
from core.job import Job
from core.volume import volume_of
from tests.app.leftovers import flush_deletions, nothing_left

pytestmark = pytest.mark.gui
SHAPE = (6, 60, 80)


@pytest.fixture
def voxels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, SHAPE).astype(np.uint8)


@pytest.fixture(scope="module")
def shared(qapp: QApplication) -> Iterator[SliceViews]:
    """One window for all of these tests: making and checking one each takes longer than they do."""
    with nothing_left():
        made = SliceViews()
        made.resize(700, 500)
        made.show()
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


@pytest.fixture
def views(shared: SliceViews, qtbot: QtBot, voxels: np.ndarray) -> SliceViews:
    """The same with a fresh stack."""
    shared.set_volume(None)
    shared.gauges.forget()
    shared.set_volume(volume_of(voxels, voxel_nm=(10.0, 5.0, 5.0)))
    shared.set_levels(0, 256)
    shared.fit()
    qtbot.waitExposed(shared)
    qtbot.waitUntil(lambda: not shared.busy(), timeout=10_000)
    return shared


def settle(views: SliceViews, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not views.busy(), timeout=10_000)


def shot(views: SliceViews, axis: int = Z) -> Shot:
    made = views.cut(axis).shot()
    assert made is not None
    return made


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_whole_slice_has_one_pixel_for_each_of_its_own(views: SliceViews, voxels: np.ndarray) -> None:
    views.zoom(0.2)  # what is seen does not matter
    picture = whole_picture(shot(views), Job())
    z = views.cursor_zyx()[Z]
    np.testing.assert_allclose(picture[..., 0].astype(int), voxels[z], atol=1)
    assert (picture[..., 3] == 255).all()


def test_a_cut_along_z_keeps_its_proportions(views: SliceViews, voxels: np.ndarray) -> None:
    picture = whole_picture(shot(views, Y), Job())
    y = views.cursor_zyx()[Y]
    assert picture.shape == (12, 80, 4)
    np.testing.assert_allclose(picture[..., 0].astype(int), voxels[:, y].repeat(2, 0), atol=1)


def test_uneven_slices_are_as_thick_as_they_are(views: SliceViews, qtbot: QtBot) -> None:
    z_nm = (0.0, 10.0, 20.0, 30.0, 45.0, 60.0)
    grey = np.arange(0, 60, 10, dtype=np.uint8)[:, None, None].repeat(60, 1).repeat(80, 2)
    views.set_volume(volume_of(grey, voxel_nm=(None, 5.0, 5.0), z_nm=z_nm))
    views.set_levels(0, 256)
    settle(views, qtbot)
    column = whole_picture(shot(views, Y), Job())[:, 40, 0].astype(int)
    values, counts = np.unique(column, return_counts=True)
    np.testing.assert_allclose(values, np.arange(0, 60, 10), atol=1)
    assert counts.tolist()[:3] == [2, 2, 2]
    assert counts[4] > counts[1]


def test_both_sides_of_the_divider_are_drawn(views: SliceViews, qtbot: QtBot) -> None:
    views.set_compare(volume_of(np.full(SHAPE, 128, np.uint8), voxel_nm=(10.0, 5.0, 5.0)), "flat")
    views.set_mode("swipe")
    settle(views, qtbot)
    picture = whole_picture(shot(views), Job())[..., 0].astype(int)
    assert (abs(picture[:, -10:] - 128) <= 1).all()
    assert picture[:, :10].std() > 20
    views.set_mode("before")
    assert whole_picture(shot(views), Job())[:, -10:, 0].std() > 20


def test_an_overlay_is_laid_over_the_grey_values(views: SliceViews, qtbot: QtBot) -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, :, 40:] = 255
    overlay = volume_of(mask, voxel_nm=(10.0, 5.0, 5.0), content="binary")
    views.set_overlay(overlay, 1.0)
    settle(views, qtbot)
    picture = whole_picture(shot(views), Job())
    assert (picture[:, 41:, :3] == (255, 140, 0)).all()
    assert (picture[:, :39, 0] == picture[:, :39, 2]).all()


def test_scale_bar_and_lines_are_burned_in_only_where_wanted(views: SliceViews) -> None:
    z = views.cursor_zyx()[Z]
    views.gauges.lines.append(Line("distance", Z, z, ((50.0, 50.0), (50.0, 300.0)), 1))
    made = shot(views)
    plain = whole_picture(made, Job())
    for bar, lines in ((False, False), (True, False), (False, True)):
        image = image_of(plain)
        annotate(image, made, views.gauges if lines else None, bar=bar)
        changed = (pixels(image) != plain[..., :3]).any(2)
        assert changed.any() == (bar or lines)
        if bar:
            assert not changed[: SHAPE[1] // 4].any(), "the bar is below"
        if lines:
            assert changed[10, 20:50].all()


def test_the_screen_is_grabbed_without_cross_hair_and_with_what_is_wanted(views: SliceViews) -> None:
    pane = views.cut(Z)
    on_screen, clean = pixels(views.grab_image(Z)), pixels(pane.grabbed())
    bare = pixels(pane.grabbed(bar=False, lines=False))
    assert on_screen.shape == clean.shape
    assert (on_screen != clean).any()
    below = slice(-45, None)
    assert (clean[below] != bare[below]).any(), "the scale bar"
    assert (clean[:-60] == bare[:-60]).all()
    assert (pixels(views.grab_image(Z)) == on_screen).all(), "the view is as it was"


def test_a_picture_that_cannot_be_made_or_written_says_why(views: SliceViews, tmp_path: Path) -> None:
    huge = volume_of(
        np.broadcast_to(np.zeros((1, 1, 1), np.uint8), (1, 40_000, 40)), voxel_nm=(10.0, 5.0, 5.0)
    )
    views.set_volume(huge)
    made = Shot(views.gauges.frame, Z, (), None, (0, 0, 0))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="too large"):
        whole_picture(made, Job())
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    assert write_picture(image, tmp_path / "cut", Job()) == tmp_path / "cut.png"
    assert QImage(str(tmp_path / "cut.png")).width() == 4
    with pytest.raises(WriteError):
        write_picture(image, tmp_path / "missing" / "cut.png", Job())
    assert [each.name for each in tmp_path.iterdir()] == ["cut.png"]
