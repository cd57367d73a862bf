"""The lines on the cuts: drawn, moved and taken away with the mouse, in any of the three cuts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QPainter

from app.geometry import CUT_AXES, Frame
from app.plots.gauge_look import View, apart, draw_line, draw_value, from_line
from app.plots.lines import NEEDED, Line, LineKind, Point
from app.plots.profile import WIDEST_PX

REACH_PX = 8.0  # this far from an end the mouse still takes hold of it
NEAR_PX = 5.0  # and from a line
CLICK_PX = 4.0  # a press that moves less than this is a click
ALL = -1  # grip of the whole line


@dataclass(frozen=True)
class _Held:
    line: Line
    grip: int
    begun: Point


class Gauges(QObject):
    """All lines, the tool in use, and what the mouse does with them.

    Press, drag and release draws a line; so do clicks. A line's ends are dragged, and so is all of it.

    Signals: `changed` after lines, the chosen one or the place have changed; `tool_changed` (tool, or empty).
    """

    changed = Signal()
    tool_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frame: Frame | None = None
        self.lines: list[Line] = []
        self.tool: LineKind | None = None
        self.width_px = 1
        self._chosen: Line | None = None
        self._cursor = (0, 0, 0)
        self._elsewhere: dict[object, list[Line]] = {}
        self._draft: Line | None = None  # its last point follows the mouse
        self._held: _Held | None = None
        self._pressed: QPointF | None = None

    # ------------------------------------------------------------------ what there is
    @property
    def chosen(self) -> Line | None:
        """The line that is worked on."""
        return self._chosen

    @property
    def profile(self) -> Line | None:
        """The line along which grey values are read; it goes with the shown slice."""
        return next((line for line in self.lines if line.kind == "profile"), None)

    @property
    def drawing(self) -> bool:
        """Whether the next press of the mouse begins or goes on with a line."""
        return self.tool is not None and self.frame is not None

    def set_frame(self, frame: Frame | None, *, related: bool) -> None:
        """Take another stack: lines stay where they fit, and come back with a `related` stack they fit."""
        before, self.frame = self.frame, frame
        self._draft = self._held = None
        if before is not None and frame is not None and _key(before) == _key(frame):
            return
        if before is not None:
            self._elsewhere[_key(before)] = self.lines
        if frame is not None and not related:
            self._elsewhere.clear()
        self.lines = [] if frame is None else self._elsewhere.pop(_key(frame), [])
        self._choose(None)

    def set_cursor(self, zyx: tuple[int, int, int]) -> None:
        """Say which slices are shown."""
        self._cursor = zyx
        profile = self.profile
        if profile is not None and profile.index != zyx[profile.axis]:
            self._put(profile, replace(profile, index=zyx[profile.axis]))

    def set_width(self, width_px: int) -> None:
        """Average the profile over so many parallel lines."""
        self.width_px = min(max(1, width_px), WIDEST_PX)
        self.changed.emit()

    def use(self, tool: LineKind | None) -> None:
        """Take a tool; None leaves it, and drops a line that is not finished."""
        self._draft = self._pressed = None
        before, self.tool = self.tool, tool
        self.changed.emit()
        if before != tool:
            self.tool_changed.emit(tool or "")

    def choose(self, line: Line | None) -> None:
        """Work on one of the lines."""
        if line is None or line in self.lines:
            self._choose(line)

    def remove(self, line: Line | None) -> None:
        """Take a line away."""
        if line in self.lines:
            place = self.lines.index(line)
            self.lines.remove(line)
            rest = self.lines[min(place, len(self.lines) - 1)] if self.lines else None
            self._choose(rest)

    def clear(self) -> None:
        """Take all lines away."""
        self.lines.clear()
        self._choose(None)

    def forget(self) -> None:
        """Take all lines away, of other stacks, too."""
        self._elsewhere.clear()
        self.clear()

    def _choose(self, line: Line | None) -> None:
        self._chosen = line
        self.changed.emit()

    def _put(self, old: Line, new: Line) -> None:
        self.lines[self.lines.index(old)] = new
        if self._chosen == old:
            self._chosen = new
        self.changed.emit()

    # ------------------------------------------------------------------ mouse
    def press(self, view: View, at: QPointF) -> bool:
        """Begin or go on with a line, or take hold of one; False where there is nothing to do."""
        if self.frame is None:
            return False
        point = self._within(view, view.point(at))
        if self.tool is not None:
            self._pressed = at
            draft = self._draft
            if draft is None or draft.axis != view.axis:
                self._draft = Line(self.tool, view.axis, self._cursor[view.axis], (point, point), 0)
            else:
                self._draft = replace(draft, points=(*draft.points[:-1], point))
            self.changed.emit()
            return True
        found = self._under(view, at)
        if found is None:
            return False
        self._held = _Held(found[0], found[1], point)
        self._choose(found[0])
        return True

    def drag(self, view: View, at: QPointF) -> None:
        """Go on with what the press began."""
        point = self._within(view, view.point(at))
        if self._draft is not None:
            self._draft = replace(self._draft, points=(*self._draft.points[:-1], point))
            self.changed.emit()
        elif self._held is not None:
            self._move(self._held, view, point)

    def release(self, view: View, at: QPointF) -> None:
        """End a drag: the point that follows the mouse stays, unless it lies on the one before it."""
        self._held = None
        draft, pressed, self._pressed = self._draft, self._pressed, None
        if draft is None or pressed is None or self.frame is None:
            return
        far = apart(view.place(draft.points[-2]), at) >= CLICK_PX
        if not far:
            return
        if len(draft.points) < NEEDED[draft.kind]:
            self._draft = replace(draft, points=(*draft.points, draft.points[-1]))
        else:
            self._finish(draft)
        self.changed.emit()

    def pointer(self, view: View, at: QPointF) -> Qt.CursorShape | None:
        """The mouse is somewhere: what it would take hold of; a line that is being drawn follows it."""
        if self.drawing:
            if self._draft is not None and self._draft.axis == view.axis:
                self.drag(view, at)
            return Qt.CursorShape.CrossCursor
        found = self._under(view, at)
        if found is None:
            return None
        return Qt.CursorShape.SizeAllCursor if found[1] == ALL else Qt.CursorShape.PointingHandCursor

    def _finish(self, draft: Line) -> None:
        numbers = [line.number for line in self.lines if line.kind == draft.kind]
        line = replace(draft, number=max(numbers, default=0) + 1)
        if line.kind == "profile":
            self.lines = [each for each in self.lines if each.kind != "profile"]
            line = replace(line, number=1)
        self.lines.append(line)
        self._draft, self._chosen = None, line

    def _move(self, held: _Held, view: View, point: Point) -> None:
        current = next((line for line in self.lines if line == self._chosen), None)
        if current is None:
            return
        points = list(held.line.points)
        if held.grip == ALL:
            by = point[0] - held.begun[0], point[1] - held.begun[1]
            moved = [(row + by[0], column + by[1]) for row, column in points]
            if any(self._within(view, each) != each for each in moved):
                return
            points = moved
        else:
            points[held.grip] = point
        self._put(current, replace(current, points=tuple(points)))

    def _under(self, view: View, at: QPointF) -> tuple[Line, int] | None:
        """The line at a place, and which of its points; the chosen one before others."""
        shown = [line for line in self.lines if self.is_here(line, view.axis)]
        for line in sorted(shown, key=lambda each: each == self._chosen, reverse=True):
            places = [view.place(point) for point in line.points]
            distances = [apart(place, at) for place in places]
            if min(distances) <= REACH_PX:
                return line, distances.index(min(distances))
            pairs = pairwise(places)
            if any(from_line(begin, end, at) <= NEAR_PX for begin, end in pairs):
                return line, ALL
        return None

    def _within(self, view: View, point: Point) -> Point:
        if self.frame is None:
            return point
        row, column = (
            min(max(at, 0.0), self.frame.length(along))
            for at, along in zip(point, CUT_AXES[view.axis], strict=True)
        )
        return row, column

    # ------------------------------------------------------------------ drawing
    def is_here(self, line: Line, axis: int) -> bool:
        """Whether a line belongs to the slice that is shown."""
        return line.axis == axis and line.index == self._cursor[axis]

    def draw(self, painter: QPainter, view: View) -> None:
        """Draw the lines of a cut; those of other slices faintly."""
        if self.frame is None:
            return
        lines = [line for line in (*self.lines, self._draft) if line is not None and line.axis == view.axis]
        here = [line for line in lines if line is self._draft or self.is_here(line, view.axis)]
        places = {id(line): [view.place(point) for point in line.points] for line in lines}
        pixel = min(self.frame.size[along] for along in CUT_AXES[view.axis])
        for line in lines:
            wide = line.kind == "profile" and self.width_px > 1
            draw_line(
                painter,
                line,
                places[id(line)],
                near=line in here,
                chosen=line == self._chosen,
                band=self.width_px * pixel / view.scale if wide else 0.0,
            )
        for line in here:  # last, so that no line crosses what is written
            draw_value(painter, line, places[id(line)], self.frame)


def _key(frame: Frame) -> object:
    info = frame.info
    return info.shape, info.voxel_nm, info.z_nm, info.slice_numbers
