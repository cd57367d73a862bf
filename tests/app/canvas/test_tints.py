"""Colours on the surface are those of the table, where there are any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.canvas.gl import NoOpenGLError, ask_driver
from app.canvas.volume3d import VolumeView
from app.region import Region, whole
from app.tint import Tint, tint_of_components, tint_of_thickness
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left

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
        made.resize(300, 260)
        yield made
        made.shutdown()
        made.close()
        made.deleteLater()
        flush_deletions()


def settle(view: VolumeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(view.settled, timeout=30_000)


def two_cubes(content: str = "binary") -> tuple[Volume, np.ndarray]:
    """A large cube on the left, a small one on the right, and their numbers."""
    labels = np.zeros((24, 24, 24), np.int32)
    labels[6:18, 6:18, 2:12] = 1
    labels[8:16, 8:16, 15:21] = 2
    solid = (labels > 0).astype(np.uint8) * 255
    return volume_of(solid, voxel_nm=VOXEL_NM, content=content), labels


def seen_colours(view: VolumeView) -> np.ndarray:
    """Which colours (brightest channel) are on the screen, as shares of the picture."""
    picture = view.screenshot()[..., :3].astype(int)
    vivid = np.ptp(picture, axis=2) > 60
    return np.array([(vivid & (picture.argmax(axis=2) == channel)).mean() for channel in range(3)])


def shown(view: VolumeView, tint: Tint | None, volume: Volume, qtbot: QtBot) -> None:
    view.set_volume(volume)
    view.show()
    view.set_tint(tint)
    settle(view, qtbot)


def coloured(tint: Tint, *colours: tuple[int, int, int]) -> Tint:
    """The same with other first colours, told apart easily."""
    tint.legend.table[1 : 1 + len(colours)] = colours
    return tint


def test_every_component_has_its_colour(view: VolumeView, qtbot: QtBot) -> None:
    volume, labels = two_cubes()
    tint = coloured(tint_of_components(volume, whole(volume.info), labels), (255, 0, 0), (0, 0, 255))
    shown(view, tint, volume, qtbot)
    red, green, blue = seen_colours(view)
    assert red > 0.02
    assert blue > 0.01
    assert green == 0
    assert red > blue, "the large one is seen more"
    assert view._screen.decor.legend is tint.legend


def test_taking_colours_away_gives_the_plain_surface_back(view: VolumeView, qtbot: QtBot) -> None:
    volume, labels = two_cubes()
    shown(view, None, volume, qtbot)
    plain = view.screenshot()
    tint = coloured(tint_of_components(volume, whole(volume.info), labels), (255, 0, 0), (0, 0, 255))
    view.set_tint(tint)
    settle(view, qtbot)
    assert (view.screenshot() != plain).any()
    view.set_tint(None)
    settle(view, qtbot)
    np.testing.assert_array_equal(view.screenshot(), plain)
    assert view._screen.decor.legend is None


def test_outside_the_region_the_surface_stays_plain(view: VolumeView, qtbot: QtBot) -> None:
    volume, labels = two_cubes()
    region = Region((0, 0, 14), (24, 24, 24))
    part = labels[region.slices()]
    tint = coloured(tint_of_components(volume, region, np.minimum(part, 1)), (0, 0, 255))
    shown(view, tint, volume, qtbot)
    red, _green, blue = seen_colours(view)
    assert blue > 0.01
    assert red > 0.02, "the usual colour of a surface is more red than blue"


def test_a_grey_stack_that_is_coloured_is_drawn_as_a_surface(view: VolumeView, qtbot: QtBot) -> None:
    volume, labels = two_cubes("grey")
    shown(view, None, volume, qtbot)
    assert view._drawing.look.mode == "mip"
    view.set_tint(tint_of_thickness(volume, whole(volume.info), labels.astype(np.float32), "nm"))
    settle(view, qtbot)
    assert view._drawing.look.mode == "iso"
    view.set_tint(None, more=True)
    settle(view, qtbot)
    assert view._drawing.look.mode == "iso", "other colours follow"
    view.set_tint(None)
    settle(view, qtbot)
    assert view._drawing.look.mode == "mip"


def test_colours_of_another_stack_are_not_used(view: VolumeView, qtbot: QtBot) -> None:
    volume, _labels = two_cubes()
    other = volume_of(np.zeros((8, 8, 8), np.uint8), voxel_nm=VOXEL_NM, content="binary")
    tint = tint_of_components(other, whole(other.info), np.ones((8, 8, 8), np.int32))
    shown(view, tint, volume, qtbot)
    assert view._screen.decor.legend is None
    assert seen_colours(view)[0] > 0.02


def test_the_region_is_outlined(view: VolumeView, qtbot: QtBot) -> None:
    volume, _labels = two_cubes()
    shown(view, None, volume, qtbot)
    plain = view.screenshot()
    view.set_region(Region((4, 4, 4), (20, 20, 20)))
    settle(view, qtbot)
    changed = (view.screenshot() != plain).any(axis=2)
    assert 0.001 < changed.mean() < 0.2, "lines, not areas"
    view.set_region(Region((0, 0, 0), (99, 20, 20)))
    settle(view, qtbot)
    np.testing.assert_array_equal(view.screenshot(), plain)
