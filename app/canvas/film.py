"""Pictures of the scene at any size, drawn strip by strip while the window stays free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QImage, QPainter

from app.canvas.decor import Decor, draw_decor
from app.canvas.movie_files import Pixels
from app.canvas.screen import image_of

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

WAIT_MS = 15
LARGEST_PX = 8192  # along a side of a picture: what drivers of the last fifteen years can draw


class Film(QObject):
    """Makes pictures one after the other; meanwhile nobody else draws with the renderer.

    Parameters
    ----------
    turns : sequence of float
        By how much (deg) the scene is turned in each picture, about `axis`.
    size : tuple of int
        Width and height of the view, in logical pixels.
    scale : float
        Pixels of the pictures per logical pixel.
    waits : callable
        Whether the next picture has to wait.

    Signals: `framed` (number, `QImage`) for each picture, `ended` after the last.
    """

    framed = Signal(int, object)
    ended = Signal()

    def __init__(
        self,
        renderer: Renderer,
        decor: Decor,
        turns: Sequence[float],
        axis: int,
        size: tuple[int, int],
        scale: float,
        waits: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._renderer, self._decor = renderer, decor
        self._turns, self._axis, self._waits = turns, axis, waits
        self._scale = min(scale, LARGEST_PX / max(size))
        self._number, self._row = 0, 0
        self._strips: list[npt.NDArray[np.uint8]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)
        renderer.hold(True)
        renderer.scene.resize(size)
        self._turn()
        self._timer.start(0)

    def stop(self) -> None:
        """End at once; give the renderer back."""
        self._timer.stop()
        self._strips.clear()
        self._renderer.scene.turn(0.0, self._axis)
        self._renderer.hold(False)

    def _turn(self) -> None:
        self._renderer.scene.turn(self._turns[self._number], self._axis)

    def _step(self) -> None:
        if self._waits():
            self._timer.start(WAIT_MS)
            return
        width, height = self._renderer.scene.size
        last = min(height, self._row + self._renderer.pace.strip_rows(width, self._scale))
        self._strips.append(self._renderer.timed(self._scale, (self._row, last)))
        self._row = last
        if last >= height:
            self._finish_frame()
        else:
            self._timer.start(0)

    def _finish_frame(self) -> None:
        number, image = self._number, image_of(np.concatenate(self._strips))
        self._strips.clear()
        self._decorate(image)
        self._number, self._row = number + 1, 0
        done = self._number >= len(self._turns)
        if done:
            self.stop()
        else:
            self._turn()
            self._timer.start(0)
        self.framed.emit(number, image)
        if done:
            self.ended.emit()

    def _decorate(self, image: QImage) -> None:
        width, height = self._renderer.scene.size
        painter = QPainter(image)
        painter.scale(image.width() / width, image.height() / height)
        draw_decor(painter, QRectF(0, 0, width, height), self._decor, self._renderer.scene.camera.axes())
        painter.end()


def pixels_of(image: QImage) -> Pixels:
    """Copy an image into an array (rows, columns, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    pixels: Pixels = rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()
    return pixels
