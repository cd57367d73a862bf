"""One plane as a picture that fits its place: no cursor, no zoom; for previews of a whole series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.plots.colour import Contrast, auto_contrast, coloured
from app.plots.marks import draw_badge, draw_scale_bar
from app.plots.theme import ground_of
from app.widgets import SPACE, clear, label, row
from core.volume import Array, Content

SMALLEST_PX = 120
CHIP_PX = 12


@dataclass(frozen=True, eq=False)
class Still:
    """What one picture shows.

    Attributes
    ----------
    caption : str
        What it is.
    plane : ndarray, shape (rows, columns), or None
        None where there is nothing to see; `message` then says why.
    pixel_nm : tuple of float
        (y, x).
    content : {'grey', 'binary', 'labels'}
        How to colour it.
    contrast : tuple of float or None
        Values of black and white; fitted to the plane when None.
    message : str
        What to say in place of the picture.
    remark : str
        A second line below the caption.
    """

    caption: str
    plane: Array | None
    pixel_nm: tuple[float, float] = (1.0, 1.0)
    content: Content = "grey"
    contrast: tuple[float, float] | None = None
    message: str = ""
    remark: str = ""


class StillView(QWidget):
    """Draws a `Still` as large as it fits, in its true proportions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.still: Still | None = None
        self._image: QImage | None = None
        self.setMinimumSize(SMALLEST_PX, SMALLEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_still(self, still: Still | None) -> None:
        """Show another picture."""
        self.still = still
        self._image = None if still is None or still.plane is None else _image(still, still.plane)
        said = "" if still is None else f"{still.caption}. {still.message}".strip()
        self.setAccessibleName(said)
        self.setToolTip("" if still is None else still.message)
        self.update()

    def image(self) -> QImage | None:
        """The picture, one pixel of the plane each."""
        return self._image

    def sizeHint(self) -> QSize:
        """Ask for a square."""
        return QSize(2 * SMALLEST_PX, 2 * SMALLEST_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw picture, caption and scale bar, or the message."""
        painter, still = QPainter(self), self.still
        area = QRectF(self.rect())
        painter.fillRect(area, ground_of(self.palette()))
        if still is None:
            return
        line = QFontMetricsF(self.font()).height()
        if self._image is not None:
            area, scale = _fitted(area, self._image.size(), still.pixel_nm)
            shrunk = scale > min(still.pixel_nm)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
            painter.drawImage(area, self._image)
            draw_scale_bar(painter, area, scale, "nm")
        else:
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            inner = area.adjusted(1.5 * line, 3 * line, -1.5 * line, -1.5 * line)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, still.message)
        lines = [still.caption, *filter(None, [still.remark])]
        draw_badge(painter, area.topLeft() + QPointF(line / 2, line / 2), lines)


class StillGrid(QWidget):
    """Several pictures side by side, in as many columns as make them largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: list[StillView] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)

    def show_stills(self, stills: Sequence[Still]) -> None:
        """Show these; views are used again, so that nothing flickers."""
        while len(self.views) > len(stills):
            view = self.views.pop()
            self._grid.removeWidget(view)
            view.hide()
            view.deleteLater()
        while len(self.views) < len(stills):
            self.views.append(StillView(self))
        for view, still in zip(self.views, stills, strict=True):
            view.show_still(still)
        self._arrange()

    def _arrange(self) -> None:
        columns = columns_for(len(self.views), self.width() / max(1, self.height()))
        for number, view in enumerate(self.views):
            self._grid.addWidget(view, number // columns, number % columns)
            view.show()


def columns_for(count: int, aspect: float) -> int:
    """How many columns make `count` squares largest in a place of this width over height."""
    if count < 2:
        return 1
    sides = {n: min(aspect / n, 1 / -(-count // n)) for n in range(1, count + 1)}
    return max(sides, key=lambda n: (round(sides[n], 6), -n))


class Legend(QWidget):
    """Names of the labels 0, 1, ... with their colours, in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = row(gap=SPACE)
        self._line.addStretch(1)
        self.setLayout(self._line)

    def show_names(self, names: Sequence[str]) -> None:
        """Show these; none hides the legend."""
        clear(self._line)
        for name, colour in zip(names, colours_of_labels(len(names)), strict=True):
            chip = QLabel()
            chip.setFixedSize(CHIP_PX, CHIP_PX)
            chip.setStyleSheet(f"background: {colour}; border: 1px solid #808080; border-radius: 3px;")
            self._line.addLayout(row(chip, label(name, "small", wrap=False)))
        self._line.addStretch(1)
        self.setVisible(bool(names))


def colours_of_labels(count: int) -> list[str]:
    """Colours in which the labels 0, 1, ... are drawn, as ``#rrggbb``."""
    if count == 0:
        return []
    pixels = coloured(np.arange(count, dtype=np.uint8)[None], Contrast(0, 1), "Grey", "labels")
    return [QColor(*pixel[:3]).name() for pixel in pixels[0].tolist()]


def _image(still: Still, plane: Array) -> QImage:
    contrast = Contrast(*still.contrast) if still.contrast else auto_contrast(plane, still.content)
    pixels = coloured(plane, contrast, "Grey", still.content)
    rows, columns = plane.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def _fitted(area: QRectF, size: QSize, pixel_nm: tuple[float, float]) -> tuple[QRectF, float]:
    """Where the picture goes, and the length of a screen pixel."""
    high, wide = size.height() * pixel_nm[0], size.width() * pixel_nm[1]
    scale = max(high / area.height(), wide / area.width())
    place = QRectF(0, 0, wide / scale, high / scale)
    place.moveCenter(area.center())
    return place, scale
