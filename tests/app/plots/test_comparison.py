"""Differences, overlays and channels: the pixels that are seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.geometry import X, Y, Z
from app.plots.colour import ramp
from app.plots.pictures import AFTER, BEFORE, DIFFERENCE
from app.plots.slices import SliceViews
from app.quantities import ENTROPY
from core.volume import Array, Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left

pytestmark = pytest.mark.gui
SHAPE = (6, 16, 20)
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


def volume(data: Array, **info: object) -> Volume:
    return volume_of(data, voxel_nm=VOXEL_NM, **info)


def shown(views: SliceViews, role: str, axis: int = Z) -> Array:
    """Colours of a layer as they are drawn, one pixel per voxel of these small volumes."""
    item = views._panes[axis]._layers[role].item
    assert item.isVisible()
    picture: Array = np.asarray(item.image)
    return picture


def colour_at(views: SliceViews, axis: int, row: int, column: int) -> tuple[int, int, int]:
    """What is on the screen at the middle of a voxel."""
    pane, frame = views._panes[axis], views._panes[axis].frame
    assert frame is not None
    seen = pane.visible()
    y, x = (frame.size[Y], frame.size[X]) if axis == Z else (frame.size[Z], frame.size[X])
    at_x = ((column + 0.25) * x - seen.left()) / pane.scale
    at_y = ((row + 0.25) * y - seen.top()) / pane.scale
    colour = pane.grab().toImage().pixelColor(round(at_x), round(at_y))
    return colour.red(), colour.green(), colour.blue()


def text_of(views: SliceViews) -> str:
    return views._readout._value.text()


def badges(views: SliceViews) -> str:
    return " ".join(views._panes[Z].badges)


def test_the_difference_has_known_colours_and_numbers(views: SliceViews, qtbot: QtBot) -> None:
    left, right = np.full(SHAPE, 100, np.uint8), np.full(SHAPE, 100, np.uint8)
    right[:, :4], right[:, 12:] = 60, 140
    views.set_volume(volume(left))
    views.set_compare(volume(right), "after")
    settle(views, qtbot)
    views.set_mode("difference")
    qtbot.waitUntil(lambda: views._panes[Z].plane(DIFFERENCE) is not None)
    settle(views, qtbot)
    picture, colours = shown(views, DIFFERENCE), ramp("Diverging")
    assert (picture[0, 0, :3] == colours[0]).all(), "darker: the first colour"
    assert (picture[15, 0, :3] == colours[255]).all(), "brighter: the last one"
    assert np.abs(picture[8, 0, :3].astype(int) - colours[128]).max() <= 2, "equal: the middle"
    for role in (BEFORE, AFTER):
        assert not views._panes[Z]._layers[role].item.isVisible()
    assert "root mean square 28.3" in badges(views)
    legend = views._panes.legend
    assert legend is not None
    assert (legend.low, legend.high) == (-40, 40)
    views.set_cursor(3, 2, 2)
    settle(views, qtbot)
    assert "difference -40" in text_of(views)
    assert shown(views, DIFFERENCE, Y).shape[0] >= SHAPE[0], "the cuts along z show it, too"


def test_masks_that_differ_are_coloured_by_side(views: SliceViews, qtbot: QtBot) -> None:
    left, right = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    left[:, :, :10], right[:, 8:, 5:15] = 255, 255
    views.set_volume(volume(left, content="binary"))
    views.set_compare(volume(right, content="binary"), "B", before="A")
    views.set_mode("difference")
    settle(views, qtbot)
    qtbot.waitUntil(lambda: "differ" in badges(views))
    settle(views, qtbot)
    picture = shown(views, DIFFERENCE)[..., :3]
    table = [(0, 0, 0), (240, 128, 32), (64, 144, 240), (150, 150, 150)]
    places = [(0, 19), (0, 0), (15, 12), (15, 7)]
    assert [tuple(picture[place].tolist()) for place in places] == table
    assert "50 % of this slice differ (MP)" in badges(views)
    legend = views._panes.legend
    assert legend is not None
    assert [name for name, _ in legend.names] == ["only A  37.5 %", "only B  12.5 %", "both  12.5 %"]


def test_grey_and_segmented_say_that_they_have_no_difference(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume(np.full(SHAPE, 90, np.uint8)))
    views.set_compare(volume(np.zeros(SHAPE, np.uint8), content="binary"))
    views.set_mode("difference")
    settle(views, qtbot)
    assert "no difference" in badges(views)
    assert views._panes[Z]._layers[BEFORE].item.isVisible()


def test_a_preview_has_a_difference_at_once(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume(np.full(SHAPE, 100, np.uint8)))
    views.set_mode("difference")
    settle(views, qtbot)
    views.show_preview(np.full(SHAPE[1:], 90, np.uint8), 1)
    qtbot.waitUntil(lambda: "mean -10" in badges(views))
    settle(views, qtbot)
    assert (shown(views, DIFFERENCE)[..., :3] == ramp("Diverging")[0]).all()
    views.clear_preview()
    settle(views, qtbot)
    assert views._panes[Z].plane(DIFFERENCE) is None


def test_the_difference_is_read_only_while_it_is_looked_at(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume(np.full(SHAPE, 100, np.uint8)))
    views.set_compare(volume(np.full(SHAPE, 90, np.uint8)))
    settle(views, qtbot)
    assert views._layers.difference._loader is None
    views.setFocus()
    seen = []
    for _ in range(5):
        qtbot.keyClick(views, Qt.Key.Key_C)
        settle(views, qtbot)
        seen.append((views.mode, views._layers.difference._loader is not None))
    assert seen == [
        ("after", False), ("difference", True), ("over", False), ("before", False), ("swipe", False)
    ]  # fmt: skip


def test_a_mask_lies_over_the_grey_slices_with_opacity(views: SliceViews, qtbot: QtBot) -> None:
    grey, mask = np.full(SHAPE, 100, np.uint8), np.zeros(SHAPE, np.uint8)
    mask[:, :8] = 255
    views.set_volume(volume(grey))
    views.set_levels(0, 255)
    views.set_compare(volume(mask, content="binary"), "Segment")
    views.set_mode("over")
    settle(views, qtbot)
    assert views._controls._overlay.isVisibleTo(views)
    views._controls._opacity.setValue(40)
    settle(views, qtbot)
    solid, pore = colour_at(views, Z, 2, 3), colour_at(views, Z, 13, 3)
    expected = [0.4 * colour + 0.6 * 100 for colour in (255, 140, 0)]
    assert np.abs(np.subtract(solid, expected)).max() <= 3
    assert np.abs(np.subtract(pore, 100)).max() <= 2


def test_probability_lies_over_grey_with_a_legend(views: SliceViews, qtbot: QtBot) -> None:
    stored = np.zeros(SHAPE, np.uint8)
    stored[:, :8] = 204
    views.set_volume(volume(np.full(SHAPE, 100, np.uint8)))
    views.set_compare(volume(stored, content="probability"), "Probability")
    views.set_mode("over")
    views.set_cursor(2, 3, 3)
    settle(views, qtbot)
    legend = views._panes.legend
    assert legend is not None
    assert (legend.title, legend.low, legend.high) == ("Probability of solid", 0, 1)
    picture = shown(views, AFTER)
    assert (picture[0, 0, :3] == ramp("Viridis")[204]).all()
    assert picture[0, 0, 3] == 128
    assert picture[15, 0, 3] == 0, "surely pore: nothing over the grey"
    assert "probability of solid 0.80" in text_of(views)
    views.set_compare(volume(stored), "Uncertainty", quantity=ENTROPY)
    settle(views, qtbot)
    legend = views._panes.legend
    assert legend is not None
    assert legend.title == "Uncertainty (bits)"
    assert "uncertainty 0.80 bits" in text_of(views)
    views.set_compare(None)
    assert views._panes.legend is None


def test_a_difference_of_uncertainties_is_in_bits(views: SliceViews, qtbot: QtBot) -> None:
    views.set_volume(volume(np.full(SHAPE, 51, np.uint8)))
    views.set_compare(volume(np.full(SHAPE, 102, np.uint8)), "now", quantity=ENTROPY, of_both=True)
    views.set_mode("difference")
    settle(views, qtbot)
    qtbot.waitUntil(
        lambda: "mean" in text_of(views) or any("mean" in one for one in views._layers.remarks(Z))
    )
    assert views._layers.remarks(Z)[-1] == "mean +0.2, root mean square 0.2 bits"
    views.set_cursor(2, 3, 3)
    settle(views, qtbot)
    assert "difference of uncertainty +0.20 bits" in text_of(views)
    legend = views._panes.legend
    assert legend is not None
    assert legend.title == "now − before: uncertainty (bits)"
    assert legend.high == pytest.approx(0.2)
    views.set_compare(
        volume(np.full(SHAPE, 102, np.uint8)), "now", quantity=ENTROPY
    )  # grey before: as stored
    settle(views, qtbot)
    assert "difference +51" in text_of(views)


def test_channels_are_added_in_their_colours(views: SliceViews, qtbot: QtBot) -> None:
    one, two = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint16)
    one[:, :8], two[:, 4:12] = 200, 40_000
    first, second = volume(one, channel="1kV"), volume(two, channel="4kV")
    views.set_volume(first)
    settle(views, qtbot)
    views.add_channels((("1kV", first), ("4kV", second)))
    settle(views, qtbot)
    colours = [colour_at(views, Z, row, 3) for row in (1, 6, 10, 14)]
    assert np.abs(np.subtract(colours[:3], [(255, 0, 255), (255, 255, 255), (0, 255, 0)])).max() <= 2
    assert max(colours[3]) <= 2
    views.set_cursor(3, 6, 3)
    settle(views, qtbot)
    assert text_of(views) == "1kV 200\n4kV 40000"
    legend = views._panes.legend
    assert legend is not None
    assert [name for name, _ in legend.names] == ["1kV", "4kV"]
    views.add_channels(())
    settle(views, qtbot)
    assert colour_at(views, Z, 1, 3) == (255, 255, 255)
    assert views._panes.legend is None


def test_each_channel_has_its_own_contrast(views: SliceViews, qtbot: QtBot) -> None:
    ramp_up = np.broadcast_to(np.linspace(10, 90, SHAPE[2]), SHAPE).astype(np.uint8)
    first, second = volume(ramp_up, channel="1kV"), volume(2 * ramp_up, channel="4kV")
    views.set_volume(first)
    settle(views, qtbot)
    views.set_levels(20, 60)
    views.set_volume(second)
    settle(views, qtbot)
    assert views.levels()[1] == pytest.approx(180, abs=2), "fitted when it is first seen"
    views.set_volume(first)
    settle(views, qtbot)
    assert views.levels() == (20, 60)


def test_uneven_slices_keep_their_places_in_a_difference(views: SliceViews, qtbot: QtBot) -> None:
    left, right = np.zeros((4, 16, 20), np.uint8), np.zeros((4, 16, 20), np.uint8)
    right[1] = 50
    where = {"voxel_nm": (None, 5.0, 5.0), "z_nm": (0.0, 10.0, 40.0, 50.0)}
    views.set_volume(volume_of(left, **where))
    views.set_compare(volume_of(right, **where))
    views.set_mode("difference")
    views.set_cursor(1, 8, 10)
    settle(views, qtbot)
    qtbot.waitUntil(lambda: views._panes[Y].plane(DIFFERENCE) is not None)
    settle(views, qtbot)
    picture = shown(views, DIFFERENCE, Y)
    changed = (picture[:, 0, :3] == ramp("Diverging")[255]).all(axis=1)
    frame = views._panes[Y].frame
    assert frame is not None
    begins, ends = frame.z_edges
    share = (ends[1] - begins[1]) / frame.length(Z)
    assert changed.mean() == pytest.approx(share, abs=0.02)
