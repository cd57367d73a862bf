"""One cut on the screen: picture, cross-hair, scale bar, swipe divider, and what the mouse means there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.geometry import CUT_AXES, CUT_NAMES, Frame, Y, Z
from app.plots.areas import draw_origins, draw_outside
from app.plots.box import Box, Sides, draw_box, grip_at, shape_of
from app.plots.colour_bar import draw_legend
from app.plots.gauge_look import View
from app.plots.gauges import Gauges
from app.plots.marks import draw_badge, draw_cross, draw_divider, draw_scale_bar, draw_side
from app.plots.pictures import AFTER, BEFORE, DIFFERENCE, OVER, SWIPE, Look, Pictures
from app.plots.planes import Plane
from app.plots.snapshot import Part, Shot, bar_axis, divider_of
from app.plots.theme import ground_of
from app.plots.tools import PaneTool, Screen
from app.tint import Legend
from core.volume import Polygon

GRAB_PX = 7
RENDER_MS = 12  # changes that come within this time are drawn once


class SlicePane(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """One of the three cuts. It holds no state of its own beyond what it was last told to show.

    Signals carry positions in voxels (row, column) or lengths on the screen.
    """

    pointed = Signal(float, float)
    hovered = Signal(float, float)
    left = Signal()
    stepped = Signal(int)
    zoomed = Signal(float, float, float)
    panned = Signal(float, float)
    windowed = Signal(float, float)
    divider_moved = Signal(float)
    box_changed = Signal(object)
    fit_wanted = Signal()
    resized = Signal()
    touched = Signal()

    def __init__(self, axis: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.axis = axis
        self.frame: Frame | None = None
        self.caption = ""
        self.badges: Sequence[str] = ()
        self.message = ""
        self.mode = BEFORE
        self.names = ("before", "after")
        self.divider = 0.5
        self._drawn_mode = BEFORE
        self.scale = 1.0
        self.box: Box | None = None
        self.legend: Legend | None = None
        self.tools: list[PaneTool] = []
        self.paints = False  # a double click is two dabs then
        self.tool_corner = (0, 0)
        self.gauges: Gauges | None = None
        self._plain, self._bar_shown = False, True
        self.index = 0
        self.footprints: dict[str, Polygon | None] = {}
        self.origins: dict[str, Sequence[int] | None] = {}
        self._tool: PaneTool | None = None
        self._grip: Sides | None = None
        self._held: tuple[Box, tuple[float, float]] | None = None
        self._centre = (0.0, 0.0)
        self._cross: tuple[float, float] | None = None
        self._drag = ""
        self._last = QPointF()
        self.setAccessibleName(f"{CUT_NAMES[axis]} slice view")
        self.setViewportUpdateMode(pg.GraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(80, 60)
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False, invertY=True, defaultPadding=0)
        self.setCentralItem(self._box)
        self._pictures = Pictures(self._box, axis)
        self._layers = self._pictures.layers
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RENDER_MS)
        self._timer.timeout.connect(self.render_now)
        self._follow_theme()

    # ------------------------------------------------------------------ what to show
    def set_plane(self, role: str, plane: Plane | None, offset: tuple[int, int] = (0, 0)) -> None:
        """Put a plane into one of the layers (`BEFORE`, `AFTER`, `OVERLAY`); None empties it."""
        layer = self._layers[role]
        layer.plane, layer.offset = plane, offset
        self.update_soon()

    def plane(self, role: str = BEFORE) -> Plane | None:
        """What a layer shows."""
        return self._layers[role].plane

    def value_at(self, role: str, zyx: tuple[int, int, int]) -> float | int | None:
        """Stored value of a voxel (z, y, x) in the plane a layer shows; None if it is not known."""
        layer = self._layers[role]
        if layer.plane is None:
            return None
        rows, columns = CUT_AXES[self.axis]
        return layer.plane.value_at(zyx[rows] - layer.offset[0], zyx[columns] - layer.offset[1])

    def set_look(self, role: str, look: Look) -> None:
        """Colours of a layer."""
        self._layers[role].look = look
        self.update_soon()

    def set_caption(self, caption: str, remarks: Sequence[str]) -> None:
        """Say which cut this is, and what its reader has to know."""
        if (caption, tuple(remarks)) != (self.caption, tuple(self.badges)):
            self.caption, self.badges = caption, remarks
            self.viewport().update()

    def set_box(self, box: Box | None) -> None:
        """Mark a region that the mouse can change; None marks none."""
        self.box = box
        self.viewport().update()

    def set_legend(self, legend: Legend | None) -> None:
        """Say what the colours of the overlay mean."""
        self.legend = legend
        self.viewport().update()

    def stop(self) -> None:
        """Draw no more."""
        self._timer.stop()

    def set_window(self, centre: tuple[float, float], scale: float) -> None:
        """Show what lies around `centre` (rows, columns), at `scale` units per screen pixel."""
        self._centre, self.scale = centre, scale
        self.update_soon()

    def set_cross(self, position: tuple[float, float] | None) -> None:
        """Place the cross-hair (rows, columns, in the frame's unit)."""
        self._cross = position
        self.viewport().update()

    def update_soon(self) -> None:
        """Draw once after all changes of this moment."""
        if not self._timer.isActive():
            self._timer.start()

    # ------------------------------------------------------------------ pictures to keep
    def grabbed(self, *, bar: bool = True, lines: bool = True) -> QImage:
        """What is on the screen, without cross-hair and captions."""
        kept, self._plain, self._bar_shown = self.gauges, True, bar
        self.gauges = kept if lines else None
        self.render_now()
        image: QImage = self.grab().toImage()
        self.gauges, self._plain, self._bar_shown = kept, False, True
        return image

    def shot(self) -> Shot | None:
        """All that a picture of the whole cut is made from; None while nothing is shown."""
        if self.frame is None:
            return None
        parts = [
            Part(role, layer.plane, layer.offset, replace(layer.look), layer.item.opacity())
            for role, layer in self._layers.items()
            if layer.plane is not None and not self._pictures.hidden(role, self.mode)
        ]
        seen, after = self.visible(), self._pictures.has(AFTER)
        divider = divider_of(self.mode, after, seen.left(), seen.width(), self.divider)
        ground = ground_of(self.palette())
        colour = ground.red(), ground.green(), ground.blue()
        return Shot(self.frame, self.axis, tuple(parts), divider, colour) if parts else None

    def layer(self, role: str) -> Part | None:
        """What a layer holds, seen or not."""
        layer = self._layers[role]
        if layer.plane is None:
            return None
        return Part(role, layer.plane, layer.offset, layer.look)

    # ------------------------------------------------------------------ drawing
    def visible(self) -> QRectF:
        """What is seen, in the frame's unit: x is along the columns, y along the rows."""
        width, height = self.width() * self.scale, self.height() * self.scale
        return QRectF(self._centre[1] - width / 2, self._centre[0] - height / 2, width, height)

    def render_now(self) -> None:
        """Bring the pictures up to date with planes, colours and window."""
        self._timer.stop()
        seen = self.visible()
        if seen.isEmpty():
            return
        self._box.setRange(
            xRange=(seen.left(), seen.right()),
            yRange=(seen.top(), seen.bottom()),
            padding=0,
            disableAutoRange=True,
        )
        self._drawn_mode = self.mode
        smooth = self._pictures.draw(self.frame, seen, self.scale, self.mode, self.divider)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Draw what stays in place on the screen: cross-hair, captions, scale bar, divider."""
        super().drawForeground(painter, rect)
        painter.save()
        painter.resetTransform()
        area = QRectF(self.viewport().rect())
        if self._cross is not None and self.frame is not None and not self._plain:
            seen = self.visible()
            at = QPointF(
                (self._cross[1] - seen.left()) / self.scale, (self._cross[0] - seen.top()) / self.scale
            )
            draw_cross(painter, area, at)
        if not self._plain:
            self._draw_measured(painter, area)
        if self.box is not None and self.frame is not None:
            rows, columns = ((0.0, self.frame.length(axis)) for axis in CUT_AXES[self.axis])
            picture = self._box_area(Box(rows, columns)).intersected(area)
            draw_box(painter, picture, self._box_area(self.box), self.box.inside)
        bar = self._draw_bar(painter, area)
        if self.mode == SWIPE and self._layers[AFTER].plane is not None:
            draw_divider(painter, area, area.width() * self.divider, self.names, bar)
        self._draw_tools(painter, area)
        if self.gauges is not None:
            self.gauges.draw(painter, self._view())
        if self.legend is not None:
            draw_legend(painter, area, self.legend)
        line = QFontMetricsF(self.font()).height()
        if self._drawn_mode != SWIPE and self._layers[AFTER].plane is not None and self.legend is None:
            draw_side(painter, area, self._side(), bar)
        if self.caption and not self._plain:
            draw_badge(painter, QPointF(line / 2, line / 2), [self.caption, *self.badges])
        if self.message:
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            inner = area.adjusted(line, 3 * line, -line, -line)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
        painter.restore()

    def _side(self) -> str:
        """What the picture is called that is not divided."""
        left, right = self.names
        words = {AFTER: right, OVER: f"{right} over {left}", DIFFERENCE: f"{left} and {right}"}
        return words.get(self._drawn_mode, left)

    def _draw_bar(self, painter: QPainter, area: QRectF) -> QRectF | None:
        if self.frame is None or not self._bar_shown:
            return None
        along = bar_axis(self.frame, self.axis)
        return draw_scale_bar(painter, area, self.scale, self.frame.unit, along=along)

    def _draw_measured(self, painter: QPainter, area: QRectF) -> None:
        """Draw where slices come from, and what of this one was never seen."""
        if self.frame is None:
            return
        seen = self.visible()
        if self.axis != Z:
            along_rows = self.axis == Y
            low, length = (seen.top(), area.height()) if along_rows else (seen.left(), area.width())
            rows, columns = ((0.0, self.frame.length(axis)) for axis in CUT_AXES[self.axis])
            picture, screen = self._box_area(Box(rows, columns)), (low, length, self.scale)
            for role, part in self._parts(area):
                painter.save()
                painter.setClipRect(part)
                origin = self.origins.get(role)
                draw_origins(painter, picture, self.frame, origin, screen, along_rows=along_rows)
                painter.restore()
            return
        for role, part in self._parts(area):
            polygon, seen_as = self.footprints.get(role), self._screen(role)
            if polygon is not None and seen_as is not None:
                draw_outside(painter, seen_as, polygon, part)

    def _parts(self, area: QRectF) -> list[tuple[str, QRectF]]:
        """Which layers are seen, and where."""
        if self._layers[AFTER].plane is None or self.mode in (BEFORE, OVER, DIFFERENCE):
            return [(BEFORE, area)]
        if self.mode == AFTER:
            return [(AFTER, area)]
        divider = area.left() + area.width() * self.divider
        left, right = QRectF(area), QRectF(area)
        left.setRight(divider)
        right.setLeft(divider)
        return [(BEFORE, left), (AFTER, right)]

    def _screen(self, role: str = BEFORE) -> Screen | None:
        """How the pixels of a layer of the xy cut lie in the widget."""
        if self.frame is None:
            return None
        _, y, x = self.frame.size
        shape = self.frame.info.shape[1:]
        layer, seen = self._layers[role], self.visible()
        if role == AFTER and layer.plane is not None:
            level = layer.plane.levels[0]
            shape = level.data.shape[0] * level.step[0], level.data.shape[1] * level.step[1]
        left, top = seen.left() - layer.offset[1] * x, seen.top() - layer.offset[0] * y
        return Screen(QRectF(self.viewport().rect()), left, top, self.scale, (y, x), shape)

    def _tool_screen(self) -> Screen | None:
        """The same for what the tools count from."""
        screen = self._screen()
        if screen is None:
            return None
        row, column = self.tool_corner
        y, x = screen.size_yx
        return replace(screen, left=screen.left - column * x, top=screen.top - row * y)

    def _draw_tools(self, painter: QPainter, area: QRectF) -> None:
        screen = self._tool_screen()
        if screen is not None:
            painter.setClipRect(area)
            for tool in self.tools:
                tool.draw(painter, screen, self.index)

    def _follow_theme(self) -> None:
        self.setBackground(ground_of(self.palette()))

    # ------------------------------------------------------------------ Qt events
    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the scale: a larger pane shows more."""
        super().resizeEvent(event)
        if event is not None and hasattr(self, "_timer"):
            self.resized.emit()
            self.update_soon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave all keys to the slice views."""
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Leave all keys to the slice views."""
        event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Wheel: next slice. Ctrl + wheel: zoom about the mouse."""
        self.touched.emit()
        turns = event.angleDelta().y() / 120 or event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            rows, columns = self._position(event.position())
            self.zoomed.emit(1.25**-turns, rows, columns)
        elif turns:
            self.stepped.emit(-int(np.sign(turns)) * max(1, round(abs(turns))))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left: cursor, divider or region (Ctrl: a new one). Right: contrast. Middle, or Shift: move."""
        self._last = event.position()
        self.touched.emit()
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.RightButton:
            self._drag = "window"
        elif event.button() == Qt.MouseButton.MiddleButton or shift:
            self._drag = "pan"
        elif self._takes_gauge(event):
            self._drag = "gauge"
        elif self._takes_tool(event):
            self._drag = "tool"
        elif self._on_divider(event.position()):
            self._drag = "divider"
        elif self._takes_box(event):
            self._drag = "box"
        else:
            self._drag = "point"
            self.pointed.emit(*self._position(event.position()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what the button press began; else report what lies under the mouse."""
        moved, self._last = event.position() - self._last, event.position()
        if self._drag == "window":
            self.windowed.emit(moved.x() / max(1, self.width()), moved.y() / max(1, self.height()))
        elif self._drag == "pan":
            self.panned.emit(-moved.y() * self.scale, -moved.x() * self.scale)
        elif self._drag == "divider":
            self.divider_moved.emit(min(1.0, max(0.0, event.position().x() / max(1, self.width()))))
        elif self._drag == "box":
            self._drag_box(event.position())
        elif self._drag == "tool":
            self._drag_tool(event.position())
        elif self._drag == "gauge" and self.gauges is not None:
            self.gauges.drag(self._view(), event.position())
        elif self._drag == "point":
            self.pointed.emit(*self._position(event.position()))
        else:
            self.viewport().setCursor(self._pointer(event.position()))
        self.hovered.emit(*self._position(event.position()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if self._drag == "gauge" and self.gauges is not None:
            self.gauges.release(self._view(), event.position())
        self._drag, self._held = "", None
        tool, self._tool = self._tool, None
        if tool is not None:
            tool.release()
            self.viewport().update()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything; while a line is drawn, it is a click like others."""
        if (self.gauges is not None and self.gauges.drawing) or self.paints:
            self.mousePressEvent(event)
            return
        self.fit_wanted.emit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is gone: the read-out goes back to the cursor."""
        self.left.emit()
        super().leaveEvent(event)

    def _position(self, at: QPointF) -> tuple[float, float]:
        """Rows and columns, in the frame's unit."""
        seen = self.visible()
        return seen.top() + at.y() * self.scale, seen.left() + at.x() * self.scale

    # ------------------------------------------------------------------ region
    def _box_area(self, box: Box) -> QRectF:
        return box.on_screen(self.visible().topLeft(), self.scale)

    def _takes_box(self, event: QMouseEvent) -> bool:
        """Begin a drag of the region if the mouse is on it, or a new one with Ctrl."""
        if self.box is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        row, column = self._position(event.position())
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._grip, self._held = (1, 1), (Box((row, row), (column, column)), (row, column))
            return True
        self._grip = grip_at(self._box_area(self.box), event.position())
        self._held = None if self._grip is None else (self.box, (row, column))
        return self._grip is not None

    def _drag_box(self, at: QPointF) -> None:
        if self._held is not None and self._grip is not None and self.frame is not None:
            box, (row, column) = self._held
            now_row, now_column = self._position(at)
            rows, columns = (self.frame.length(axis) for axis in CUT_AXES[self.axis])
            moved = box.dragged(self._grip, now_row - row, now_column - column)
            self.box_changed.emit(moved.kept_within(rows, columns))

    # ------------------------------------------------------------------ lines that are measured along
    def _view(self) -> View:
        seen = self.visible()
        return View(self.axis, QRectF(self.viewport().rect()), seen.left(), seen.top(), self.scale)

    def _takes_gauge(self, event: QMouseEvent) -> bool:
        gauges = self.gauges
        left = event.button() == Qt.MouseButton.LeftButton
        if gauges is None or not left or (self.paints and not gauges.drawing):
            return False
        return gauges.press(self._view(), event.position())

    # ------------------------------------------------------------------ tools
    def _takes_tool(self, event: QMouseEvent) -> bool:
        """Give the drag to what is laid over the slice and lies under the mouse, uppermost first."""
        screen = self._tool_screen()
        if screen is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        draws = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        for tool in reversed(self.tools):
            if tool.takes(screen, self.index, event.position(), draws):
                self._tool = tool
                return True
        return False

    def _drag_tool(self, at: QPointF) -> None:
        screen = self._tool_screen()
        if self._tool is not None and screen is not None:
            self._tool.drag(screen, at)
            self.viewport().update()

    def _pointer(self, at: QPointF) -> Qt.CursorShape:
        free = self.gauges is not None and (self.gauges.drawing or not self.paints)
        taken = self.gauges.pointer(self._view(), at) if self.gauges is not None and free else None
        if taken is not None:
            return taken
        screen = self._tool_screen()
        for tool in reversed(self.tools):
            shape = None if screen is None else tool.pointer(screen, self.index, at)
            if shape is not None:
                return shape
        if self._on_divider(at):
            return Qt.CursorShape.SplitHCursor
        grip = None if self.box is None else grip_at(self._box_area(self.box), at)
        return Qt.CursorShape.CrossCursor if grip is None else shape_of(grip)

    def _on_divider(self, at: QPointF) -> bool:
        shown = self.mode == SWIPE and self._layers[AFTER].plane is not None
        return shown and abs(at.x() - self.divider * self.width()) <= GRAB_PX
