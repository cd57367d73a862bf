"""Slices in the volume, and what is cut away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.canvas.look import Cut, angles_of
from app.canvas.volume3d import VolumeView
from app.geometry import X, Y, Z
from core.volume import volume_of
from tests.app.canvas.parts import VOXEL_NM, front, middle, opened_view, settle, shown

pytestmark = pytest.mark.gui


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[VolumeView]:
    with opened_view() as made:
        yield made


def solid(picture: np.ndarray) -> np.ndarray:
    """Where the surface is: far more red than blue in its default colour."""
    return picture[..., 0].astype(int) - picture[..., 2] > 25


def test_slices_follow_the_cursor(view: VolumeView, qtbot: QtBot) -> None:
    data = np.full((16, 16, 16), 40, np.uint8)
    data[4] = 220
    data[:, :, 12] = 220
    shown(view, volume_of(data, voxel_nm=VOXEL_NM), qtbot)
    view._controls.mode.setCurrentIndex(3)  # slices only: all three at first
    front(view, qtbot)
    assert view._controls.shown_slices() == {Z, Y, X}
    view.show_panel("Slices")
    for axis in (X, Y):
        view._controls.slices[axis].click()
    view.set_cursor((8, 8, 8))
    settle(view, qtbot)
    row, column = middle(view.screenshot())
    assert view.screenshot()[row, column - 20, :3].max() < 100
    view.set_cursor((4, 8, 8))
    settle(view, qtbot)
    assert view.screenshot()[row, column - 20, :3].min() > 150, "the bright slice"


def test_uneven_slices_stand_at_their_true_place(view: VolumeView, qtbot: QtBot) -> None:
    data = np.zeros((6, 24, 24), np.uint8)
    data[3:] = 255
    z_nm = (0.0, 10.0, 20.0, 120.0, 130.0, 140.0)  # the bright ones begin far behind
    volume = volume_of(data, voxel_nm=(None, 10.0, 10.0), z_nm=z_nm)
    shown(view, volume, qtbot)
    assert view._drawing.loaded is not None
    assert view._drawing.loaded.how.lengths[0] == pytest.approx(150.0)
    view.set_mode("none")
    view.set_slices(frozenset({Z}))
    places = []
    for z in (2, 3):
        view.set_cursor((z, 12, 12))
        settle(view, qtbot)
        image = view._drawing.renderer.scene.planes._images[Z]  # type: ignore[union-attr]
        places.append(float(image.transform.matrix[3, 2]))
        drawn = image._data[..., 0]
        assert (drawn == data[z].max()).all()
    assert places[0] == pytest.approx(25.0 / 240)
    assert places[1] == pytest.approx(125.0 / 240)


def test_slices_hide_what_lies_behind_them_and_nothing_before(view: VolumeView, qtbot: QtBot) -> None:
    data = np.zeros((24, 24, 24), np.uint8)
    data[2:6, 4:20, 2:8] = 255
    data[18:22, 4:20, 16:22] = 255
    shown(view, volume_of(data, voxel_nm=VOXEL_NM, content="binary"), qtbot)
    front(view, qtbot)
    before = solid(view.screenshot())
    view.set_cursor((12, 12, 12))
    view.set_slices(frozenset({Z}))
    settle(view, qtbot)
    after = solid(view.screenshot())
    _row, column = middle(after)
    assert before[:, column + 10 :].any()
    assert not after[:, column + 10 :].any(), "behind the slice"
    assert after[:, : column - 10].sum() > 0.9 * before[:, : column - 10].sum(), "before it"


def test_the_plane_takes_one_side_away(view: VolumeView, qtbot: QtBot) -> None:
    data = np.zeros((24, 24, 24), np.uint8)
    data[4:20, 4:20, 4:20] = 255
    shown(view, volume_of(data, voxel_nm=(20.0, 10.0, 10.0), content="binary"), qtbot)
    front(view, qtbot)
    view.show_panel("Cut")  # takes room, so that the picture gets smaller
    settle(view, qtbot)
    whole = solid(view.screenshot()).sum()
    view.set_cut(Cut(on=True, tilt_deg=90.0, turn_deg=0.0, offset=0.5))
    settle(view, qtbot)
    right = solid(view.screenshot())
    assert 0.4 * whole < right.sum() < 0.6 * whole
    _row, column = middle(right)
    assert not right[:, : column - 12].any()
    qtbot.mouseClick(view._controls.cut.flip, Qt.MouseButton.LeftButton)
    settle(view, qtbot)
    left = solid(view.screenshot())
    assert 0.4 * whole < left.sum() < 0.6 * whole
    assert not left[:, column + 12 :].any()
    view._controls.cut.offset.setValue(0)
    settle(view, qtbot)
    assert solid(view.screenshot()).sum() == 0, "flipped, it takes everything away from its beginning"


def test_the_plane_can_face_the_viewer(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, volume_of(np.full((12, 12, 12), 255, np.uint8), voxel_nm=VOXEL_NM, content="binary"), qtbot)
    front(view, qtbot)
    view.show_panel("Cut")
    view.set_cut(Cut(on=True))
    qtbot.mouseClick(view._controls.cut.face, Qt.MouseButton.LeftButton)
    assert view._drawing.look.cut.tilt_deg == pytest.approx(0.0, abs=2.0), "seen along z"
    view.set_volume(None)
    assert not view._controls.cut.plane.isChecked()


@pytest.mark.parametrize("cut", [Cut(tilt_deg=30.0, turn_deg=200.0), Cut(tilt_deg=120.0, turn_deg=10.0)])
def test_flipping_leaves_the_plane_where_it_is(cut: Cut) -> None:
    extent, flipped = np.array([1.0, 0.5, 0.25]), replace(cut, flip=True)
    assert angles_of(cut.normal) == pytest.approx((cut.tilt_deg, cut.turn_deg))
    np.testing.assert_allclose(cut.normal, -flipped.normal)
    for offset in (0.0, 0.3, 1.0):
        a, b = (replace(each, offset=offset).point(extent) for each in (cut, flipped))
        assert (a - b) @ cut.normal == pytest.approx(0.0, abs=1e-12)
    ends = [replace(cut, offset=offset).point(extent) for offset in (0.0, 1.0)]
    corners = np.array(np.meshgrid(*[(0, size) for size in extent])).reshape(3, -1).T
    assert ((corners - ends[0]) @ cut.normal > -1e-9).all()
    assert ((corners - ends[1]) @ cut.normal < 1e-9).all()
