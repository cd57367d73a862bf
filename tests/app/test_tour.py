"""Where the bubbles of the tour stand, and that their texts are short enough."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from app.panels.tour_bubble import ABOVE, BELOW, CENTRE, INSIDE, LEFT, RIGHT, arrow, beside
from app.tour_stops import STOPS

SIZE, ROOM = QSize(360, 220), QRect(0, 0, 1280, 800)


@pytest.mark.parametrize(
    ("target", "side"),
    [
        (QRect(0, 90, 92, 680), RIGHT),
        (QRect(970, 90, 310, 680), LEFT),
        (QRect(900, 40, 200, 40), BELOW),
        (QRect(300, 530, 660, 240), ABOVE),
        (QRect(0, 0, 1280, 800), INSIDE),
        (None, CENTRE),
    ],
)
def test_a_bubble_stands_where_there_is_room(target: QRect | None, side: str) -> None:
    found, corner = beside(target, SIZE, ROOM)
    assert found == side
    box = QRect(corner, SIZE)
    assert ROOM.contains(box)
    if target is not None and side != INSIDE:
        assert not box.intersects(target)


def test_a_bubble_never_leaves_the_window() -> None:
    for x, y, width, height in itertools.product((-50, 0, 600, 1270), (-20, 300, 790), (5, 900), (5, 700)):
        _side, corner = beside(QRect(x, y, width, height), SIZE, ROOM)
        assert ROOM.contains(QRect(corner, SIZE))


def test_the_tip_points_at_the_part() -> None:
    inside = QRect(12, 12, 336, 196)
    for side in (RIGHT, LEFT, BELOW, ABOVE):
        tip = arrow(side, QPoint(100, 90), inside)
        assert tip is not None
        assert not inside.contains(tip.at(1))
    assert arrow(INSIDE, QPoint(0, 0), inside) is None


def test_there_are_about_ten_short_bubbles() -> None:
    assert 8 <= len(STOPS) <= 10
    for stop in STOPS:
        assert len(stop.title) < 24
        assert len(stop.text) < 330
