"""One plane as a picture that fits its place: no cursor, no zoom; for previews of a whole series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.plots.colour import Contrast, auto_contrast, coloured, label_colours
from app.plots.marks import draw_badge, draw_scale_bar
from core.volume import Array, Content

SMALLEST_PX = 120


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
    legend : tuple of str
        Names of the labels 0, 1, ..., to be listed with their colours.
    """

    caption: str
    plane: Array | None
    pixel_nm: tuple[float, float] = (1.0, 1.0)
    content: Content = "grey"
    contrast: tuple[float, float] | None = None
    message: str = ""
    remark: str = ""
    legend: tuple[str, ...] = ()


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
        painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
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
        corner = area.topLeft() + QPointF(line / 2, line / 2)
        draw_badge(painter, corner, lines)
        if still.legend:
            draw_legend(painter, corner + QPointF(0, (len(lines) + 0.6) * line), still.legend)


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


def draw_legend(painter: QPainter, corner: QPointF, names: Sequence[str]) -> None:
    """List labels with their colours, from an upper left corner."""
    line = QFontMetricsF(painter.font()).height()
    draw_badge(painter, corner, [f"      {name}" for name in names])
    for number, colour in enumerate(label_colours()[: len(names)].tolist()):
        chip = QRectF(corner.x() + 0.45 * line, corner.y() + (number + 0.4) * line, 0.9 * line, 0.6 * line)
        painter.fillRect(chip, QColor(*colour))
        painter.setPen(QColor(255, 255, 255, 120))
        painter.drawRect(chip)


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
