"""The 3D view: brightest voxel or surface, cut open, turned by the mouse; a message without OpenGL."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.canvas.controls import VolumeControls
from app.canvas.look import COLOUR_MAPS, MODES, Look
from app.canvas.pages import Pages
from app.canvas.reduce import LARGE_BYTES, Kind, Reduction, plan, reduced, starting_values
from app.canvas.screen import Screen, image_of
from app.canvas.tints import Tints
from app.geometry import Frame, readable_length
from app.region import Region, box_of
from app.tint import Tint
from app.workers import Ticket, WorkerPool
from core.errors import ParameterError, WriteError
from core.job import Job, JobState, Outcome, Progress
from core.volume import Array, Volume

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

AXES = ("z", "y", "x")
MIP_GROUND = QColor(24, 24, 24)  # the brightest voxels are seen on dark ground only

Start = tuple[tuple[float, float], float]  # contrast, threshold
Loaded = tuple[Array, Start]


class VolumeView(QWidget):
    """Shows one stack in 3D.

    OpenGL is first touched, and the stack first read, when the widget becomes visible. All drawing objects
    are made and freed on the GUI thread; only the reading happens elsewhere.

    Signals
    -------
    progressed : Progress
        While the stack is read.
    shown : str
        What is on the screen now: how coarse, how large.
    failed : str
        Why there is no picture.
    """

    progressed = Signal(object)
    shown = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool(1, self)
        self._ticket: Ticket | None = None
        self._renderer: Renderer | None = None
        self._volume: Volume | None = None
        self._due = False
        self._how: Reduction | None = None
        self._kind: Kind = "mean"
        self._look = Look()
        self._adjusted: set[str] = set()
        self._tints = Tints(self._pool)
        self._region: Region | None = None
        self._more = False
        self._build()

    # ------------------------------------------------------------------ what is shown
    def set_volume(self, volume: Volume | None) -> None:
        """Show a stack; None empties the view."""
        self._stop_reading()
        self._tints.drop(self._screen)
        self._volume, self._how, self._due = volume, None, volume is not None
        self._adjusted.clear()
        for axis in AXES:
            self._controls.set_clip(axis, 0.0, 1.0)
        self._look.clip = ((0.0, 1.0),) * 3
        self._page.show_label("")
        if self._renderer is not None:
            self._renderer.clear()
        if volume is None:
            self._say("Nothing to show yet.")
        elif self.isVisible():
            self._begin()

    def set_tint(self, tint: Tint | None, *, more: bool = False) -> None:
        """Colour the surface by component or thickness, once the stack is read; None ends it.

        With `more`, other colours will follow, as when a region is dragged: the way to draw stays.
        """
        self._more = more
        self._tints.wish(tint)
        self._tint_now()

    def set_region(self, region: Region | None) -> None:
        """Outline a box of voxels; None outlines none, and neither does one beyond the stack."""
        self._region = region
        self._outline()

    def _outline(self) -> None:
        if self._renderer is None or self._how is None or self._volume is None:
            return
        frame, region = Frame(self._volume.info), self._region
        inside = region is not None and all(
            high <= n for high, n in zip(region.high, frame.info.shape, strict=True)
        )
        if region is None or not inside:
            self._renderer.set_region(None)
            return
        ends = [(box_of(region, frame, axis), frame.length(axis)) for axis in range(len(AXES))]
        self._renderer.set_region(tuple((low / length, high / length) for (low, high), length in ends))

    def _tint_now(self) -> None:
        """Bring colours and what is on the screen together; a stack of another shape stays plain."""
        if self._renderer is None or self._how is None or self._volume is None:
            return
        fits = self._tints.fits(self._volume)
        # Colours lie on a surface; an opened stack that happens to be binary begins as brightest voxel.
        mode = "iso" if fits or self._volume.info.content != "grey" else "mip"
        follow = "mode" not in self._adjusted and (fits or not self._more)
        if follow and mode != self._look.mode:
            self._look.mode = mode
            self._controls.set_mode(mode)
            self._apply()
        self._tints.show(self._renderer, self._screen, self._how if fits else None)

    def set_mode(self, mode: str) -> None:
        """``mip``: brightest voxel along each line of sight; ``iso``: surface at the threshold."""
        if mode not in MODES:
            raise ParameterError("no such way to draw", expected=", ".join(MODES), got=mode)
        self._look.mode = mode
        self._adjusted.add("mode")
        self._controls.set_mode(mode)
        self._apply()

    def set_threshold(self, value: float) -> None:
        """Grey value at which the surface lies."""
        self._look.threshold = value
        self._adjusted.add("threshold")
        self._controls.set_threshold(value)
        self._apply()

    def set_contrast(self, low: float, high: float) -> None:
        """Grey values shown as the first and the last colour (brightest voxel)."""
        self._look.contrast = (low, high)
        self._adjusted.add("contrast")
        self._apply()

    def set_colour_map(self, name: str) -> None:
        """Colours of grey values (brightest voxel)."""
        if name not in COLOUR_MAPS:
            raise ParameterError("no such colour map", expected=", ".join(COLOUR_MAPS), got=name)
        self._look.colour_map = name
        self._controls.set_colour_map(name)
        self._apply()

    def set_colour(self, colour: QColor) -> None:
        """Colour of the surface."""
        self._look.colour = colour.name()
        self._controls.set_colour(colour)
        self._apply()

    def set_clip(self, axis: str, low: float, high: float) -> None:
        """Draw only a part (0-1) of an axis (``z``, ``y`` or ``x``)."""
        if axis not in AXES or not 0 <= low < high <= 1:
            raise ParameterError(
                "no such part", expected="z, y or x; 0 <= low < high <= 1", got=(axis, low, high)
            )
        clip = list(self._look.clip)
        clip[AXES.index(axis)] = (low, high)
        self._look.clip = tuple(clip)
        self._controls.set_clip(axis, low, high)
        self._apply()

    def set_reduction(self, kind: Kind) -> None:
        """What stands for a block of voxels where the stack is too large: ``mean`` or ``max``."""
        if kind != self._kind:
            self._kind = kind
            self._due = self._volume is not None
            if self.isVisible():
                self._begin()

    def reset_view(self) -> None:
        """Look at everything from the front: x to the right, y down, as in the slices."""
        if self._renderer is not None:
            self._renderer.reset()

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
        if self._renderer is None or self._how is None:
            raise ParameterError("there is no 3D picture yet", remedy="wait until the stack has been read")
        return self._renderer.picture()

    def save_screenshot(self, path: Path) -> None:
        """Save the view as a picture file (PNG unless the name says another format).

        Raises
        ------
        WriteError
            If the file cannot be written; an older one then stays as it was.
        """
        temporary = path.with_name(f".{path.stem}.part{path.suffix or '.png'}")  # the suffix says the format
        try:
            if not image_of(self.screenshot()).save(str(temporary)):
                raise WriteError(f"the picture cannot be saved as {path}", remedy="choose another folder")
            os.replace(temporary, path)
        except OSError as error:
            raise WriteError(f"the picture cannot be saved as {path}", got=error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def label(self) -> str:
        """What is shown: how coarse, how large, what to know."""
        return self._page.label()

    def message(self) -> str:
        """What is said in place of the picture; empty while there is one."""
        return self._page.message()

    def settled(self) -> bool:
        """Whether everything is read and the finest picture is on the screen."""
        idle = self._ticket is None and not self._due and not self._tints.reading
        return idle and (self._renderer is None or self._renderer.settled)

    def cancel(self) -> None:
        """Stop reading; what was read so far is not shown."""
        if self._ticket is not None:
            self._stop_reading()
            self._say("Reading was stopped.", again=True)

    def shutdown(self) -> None:
        """End threads and timers, free the graphics memory; the widget is of no use afterwards."""
        self._stop_reading()
        self._tints.drop(self._screen)
        self._pool.shutdown()
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    # ------------------------------------------------------------------ assembly
    def _build(self) -> None:
        self._controls = VolumeControls(self)
        self._screen = Screen(self)
        self._page = Pages(self._screen, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._controls)
        layout.addWidget(self._page, 1)
        self._connect()

    def _connect(self) -> None:
        controls = self._controls
        controls.mode_chosen.connect(self.set_mode)
        controls.threshold_chosen.connect(self.set_threshold)
        controls.colour_map_chosen.connect(self.set_colour_map)
        controls.colour_chosen.connect(self.set_colour)
        controls.clip_chosen.connect(self.set_clip)
        controls.reset_wanted.connect(self.reset_view)
        controls.save_wanted.connect(self._ask_file)
        self._screen.reset_wanted.connect(self.reset_view)
        self._page.cancel_wanted.connect(self.cancel)
        self._page.again_wanted.connect(self._begin)
        controls.set_colour(QColor(self._look.colour))
        controls.setEnabled(False)

    # ------------------------------------------------------------------ reading
    def _begin(self) -> None:
        """Open OpenGL if need be, then read the stack."""
        self._due = False
        self._stop_reading()
        if self._volume is None:
            return
        self._say("Reading the stack …")
        if self._renderer is None:
            # Loading the drawing library takes long enough to be felt.
            self._ticket = self._pool.submit(lambda _job: _load_drawing_library(), self._open)
        else:
            self._plan(self._volume, self._renderer)

    def _open(self, _loaded: Outcome[None]) -> None:
        """Start OpenGL; where that fails, a message takes the place of the view."""
        self._ticket = None
        from app.canvas.gl import NoOpenGLError
        from app.canvas.renderer import Renderer

        try:
            self._renderer = Renderer(self._screen, self)
        except NoOpenGLError as error:
            self._say(str(error))
            self.failed.emit(str(error))
            return
        self._follow_theme()
        if self._volume is not None:
            self._plan(self._volume, self._renderer)

    def _plan(self, volume: Volume, renderer: Renderer) -> None:
        how = plan(
            volume.info,
            largest_side=renderer.facts.largest_texture,
            budget_bytes=renderer.facts.texture_bytes,
            kind=self._kind,
        )
        self._read(volume, how, quick=volume.info.nbytes > LARGE_BYTES and how.factors[0] > 1)

    def _read(self, volume: Volume, how: Reduction, *, quick: bool) -> None:
        binary = volume.info.content != "grey"

        def work(job: Job) -> Loaded:
            data = reduced(volume, how, job, quick=quick)
            return data, starting_values(data, binary)

        def done(outcome: Outcome[Loaded]) -> None:
            self._ticket = None
            if outcome.state is JobState.FAILED:
                self._page.show_progress(None)
                self._say(str(outcome.error), again=True)
                self.failed.emit(str(outcome.error))
            elif outcome.value is not None:
                self._take(how, *outcome.value, quick=quick)
                if quick:
                    self._read(volume, how, quick=False)
                else:
                    self._page.show_progress(None)

        self._page.show_progress(Progress(0, 0, ""))
        self._ticket = self._pool.submit(work, done, progress=self._report)

    def _take(self, how: Reduction, data: Array, start: Start, *, quick: bool) -> None:
        if self._renderer is None or self._volume is None:
            return
        again, self._how = self._how is not None, how
        contrast, threshold = start
        self._controls.set_limits(float(data.min()), float(data.max()))
        if "contrast" not in self._adjusted:
            self._look.contrast = contrast
        if "threshold" not in self._adjusted:
            self._look.threshold = threshold
        if "mode" not in self._adjusted:
            self._look.mode = "mip" if self._volume.info.content == "grey" else "iso"
            self._controls.set_mode(self._look.mode)
        self._controls.set_threshold(self._look.threshold)
        self._controls.setEnabled(True)
        self._page.show_picture()
        self._renderer.set_data(data, how.lengths, how.size, self._look, keep_view=again)
        self._follow_theme()
        self._outline()
        self._tint_now()
        self._page.show_label(describe(how, quick=quick))
        self.shown.emit(self.label())

    def _report(self, progress: Progress) -> None:
        self._page.show_progress(progress)
        self.progressed.emit(progress)

    def _stop_reading(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._page.show_progress(None)

    def _say(self, message: str, *, again: bool = False) -> None:
        self._page.show_message(message, again=again)
        self._controls.setEnabled(False)

    def _apply(self) -> None:
        if self._renderer is not None and self._how is not None:
            self._renderer.apply(self._look)
            self._follow_theme()

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, "Save picture", "", "PNG picture (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._save_to)
        dialog.open()

    def _save_to(self, name: str) -> None:
        try:
            self.save_screenshot(Path(name))
        except WriteError as error:
            self.failed.emit(str(error))

    def _follow_theme(self) -> None:
        if self._renderer is not None:
            palette = self.palette()
            surface = self._look.mode == "iso"
            ground = palette.color(QPalette.ColorRole.Base) if surface else MIP_GROUND
            self._renderer.set_colours(ground, palette.color(QPalette.ColorRole.PlaceholderText))

    # ------------------------------------------------------------------ Qt events
    def showEvent(self, event: QShowEvent) -> None:
        """Read what is due, draw again."""
        super().showEvent(event)
        if self._due:
            self._begin()
        elif self._renderer is not None:
            self._renderer.redraw()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing while nobody looks."""
        super().hideEvent(event)
        if self._renderer is not None:
            self._renderer.pause()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_theme()


def describe(how: Reduction, *, quick: bool) -> str:
    """Say how coarse the picture is and how large the stack."""
    z, y, x = how.lengths
    if how.unit == "nm":
        size = " × ".join(readable_length(length) for length in (x, y, z))
    else:
        size = f"{x:g} × {y:g} × {z:g} px"
    parts = [f"{size} (x, y, z)", how.label]
    if quick:
        parts.append("first look at single slices, reading all of them …")
    if how.note:
        parts.append(how.note)
    return "   ·   ".join(parts)


def _load_drawing_library() -> None:
    importlib.import_module("app.canvas.renderer")
    importlib.import_module("OpenGL.GL")  # vispy would load its 400 modules while it draws the first picture
