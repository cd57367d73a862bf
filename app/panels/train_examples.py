"""Image, truth and prediction of a few patches, side by side."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.learn.params.watch import Examples
from core.volume import Array

COLUMNS = ("Image", "Truth", "Found")
WRONG = (213, 94, 0)  # told from grey with every kind of colour vision
NOT_KNOWN = (70, 90, 120)
GAP_PX, APART_PX, SMALLEST_PX = 4, 20, 56


class ExamplesView(QWidget):
    """Draws `Examples` as large as they fit; pixels that the network misplaces are orange."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.examples: Examples | None = None
        self._pictures: list[tuple[QImage, ...]] = []
        self.setMinimumHeight(SMALLEST_PX + 24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Examples of the validation")

    def show_examples(self, examples: Examples | None) -> None:
        """Show these, or none."""
        self.examples = examples
        self._pictures = (
            [] if examples is None else [_pictures(examples, n) for n in range(len(examples.image))]
        )
        said = "" if examples is None else f"{len(self._pictures)} patches after epoch {examples.epoch}"
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a row of small pictures."""
        return QSize(600, SMALLEST_PX + 50)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the patches in as many rows as make them largest."""
        count = len(self._pictures)
        if not count:
            return
        painter = QPainter(self)
        line = QFontMetricsF(self.font()).height() + 2
        columns, side = _arranged(count, self.width(), self.height(), line)
        wide = len(COLUMNS) * (side + GAP_PX) - GAP_PX
        for number, pictures in enumerate(self._pictures):
            left = (number % columns) * (wide + APART_PX)
            top = (number // columns) * (side + line + GAP_PX)
            for place, (name, picture) in enumerate(zip(COLUMNS, pictures, strict=True)):
                self._draw(
                    painter, QRectF(left + place * (side + GAP_PX), top, side, side), name, picture, line
                )

    def _draw(self, painter: QPainter, area: QRectF, name: str, picture: QImage, line: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, picture.width() > area.width())
        painter.drawImage(area, picture)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        words = QRectF(area.left(), area.bottom() + 1, area.width() + GAP_PX, line)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, round(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _arranged(count: int, width: int, height: int, line: float) -> tuple[int, float]:
    """Patches in a row, and side of a picture."""
    best = (1, 1.0)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (width - (columns - 1) * APART_PX) / columns
        side = min((across + GAP_PX) / len(COLUMNS) - GAP_PX, height / rows - line - GAP_PX)
        best = max(best, (columns, side), key=lambda found: found[1])
    return best


def _pictures(examples: Examples, number: int) -> tuple[QImage, ...]:
    truth, found = examples.truth[number], examples.prediction[number]
    answer, shown = _coloured(found), _coloured((truth > 0).astype(np.uint8) * 255)
    answer[((found > 127) != (truth > 0)) & (truth >= 0)] = WRONG
    shown[truth < 0] = NOT_KNOWN
    images = (_coloured(examples.image[number]), shown, answer)
    return tuple(_image(rgb) for rgb in images)


def _coloured(plane: Array) -> Array:
    return np.repeat(plane[..., None], 3, axis=-1)


def _image(rgb: Array) -> QImage:
    rows, columns, _three = rgb.shape
    flat = np.ascontiguousarray(rgb, np.uint8)
    return QImage(flat.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
