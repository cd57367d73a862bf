"""Draws a scene onto a screen piece by piece, so that no piece holds the window up.

While something changes, the whole view is drawn at a resolution that fits the time; when all is still, strips
of full resolution replace it. On a graphics card both are the same and the second never happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QSize, QTimer
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

    Raises
    ------
    NoOpenGLError
        When made on a machine that cannot draw in 3D.
    """

    def __init__(self, screen: Screen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: GlFacts = ask_driver()
        self._screen = screen
        size = (max(1, screen.width()), max(1, screen.height()))
        self._scene = Scene(size, SOFTWARE_STEP if self.facts.software else HARDWARE_STEP)
        self._pace = Pace()
        self._row = 0
        self._finished = False
        self._warm = False
        self._filled = False
        self._soon = self._timer(0, self._draw_whole)
        self._rest = self._timer(REST_MS, self._begin_strips)
        self._next = self._timer(0, self._draw_strip)
        screen.turned.connect(lambda right, down: self._camera(lambda: self._scene.orbit(right, down)))
        screen.zoomed.connect(lambda factor: self._camera(lambda: self._scene.zoom(factor)))
        screen.moved.connect(lambda right, down: self._camera(lambda: self._scene.pan(right, down)))
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
        self._scene.set_data(data, lengths, voxel)
        self._scene.apply(look)
        if not keep_view or not self._filled:
            self._scene.reset()
        self._filled, self._warm = True, False
        self.redraw()

    def clear(self) -> None:
        """Show nothing and free the texture."""
        self._scene.clear()
        self._filled = False
        self.pause()
        self._screen.clear()

    def apply(self, look: Look) -> None:
        """Change mode, colours, clipping."""
        self._scene.apply(look)
        self._warm = False
        self.redraw()

    def set_region(self, part: tuple[tuple[float, float], ...] | None) -> None:
        """Outline a part of the volume; see `Scene.set_region`."""
        self._scene.set_region(part)
        self.redraw()

    def set_tint(self, index: Array | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the surface; see `Scene.set_tint`."""
        self._scene.set_tint(index, table)
        self._warm = False
        self.redraw()

    def set_colours(self, ground: QColor, ink: QColor) -> None:
        """Change background and outline."""
        self._scene.set_colours(ground, ink)
        self.redraw()

    def reset(self) -> None:
        """Look at everything from the front."""
        self._camera(self._scene.reset)

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
        if self._filled and self._screen.isVisible() and not self._soon.isActive():
            self._soon.start()

    def pause(self) -> None:
        """Stop drawing until `redraw`."""
        for timer in (self._soon, self._rest, self._next):
            timer.stop()

    def picture(self, scale: float | None = None) -> npt.NDArray[np.uint8]:
        """Render the whole view at once at full resolution.

        Returns
        -------
        ndarray, shape (rows, columns, 4), uint8
        """
        return self._scene.draw(self._screen.devicePixelRatioF() if scale is None else scale)

    def close(self) -> None:
        """Free everything; on the GUI thread."""
        self.pause()
        self._scene.close()

    def _camera(self, move: Callable[[], None]) -> None:
        move()
        self.redraw()

    def _resize(self) -> None:
        self._scene.resize((max(1, self._screen.width()), max(1, self._screen.height())))
        self.redraw()

    def _draw_whole(self) -> None:
        if not self._warm:
            self._scene.draw(WARM_UP)
            self._warm = True
        finest = self._screen.devicePixelRatioF()
        scale = self._pace.quick_scale(self._screen.width(), self._screen.height(), finest)
        self._screen.show_picture(self._timed(scale))
        self._finished = scale >= finest
        if not self._finished:
            self._rest.start()

    def _begin_strips(self) -> None:
        self._row = 0
        self._next.start()

    def _draw_strip(self) -> None:
        scale, height = self._screen.devicePixelRatioF(), self._screen.height()
        last = min(height, self._row + self._pace.strip_rows(self._screen.width(), scale))
        picture = self._timed(scale, (self._row, last))
        full = QSize(round(self._screen.width() * scale), round(height * scale))
        self._screen.put_strip(picture, round(self._row * scale), full)
        self._row = last
        self._finished = last >= height
        if not self._finished:
            self._next.start()

    def _timed(self, scale: float, strip: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        started = time.perf_counter()
        picture = self._scene.draw(scale, strip)
        self._pace.learn(picture.shape[0] * picture.shape[1], time.perf_counter() - started)
        return picture
