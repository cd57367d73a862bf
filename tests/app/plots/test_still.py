"""Pictures that fit their place."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.plots.still import Legend, Still, StillGrid, StillView, colours_of_labels, columns_for

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("count", "aspect", "columns"),
    [(1, 3.0, 1), (2, 2.0, 2), (2, 0.5, 1), (4, 1.4, 2), (6, 1.5, 3), (3, 5.0, 3)],
)
def test_as_many_columns_as_make_the_pictures_largest(count: int, aspect: float, columns: int) -> None:
    assert columns_for(count, aspect) == columns


def test_grey_values_arrive_on_the_screen(qtbot: QtBot) -> None:
    view = StillView()
    qtbot.addWidget(view)
    plane = np.zeros((10, 20), np.uint8)
    plane[:, 10:] = 255
    view.show_still(Still("2kV", plane, (2.0, 1.0), contrast=(0, 255)))
    image = view.image()
    assert image is not None
    assert (image.width(), image.height()) == (20, 10)
    assert image.pixelColor(0, 0).red() == 0
    assert image.pixelColor(19, 9).getRgb() == (255, 255, 255, 255)
    view.resize(300, 300)
    view.show()
    qtbot.waitExposed(view)
    # 20 nm high and 20 nm wide: a square, although it has twice as many columns.
    shot = view.grab().toImage()
    assert shot.pixelColor(290, 150).red() == 255
    assert shot.pixelColor(10, 150).red() == 0


def test_labels_have_the_colours_of_their_legend(qtbot: QtBot) -> None:
    view, legend = StillView(), Legend()
    qtbot.addWidget(view)
    qtbot.addWidget(legend)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 40)[None].repeat(120, 0)
    view.show_still(Still("Truth", labels, content="labels"))
    image = view.image()
    assert image is not None
    assert [image.pixelColor(x, 60).name() for x in (10, 60, 110)] == colours_of_labels(3)
    assert len(set(colours_of_labels(3))) == 3
    for names in (("pore", "solid", "second phase"), ("pore", "solid"), ()):
        legend.show_names(names)
        qtbot.wait(1)
        shown = [found.text() for found in legend.findChildren(QLabel) if found.text()]
        assert tuple(shown) == names


def test_without_a_picture_it_says_why(qtbot: QtBot) -> None:
    grid = StillGrid()
    qtbot.addWidget(grid)
    grid.show_stills([Still("1kV", np.zeros((4, 4), np.uint8)), Still("2kV", None, message="no such card")])
    first = grid.views[0]
    assert first.image() is not None
    assert grid.views[1].image() is None
    assert "no such card" in grid.views[1].accessibleName()
    grid.show_stills([Still("1kV", np.ones((4, 4), np.uint8))])
    assert grid.views == [first], "views are used again"
