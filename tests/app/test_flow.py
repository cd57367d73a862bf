"""Rows of controls break where they have to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from app.flow import FlowLayout

pytestmark = pytest.mark.gui
SIZES = ((60, 20), (100, 40), (50, 30))


@pytest.fixture
def flow(qtbot: QtBot) -> tuple[QWidget, list[QWidget]]:
    owner = QWidget()
    qtbot.addWidget(owner)
    layout, parts = FlowLayout(owner, gap=10), []
    for width, height in SIZES:
        part = QWidget()
        part.setFixedSize(width, height)
        part.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout.addWidget(part)
        parts.append(part)
    owner.show()
    return owner, parts


@pytest.mark.parametrize(
    ("width", "corners", "height"),
    [
        (230, [(0, 10), (70, 0), (180, 5)], 40),
        (229, [(0, 10), (70, 0), (0, 50)], 80),
        (159, [(0, 0), (0, 30), (0, 80)], 110),
        (100, [(0, 0), (0, 30), (0, 80)], 110),
    ],
)
def test_lines(
    flow: tuple[QWidget, list[QWidget]], width: int, corners: list[tuple[int, int]], height: int
) -> None:
    owner, parts = flow
    owner.resize(width, 200)
    owner.layout().activate()
    assert owner.layout().heightForWidth(width) == height
    assert [(part.x(), part.y()) for part in parts] == corners


def test_it_grows_no_window_and_leaves_out_what_is_hidden(flow: tuple[QWidget, list[QWidget]]) -> None:
    owner, parts = flow
    assert owner.minimumSizeHint() == QSize(100, 40)
    assert owner.sizeHint() == QSize(230, 40)
    parts[1].hide()
    assert owner.layout().sizeHint() == QSize(120, 30)
    assert owner.layout().heightForWidth(120) == 30
