"""What the chosen step has to do with places on the slice: boxes in its settings, marks of the ruler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject

from app.framing import Corner
from app.panels.fields import FieldRow
from app.plots.ruler import RulerMark, RulerTool, mark_of, start_at
from app.plots.tools import BoxTool, PaneTool
from app.session import Session
from app.standing import Standings
from app.tracing import input_slices
from core.boxes import Box, boxes_of, text_of
from core.params import Params, hint, is_among
from core.thickness.results import ThicknessEstimate

MARKS = "marks_x_px"
MARK_COUNT = 4
DECIMALS = 2


@dataclass(frozen=True)
class BoxField:
    """A text parameter that holds boxes.

    Attributes
    ----------
    name, text, tip : str
        Of the parameter; what its button says and does.
    colour : str
        Of the lines.
    several : bool
        Whether it may hold more than one.
    """

    name: str
    text: str
    tip: str
    colour: str
    several: bool


LOOK = BoxField("region", "Look at", "Draw a box in which slices are compared", "#35d68c", True)
EXCLUDE = BoxField("exclude", "Leave out", "Draw a box that is not compared", "#ff7b6b", True)
RULER_BOX = BoxField("region", "Region", "Draw the box with the marks of the ruler", "#35d68c", False)
FIELDS: dict[str, tuple[BoxField, ...]] = {
    "register": (LOOK, EXCLUDE),
    "register-channels": (LOOK, EXCLUDE),
    "thickness": (RULER_BOX,),
}


class ToolViews(Protocol):
    """What is asked of the slice views."""

    def set_tools(self, tools: list[PaneTool], corner: Corner) -> None:
        """Lay tools over the slice."""


class Overlays(QObject):
    """Keeps what lies over the slice in step with the settings, both ways.

    Parameters
    ----------
    put : callable
        ``put(name, value)``: give a parameter of the chosen step a value, as if the user had typed it.
    """

    def __init__(
        self,
        session: Session,
        standings: Standings,
        views: ToolViews,
        buttons: FieldRow,
        put: Callable[[str, Any], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._standings = session, standings
        self._views, self._buttons, self._put = views, buttons, put
        self._corner: Corner | None = None
        self._step = ""
        self._boxes: dict[str, BoxTool] = {}
        self.ruler = RulerTool(self._mark_moved)
        for signal in (session.recipe_changed, session.chosen_changed, session.draft_changed):
            signal.connect(self.refresh)
        standings.changed.connect(self.refresh)
        buttons.drawing.connect(self._draw)

    def place(self, corner: Corner | None) -> None:
        """Say where slices of the step's input begin in what is shown; None where they are not."""
        self._corner = corner
        self.refresh()

    def box_tool(self, name: str) -> BoxTool:
        """The boxes of a parameter."""
        return self._boxes[name]

    def refresh(self) -> None:
        """Take over the settings of the chosen step."""
        chosen = self._session.chosen
        entry = None if chosen is None else self._session.recipe.steps[chosen]
        name = "" if entry is None else entry.step.name
        if name != self._step:
            self._begin(name)
        if entry is None or chosen is None or name not in FIELDS:
            self._views.set_tools([], (0, 0))
            return
        params = self._session.draft or entry.params
        self._offer(params)
        for field_name, tool in self._boxes.items():
            if not tool.held:
                tool.boxes = boxes_of(getattr(params, field_name)) if matters(params, field_name) else ()
        self._show_marks(params, entry.params, chosen)
        tools: list[PaneTool] = [
            *reversed(self._boxes.values()),
            self.ruler,
        ]  # the first one lies above others
        self._views.set_tools(tools if self._corner is not None else [], self._corner or (0, 0))

    def _begin(self, name: str) -> None:
        """Another step is chosen: nothing is being drawn for it."""
        self._step = name
        self._boxes = {
            field.name: BoxTool(
                field.text, field.colour, partial(self._boxes_changed, field.name), several=field.several
            )
            for field in FIELDS.get(name, ())
        }
        self.ruler.marks = ()
        for field_name in list(self._buttons.buttons):
            self._buttons.release(field_name)
        self._buttons.offer(())

    def _offer(self, params: Params) -> None:
        fields = [
            (field.name, field.text, field.tip) for field in FIELDS[self._step] if matters(params, field.name)
        ]
        if hasattr(params, MARKS) and matters(params, MARKS):
            fields.append((MARKS, "Marks by hand", "Say where the four marks are: drag them on the slice"))
        self._buttons.offer(fields)
        if hasattr(params, MARKS):
            self._buttons.show_checked(MARKS, bool(getattr(params, MARKS)))

    # ------------------------------------------------------------------ boxes
    def _draw(self, name: str, on: bool) -> None:
        if name == MARKS:
            begin = self._first_slice()
            self._put(MARKS, text_of_marks(self._first_marks()) if on else "")
            if on:
                self._session.show_slice(begin)
            return
        for other, tool in self._boxes.items():
            tool.drawing = on and other == name
            if other != name:
                self._buttons.release(other)

    def _boxes_changed(self, name: str, boxes: tuple[Box, ...]) -> None:
        self._buttons.release(name)
        self._boxes[name].drawing = False
        self._put(name, text_of(*boxes))

    # ------------------------------------------------------------------ marks
    def _show_marks(self, params: Params, applied: Params, chosen: int) -> None:
        """Marks as they were tracked, unless the user has said where to look and nobody has looked yet."""
        text, estimate = str(getattr(params, MARKS, "")), self._standings.estimate(chosen)
        region = self._boxes["region"].boxes if hasattr(params, MARKS) else ()
        self.ruler.rows = (float(region[0][0]), float(region[0][1])) if region else None
        tracked = isinstance(estimate, ThicknessEstimate) and text == str(getattr(applied, MARKS, ""))
        marks: list[RulerMark] = []
        if not hasattr(params, MARKS) or not matters(params, MARKS):
            pass
        elif tracked and isinstance(estimate, ThicknessEstimate) and estimate.marks:
            marks = [mark_of(track) for track in estimate.marks]
            self.ruler.rows = None
        elif text:
            marks = [start_at(float(part)) for part in text.replace(";", ",").split(",")]
        self.ruler.marks = marks

    def _first_marks(self) -> list[float]:
        """Where the marks begin: as tracked in the first slice that shows them, or evenly spread."""
        if self.ruler.marks:
            return [first_seen(mark) for mark in self.ruler.marks]
        region = self._boxes["region"].boxes
        infos, chosen = self._session.infos(), self._session.chosen
        width = infos[min(chosen or 0, len(infos) - 1)].shape[2] if infos else 1
        low, high = (region[0][2], region[0][3]) if region else (0, width)
        return [low + (high - low) * (number + 1) / (MARK_COUNT + 1) for number in range(MARK_COUNT)]

    def _first_slice(self) -> int:
        """Slice of the input that the marks are counted from: the first that shows them."""
        session, chosen = self._session, self._session.chosen or 0
        seen = [np.flatnonzero(mark.seen) for mark in self.ruler.marks]
        place = max((int(found[0]) for found in seen if found.size), default=0)
        slices = (
            []
            if session.volume is None
            else input_slices(session.volume.info, session.recipe, chosen, session.real)
        )
        return slices[place] if place < len(slices) else 0

    def _mark_moved(self, number: int, _index: int, by: float) -> None:
        places = self._first_marks()
        places[number] += by
        self._put(MARKS, text_of_marks(places))


def first_seen(mark: RulerMark) -> float:
    """Where a mark is in the first slice that shows it."""
    seen = np.flatnonzero(mark.seen)
    return float(mark.x[int(seen[0]) if seen.size else 0])


def text_of_marks(places: list[float]) -> str:
    """What the parameter holds: from left to right."""
    return ", ".join(f"{round(place, DECIMALS):g}" for place in sorted(places))


def matters(params: Params, name: str) -> bool:
    """Whether a parameter has a meaning beside the values of the others."""
    conditions = hint(type(params).model_fields[name], "visible_when") or {}
    return all(
        is_among(getattr(params, other), allowed if isinstance(allowed, list | tuple) else [allowed])
        for other, allowed in conditions.items()
    )
