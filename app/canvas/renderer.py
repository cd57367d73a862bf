"""Draws a scene onto a screen piece by piece, so that no piece holds the window up.

While something changes, the whole view is drawn at a resolution that fits the time; when all is still, strips
of full resolution replace it. On a graphics card both are the same and the second never happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QColor

from app.canvas.gl import GlFacts, ask_driver
from app.canvas.look import Look
from app.canvas.pace import Pace
from app.canvas.scene import Scene, Sizes
from app.canvas.screen import Screen
from core.volume import Array

REST_MS = 180  # finer pictures begin this long after the last change
HARDWARE_STEP, SOFTWARE_STEP = 0.8, 1.25  # voxels between samples along a line of sight
WARM_UP = 1 / 32  # resolution of the first picture, which also uploads the volume and builds the shaders


class Renderer(QObject):
    """Keeps a `Screen` up to date.

    Signals: `full` when the driver had no room for the volume; `broken` (str) when it cannot draw at all.

    Raises
    ------
    NoOpenGLError
        When made on a machine that cannot draw in 3D.
    """

    full = Signal()
    broken = Signal(str)

    def __init__(self, screen: Screen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: GlFacts = ask_driver()
        self._screen = screen
        size = (max(1, screen.width()), max(1, screen.height()))
        self.scene = Scene(size, SOFTWARE_STEP if self.facts.software else HARDWARE_STEP)
        self.pace = Pace()
        self._row = 0
        self._finished = False
        self._warm = False
        self._filled = False
        self._held = False
        self._soon = self._timer(0, self._draw_whole)
        self._rest = self._timer(REST_MS, self._begin_strips)
        self._next = self._timer(0, self._draw_strip)
        camera = self.scene.camera
        screen.turned.connect(lambda right, down: self._camera(lambda: camera.orbit(right, down)))
        screen.zoomed.connect(lambda factor: self._camera(lambda: camera.zoom(factor)))
        screen.moved.connect(
            lambda right, down: self._camera(lambda: camera.pan(right, down, self.scene.size[1]))
        )
        screen.resized.connect(self._resize)

    def _timer(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # ------------------------------------------------------------------ what to draw
    def set_data(self, data: Array, lengths: Sizes, voxel: Sizes, look: Look, *, keep_view: bool) -> None:
        """Show a texture; see `Scene.set_data`."""
        self.scene.set_data(data, lengths, voxel)
        self.scene.apply(look)
        if not keep_view or not self._filled:
            self.scene.camera.reset(self.scene.extent)
        self._filled, self._warm = True, False
        self.redraw()

    def clear(self) -> None:
        """Show nothing and free the texture."""
        self.scene.clear()
        self._filled = False
        self.pause()
        self._screen.clear()

    def apply(self, look: Look) -> None:
        """Change mode, colours, clipping."""
        self.scene.apply(look)
        self._warm = False
        self.redraw()

    def change(self, change: Callable[[Scene], None]) -> None:
        """Change something else in the scene."""
        change(self.scene)
        self._warm = False
        self.redraw()

    def set_region(self, part: tuple[tuple[float, float], ...] | None) -> None:
        """Outline a part of the volume; see `Scene.set_region`."""
        self.scene.set_region(part)
        self.redraw()

    def set_tint(self, index: Array | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the surface; see `SurfaceVolume.set_tint`."""
        if self.scene.volume is not None:
            self.change(lambda scene: scene.volume.set_tint(index, table))

    def set_colours(self, ground: QColor, ink: QColor) -> None:
        """Change background and outline."""
        self.scene.set_colours(ground, ink)
        self.redraw()

    def reset(self) -> None:
        """Look at everything from the front."""
        self._camera(lambda: self.scene.camera.reset(self.scene.extent))

    # ------------------------------------------------------------------ pictures
    @property
    def settled(self) -> bool:
        """Whether the finest picture is on the screen."""
        return self._finished or not self._filled

    def redraw(self) -> None:
        """Draw again, soon; the finer picture under way is given up."""
        self._finished = False
        self._rest.stop()
        self._next.stop()
        if self._filled and not self._held and self._screen.isVisible() and not self._soon.isActive():
            self._soon.start()

    def pause(self) -> None:
        """Stop drawing until `redraw`."""
        for timer in (self._soon, self._rest, self._next):
            timer.stop()

    def hold(self, on: bool) -> None:
        """Leave the scene to somebody else, who makes pictures of another size; off: take it back."""
        self._held = on
        self.pause()
        if not on:
            self._resize()

    def picture(self, scale: float | None = None) -> npt.NDArray[np.uint8]:
        """Render the whole view at once at full resolution.

        Returns
        -------
        ndarray, shape (rows, columns, 4), uint8
        """
        return self.scene.draw(self._screen.devicePixelRatioF() if scale is None else scale)

    def timed(self, scale: float, strip: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        """Render, and learn how long it took."""
        started = time.perf_counter()
        picture = self.scene.draw(scale, strip)
        self.pace.learn(picture.shape[0] * picture.shape[1], time.perf_counter() - started)
        return picture

    def close(self) -> None:
        """Free everything; on the GUI thread."""
        self.pause()
        self.scene.close()

    def _camera(self, move: Callable[[], None]) -> None:
        if not self._held:
            move()
            self.redraw()

    def _resize(self) -> None:
        if not self._held:
            self.scene.resize((max(1, self._screen.width()), max(1, self._screen.height())))
            self.redraw()

    def _draw_whole(self) -> None:
        if not self._warm and not self._warmed_up():
            return
        finest = self._screen.devicePixelRatioF()
        scale = self.pace.quick_scale(self._screen.width(), self._screen.height(), finest)
        self._screen.show_picture(self.timed(scale), self.scene.camera.axes())
        self._finished = scale >= finest
        if not self._finished:
            self._rest.start()

    def _warmed_up(self) -> bool:
        """Upload and build what is new; say so if the driver cannot."""
        try:
            self.scene.out_of_memory()  # forgets what happened before
            self.scene.draw(WARM_UP)
            started = time.perf_counter()
            self.scene.draw(WARM_UP)
            self.pace.overhead_s = time.perf_counter() - started
            full = self.scene.out_of_memory()
        except (RuntimeError, MemoryError) as error:  # how vispy passes on what a driver refuses
            self._filled = False
            self.broken.emit(str(error))
            return False
        if full:
            self._filled = False
            self.full.emit()
            return False
        self._warm = True
        return True

    def _begin_strips(self) -> None:
        self._row = 0
        self._next.start()

    def _draw_strip(self) -> None:
        scale, height = self._screen.devicePixelRatioF(), self._screen.height()
        last = min(height, self._row + self.pace.strip_rows(self._screen.width(), scale))
        picture = self.timed(scale, (self._row, last))
        full = QSize(round(self._screen.width() * scale), round(height * scale))
        self._screen.put_strip(picture, round(self._row * scale), full)
        self._row = last
        self._finished = last >= height
        if not self._finished:
            self._next.start()
