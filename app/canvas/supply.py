"""Gets a stack onto the graphics card: opens OpenGL when first needed, reads, and makes do with less room."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.canvas.reading import Reader
from app.canvas.reduce import Kind
from app.canvas.screen import Screen
from app.workers import WorkerPool
from core.job import Outcome
from core.volume import Volume

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

LEAST_BYTES = 1 << 20  # of a texture; a driver with less room than that is of no use


class Supply(QObject):
    """Reads one stack for a renderer.

    Signals: `opened` (`Renderer`) once; `loaded` (`Loaded`), maybe twice for a stack; `failed` (str, and
    bool: whether trying again may help); `progressed` (`Progress`, or None when it is over).
    """

    opened = Signal(object)
    loaded = Signal(object)
    failed = Signal(str, bool)
    progressed = Signal(object)

    def __init__(self, pool: WorkerPool, screen: Screen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool, self._screen = pool, screen
        self._volume: Volume | None = None
        self._renderer: Renderer | None = None
        self._opening = False
        self._kind: Kind = "mean"
        self.budget_bytes = 0
        self._reader = Reader(pool, self)
        self._reader.loaded.connect(self.loaded)
        self._reader.failed.connect(lambda message: self.failed.emit(message, True))
        self._reader.progressed.connect(self.progressed)

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return self._opening or self._reader.reading

    @property
    def reading(self) -> bool:
        """Whether a stack is being read."""
        return self._reader.reading

    def begin(self, volume: Volume, kind: Kind) -> None:
        """Open OpenGL if need be, then read a stack."""
        self._reader.stop()
        self._volume, self._kind = volume, kind
        if self._renderer is not None:
            self._read(self._renderer)
        elif not self._opening:
            # Loading the drawing library takes long enough to be felt.
            self._opening = True
            self._pool.submit(lambda _job: _load_drawing_library(), self._open)

    def stop(self) -> None:
        """Read no more."""
        self._volume = None
        self._reader.stop()

    def close(self) -> None:
        """Read no more, and free the graphics memory."""
        self.stop()
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _read(self, renderer: Renderer) -> None:
        if self._volume is not None:
            self._reader.read(self._volume, renderer.facts, self.budget_bytes, self._kind)

    def _open(self, _loaded: Outcome[None]) -> None:
        self._opening = False
        from app.canvas.gl import NoOpenGLError
        from app.canvas.renderer import Renderer

        try:
            renderer = Renderer(self._screen, self)
        except NoOpenGLError as error:
            self.failed.emit(str(error), False)
            return
        renderer.full.connect(self._make_smaller)
        renderer.broken.connect(self._give_up)
        self.budget_bytes = renderer.facts.texture_bytes
        self._renderer = renderer
        self.opened.emit(renderer)
        self._read(renderer)

    def _make_smaller(self) -> None:
        """The driver had no room: try with half."""
        self.budget_bytes //= 2
        if self.budget_bytes < LEAST_BYTES:
            self._give_up("there is no graphics memory left")
        elif self._volume is not None:
            self.begin(self._volume, self._kind)

    def _give_up(self, why: str) -> None:
        words = f"The graphics driver cannot draw this stack: {why}.\nThe slice views work without it."
        self.failed.emit(words, True)


def _load_drawing_library() -> None:
    importlib.import_module("app.canvas.renderer")
    importlib.import_module("OpenGL.GL")  # vispy would load its 400 modules while it draws the first picture
