"""Boxes and marks on the slice and the settings they belong to, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.overlays import MARKS, Overlays, first_seen, text_of_marks
from app.panels.fields import FieldRow
from app.plots.ruler import mark_of
from app.session import Session
from core.step import Estimate
from tests.app.alignment import ruler_marks, thickness_estimate

pytestmark = pytest.mark.gui


class FakeStandings(QObject):
    """Knows one estimate."""

    changed = Signal()
    found: Estimate | None = None

    def estimate(self, _index: int) -> Estimate | None:
        return self.found


class Desk:
    """Overlays with everything around them replaced."""

    def __init__(self, session: Session, row: FieldRow) -> None:
        self.session, self.row = session, row
        self.standings = FakeStandings()
        self.tools: list[Any] = []
        self.corner = (0, 0)
        self.overlays = Overlays(session, self.standings, self, row, self.put)  # type: ignore[arg-type]
        self.overlays.place((0, 0))

    def set_tools(self, tools: list[Any], corner: tuple[int, int]) -> None:
        self.tools, self.corner = tools, corner

    def put(self, name: str, value: Any) -> None:
        chosen = self.session.chosen
        assert chosen is not None
        entry = self.session.recipe.steps[chosen]
        values = (self.session.draft or entry.params).model_dump()
        self.session.try_out(entry.step.params.parse({**values, name: value}, owner="test"))

    def setting(self, name: str) -> Any:
        chosen = self.session.chosen
        assert chosen is not None
        return getattr(self.session.draft or self.session.recipe.steps[chosen].params, name)


@pytest.fixture
def desk(qtbot: QtBot, session: Session) -> Desk:
    row = FieldRow()
    qtbot.addWidget(row)
    return Desk(session, row)


def test_steps_without_places_have_nothing_to_draw(desk: Desk) -> None:
    desk.session.add("denoise")
    assert desk.tools == []
    assert desk.row.isHidden()
    desk.session.choose(None)
    assert desk.tools == []


def test_a_drawn_box_becomes_the_setting_and_the_other_way_round(desk: Desk) -> None:
    desk.session.add("register")
    assert list(desk.row.buttons) == ["region", "exclude"]
    desk.row.buttons["region"].click()
    tool = desk.overlays.box_tool("region")
    assert tool.drawing
    tool._changed(((4, 20, 6, 30),))
    assert desk.setting("region") == "4-20, 6-30"
    assert not desk.row.buttons["region"].isChecked()
    assert not tool.drawing
    desk.put("exclude", "1-2, 3-4; 5-6, 7-8")
    assert desk.overlays.box_tool("exclude").boxes == ((1, 2, 3, 4), (5, 6, 7, 8))
    desk.session.try_out(None)
    assert tool.boxes == ()


def test_marks_by_hand_begin_in_the_slice_that_they_are_counted_from(desk: Desk) -> None:
    tracks = tuple(
        track.model_copy(update={"seen": (False, False, *track.seen[2:])}) for track in ruler_marks(12)
    )
    desk.standings.found = thickness_estimate().model_copy(update={"marks": tracks})
    desk.session.add("thickness")
    desk.session.show_slice(9)
    desk.row.buttons[MARKS].click()
    assert desk.session.z_index == 2
    desk.session.show_slice(9)
    desk.row.buttons[MARKS].click()
    assert desk.session.z_index == 9


def test_only_one_thing_is_drawn_at_a_time(desk: Desk) -> None:
    desk.session.add("register")
    desk.row.buttons["region"].click()
    desk.row.buttons["exclude"].click()
    assert not desk.row.buttons["region"].isChecked()
    assert not desk.overlays.box_tool("region").drawing
    assert desk.overlays.box_tool("exclude").drawing


def test_boxes_move_with_the_canvas_and_hide_where_the_input_is_not_shown(desk: Desk) -> None:
    desk.session.add("register")
    desk.overlays.place((7, -3))
    assert desk.corner == (7, -3)
    assert desk.tools
    desk.overlays.place(None)
    assert desk.tools == []


def test_tracked_marks_are_shown_and_dragging_says_where_they_begin(desk: Desk) -> None:
    desk.session.add("thickness")
    assert list(desk.row.buttons) == ["region", MARKS]
    desk.standings.found = thickness_estimate()
    desk.standings.changed.emit()
    assert [mark.kind for mark in desk.overlays.ruler.marks] == [
        "parallel",
        "inclined",
        "inclined",
        "parallel",
    ]
    desk.overlays._mark_moved(1, 6, 2.5)
    assert desk.setting(MARKS) == "6, 16.5, 32, 40", "where they are in the first slice, one of them moved"
    assert {mark.kind for mark in desk.overlays.ruler.marks} == {"start"}
    assert desk.row.buttons[MARKS].isChecked()
    desk.row.buttons[MARKS].click()
    assert desk.setting(MARKS) == ""
    assert desk.overlays.ruler.marks[0].kind == "parallel"


def test_marks_can_be_placed_before_anything_was_found(desk: Desk) -> None:
    desk.session.add("thickness")
    desk.put("region", "0-12, 8-48")
    desk.row.buttons[MARKS].click()
    assert desk.setting(MARKS) == "16, 24, 32, 40"
    assert desk.overlays.ruler.rows == (0.0, 12.0)
    desk.overlays._mark_moved(0, 0, 20.0)
    assert desk.setting(MARKS) == "24, 32, 36, 40", "from left to right"


def test_what_has_no_meaning_is_not_offered(desk: Desk) -> None:
    desk.session.add("thickness")
    desk.put("region", "0-12, 8-48")
    desk.put("method", "constant")
    assert desk.row.buttons == {}
    assert desk.overlays.box_tool("region").boxes == ()
    desk.put("method", "image")
    assert list(desk.row.buttons) == ["region"]


def test_where_marks_begin() -> None:
    track = ruler_marks(12)[1]
    late = track.model_copy(update={"seen": (False, False, *track.seen[2:])})
    assert first_seen(mark_of(late)) == 15.0
    assert text_of_marks([3.14159, 1.0]) == "1, 3.14"
