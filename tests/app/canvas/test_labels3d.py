"""Labels in 3D: never mixed, in the colours of the slices, each shown or not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.canvas.labels import paint, read_labels
from app.canvas.reduce import plan
from app.canvas.volume3d import VolumeView
from app.plots.colour import colours_of_labels
from core.job import Job
from core.volume import volume_of
from tests.app.canvas.parts import front, middle, opened_view, settle, share_of, shown, two_labels

ENOUGH = 1 << 30


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[VolumeView]:
    with opened_view() as made:
        yield made


def test_a_block_has_one_of_its_labels_never_their_mean() -> None:
    rng = np.random.default_rng(2)
    data = rng.choice(np.array([0, 5, 90, 70_000], np.uint32), (12, 13, 14))
    volume = volume_of(data, content="labels")
    how = plan(volume.info, largest_side=5, budget_bytes=ENOUGH)
    labels = read_labels(volume, how, Job())
    assert labels.index.shape == how.shape
    assert [name for _entry, name in labels.names] == ["0 (rest)", "5", "90", "70000"]
    values = np.array([0, 5, 90, 70_000])[labels.index]
    z, y, x = how.factors
    for at in np.ndindex(*how.shape):
        block = data[tuple(slice(a * f, (a + 1) * f) for a, f in zip(at, (z, y, x), strict=True))]
        assert values[at] in block
    np.testing.assert_array_equal(labels.colours[1:4], colours_of_labels(np.array([5, 90, 70_000])))


def test_more_labels_than_colours_are_said() -> None:
    data = np.arange(1000, dtype=np.uint16).reshape(10, 10, 10)
    volume = volume_of(data, content="labels")
    labels = read_labels(volume, plan(volume.info, largest_side=64, budget_bytes=ENOUGH), Job())
    assert labels.repeats
    assert labels.index.ravel()[0] == 0
    assert labels.index.ravel()[1:].min() == 1


def test_hidden_labels_have_no_opacity() -> None:
    volume = two_labels()
    labels = read_labels(volume, plan(volume.info, largest_side=64, budget_bytes=ENOUGH), Job())
    table = paint(labels, frozenset({0, 2}), {1: 0.4})
    assert table[:4, 3].tolist() == [0, 102, 0, 0]


def middle_of(view: VolumeView) -> np.ndarray:
    picture = view.screenshot()
    return picture[middle(picture)][:3].astype(int)


@pytest.mark.gui
def test_labels_have_their_colours_and_can_be_left_out(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, two_labels(), qtbot)
    assert view._drawing.look.mode == "labels"
    front(view, qtbot)
    left, right = colours_of_labels(np.array([3, 700]))
    both = view.screenshot()
    assert share_of(both, left) > 0.03
    assert share_of(both, right) > 0.02
    view.show_panel("Labels")
    listed = view._controls.labels.list
    assert [listed.item(row).text() for row in range(listed.count())] == ["0 (rest)", "3", "700"]
    listed.setCurrentRow(1)
    qtbot.keyClick(listed, Qt.Key.Key_Space)  # unticks it
    settle(view, qtbot)
    alone = view.screenshot()
    assert share_of(alone, left) == 0
    assert share_of(alone, right) > 0.02
    qtbot.mouseClick(view._controls.labels.all, Qt.MouseButton.LeftButton)
    settle(view, qtbot)
    assert share_of(view.screenshot(), left) == 0, "inside the background, which is opaque, too"


@pytest.mark.gui
def test_labels_of_another_stack_are_all_shown(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, two_labels(), qtbot)
    view.show_panel("Labels")
    qtbot.mouseClick(view._controls.labels.none, Qt.MouseButton.LeftButton)
    shown(view, two_labels(), qtbot)
    front(view, qtbot)
    assert view._controls.labels.list.item(1).checkState() is Qt.CheckState.Checked
    assert share_of(view.screenshot(), colours_of_labels(np.array([3]))) > 0.02


@pytest.mark.gui
def test_what_is_not_opaque_lets_through_what_lies_behind(view: VolumeView, qtbot: QtBot) -> None:
    data = np.zeros((20, 20, 20), np.uint8)
    data[2:6, 3:17, 3:17] = 1
    data[10:18, 6:14, 6:14] = 2
    shown(view, volume_of(data, voxel_nm=(10.0, 10.0, 10.0), content="labels"), qtbot)
    front(view, qtbot)
    opaque = middle_of(view)
    view.show_panel("Labels")
    listed, opacity = view._controls.labels.list, view._controls.labels.opacity
    listed.setCurrentRow(1)
    opacity.setValue(30)
    settle(view, qtbot)
    through = middle_of(view)
    assert np.abs(through - opaque).max() > 40
    listed.setCurrentRow(2)
    assert opacity.value() == 100, "of the label that is chosen now"


@pytest.mark.gui
def test_grey_values_have_no_labels_to_choose(view: VolumeView, qtbot: QtBot) -> None:
    shown(view, volume_of(np.full((8, 8, 8), 9, np.uint8), voxel_nm=(1.0, 1.0, 1.0)), qtbot)
    model = view._controls.mode.model()
    assert not model.index(2, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    view.set_volume(volume_of(np.eye(8, dtype=np.uint8)[None].repeat(8, 0) * 255, content="binary"))
    assert model.index(2, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    settle(view, qtbot)
    view._controls.mode.setCurrentIndex(2)
    settle(view, qtbot)
    assert [name for _entry, name in view._drawing.labels.names] == ["0 (pores)", "255 solid"]
