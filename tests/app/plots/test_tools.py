"""Boxes and marks over a slice: what a drag makes of them, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.geometry import Frame
from app.plots.areas import draw_origins, draw_outside, runs_of
from app.plots.ruler import RulerTool, label_of, label_places, mark_of, start_at
from app.plots.tools import BoxTool, Screen
from core.boxes import Box
from core.volume import Origin, VolumeInfo
from tests.app.alignment import ruler_marks

pytestmark = pytest.mark.gui
SCREEN = Screen(QRectF(0, 0, 480, 400), 0.0, 0.0, 0.1, (1.0, 1.0), (40, 48))  # ten screen pixels each


def at(row: float, column: float) -> QPointF:
    return QPointF(SCREEN.x_of(column), SCREEN.y_of(row))


def drag(
    tool: BoxTool | RulerTool, start: QPointF, end: QPointF, *, draw: bool = False, index: int = 0
) -> bool:
    taken = tool.takes(SCREEN, index, start, draw)
    if taken:
        tool.drag(SCREEN, end)
        tool.release()
    return taken


def drawn(paint: Callable[[QPainter], None]) -> np.ndarray:
    """Picture (rows, columns, BGRA) of what is painted on white."""
    image = QImage(480, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(400, 480, 4).copy()


@pytest.fixture
def made() -> tuple[BoxTool, list[tuple[Box, ...]]]:
    seen: list[tuple[Box, ...]] = []
    return BoxTool("Look at", "#35d68c", seen.append, several=True), seen


Made = tuple[BoxTool, list[tuple[Box, ...]]]


def test_pixels_and_places_on_the_screen_belong_to_each_other() -> None:
    screen = Screen(QRectF(0, 0, 100, 100), 30.0, -20.0, 0.5, (2.0, 3.0), (10, 10))
    place = QPointF(screen.x_of(4.0), screen.y_of(7.0))
    assert screen.pixel(place) == pytest.approx((7.0, 4.0))


def test_ctrl_draws_a_box_and_another_one(made: Made) -> None:
    tool, seen = made
    assert not drag(tool, at(5, 5), at(20, 30), draw=True), "nobody has said what for"
    tool.boxes = ((5, 20, 6, 30),)
    assert not drag(tool, at(30, 5), at(35, 30)), "without Ctrl the cursor moves"
    drag(tool, at(25, 40), at(39.8, 60), draw=True)
    assert seen[-1] == ((5, 20, 6, 30), (25, 40, 40, 48)), "at most to the border"


def test_the_button_draws_once_without_ctrl(made: Made) -> None:
    tool, seen = made
    tool.drawing = True
    assert tool.pointer(SCREEN, 0, at(1, 1)) == Qt.CursorShape.CrossCursor
    drag(tool, at(2, 2), at(10, 10))
    assert seen == [((2, 10, 2, 10),)]
    assert not tool.drawing


def test_one_box_takes_the_place_of_another(made: Made) -> None:
    tool, seen = made
    tool.several = False
    tool.boxes = ((2, 10, 2, 10),)
    drag(tool, at(20, 20), at(30, 30), draw=True)
    assert seen[-1] == ((20, 30, 20, 30),)


def test_borders_corners_and_the_middle_can_be_dragged(made: Made) -> None:
    tool, seen = made
    tool.boxes = ((10, 20, 10, 30),)
    drag(tool, at(10, 15), at(7, 15))
    assert seen[-1] == ((7, 20, 10, 30),)
    drag(tool, at(20, 30), at(25, 36))
    assert seen[-1] == ((7, 25, 10, 36),)
    drag(tool, at(16, 23), at(0, 0))
    assert seen[-1][0][0] == 0
    assert seen[-1][0][2] == 0


def test_a_box_without_a_pixel_is_none(made: Made) -> None:
    tool, seen = made
    tool.boxes = ((10, 20, 10, 30),)
    drag(tool, at(30, 30), at(30.1, 30.1), draw=True)
    assert tool.boxes == ((10, 20, 10, 30),)
    assert seen == []


@given(
    st.tuples(*(st.floats(-5, 60) for _ in range(4))),
)
def test_drawn_boxes_lie_within_the_slice(corners: tuple[float, float, float, float]) -> None:
    seen: list[tuple[Box, ...]] = []
    tool = BoxTool("Region", "#ffffff", seen.append)
    tool.drawing = True
    assert drag(tool, at(*corners[:2]), at(*corners[2:]))
    for boxes in seen:
        for y0, y1, x0, x1 in boxes:
            assert 0 <= y0 < y1 <= 40
            assert 0 <= x0 < x1 <= 48


def test_boxes_are_drawn_in_their_colour(made: Made, qapp: QApplication) -> None:
    tool, _ = made
    tool.boxes = ((10, 20, 10, 30),)
    picture = drawn(lambda painter: tool.draw(painter, SCREEN, 0))
    assert tuple(picture[150, 100, :3]) == (0x8C, 0xD6, 0x35), "handle at the left border"
    assert tuple(picture[50, 50, :3]) == (255, 255, 255)


# ---------------------------------------------------------------------- ruler
@pytest.fixture
def ruler() -> tuple[RulerTool, list[tuple[int, int, float]]]:
    seen: list[tuple[int, int, float]] = []
    tool = RulerTool(lambda *told: seen.append(told))
    tool.marks = [mark_of(track) for track in ruler_marks(12)]
    return tool, seen


Ruler = tuple[RulerTool, list[tuple[int, int, float]]]


def test_a_mark_is_dragged_along_x_from_where_it_is_on_this_slice(ruler: Ruler) -> None:
    tool, seen = ruler
    assert drag(tool, at(10.5, 14.5 + 2.0), at(25, 20.5), index=4), "14 + 0.5 px per slice"
    assert seen == [(1, 4, pytest.approx(4.0))]
    assert not drag(tool, at(10.5, 25), at(10.5, 30), index=4), "beside the marks the cursor moves"
    assert not drag(tool, at(30.0, 6.5), at(10, 10), index=4), "marks end where the cap ends"


def test_a_mark_stays_within_the_slice(ruler: Ruler) -> None:
    tool, seen = ruler
    drag(tool, at(10.5, 40.5), at(10.5, 90.0))
    assert 40.0 + seen[0][2] == pytest.approx(47.0)
    assert tool.pointer(SCREEN, 0, at(10.5, 6.5)) == Qt.CursorShape.SizeHorCursor
    assert tool.pointer(SCREEN, 0, at(10.5, 10.5)) is None


def test_marks_say_how_sure_they_are(ruler: Ruler) -> None:
    tool, _ = ruler
    assert label_of(tool.marks[0], 0) == "parallel ± 0.05 px"
    assert label_of(tool.marks[1], 8) == "inclined, not seen"
    assert "first slice" in label_of(start_at(12.0), 99)


def test_kinds_have_their_own_colours_and_unseen_ones_are_dashed(ruler: Ruler, qapp: QApplication) -> None:
    tool, _ = ruler
    seen = drawn(lambda painter: tool.draw(painter, SCREEN, 0))
    hidden = drawn(lambda painter: tool.draw(painter, SCREEN, 8))
    parallel, inclined = seen[125, 65, :3].astype(int), seen[125, 145, :3].astype(int)
    assert parallel[0] > parallel[2] + 50, "blue"
    assert inclined[2] > inclined[0] + 50, "orange"

    def dark(picture: np.ndarray) -> int:
        strip = picture[75:135, 62:69, :3].astype(int)
        return int((strip.min(axis=(1, 2)) < 120).sum())

    assert dark(hidden) < dark(seen)


def test_start_marks_go_over_the_rows_of_the_region(ruler: Ruler, qapp: QApplication) -> None:
    tool, _ = ruler
    tool.marks, tool.rows = [start_at(20.0)], (5.0, 15.0)
    picture = drawn(lambda painter: tool.draw(painter, SCREEN, 7))
    assert (picture[60:140, 200:212, :3] < 250).any()
    assert (picture[200:390, 200:212, :3] == 255).all()


# ---------------------------------------------------------------------- what was measured
def test_runs_of_origins() -> None:
    assert list(runs_of((1, 1, 0, 2, 2, 1))) == [
        (0, 2, Origin.MEASURED), (2, 3, Origin.GAP), (3, 5, Origin.INTERPOLATED), (5, 6, Origin.MEASURED),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_runs_cover_every_slice_once(origin: list[int]) -> None:
    again = [int(kind) for first, after, kind in runs_of(origin) for _ in range(first, after)]
    assert again == origin


def test_gaps_are_tinted_in_cuts_along_z(qapp: QApplication) -> None:
    info = VolumeInfo((4, 40, 48), np.dtype(np.uint8), origin=(1, 0, 0, 1))
    picture = drawn(
        lambda painter: draw_origins(
            painter, QRectF(40, 0, 300, 40), Frame(info), info.origin, (0.0, 400.0, 0.1), along_rows=True
        )
    )
    assert (picture[5, 60, :3] == 255).all(), "measured: left as it is"
    assert picture[15, 60, 0] < 230, "gap: tinted"
    assert (picture[15, 400, :3] == 255).all(), "beside the picture nothing is tinted"
    assert tuple(picture[15, 37, :3]) == (0x2F, 0x2F, 0xD3), "and marked along the border"


def test_what_was_not_seen_is_hatched(qapp: QApplication) -> None:
    polygon = ((0.0, 0.0), (0.0, 19.0), (39.0, 19.0), (39.0, 0.0))
    picture = drawn(lambda painter: draw_outside(painter, SCREEN, polygon, SCREEN.area))
    assert (picture[50:350, 20:190, :3] == 255).all()
    outside = picture[50:350, 220:460, :3]
    assert (outside < 200).all()
    assert np.unique(outside).size > 1, "hatched, not black"
    nothing = drawn(lambda painter: draw_outside(painter, SCREEN, (), SCREEN.area))
    assert (nothing[:, :, :3] < 200).all()


@pytest.mark.parametrize(("top", "bottom", "beyond"), [(150, 200, -1), (40, 90, 1)])
def test_labels_of_marks_cover_neither_them_nor_the_caption(
    qapp: QApplication, top: float, bottom: float, beyond: int
) -> None:
    font = QFontMetricsF(QFont())
    areas = [QRectF(x, top, 20, bottom - top) for x in (60, 90, 300)]
    placed = label_places([(area, "inclined ± 0.1 px") for area in areas], QRectF(0, 0, 500, 300), font)
    boxes = [QRectF(at.x(), at.y(), font.horizontalAdvance(text), 1.4 * font.height()) for at, text in placed]
    assert not any(box.intersects(area) for box in boxes for area in areas)
    assert not any(a.intersects(b) for number, a in enumerate(boxes) for b in boxes[:number])
    assert min(box.top() for box in boxes) > 2 * font.height(), "below the caption"
    assert all((box.center().y() > bottom) == (beyond > 0) for box in boxes)


def test_labels_of_lines_across_the_whole_slice_stay_in_the_view(qapp: QApplication) -> None:
    font = QFontMetricsF(QFont())
    placed = label_places([(QRectF(60, -40, 0, 400), "in the first slice")], QRectF(0, 0, 500, 300), font)
    assert placed[0][0].y() > 2 * font.height()
    assert label_places([], QRectF(0, 0, 500, 300), font) == []
