"""Linked xy, xz and yz views of a stack, with before/after; needs no OpenGL (works over remote desktop).

Nothing is read on the GUI thread: see `app.plots.loader`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.geometry import AXIS_NAMES, CUT_AXES, CUT_NAMES, Frame, X, Y, Z
from app.plots.box import Box
from app.plots.channels import coloured_alike
from app.plots.colour import COLOUR_MAPS, Contrast
from app.plots.comparison import MODES, Comparison
from app.plots.controls import VIEWS, SliceControls
from app.plots.gauges import Gauges
from app.plots.keys import action_of
from app.plots.layers import Layers
from app.plots.pane import SlicePane
from app.plots.panes import LinkedPanes
from app.plots.pictures import AFTER, BEFORE, OVERLAY
from app.plots.playback import Player
from app.plots.profile import Sheet, sheets_of
from app.plots.readout import Readout, place_text
from app.plots.snapshot import Part
from app.plots.tools import PaneTool
from app.quantities import Quantity
from app.region import Region, range_at, region_within
from app.tint import Legend
from app.workers import WorkerPool
from core.errors import ParameterError
from core.volume import Array, Content, Origin, Volume, VolumeInfo

REST_MS = 200  # the cursor counts as resting after this long
NEAR_SHARE = 0.2  # a canvas that differs by less than this from the one before keeps the zoom


class SliceViews(QWidget):
    """Three cuts through one volume at a common cursor.

    Mouse: click sets the cursor, wheel changes the slice, Ctrl + wheel zooms, middle button (or Shift)
    moves, right button drags the contrast, double click shows everything.
    A region has handles; Ctrl and left button draw it anew.
    Keys: arrows and Page Up/Down move the cursor (Shift: ten at once), Home/End first/last slice,
    + - zoom, F fit, A contrast, C comparison, B blink, 1 to 9 channel, space plays the slices,
    Escape puts a tool aside, Delete takes the chosen line away.

    Positions are voxel indices (z, y, x), counted from 0.
    """

    cursor_changed = Signal(int, int, int)
    channel_wanted = Signal(int)
    levels_changed = Signal(float, float)
    failed = Signal(str)
    overview_progressed = Signal(float)
    region_changed = Signal(object)
    left_view = Signal()
    picture_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool(2, self)
        self._cursor = (0, 0, 0)
        self._comparison = Comparison(self)
        self._legend: Legend | None = None
        self._contrast_wanted = False
        self._ahead = 1
        self._region: Region | None = None
        self.overlay_opacity: float | None = None  # as the user has set it
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._rested)
        self._controls = SliceControls(self)
        self._readout = Readout(self)
        self._panes = LinkedPanes(self._readout, self)
        self.gauges, self.player = Gauges(self), Player(self, self)
        self._tools: tuple[list[PaneTool], tuple[int, int]] = ([], (0, 0))
        self._painting: PaneTool | None = None
        self.arrangement = "all"
        self._layers = Layers(
            self._panes,
            self._pool,
            changed=self._changed,
            failed=self._say_failed,
            grown=self.overview_progressed.emit,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._controls)
        layout.addWidget(self._panes, 1)
        self._connect()

    # ------------------------------------------------------------------ what is shown
    def set_volume(self, volume: Volume | None, *, related: bool = False) -> None:
        """Show a stack; None empties the views.

        A stack of the same shape keeps cursor and zoom, and so does a `related` one (another step of the same
        stack) of nearly the same shape; what both hold in the same way keeps its contrast.
        """
        old = None if self._layers.frame is None else self._layers.frame.info
        same = volume is not None and old is not None and old.shape == volume.info.shape
        near = same or (related and volume is not None and old is not None and nearly(old, volume.info))
        alike = near and volume is not None and old is not None and old.dtype == volume.info.dtype
        alike = alike and old is not None and volume is not None and old.content == volume.info.content
        if volume is not None and not same:  # before anything is read out: it may lie beyond the new stack
            nz, ny, nx = volume.info.shape
            z, y, x = self._cursor if near else (nz // 2, ny // 2, nx // 2)
            self._cursor = (min(z, nz - 1), min(y, ny - 1), min(x, nx - 1))
        self._legend = None
        self._layers.set_volume(volume)
        frame = self._layers.frame
        self._readout.set_frame(frame)
        self._panes.set_frame(frame, keep=near)
        self.gauges.set_frame(frame, related=related or same)
        self._region = None if not same else self._region
        self._mark_region()
        if volume is None:
            return
        self._contrast_wanted = not alike
        if old is None or old.channel != volume.info.channel:
            known = self._layers.contrasts.of(volume)
            self._contrast_wanted = known is None
            if known is not None:
                self._set_contrast(known)
        self._panes.set_cursor_position(self._cursor)
        self._go()

    def set_compare(
        self,
        volume: Volume | None,
        name: str = "after",
        offset_zyx: tuple[int, int, int] = (0, 0, 0),
        *,
        before: str = "before",
        quantity: Quantity | None = None,
        of_both: bool = False,
    ) -> None:
        """Show a second volume on the other side of the divider.

        Parameters
        ----------
        volume : Volume or None
            The result; None ends the comparison.
        name, before : str
            How to call it, and what it is compared with, on the screen.
        offset_zyx : tuple of int
            Voxel of the shown volume at which its first voxel lies (for a cropped result).
        quantity : Quantity, optional
            What it holds, where that is neither grey values nor phases.
        of_both : bool
            Whether what it is compared with holds the same.

        Raises
        ------
        ParameterError
            If it does not lie within the shown volume.
        """
        self._comparison.names = self._layers.difference.names = (before, name)
        self._layers.set_compare(volume, offset_zyx, quantity, of_both)
        self._apply_mode()
        if volume is not None and self._layers.frame is not None:
            self._go()

    def set_overlay(
        self, volume: Volume | None, opacity: float = 0.4, *, legend: Legend | None = None
    ) -> None:
        """Draw a binary or label volume of the same shape in colour over the slices; None removes it.

        With a `legend` its colours are used, and it is drawn into the xy view.

        Raises
        ------
        ParameterError
            If its shape differs.
        """
        self._layers.set_overlay(volume, opacity, None if legend is None else legend.table)
        self._legend = legend
        self._apply_mode()
        if volume is not None and self._layers.frame is not None:
            self._go()
        self._read_out_cursor()

    def add_channels(self, channels: Sequence[tuple[str, Volume]]) -> None:
        """Lay channels over each other in colours; the first is the stack itself, none ends it.

        Raises
        ------
        ParameterError
            If one has another shape.
        """
        self._layers.channels.set_channels(coloured_alike(channels), self._layers.volume)
        self._layers.relook()
        self._apply_mode()
        if channels and self._layers.frame is not None:
            self._go()

    def overlay(self) -> Volume | None:
        """What is drawn over the slices."""
        return self._layers.overlay

    def show_preview(
        self,
        plane: Array | None,
        generation: int,
        *,
        z: int | None = None,
        content: Content = "grey",
        offset_yx: tuple[int, int] = (0, 0),
        note: str = "",
        before: Array | None = None,
        quantity: Quantity | None = None,
    ) -> None:
        """Show the result of a step on one slice as the "after" of the xy view.

        Parameters
        ----------
        plane : ndarray, shape (rows, columns), or None
            The result; None removes the preview.
        generation : int
            Rising number of the request; answers to older requests than the newest seen are dropped.
        z : int, optional
            Slice it belongs to (default: the one at the cursor); shown only while the cursor is there.
        content : {'grey', 'binary', 'labels'}
            How to colour it.
        offset_yx : tuple of int
            Pixel of the slice at which it lies (for a cropped result).
        note : str
            What the user has to know about it ("from a sample of slices").
        before : ndarray, shape of a slice of the shown stack, optional
            The slice as it enters the step, where steps in between are not part of the shown stack.
        quantity : Quantity, optional
            What the result holds, where that is neither grey values nor phases.
        """
        at = self._cursor[Z] if z is None else z
        self._layers.show_preview(plane, generation, at, content, offset_yx, note, before, quantity)

    def clear_preview(self) -> None:
        """Remove the preview."""
        self._layers.clear_preview()

    # ------------------------------------------------------------------ region
    def set_region(self, region: Region | None) -> None:
        """Mark a box of voxels with handles in all cuts; None marks none.

        Raises
        ------
        ParameterError
            If it reaches beyond the stack.
        """
        frame = self._layers.frame
        if region is not None and (
            frame is None or any(high > n for high, n in zip(region.high, frame.info.shape, strict=True))
        ):
            raise ParameterError("the region reaches beyond the stack", got=region.text)
        self._region = region
        self._mark_region()

    def region(self) -> Region | None:
        """The box that is marked."""
        return self._region

    def _mark_region(self) -> None:
        self._panes.set_region(self._region, self._cursor)

    def _box_changed(self, axis: int, box: Box) -> None:
        frame, region = self._layers.frame, self._region
        if frame is None or region is None:
            return
        for along, (first, last) in zip(CUT_AXES[axis], (box.rows, box.columns), strict=True):
            begin, end = range_at(frame, along, first, last)
            low, high = list(region.low), list(region.high)
            low[along], high[along] = begin, end
            region = region_within(low, high, frame.info.shape)
        if region != self._region:
            self.set_region(region)
            self.region_changed.emit(region)

    # ------------------------------------------------------------------ cursor, zoom, colours
    def cursor_zyx(self) -> tuple[int, int, int]:
        """Voxel (z, y, x) at which the three cuts meet."""
        return self._cursor

    def cursor_in(self, info: VolumeInfo) -> tuple[int, int, int] | None:
        """The same place in the shown stack, or in what is compared with it; None for another volume."""
        return self._layers.place_in(info, self._cursor)

    def set_cursor(self, z: int, y: int, x: int) -> None:
        """Move the cursor; positions outside the volume go to its edge."""
        frame = self._layers.frame
        if frame is None:
            return
        wanted = tuple(min(max(0, at), n - 1) for at, n in zip((z, y, x), frame.info.shape, strict=True))
        if wanted == self._cursor:
            return
        if wanted[Z] != self._cursor[Z]:
            self._ahead = 1 if wanted[Z] > self._cursor[Z] else -1
        self._cursor = (wanted[Z], wanted[Y], wanted[X])
        self._panes.set_cursor_position(self._cursor)
        self._go()
        self.cursor_changed.emit(*self._cursor)

    def move_along(self, axis: int, steps: int) -> None:
        """Move the cursor along one axis."""
        wanted = list(self._cursor)
        wanted[axis] += steps
        self.set_cursor(*wanted)

    def levels(self) -> tuple[float, float]:
        """Grey values shown as the first and the last colour."""
        return self._layers.contrast.low, self._layers.contrast.high

    def set_levels(self, low: float, high: float) -> None:
        """Set the contrast by hand."""
        self._set_contrast(Contrast(low, high) if high > low else Contrast(low, low + 1.0))

    def auto_contrast(self) -> None:
        """Fit the contrast to the slice that is shown, or to the next one that arrives."""
        if self._layers.difference.on:
            self._layers.difference.fit()
            return
        self._layers.channels.fit()
        contrast = self._layers.fitting_contrast()
        if contrast is None:
            self._contrast_wanted = True
        else:
            self._set_contrast(contrast)

    def set_colour_map(self, name: str) -> None:
        """Choose the colours of grey values."""
        _known(name, COLOUR_MAPS, "colour map")
        self._controls.set_colour_map(name)
        self._layers.set_colour_map(name)

    def set_views(self, views: str) -> None:
        """Show ``all`` cuts or only ``xy``, ``xz`` or ``yz``."""
        _known(views, VIEWS, "arrangement")
        self.arrangement = views
        self._panes.set_views(views)
        self._controls.set_views(views)

    def set_mode(self, mode: str) -> None:
        """One of `MODES`: a side alone, both with a divider (``swipe``), what differs, one over the other.

        Used while there is something to compare.
        """
        _known(mode, MODES, "way to compare")
        self._comparison.set_mode(mode)
        self._controls.set_mode(mode)

    def next_mode(self) -> None:
        """Go on to the next way to compare."""
        self.set_mode(self._comparison.next_mode())

    @property
    def mode(self) -> str:
        """How two volumes are compared."""
        return self._comparison.mode

    def blink(self, on: bool) -> None:
        """Show before and after in turn, twice a second, while there is something to compare."""
        self._controls.set_blinking(on)
        self._comparison.blink(on)

    @property
    def blinking(self) -> bool:
        """Whether before and after are shown in turn."""
        return self._comparison.blinks

    # ------------------------------------------------------------------ what lies over the slice
    def set_tools(self, tools: Sequence[PaneTool], corner: tuple[int, int] = (0, 0)) -> None:
        """Lay boxes and marks over the xy view that the mouse can move.

        Parameters
        ----------
        corner : tuple of int
            Row and column of the shown slice from which they count.
        """
        self._tools = list(tools), corner
        self._lay_tools()

    def set_painting(self, tool: PaneTool | None) -> None:
        """Lay one tool over the xy view in place of all others; None gives them back."""
        self._painting = tool
        self._lay_tools()

    def update_tools(self) -> None:
        """Draw what lies over the slice again."""
        self._panes[Z].viewport().update()

    def layer(self, role: str) -> Part | None:
        """What a layer of the xy view holds, seen or not."""
        return self._panes[Z].layer(role)

    def _lay_tools(self) -> None:
        pane = self._panes[Z]
        pane.tools, pane.tool_corner = self._tools if self._painting is None else ([self._painting], (0, 0))
        pane.paints = self._painting is not None
        pane.viewport().update()

    def fit(self) -> None:
        """Show everything, and keep doing so when the window changes its size."""
        self._panes.fit()

    def zoom(self, factor: float) -> None:
        """Zoom about the cursor; below 1 comes closer."""
        self._panes.zoom(factor)

    def grab_image(self, axis: int = Z) -> QImage:
        """Picture of one cut as on the screen."""
        self._panes[axis].render_now()
        image: QImage = self._panes[axis].grab().toImage()
        return image

    # ------------------------------------------------------------------ for what measures and plays
    def cut(self, axis: int) -> SlicePane:
        """The view of one cut."""
        return self._panes[axis]

    def volume(self) -> Volume | None:
        """The stack that is shown."""
        return self._layers.volume

    def active_axis(self) -> int:
        """The cut that was clicked last, if it is shown; else the first one that is."""
        shown = [axis for axis in (Z, Y, X) if not self._panes[axis].isHidden()]
        focused = next((axis for axis in shown if self.focusWidget() is self._panes[axis]), None)
        return focused if focused is not None else shown[0]

    def play_or_stop(self) -> None:
        """Go through the slices by itself, or stay."""
        self.player.toggle()

    def leave(self) -> None:
        """Put the tool aside, and stay at this slice."""
        self.player.stop()
        self.gauges.use(None)

    def remove_line(self) -> None:
        """Take the chosen line away."""
        self.gauges.remove(self.gauges.chosen)

    def slice_count(self) -> int:
        """How many slices there are."""
        frame = self._layers.frame
        return 0 if frame is None or not self.isVisible() else frame.info.shape[Z]

    def is_drawn(self) -> bool:
        """Whether the slice at the cursor has come."""
        plane = self._panes[Z].plane()
        return plane is not None and plane.index == self._cursor[Z]

    def sheets(self, axis: int) -> dict[str, Sheet]:
        """Values of a cut by what they are of: of both sides where two are compared."""
        found = []
        for role, name in zip((BEFORE, AFTER), self._comparison.names, strict=True):
            part, origins = self._panes[axis].layer(role), self._layers.origins(role)
            if part is not None:
                level, gaps = part.plane.levels[0], None if origins is None else np.equal(origins, Origin.GAP)
                sheet = Sheet(level.data, level.step, part.offset, part.look.content, gaps)
                found.append((name if self._layers.comparable else "value", sheet))
        return sheets_of(found)

    def add_bar(self, widget: QWidget) -> None:
        """Put a row between the controls and the cuts."""
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, widget)

    def add_controls(self, widget: QWidget) -> None:
        """Put something more into the row above the cuts."""
        self._controls.add(widget)

    def busy(self) -> bool:
        """Whether something is being read, or will be when the cursor has rested."""
        return self._rest.isActive() or not self._pool.idle

    def shutdown(self) -> None:
        """End threads and timers; the widget is of no use afterwards."""
        self._rest.stop()
        self._comparison.stop()
        self.player.stop()
        self._layers.close()
        self._panes.stop()
        self._pool.shutdown()

    # ------------------------------------------------------------------ reactions
    def _connect(self) -> None:
        controls, panes = self._controls, self._panes
        controls.set_mode(self._comparison.mode)
        self._comparison.changed.connect(self._apply_mode)
        controls.auto_wanted.connect(self.auto_contrast)
        controls.fit_wanted.connect(self.fit)
        controls.colour_map_chosen.connect(self.set_colour_map)
        controls.views_chosen.connect(self.set_views)
        controls.mode_chosen.connect(self.set_mode)
        controls.blinked.connect(self.blink)
        controls.opacity_chosen.connect(self._set_opacity)
        self._readout.moved.connect(lambda axis, index: self.move_along(axis, index - self._cursor[axis]))
        panes.pointed.connect(self._point)
        panes.hovered.connect(self._read_out)
        panes.left.connect(self._read_out_cursor)
        panes.left.connect(self.left_view)
        panes.stepped.connect(self.move_along)
        panes.windowed.connect(self._drag_contrast)
        panes.box_changed.connect(self._box_changed)
        self.cursor_changed.connect(lambda *_place: self.player.moved())
        for pane in panes.all():
            pane.gauges = self.gauges
            pane.touched.connect(self.player.stop)
            self.gauges.changed.connect(pane.viewport().update)

    def _set_opacity(self, opacity: float) -> None:
        if self._layers.overlay is not None:
            self.overlay_opacity = opacity
        self._layers.set_opacity(opacity)

    def _go(self) -> None:
        self._readout.set_cursor_position(self._cursor)
        self.gauges.set_cursor(self._cursor)
        self._layers.go(self._cursor)
        self._say_measured()
        self._mark_region()
        for axis in (Z, Y, X):
            self._caption(axis)
        self._read_out_cursor()
        self._rest.start()

    def _say_measured(self) -> None:
        pane = self._panes[Z]
        pane.index = self._cursor[Z]
        pane.footprints = {role: self._layers.footprint(role) for role in (BEFORE, AFTER)}
        for axis in (Y, X):
            self._panes[axis].origins = {role: self._layers.origins(role) for role in (BEFORE, AFTER)}

    def _rested(self) -> None:
        self._layers.rest(self._ahead)
        for axis in (Z, Y, X):
            self._caption(axis)

    def _changed(self, axis: int) -> None:
        if axis == Z:
            self._say_measured()
        if self._contrast_wanted and self._panes[Z].plane() is not None:
            self._contrast_wanted = False
            self.auto_contrast()
        self._apply_mode()
        self._caption(axis)
        self._read_out_cursor()
        self.picture_changed.emit(axis)

    def _say_failed(self, axis: int, error: Exception) -> None:
        pane = self._panes[axis]
        pane.set_plane(BEFORE, None)
        pane.message = str(error)
        pane.update_soon()
        self.failed.emit(str(error))

    def _caption(self, axis: int) -> None:
        frame, pane = self._layers.frame, self._panes[axis]
        if frame is None:
            pane.set_caption("", ())
            return
        word = "slice" if axis == Z else AXIS_NAMES[axis]
        place = f"{word} {self._cursor[axis]} of 0–{frame.info.shape[axis] - 1}"
        pane.set_caption(f"{CUT_NAMES[axis]}   {place}", self._layers.remarks(axis))

    def _point(self, axis: int, row: float, column: float) -> None:
        frame = self._layers.frame
        if frame is None:
            return
        wanted = list(self._cursor)
        for along, position in zip(CUT_AXES[axis], (row, column), strict=True):
            wanted[along] = frame.index_at(along, position)
        self.set_cursor(*wanted)

    def _read_out_cursor(self) -> None:
        if self._layers.frame is not None:
            self._say_value(self._layers.frame, Z, self._cursor)

    def _read_out(self, axis: int, row: float, column: float) -> None:
        """Say what lies under the mouse; outside the volume, what lies at the cursor."""
        frame = self._layers.frame
        if frame is None:
            return
        place = list(self._cursor)
        for along, position in zip(CUT_AXES[axis], (row, column), strict=True):
            if not 0 <= position <= frame.length(along):
                self._read_out_cursor()
                return
            place[along] = frame.index_at(along, position)
        self._say_value(frame, axis, (place[Z], place[Y], place[X]))

    def _say_value(self, frame: Frame, axis: int, zyx: tuple[int, int, int]) -> None:
        entry = self._panes[axis].value_at(OVERLAY, zyx)
        meaning = "" if self._legend is None or entry is None else self._legend.meaning(int(entry))
        said = [self._layers.value_text(axis, zyx, self._comparison.names), meaning]
        self._readout.set_text("\n".join(filter(None, said)), place_text(frame, zyx))

    def _drag_contrast(self, right: float, down: float) -> None:
        if self._layers.difference.on:
            self._layers.difference.widen(math.exp(2 * right))
            return
        contrast = self._layers.contrast
        self._set_contrast(contrast.moved(down * contrast.width, math.exp(2 * right)))

    def _set_contrast(self, contrast: Contrast) -> None:
        self._contrast_wanted = False
        self._layers.set_contrast(contrast)
        self.levels_changed.emit(contrast.low, contrast.high)

    def _apply_mode(self) -> None:
        comparable = self._layers.comparable
        self._controls.set_comparable(comparable)
        mode = self._comparison.drawn(comparable)
        more = self._layers.set_drawn(mode)
        self._panes.set_mode(mode, self._comparison.names)
        self._panes.set_legend(self._layers.legend(mode) or self._legend)
        self._controls.set_overlay(self._layers.opacity())
        if more and self._layers.frame is not None:
            self._go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class for the keys."""
        action = action_of(event, self)
        if action is not None and event.key() != Qt.Key.Key_Space:
            self.player.stop()
        if event.key() == Qt.Key.Key_B:
            if not event.isAutoRepeat():
                self.blink(not self.blinking)
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.channel_wanted.emit(event.key() - Qt.Key.Key_0)
        elif action is None:
            super().keyPressEvent(event)
        else:
            action()


def nearly(old: VolumeInfo, new: VolumeInfo) -> bool:
    """Whether a view of one volume suits the other: as many slices, borders at most a little apart."""
    sizes = zip(old.shape[1:], new.shape[1:], strict=True)
    return old.shape[0] == new.shape[0] and all(abs(a - b) <= NEAR_SHARE * a for a, b in sizes)


def _known(name: str, names: dict[str, str], what: str) -> None:
    if name not in names:
        raise ParameterError(f"no such {what}", expected=", ".join(names), got=name)
