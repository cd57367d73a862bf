"""Choose how pictures and movies of the 3D view are saved."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from app.canvas.movie_files import Format
from app.canvas.orbit import Orbit
from app.canvas.panel_parts import check_box, flowing, pair, spin_box
from app.widgets import button, combo_box

TIMES = {"As shown": 1.0, "2 × finer": 2.0, "4 × finer": 4.0}
SIZES = {"640 × 480": (640, 480), "1280 × 720": (1280, 720), "1920 × 1080": (1920, 1080)}
AXES = {"y (upright)": 1, "x": 2, "z": 0}
KINDS: dict[str, Format] = {"One file (WebP)": "webp", "PNG pictures in a folder": "pictures"}


class PicturePanel(QWidget):
    """Size of a saved picture, and what is drawn over pictures.

    Signals: `wanted` (pixels of the picture per pixel of the screen), `decorated` (axes, bar: bool).
    """

    wanted = Signal(float)
    decorated = Signal(bool, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.times = combo_box(list(TIMES), "Size of the picture")
        self.axes = check_box(
            "Axes", "Show axes", "Show where x, y and z point, also in saved pictures", on=True
        )
        self.bar = check_box(
            "Scale bar", "Show scale bar", "Show a scale bar, true in the middle of the volume",
            on=True,
        )  # fmt: skip
        self.save = button("Save picture…", lambda: self.wanted.emit(TIMES[self.times.currentText()]))
        self.save.setToolTip("Save what is shown as a PNG file")
        for box in (self.axes, self.bar):
            box.toggled.connect(lambda _on: self.decorated.emit(self.axes.isChecked(), self.bar.isChecked()))
        flowing(self, self.axes, self.bar, pair("Size", self.times), self.save)


class MoviePanel(QWidget):
    """Axis, length, size and kind of a movie.

    Signals: `wanted` (`Orbit`).
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usual = Orbit()
        self.axis = combo_box(list(AXES), "Axis that the movie turns about")
        self.frames = spin_box(
            "Pictures of the movie", "How many pictures one turn has", 4, 720, usual.frames
        )
        self.speed = spin_box("Pictures per second", "Pictures per second", 1, 60, usual.per_second)
        self.pixels = combo_box(list(SIZES), "Size of the movie in pixels")
        self.pixels.setCurrentIndex(list(SIZES.values()).index(usual.size))
        self.kind = combo_box(list(KINDS), "As what the movie is saved")
        self.kind.setToolTip(
            "One file: animated WebP, which browsers play; or numbered PNG pictures for any video program."
        )
        self.make = button("Make movie…", lambda: self.wanted.emit(self.orbit()))
        self.make.setToolTip("Turn the volume once, as it is shown now, and save the pictures")
        self._length = QLabel()
        for box in (self.frames, self.speed):
            box.valueChanged.connect(lambda _value: self._say_length())
        self._say_length()
        flowing(
            self, pair("About", self.axis), pair("Pictures", self.frames), pair("Per second", self.speed),
            self._length, pair("Size", self.pixels), pair("As", self.kind), self.make,
        )  # fmt: skip

    def orbit(self) -> Orbit:
        """What is chosen."""
        return Orbit(
            AXES[self.axis.currentText()],
            self.frames.value(),
            SIZES[self.pixels.currentText()],
            self.speed.value(),
            KINDS[self.kind.currentText()],
        )

    def _say_length(self) -> None:
        self._length.setText(f"{self.frames.value() / self.speed.value():.3g} s")
