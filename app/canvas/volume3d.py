"""The 3D view: grey values, surface, labels, slices; cut open, turned, filmed; a message without OpenGL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.canvas.controls import VolumeControls
from app.canvas.drawing import Drawing
from app.canvas.look import COLOUR_MAPS, MODES, Cut
from app.canvas.pages import Pages
from app.canvas.reading import Loaded
from app.canvas.reduce import Kind
from app.canvas.saving import Ask, Saver, ask_here
from app.canvas.screen import Screen
from app.canvas.supply import Supply
from app.canvas.words import describe
from app.region import Region
from app.tint import Tint
from app.workers import WorkerPool
from core.errors import ParameterError
from core.volume import Volume

if TYPE_CHECKING:
    from app.canvas.gl import GlFacts
    from app.canvas.renderer import Renderer

AXES = ("z", "y", "x")


class VolumeView(QWidget):
    """Shows one stack in 3D.

    OpenGL is first touched, and the stack first read, when the widget becomes visible. All drawing objects
    are made and freed on the GUI thread; only the reading happens elsewhere.

    Parameters
    ----------
    ask : callable, optional
        ``ask(title, name, kinds, then)`` lets the user choose where to save.

    Signals
    -------
    progressed : Progress
        While the stack is read or a movie is made; None when that is over.
    shown : str
        What is on the screen now: how coarse, how large.
    failed : str
        Why there is no picture.
    refused : Exception
        Why something could not be saved.
    saved : Path
        A picture or a movie.
    """

    progressed = Signal(object)
    shown = Signal(str)
    failed = Signal(str)
    refused = Signal(object)
    saved = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, ask: Ask | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool(1, self)
        self._due = False
        self._kind: Kind = "mean"
        self._build(ask)

    # ------------------------------------------------------------------ what is shown
    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack; None empties the view."""
        self._saver.cancel()
        self._supply.stop()
        self._drawing.set_volume(volume)
        self._due = volume is not None
        self._controls.begin(
            self._drawing.look, labelled=volume is not None and volume.info.content in ("binary", "labels")
        )
        self._page.show_label("")
        if volume is None:
            self._say("Nothing to show yet.")
        elif self.isVisible():
            self._begin()

    def set_tint(self, tint: Tint | None, *, more: bool = False) -> None:
        """Colour the surface by component or thickness, once the stack is read; None ends it.

        With `more`, other colours will follow, as when a region is dragged: the way to draw stays.
        """
        self._drawing.set_tint(tint, more=more)

    def set_region(self, region: Region | None) -> None:
        """Outline a box of voxels; None outlines none, and neither does one beyond the stack."""
        self._drawing.set_region(region)

    def set_cursor(self, cursor: tuple[int, int, int] | None) -> None:
        """Voxel (z, y, x) at which the slices in the volume meet; None: its middle."""
        self._drawing.set_cursor(cursor)

    def set_slices(self, axes: frozenset[int]) -> None:
        """Show the slices across these axes (0 z, 1 y, 2 x) in the volume."""
        self._controls.set_slices(axes)
        self._drawing.set_slices(axes)

    def set_cut(self, cut: Cut) -> None:
        """Cut with an oblique plane."""
        self._drawing.look.cut = cut
        self._controls.cut.show_cut(cut)
        self._drawing.apply()

    def set_mode(self, mode: str) -> None:
        """One of `MODES`; ``labels`` needs a stack of labels or two values."""
        if mode not in MODES:
            raise ParameterError("no such way to draw", expected=", ".join(MODES), got=mode)
        self._drawing.adjusted.add("mode")
        self._drawing.draw_as(mode)

    def set_threshold(self, value: float) -> None:
        """Grey value at which the surface lies."""
        self._drawing.look.threshold = value
        self._drawing.adjusted.add("threshold")
        self._controls.set_threshold(value)
        self._drawing.apply()

    def set_contrast(self, low: float, high: float) -> None:
        """Grey values shown as the first and the last colour (brightest voxel)."""
        self._drawing.look.contrast = (low, high)
        self._drawing.adjusted.add("contrast")
        self._drawing.apply()

    def set_colour_map(self, name: str) -> None:
        """Colours of grey values (brightest voxel)."""
        if name not in COLOUR_MAPS:
            raise ParameterError("no such colour map", expected=", ".join(COLOUR_MAPS), got=name)
        self._drawing.look.colour_map = name
        self._controls.set_colour_map(name)
        self._drawing.apply()

    def set_colour(self, colour: QColor) -> None:
        """Colour of the surface."""
        self._drawing.look.colour = colour.name()
        self._controls.set_colour(colour)
        self._drawing.apply()

    def set_clip(self, axis: str, low: float, high: float) -> None:
        """Draw only a part (0-1) of an axis (``z``, ``y`` or ``x``)."""
        if axis not in AXES or not 0 <= low < high <= 1:
            raise ParameterError(
                "no such part", expected="z, y or x; 0 <= low < high <= 1", got=(axis, low, high)
            )
        clip = list(self._drawing.look.clip)
        clip[AXES.index(axis)] = (low, high)
        self._drawing.look.clip = tuple(clip)
        self._controls.cut.show_box(axis, low, high)
        self._drawing.apply()

    def set_reduction(self, kind: Kind) -> None:
        """What stands for a block of voxels where the stack is too large: ``mean`` or ``max``."""
        if kind != self._kind:
            self._kind = kind
            self._due = self._drawing.volume is not None
            if self.isVisible():
                self._begin()

    def reset_view(self) -> None:
        """Look at everything from the front: x to the right, y down, as in the slices."""
        if self._drawing.renderer is not None:
            self._drawing.renderer.reset()

    def show_panel(self, name: str) -> None:
        """Open one of the panels of the controls."""
        self._controls.show_panel(name)

    # ------------------------------------------------------------------ pictures
    def screenshot(self) -> npt.NDArray[np.uint8]:
        """Render the view at full resolution.

        Returns
        -------
        ndarray, shape (rows, columns, 4), uint8

        Raises
        ------
        ParameterError
            While there is nothing to show.
        """
        return self._ready().picture()

    def save_screenshot(self, path: Path) -> None:
        """Save the view, with what is drawn over it, as a picture file (PNG unless the name says otherwise).

        Raises
        ------
        WriteError
            If the file cannot be written; an older one then stays as it was.
        """
        self._saver.save_now(path, self._ready())

    def picture(self) -> QImage:
        """The view with what is drawn over it.

        Raises
        ------
        ParameterError
            While there is none.
        """
        return self._saver.picture_now(self._ready())

    def _ready(self) -> Renderer:
        if self._drawing.renderer is None or self._drawing.loaded is None:
            raise ParameterError("there is no 3D picture yet", remedy="wait until the stack has been read")
        return self._drawing.renderer

    @property
    def driver(self) -> GlFacts | None:
        """What the OpenGL driver says of itself; None before it was asked."""
        return None if self._drawing.renderer is None else self._drawing.renderer.facts

    def label(self) -> str:
        """What is shown: how coarse, how large, what to know."""
        return self._page.label()

    def message(self) -> str:
        """What is said in place of the picture; empty while there is one."""
        return self._page.message()

    def settled(self) -> bool:
        """Whether everything is read and the finest picture is on the screen."""
        reading = self._supply.busy or self._drawing.reading
        idle = not reading and not self._due and not self._saver.busy
        return idle and (self._drawing.renderer is None or self._drawing.renderer.settled)

    def cancel(self) -> None:
        """Stop reading (what was read so far is not shown) or saving."""
        if self._saver.busy:
            self._saver.cancel()
        elif self._supply.reading:
            self._supply.stop()
            self._say("Reading was stopped.", again=True)

    def shutdown(self) -> None:
        """End threads and timers, free the graphics memory; the widget is of no use afterwards."""
        self._saver.cancel()
        self._drawing.drop()
        self._drawing.renderer = None
        self._supply.close()
        self._pool.shutdown()

    # ------------------------------------------------------------------ assembly
    def _build(self, ask: Ask | None) -> None:
        self._controls = VolumeControls(self)
        self._screen = Screen(self)
        self._page = Pages(self._screen, self)
        self._drawing = Drawing(self._pool, self._screen, self)
        self._supply = Supply(self._pool, self._screen, self)
        self._saver = Saver(self._pool, self._screen, ask or ask_here(self), self)
        # The picture takes the room that is left, so that no control is cut off where there is little of it.
        self._page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._controls)
        layout.addWidget(self._page, 1)
        self._connect()
        self._connect_parts()

    def _connect(self) -> None:
        controls = self._controls
        controls.mode_chosen.connect(self.set_mode)
        controls.threshold_chosen.connect(self.set_threshold)
        controls.colour_map_chosen.connect(self.set_colour_map)
        controls.colour_chosen.connect(self.set_colour)
        controls.slices_chosen.connect(self.set_slices)
        controls.cut.boxed.connect(self.set_clip)
        controls.cut.changed.connect(self.set_cut)
        controls.cut.facing.connect(lambda: self.set_cut(self._drawing.face()))
        controls.labels.changed.connect(self._drawing.paint)
        controls.picture.decorated.connect(self._decorate)
        controls.picture.wanted.connect(lambda times: self._saver.ask_picture(self._ready(), times))
        controls.movie.wanted.connect(lambda orbit: self._saver.ask_movie(self._ready(), orbit))
        controls.reset_wanted.connect(self.reset_view)
        controls.set_colour(QColor(self._drawing.look.colour))
        controls.setEnabled(False)

    def _connect_parts(self) -> None:
        self._screen.reset_wanted.connect(self.reset_view)
        self._page.cancel_wanted.connect(self.cancel)
        self._page.again_wanted.connect(self._begin)
        drawing = self._drawing
        drawing.mode_changed.connect(self._controls.set_mode)
        drawing.mode_changed.connect(lambda _mode: self._describe())
        drawing.labelled.connect(self._controls.labels.show_labels)
        drawing.labelled.connect(lambda _labels: self._describe())
        drawing.unreadable.connect(self.refused)
        self._supply.opened.connect(drawing.use)
        self._supply.loaded.connect(self._take)
        self._supply.failed.connect(self._fail)
        self._saver.failed.connect(self.refused)
        self._saver.saved.connect(self.saved)
        self._saver.progressed.connect(lambda progress: self._controls.setEnabled(progress is None))
        for part in (self._supply, self._saver):
            part.progressed.connect(self._page.show_progress)
            part.progressed.connect(self.progressed)

    # ------------------------------------------------------------------ reading
    def _begin(self) -> None:
        """Read the stack."""
        self._due = False
        self._saver.cancel()
        self._supply.stop()
        if self._drawing.volume is not None:
            self._say("Reading the stack …")
            self._supply.begin(self._drawing.volume, self._kind)

    def _take(self, loaded: Loaded) -> None:
        self._controls.set_limits(float(loaded.data.min()), float(loaded.data.max()))
        self._page.show_picture()
        self._controls.setEnabled(True)
        self._drawing.take(loaded)
        self._controls.set_threshold(self._drawing.look.threshold)
        self._describe()

    def _fail(self, message: str, again: bool) -> None:
        self._drawing.loaded = None
        self._say(message, again=again)
        self.failed.emit(message)

    def _say(self, message: str, *, again: bool = False) -> None:
        self._page.show_message(message, again=again)
        self._controls.setEnabled(False)

    def _decorate(self, axes: bool, bar: bool) -> None:
        self._screen.set_decor(replace(self._screen.decor, axes=axes, bar=bar))

    def _describe(self) -> None:
        loaded, renderer = self._drawing.loaded, self._drawing.renderer
        if loaded is None or renderer is None:
            return
        text = describe(
            loaded.how, quick=loaded.quick, facts=renderer.facts, budget_bytes=self._supply.budget_bytes,
            mode=self._drawing.look.mode, labels=self._drawing.labels,
        )  # fmt: skip
        if text != self._page.label():
            self._page.show_label(text)
            self.shown.emit(text)

    # ------------------------------------------------------------------ Qt events
    def showEvent(self, event: QShowEvent) -> None:
        """Read what is due, draw again."""
        super().showEvent(event)
        if self._due:
            self._begin()
        elif self._drawing.renderer is not None:
            self._drawing.renderer.redraw()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing while nobody looks."""
        super().hideEvent(event)
        if self._drawing.renderer is not None:
            self._drawing.renderer.pause()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._drawing.follow_theme()
