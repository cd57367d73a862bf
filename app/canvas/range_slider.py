"""A slider with two handles, for the part of an axis that is shown."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

SMALLEST_GAP = 0.01


class RangeSlider(QWidget):
    """Chooses a range within 0-1.

    Mouse: drag the nearer handle; double click: all. Keys: arrows move one handle (Page Up/Down further),
    Space takes the other one, Home shows all.
    """

    changed = Signal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._ends = [0.0, 1.0]
        self._active = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{name}: drag the handles, double click to show all")
        self._describe()

    def range(self) -> tuple[float, float]:
        """Return both ends."""
        return self._ends[0], self._ends[1]

    def set_range(self, low: float, high: float) -> None:
        """Set both ends; announced if they differ from before."""
        low = min(max(0.0, low), 1.0 - SMALLEST_GAP)
        high = max(min(1.0, high), low + SMALLEST_GAP)
        if [low, high] != self._ends:
            self._ends = [low, high]
            self._describe()
            self.update()
            self.changed.emit(low, high)

    def sizeHint(self) -> QSize:
        """Return room for the handles."""
        line = self.fontMetrics().height()
        return QSize(line * 6, round(line * 1.3))

    def minimumSizeHint(self) -> QSize:
        """Return a narrower one."""
        return QSize(self.fontMetrics().height() * 4, self.sizeHint().height())

    def _describe(self) -> None:
        low, high = self._ends
        self.setAccessibleName(f"{self._name} from {low:.0%} to {high:.0%}")

    def _radius(self) -> float:
        return self.fontMetrics().height() * 0.42

    def _at(self, value: float) -> float:
        margin = self._radius() + 2
        return margin + value * (self.width() - 2 * margin)

    def _value(self, x: float) -> float:
        margin = self._radius() + 2
        return (x - margin) / max(1.0, self.width() - 2 * margin)

    def _move(self, value: float) -> None:
        low, high = self._ends
        if self._active == 0:
            self.set_range(min(value, high - SMALLEST_GAP), high)
        else:
            self.set_range(low, max(value, low + SMALLEST_GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove, span and handles in the colours of the theme."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, middle, radius = self.palette(), self.height() / 2, self._radius()
        painter.setPen(Qt.PenStyle.NoPen)
        groove = QRectF(self._at(0), middle - 2, self._at(1) - self._at(0), 4)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(groove, 2, 2)
        span = QRectF(
            self._at(self._ends[0]), middle - 2, self._at(self._ends[1]) - self._at(self._ends[0]), 4
        )
        painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(span, 2, 2)
        for number, value in enumerate(self._ends):
            chosen = self.hasFocus() and number == self._active
            role = QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.Dark
            painter.setPen(QPen(palette.color(role), 2 if chosen else 1))
            painter.setBrush(palette.color(QPalette.ColorRole.Button))
            painter.drawEllipse(QPointF(self._at(value), middle), radius, radius)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle."""
        value = self._value(event.position().x())
        low, high = self._ends
        self._active = 0 if abs(value - low) < abs(value - high) or value < low else 1
        self._move(value)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move(self._value(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all."""
        self.set_range(0.0, 1.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class for the keys."""
        steps = {
            Qt.Key.Key_Left: -0.01,
            Qt.Key.Key_Right: 0.01,
            Qt.Key.Key_PageDown: -0.1,
            Qt.Key.Key_PageUp: 0.1,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._move(self._ends[self._active] + steps[key])
        elif key == Qt.Key.Key_Space:
            self._active = 1 - self._active
            self.update()
        elif key == Qt.Key.Key_Home:
            self.set_range(0.0, 1.0)
        else:
            super().keyPressEvent(event)
