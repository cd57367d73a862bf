"""Saves pictures and movies of the 3D view in the background."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from app.canvas.decor import draw_decor
from app.canvas.film import Film, pixels_of
from app.canvas.movie_files import FrameQueue, check_place, save_movie, save_picture
from app.canvas.orbit import Orbit
from app.canvas.screen import Screen, image_of
from app.workers import Ticket, WorkerPool
from core.errors import TruesliceError
from core.job import Job, JobState, Outcome, Progress

if TYPE_CHECKING:
    from app.canvas.renderer import Renderer

Ask: TypeAlias = Callable[[str, str, str, Callable[[Path], None]], None]
"""``ask(title, name, kinds, then)``: lets the user choose where to save."""

PICTURES, FOLDERS, MOVIES = "PNG (*.png)", "Folders (*)", "Animated pictures (*.webp)"


class Saver(QObject):
    """Makes one picture or movie at a time.

    Signals: `progressed` (`Progress`, or None when it is over), `saved` (path), `failed` (exception).
    """

    progressed = Signal(object)
    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, pool: WorkerPool, screen: Screen, ask: Ask, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self._pool, self._screen = pool, screen
        self._film: Film | None = None
        self._ticket: Ticket | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being made."""
        return self._film is not None or self._ticket is not None

    def ask_picture(self, renderer: Renderer, times: float) -> None:
        """Ask where to, and save what is shown."""
        self._ask("Save the picture", "3D.png", PICTURES, lambda path: self.picture(path, renderer, times))

    def ask_movie(self, renderer: Renderer, orbit: Orbit) -> None:
        """Ask where to, and save a movie."""
        title, name, kinds = "Save the movie", "turn.webp", MOVIES
        if orbit.kind == "pictures":
            title, name, kinds = "Save the movie into a new folder", "turn", FOLDERS
        self._ask(title, name, kinds, lambda path: self.movie(path, renderer, orbit))

    def save_now(self, target: Path, renderer: Renderer) -> None:
        """Save what is on the screen before this returns.

        Raises
        ------
        WriteError
            If that is not possible.
        """
        save_picture(target, pixels_of(self.picture_now(renderer)))

    def picture_now(self, renderer: Renderer) -> QImage:
        """What is on the screen."""
        image = image_of(renderer.picture())
        painter = QPainter(image)
        ratio = self._screen.devicePixelRatioF()
        painter.scale(ratio, ratio)
        area, pose = QRectF(self._screen.rect()), renderer.scene.camera.axes()
        draw_decor(painter, area, self._screen.decor, pose)
        painter.end()
        return image

    def picture(self, target: Path, renderer: Renderer, times: float) -> None:
        """Save what is on the screen with `times` as many pixels along each side."""
        if self.busy:
            return
        target = target if target.suffix else target.with_name(f"{target.name}.png")
        size = (max(1, self._screen.width()), max(1, self._screen.height()))
        scale = times * self._screen.devicePixelRatioF()
        film = Film(renderer, self._screen.decor, (0.0,), 0, size, scale, lambda: False, self)
        film.framed.connect(lambda _number, image: self._write_picture(target, image))
        self._begin(film, "drawing", 1)

    def movie(self, target: Path, renderer: Renderer, orbit: Orbit) -> None:
        """Save one turn."""
        if self.busy:
            return
        if orbit.kind == "webp" and target.suffix.lower() != ".webp":
            target = target.with_name(f"{target.name}.webp")
        try:
            check_place(target, orbit.kind)
        except TruesliceError as error:
            self.failed.emit(error)
            return
        frames = FrameQueue()
        film = Film(
            renderer, self._screen.decor, orbit.turns, orbit.axis, orbit.size, 1.0, lambda: frames.full, self
        )
        film.framed.connect(lambda number, image: self._take_frame(frames, orbit, number, image))
        film.ended.connect(lambda: frames.put(None))
        self._ticket = self._pool.submit(
            partial(_write_movie, target, frames, orbit), self._written, priority=-1
        )
        self._begin(film, "filming", orbit.frames)

    def cancel(self) -> None:
        """Stop at once; nothing is left of what was not finished."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        if self._film is not None:
            self._film.stop()
        self._end()

    def _begin(self, film: Film, word: str, total: int) -> None:
        self._film = film
        film.ended.connect(self._drawn)
        self.progressed.emit(Progress(0, total, word))

    def _take_frame(self, frames: FrameQueue, orbit: Orbit, number: int, image: QImage) -> None:
        frames.put(pixels_of(image))
        self._screen.show_still(image)
        self.progressed.emit(Progress(number + 1, orbit.frames, "filming"))

    def _write_picture(self, target: Path, image: QImage) -> None:
        pixels = pixels_of(image)
        self._ticket = self._pool.submit(
            lambda _job: save_picture(target, pixels), self._written, priority=-1
        )

    def _drawn(self) -> None:
        if self._film is not None:
            self._film.deleteLater()
            self._film = None

    def _written(self, outcome: Outcome[Path]) -> None:
        self._ticket = None
        if self._film is not None:
            self._film.stop()
        self._end()
        if outcome.state is JobState.FAILED:
            self.failed.emit(outcome.error)
        elif outcome.value is not None:
            self.saved.emit(outcome.value)

    def _end(self) -> None:
        self._drawn()
        self._screen.show_still(None)
        self.progressed.emit(None)


def _write_movie(target: Path, frames: FrameQueue, orbit: Orbit, job: Job) -> Path:
    return save_movie(target, frames, orbit.kind, orbit.per_second, job)


def ask_here(parent: QWidget) -> Ask:
    """Ask with a file dialog over a view that belongs to no window."""

    def ask(title: str, name: str, kinds: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(parent, title, name, kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: then(Path(file)))
        dialog.open()

    return ask
