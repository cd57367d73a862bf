"""Shows rendered pictures and turns mouse and keys into camera moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.decor import Decor, Pose, draw_decor
from app.tint import Legend

TURN_DEG = 0.4  # per logical pixel
KEY_TURN_DEG = 10.0


def image_of(picture: npt.NDArray[np.uint8]) -> QImage:
    """Copy an array (rows, columns, 4) into an image."""
    rows, columns = picture.shape[:2]
    flat = np.ascontiguousarray(picture)
    return QImage(flat.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


class Screen(QWidget):
    """Left drag turns, right drag or wheel zooms, middle drag (or Shift) moves, double click resets."""

    turned = Signal(float, float)
    zoomed = Signal(float)
    moved = Signal(float, float)
    reset_wanted = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._last = QPointF()
        self._pose: Pose | None = None
        self._still: QImage | None = None
        self.decor = Decor()
        self.setAccessibleName("3D view")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(480, 360)

    def show_picture(self, picture: npt.NDArray[np.uint8], pose: Pose | None = None) -> None:
        """Show a picture of the whole view, whatever its resolution; `pose` says where axes point in it."""
        self._image, self._pose = image_of(picture), pose
        self.update()

    def show_still(self, image: QImage | None) -> None:
        """Show a picture of another shape for the time being; None ends it."""
        self._still = image
        self.update()

    def set_decor(self, decor: Decor) -> None:
        """Choose what is drawn over the picture."""
        self.decor = decor
        self.update()

    def put_strip(self, picture: npt.NDArray[np.uint8], first_row: int, full: QSize) -> None:
        """Replace rows by finer ones.

        Parameters
        ----------
        first_row : int
            Row of the full picture at which the strip begins.
        full : QSize
            Size of the full picture; what is shown now is enlarged to it first.
        """
        if self._image.size() != full:
            self._image = self._image.scaled(full, mode=Qt.TransformationMode.SmoothTransformation)
        painter = QPainter(self._image)
        painter.drawImage(0, first_row, image_of(picture))
        painter.end()
        self.update()

    def set_legend(self, legend: Legend | None) -> None:
        """Say in a corner what the colours mean."""
        self.set_decor(replace(self.decor, legend=legend))

    def clear(self) -> None:
        """Show nothing."""
        self._image, self._pose = QImage(), None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture over the whole widget."""
        painter = QPainter(self)
        if self._still is not None:
            self._paint_still(painter, self._still)
        elif self._image.isNull():
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), self._image)
            draw_decor(painter, QRectF(self.rect()), self.decor, self._pose)
        painter.end()

    def _paint_still(self, painter: QPainter, image: QImage) -> None:
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(self.rect()).center())
        painter.drawImage(place, image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of the new size."""
        super().resizeEvent(event)
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        self._last = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        step, self._last = event.position() - self._last, event.position()
        buttons, shift = event.buttons(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if buttons & Qt.MouseButton.RightButton:
            self.zoomed.emit(1.01 ** step.y())
        elif buttons & Qt.MouseButton.MiddleButton or (shift and buttons & Qt.MouseButton.LeftButton):
            self.moved.emit(step.x() / max(1, self.height()), step.y() / max(1, self.height()))
        elif buttons & Qt.MouseButton.LeftButton:
            self.turned.emit(step.x() * TURN_DEG, step.y() * TURN_DEG)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything from the front again."""
        self.reset_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self.zoomed.emit(1.1 ** (-event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows turn, + and - zoom, Home resets."""
        turns = {
            Qt.Key.Key_Left: (-KEY_TURN_DEG, 0.0),
            Qt.Key.Key_Right: (KEY_TURN_DEG, 0.0),
            Qt.Key.Key_Up: (0.0, -KEY_TURN_DEG),
            Qt.Key.Key_Down: (0.0, KEY_TURN_DEG),
        }
        key = Qt.Key(event.key())
        if key in turns:
            self.turned.emit(*turns[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoomed.emit(1 / 1.1)
        elif key == Qt.Key.Key_Minus:
            self.zoomed.emit(1.1)
        elif key == Qt.Key.Key_Home:
            self.reset_wanted.emit()
        else:
            super().keyPressEvent(event)
