"""Linked xy, xz and yz views of a stack, with before/after; needs no OpenGL (works over remote desktop).

Nothing is read on the GUI thread: see `app.plots.loader`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.geometry import AXIS_NAMES, CUT_AXES, CUT_NAMES, Frame, X, Y, Z
from app.plots.colour import COLOUR_MAPS, Contrast, auto_contrast
from app.plots.controls import MODES, SliceControls
from app.plots.loader import PlaneLoader
from app.plots.pane import AFTER, BEFORE, OVERLAY, Look, SlicePane
from app.plots.panes import LinkedPanes
from app.plots.planes import Plane, pyramid
from app.plots.preview import Preview
from app.plots.readout import Readout, place_text, value_text
from app.workers import Ticket, WorkerPool
from core.errors import ParameterError
from core.job import Outcome
from core.volume import Array, Content, Volume

REST_MS = 200  # the cursor counts as resting after this long


class SliceViews(QWidget):
    """Three cuts through one volume at a common cursor.

    Mouse: click sets the cursor, wheel changes the slice, Ctrl + wheel zooms, middle button (or Shift)
    moves, right button drags the contrast, double click shows everything.
    Keys: arrows and Page Up/Down move the cursor (Shift: ten at once), Home/End first/last slice,
    + - zoom, F fit, A contrast, C comparison, B (held) blink.

    Positions are voxel indices (z, y, x), counted from 0.
    """

    cursor_changed = Signal(int, int, int)
    levels_changed = Signal(float, float)
    failed = Signal(str)
    overview_progressed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool(2, self)
        self._frame: Frame | None = None
        self._cursor = (0, 0, 0)
        self._loaders: dict[str, PlaneLoader] = {}
        self._offset = (0, 0, 0)
        self._names = ("before", "after")
        self._looks = {role: Look() for role in (BEFORE, AFTER, OVERLAY)}
        self._preview = Preview()
        self._preview_ticket: Ticket | None = None
        self._mode = "swipe"
        self._blinking = False
        self._contrast_wanted = False
        self._ahead = 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._rested)
        self._build()

    # ------------------------------------------------------------------ what is shown
    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack; a stack of the same shape keeps cursor and zoom. None empties the views."""
        same = volume is not None and self._frame is not None and self._frame.info.shape == volume.info.shape
        same_type = (
            same and volume is not None and self._loaders[BEFORE].volume.info.dtype == volume.info.dtype
        )
        self.set_compare(None)
        self.set_overlay(None)
        self.clear_preview()
        self._close(BEFORE)
        self._frame = None if volume is None else Frame(volume.info)
        self._readout.set_frame(self._frame)
        self._panes.set_frame(self._frame, keep=same)
        if volume is None:
            return
        self._open(BEFORE, volume)
        self._contrast_wanted = not same_type
        self._looks[BEFORE].content = volume.info.content
        if not same:
            nz, ny, nx = volume.info.shape
            self._cursor = (nz // 2, ny // 2, nx // 2)
        self._apply_looks()
        self._panes.set_cursor_position(self._cursor)
        self._go()

    def set_compare(
        self, volume: Volume | None, name: str = "after", offset_zyx: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        """Show a second volume on the other side of the divider.

        Parameters
        ----------
        volume : Volume or None
            The result; None ends the comparison.
        name : str
            How to call it on the screen.
        offset_zyx : tuple of int
            Voxel of the shown volume at which its first voxel lies (for a cropped result).

        Raises
        ------
        ParameterError
            If it does not lie within the shown volume.
        """
        if volume is not None and self._frame is not None:
            ends = [offset + n for offset, n in zip(offset_zyx, volume.info.shape, strict=True)]
            if min(offset_zyx) < 0 or any(e > n for e, n in zip(ends, self._frame.info.shape, strict=True)):
                raise ParameterError(
                    "the two volumes cannot be laid over each other",
                    expected=f"within {self._frame.info.shape}",
                    got=f"{volume.info.shape} at {offset_zyx}",
                    remedy="look at them one after the other",
                )
        self._close(AFTER)
        self._names, self._offset = ("before", name), offset_zyx
        if volume is not None and self._frame is not None:
            self._open(AFTER, volume)
            self._looks[AFTER].content = volume.info.content
            self._go()
        self._apply_mode()

    def set_overlay(self, volume: Volume | None, opacity: float = 0.4) -> None:
        """Draw a binary or label volume of the same shape in colour over the slices; None removes it.

        Raises
        ------
        ParameterError
            If its shape differs.
        """
        if volume is not None and self._frame is not None and volume.info.shape != self._frame.info.shape:
            raise ParameterError(
                "an overlay must have the shape of the stack under it",
                expected=self._frame.info.shape,
                got=volume.info.shape,
            )
        self._close(OVERLAY)
        self._controls.set_overlay(None if volume is None else opacity)
        if volume is not None and self._frame is not None:
            self._looks[OVERLAY] = Look(content=volume.info.content, overlay_opacity=opacity)
            self._apply_looks()
            self._open(OVERLAY, volume)
            self._go()

    def show_preview(
        self,
        plane: Array | None,
        generation: int,
        *,
        z: int | None = None,
        content: Content = "grey",
        offset_yx: tuple[int, int] = (0, 0),
        note: str = "",
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
        """
        if self._frame is None or not self._preview.accepts(generation):
            return
        self._drop_preview_ticket()
        if plane is None:
            self._preview.clear()
            self._show_after(Z)
            return
        at = self._cursor[Z] if z is None else z
        pixel = (self._frame.size[Y], self._frame.size[X])

        def arrived(outcome: Outcome[Plane]) -> None:
            if outcome.value is not None:
                self._preview.take(outcome.value, content, offset_yx, note)
                self._show_after(Z)

        self._preview_ticket = self._pool.submit(
            lambda _job: Plane(Z, at, pyramid(plane, pixel=pixel, content=content), exact=True), arrived
        )

    def clear_preview(self) -> None:
        """Remove the preview; answers still under way are shown when they come with a newer generation."""
        self._drop_preview_ticket()
        self._preview.clear()
        self._show_after(Z)

    # ------------------------------------------------------------------ cursor, zoom, colours
    def cursor_zyx(self) -> tuple[int, int, int]:
        """Voxel (z, y, x) at which the three cuts meet."""
        return self._cursor

    def set_cursor(self, z: int, y: int, x: int) -> None:
        """Move the cursor; positions outside the volume go to its edge."""
        if self._frame is None:
            return
        shape = self._frame.info.shape
        wanted = tuple(min(max(0, at), n - 1) for at, n in zip((z, y, x), shape, strict=True))
        if wanted == self._cursor:
            return
        if wanted[Z] != self._cursor[Z]:
            self._ahead = 1 if wanted[Z] > self._cursor[Z] else -1
        self._cursor = (wanted[0], wanted[1], wanted[2])
        self._panes.set_cursor_position(self._cursor)
        self._go()
        self.cursor_changed.emit(*self._cursor)

    def levels(self) -> tuple[float, float]:
        """Grey values shown as the first and the last colour."""
        contrast = self._looks[BEFORE].contrast
        return contrast.low, contrast.high

    def set_levels(self, low: float, high: float) -> None:
        """Set the contrast by hand."""
        self._contrast_wanted = False
        self._set_contrast(Contrast(low, high) if high > low else Contrast(low, low + 1.0))

    def auto_contrast(self) -> None:
        """Fit the contrast to the slice that is shown."""
        plane = self._panes[Z].plane()
        if plane is None:
            self._contrast_wanted = True
            return
        self._contrast_wanted = False
        self._set_contrast(auto_contrast(plane.levels[-1].data, self._looks[BEFORE].content))

    def colour_maps(self) -> tuple[str, ...]:
        """Names that `set_colour_map` knows."""
        return tuple(COLOUR_MAPS)

    def set_colour_map(self, name: str) -> None:
        """Choose the colours of grey values."""
        if name not in COLOUR_MAPS:
            raise ParameterError("no such colour map", expected=", ".join(COLOUR_MAPS), got=name)
        for role in (BEFORE, AFTER):
            self._looks[role].colour_map = name
        self._controls.set_colour_map(name)
        self._apply_looks()

    def set_views(self, views: str) -> None:
        """Show ``all`` cuts or only ``xy``, ``xz`` or ``yz``."""
        self._panes.set_views(views)
        self._controls.set_views(views)

    def set_mode(self, mode: str) -> None:
        """``before``, ``swipe`` (with the divider) or ``after``; used while there is something to compare."""
        if mode not in MODES:
            raise ParameterError("no such way to compare", expected=", ".join(MODES), got=mode)
        self._mode = mode
        self._controls.set_mode(mode)
        self._apply_mode()

    def fit(self) -> None:
        """Show everything, and keep doing so when the window changes its size."""
        self._panes.fit()

    def grab_image(self, axis: int = Z) -> QImage:
        """Picture of one cut as on the screen."""
        self._panes[axis].render_now()
        image: QImage = self._panes[axis].grab().toImage()
        return image

    def busy(self) -> bool:
        """Whether something is being read."""
        return not self._pool.idle

    def shutdown(self) -> None:
        """End threads and timers; the widget is of no use afterwards."""
        self._rest.stop()
        self._drop_preview_ticket()
        for role in list(self._loaders):
            self._loaders.pop(role).close()
        self._pool.shutdown()

    # ------------------------------------------------------------------ assembly
    def _build(self) -> None:
        self._controls = SliceControls(self)
        self._readout = Readout(self)
        self._panes = LinkedPanes(self._readout, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._controls)
        layout.addWidget(self._panes, 1)
        controls, panes = self._controls, self._panes
        controls.auto_wanted.connect(self.auto_contrast)
        controls.fit_wanted.connect(self.fit)
        controls.colour_map_chosen.connect(self.set_colour_map)
        controls.views_chosen.connect(self.set_views)
        controls.mode_chosen.connect(self.set_mode)
        controls.blinked.connect(self._blink)
        controls.opacity_chosen.connect(self._set_opacity)
        self._readout.moved.connect(self._move_along)
        panes.pointed.connect(self._point)
        panes.hovered.connect(self._read_out)
        panes.left.connect(self._read_out_cursor)
        panes.stepped.connect(lambda axis, steps: self._move_along(axis, self._cursor[axis] + steps))
        panes.windowed.connect(self._drag_contrast)

    def _open(self, role: str, volume: Volume) -> None:
        self._loaders[role] = PlaneLoader(
            volume,
            self._pool,
            show=lambda plane: self._show(role, plane),
            fail=self._say_failed,
            grown=self.overview_progressed.emit if role == BEFORE else lambda _fraction: None,
        )

    def _close(self, role: str) -> None:
        loader = self._loaders.pop(role, None)
        if loader is not None:
            loader.close()
        for pane in self._panes.all():
            pane.set_plane(role, None)

    # ------------------------------------------------------------------ planes
    def _go(self) -> None:
        """Ask for what the cursor points at."""
        self._readout.set_cursor_position(self._cursor)
        for role, loader in self._loaders.items():
            for axis in (Z, Y, X):
                index = self._cursor[axis] - (self._offset[axis] if role == AFTER else 0)
                if 0 <= index < loader.volume.info.shape[axis]:
                    loader.want(axis, index)
                else:
                    self._panes[axis].set_plane(role, None)
        self._show_after(Z)
        for axis in (Z, Y, X):
            self._caption(axis)
        self._read_out_cursor()
        self._rest.start()

    def _rested(self) -> None:
        for loader in self._loaders.values():
            loader.rest(self._ahead)
        for axis in (Z, Y, X):
            self._caption(axis)

    def _show(self, role: str, plane: Plane) -> None:
        pane = self._panes[plane.axis]
        if role == AFTER:
            self._show_after(plane.axis, plane)
        else:
            pane.set_plane(role, plane)
        if role == BEFORE:
            pane.message = ""
            if plane.axis == Z and self._contrast_wanted:
                self.auto_contrast()
            self._caption(plane.axis)
            self._read_out_cursor()

    def _show_after(self, axis: int, plane: Plane | None = None) -> None:
        """Put the right picture on the far side: a preview of this slice before a stored result."""
        pane = self._panes[axis]
        preview = self._preview.for_slice(self._cursor[Z]) if axis == Z else None
        if preview is not None:
            self._set_after(pane, preview, self._preview.content, self._preview.offset_yx)
        elif AFTER in self._loaders:
            rows, columns = CUT_AXES[axis]
            shown = plane or self._loaders[AFTER].shown(axis)
            if shown is not None:
                content = self._loaders[AFTER].volume.info.content
                self._set_after(pane, shown, content, (self._offset[rows], self._offset[columns]))
        else:
            pane.set_plane(AFTER, None)
        self._caption(axis)
        self._apply_mode()

    def _set_after(self, pane: SlicePane, plane: Plane, content: Content, offset: tuple[int, int]) -> None:
        before = self._looks[BEFORE]
        type_before = self._loaders[BEFORE].volume.info.dtype if BEFORE in self._loaders else None
        data = plane.levels[-1].data
        alike = content == before.content and data.dtype == type_before
        contrast = before.contrast if alike else auto_contrast(data, content)
        pane.set_look(AFTER, Look(contrast, before.colour_map if content == "grey" else "Grey", content))
        pane.set_plane(AFTER, plane, offset)

    def _say_failed(self, axis: int, error: Exception) -> None:
        pane = self._panes[axis]
        pane.set_plane(BEFORE, None)
        pane.message = str(error)
        pane.update_soon()
        self.failed.emit(str(error))

    def _drop_preview_ticket(self) -> None:
        if self._preview_ticket is not None:
            self._preview_ticket.cancel()
            self._preview_ticket = None

    def _caption(self, axis: int) -> None:
        pane = self._panes[axis]
        if self._frame is None or BEFORE not in self._loaders:
            pane.caption, pane.badges = "", ()
        else:
            last = self._frame.info.shape[axis] - 1
            word = "slice" if axis == Z else AXIS_NAMES[axis]
            pane.caption = f"{CUT_NAMES[axis]}   {word} {self._cursor[axis]} of 0–{last}"
            pane.badges = self._loaders[BEFORE].remarks(axis)
            if axis == Z and self._preview.for_slice(self._cursor[Z]) is not None and self._preview.note:
                pane.badges = (*pane.badges, self._preview.note)
        pane.viewport().update()

    # ------------------------------------------------------------------ reactions
    def _point(self, axis: int, row: float, column: float) -> None:
        if self._frame is None:
            return
        rows, columns = CUT_AXES[axis]
        wanted = list(self._cursor)
        wanted[rows] = self._frame.index_at(rows, row)
        wanted[columns] = self._frame.index_at(columns, column)
        self.set_cursor(*wanted)

    def _move_along(self, axis: int, index: int) -> None:
        wanted = list(self._cursor)
        wanted[axis] = index
        self.set_cursor(*wanted)

    def _read_out_cursor(self) -> None:
        if self._frame is not None:
            self._say_value(Z, self._cursor)

    def _read_out(self, axis: int, row: float, column: float) -> None:
        """Say what lies under the mouse."""
        if self._frame is None:
            return
        place = list(self._cursor)
        for along, position in zip(CUT_AXES[axis], (row, column), strict=True):
            if not 0 <= position <= self._frame.length(along):
                self._read_out_cursor()
                return
            place[along] = self._frame.index_at(along, position)
        self._say_value(axis, (place[0], place[1], place[2]))

    def _say_value(self, axis: int, zyx: tuple[int, int, int]) -> None:
        if self._frame is None:
            return
        before, after = (self._panes[axis].value_at(role, zyx) for role in (BEFORE, AFTER))
        self._readout.set_text(value_text(before, after, self._names), place_text(self._frame, zyx))

    def _drag_contrast(self, right: float, down: float) -> None:
        contrast = self._looks[BEFORE].contrast
        self._contrast_wanted = False
        self._set_contrast(contrast.moved(down * contrast.width, math.exp(2 * right)))

    def _set_contrast(self, contrast: Contrast) -> None:
        self._looks[BEFORE].contrast = contrast
        self._apply_looks()
        self.levels_changed.emit(contrast.low, contrast.high)

    def _set_opacity(self, opacity: float) -> None:
        self._looks[OVERLAY].overlay_opacity = opacity
        self._apply_looks()

    def _apply_looks(self) -> None:
        for axis in (Z, Y, X):
            for role in (BEFORE, OVERLAY):
                self._panes[axis].set_look(role, self._looks[role])
            self._show_after(axis)

    def _apply_mode(self) -> None:
        comparable = any(pane.plane(AFTER) is not None for pane in self._panes.all())
        self._controls.set_comparable(comparable)
        mode = self._mode if comparable else BEFORE
        if self._blinking:
            mode = BEFORE if mode == AFTER else AFTER
        self._panes.set_mode(mode, self._names)

    def _blink(self, on: bool) -> None:
        self._blinking = on
        self._apply_mode()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class for the keys."""
        if event.key() == Qt.Key.Key_B:
            if not event.isAutoRepeat():
                self._blink(True)
            return
        action = self._action(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End blinking."""
        if event.key() == Qt.Key.Key_B and not event.isAutoRepeat():
            self._blink(False)
        else:
            super().keyReleaseEvent(event)

    def _action(self, event: QKeyEvent) -> Callable[[], None] | None:
        key, modes = Qt.Key(event.key()), list(MODES)
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        moves = {
            Qt.Key.Key_PageUp: (Z, -many), Qt.Key.Key_PageDown: (Z, many),
            Qt.Key.Key_Up: (Y, -many), Qt.Key.Key_Down: (Y, many),
            Qt.Key.Key_Left: (X, -many), Qt.Key.Key_Right: (X, many),
            Qt.Key.Key_Home: (Z, -self._cursor[Z]), Qt.Key.Key_End: (Z, 1 << 30),
        }  # fmt: skip
        if key in moves:
            axis, steps = moves[key]
            return lambda: self._move_along(axis, self._cursor[axis] + steps)
        return {
            Qt.Key.Key_Plus: lambda: self._panes.zoom(1 / 1.25),
            Qt.Key.Key_Equal: lambda: self._panes.zoom(1 / 1.25),
            Qt.Key.Key_Minus: lambda: self._panes.zoom(1.25),
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_A: self.auto_contrast,
            Qt.Key.Key_C: lambda: self.set_mode(modes[(modes.index(self._mode) + 1) % len(modes)]),
        }.get(key)
