"""The middle of the window while 3D is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.canvas.volume3d import VolumeView
from app.views import CentreViews
from tests.app.leftovers import flush_deletions

pytestmark = pytest.mark.gui


class Centre:
    """Views whose 3D is loaded when the test says so, and cannot be made then."""

    def __init__(self) -> None:
        self.loads: list[Callable[[], None]] = []
        self.made = 0
        self.views = CentreViews(self._make, self.loads.append)

    def _make(self) -> VolumeView:
        self.made += 1
        raise RuntimeError("no OpenGL")


@pytest.fixture
def centre(qtbot: QtBot) -> Iterator[Centre]:
    made = Centre()
    made.views.resize(600, 400)
    made.views.show()
    qtbot.waitExposed(made.views)
    yield made
    made.views.shutdown()
    made.views.close()
    made.views.deleteLater()
    flush_deletions()


def test_3d_is_loaded_once_and_said_to_come(centre: Centre, qtbot: QtBot) -> None:
    views = centre.views
    views.show_views(False, True)
    assert views._coming.isVisible()
    assert not views.slices.isVisible()
    views.show_views(True, True)
    assert views.slices.isVisible()
    assert len(centre.loads) == 1
    with qtbot.waitSignal(views.failed):
        centre.loads[0]()
    assert centre.made == 1
    assert not views._coming.isVisible()
    assert views.slices.isVisible()


def test_who_goes_back_meanwhile_gets_no_3d(centre: Centre) -> None:
    centre.views.show_views(True, True)
    centre.views.show_views(True, False)
    assert not centre.views._coming.isVisible()
    centre.loads[0]()
    assert not centre.made


def test_the_picture_is_what_is_visible(centre: Centre) -> None:
    size = centre.views.picture().size()
    assert (size.width(), size.height()) == (600, 400)
