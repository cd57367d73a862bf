"""A bubble beside a part of the window, and a line around that part."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPolygon, QRegion
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.widgets import button, column, label, row, tool

WIDTH_PX, EDGE_PX, ROUND_PX = 360, 12, 10
LINE_PX, GAP_PX, ARROW_PX = 3, 4, 9
FLAT = 2  # parts so many times as wide as high have their bubble below or above
CENTRE, RIGHT, LEFT, BELOW, ABOVE, INSIDE = "", "right", "left", "below", "above", "inside"


class Halo(QWidget):
    """A line around a part of the window; the mouse goes through it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def surround(self, box: QRect) -> None:
        """Lie around a box, in coordinates of the window."""
        self.setGeometry(box)
        self.setMask(
            QRegion(self.rect()) - QRegion(self.rect().adjusted(*(2 * LINE_PX,) * 2, *(-2 * LINE_PX,) * 2))
        )
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        pen.setColor(QColor(self._theme.colours.accent))
        pen.setWidth(LINE_PX)
        painter.setPen(pen)
        half = LINE_PX // 2 + 1
        painter.drawRoundedRect(self.rect().adjusted(half, half, -half, -half), 6, 6)
        painter.end()


class Bubble(QWidget):
    """A few words with *Back*, *Next* and a cross; sends `back`, `onward` and `leave`.

    Keys: Enter or Right goes on, Left back, Escape leaves.
    """

    back = Signal()
    onward = Signal()
    leave = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._within = theme, parent
        self._side, self._tip = CENTRE, QPoint()
        self.setFixedWidth(WIDTH_PX)
        self.setAccessibleName("Tour")
        self.title = label("", "heading")
        self.text = label("")
        self.count = label("", "small", wrap=False)
        self.close_button = tool(theme.icon("close", "quiet"), "Leave the tour  (Esc)", self.leave.emit)
        self.back_button = button("Back", self.back.emit)
        self.back_button.setToolTip("The bubble before  (Left)")
        self.next_button = button("Next", self.onward.emit, kind="primary")
        self.next_button.setToolTip("Go on  (Enter, Right)")
        self.next_button.setAutoDefault(True)  # Enter presses it
        head = row(self.title, self.close_button)
        head.setStretch(0, 1)
        head.setAlignment(self.close_button, Qt.AlignmentFlag.AlignTop)
        foot = row(self.count, None, self.back_button, self.next_button, gap=8)
        self._column = column(head, self.text, foot, gap=10, margin=EDGE_PX + 16)
        self.setLayout(self._column)
        for made in (self.close_button, self.back_button, self.next_button):
            made.installEventFilter(self)
        theme.changed.connect(self._recolour)
        self.hide()

    def say(self, title: str, text: str, place: int, of: int) -> None:
        """Show other words."""
        self.title.setText(title)
        self.text.setText(text)
        self.count.setText(f"{place + 1} of {of}")
        self.back_button.setEnabled(place > 0)

    def offer(self, text: str, *, possible: bool) -> None:
        """What *Next* does, and whether it can be done yet."""
        self.next_button.setText(text)
        self.next_button.setEnabled(possible)

    def place(self, target: QRect | None, room: QRect) -> None:
        """Stand beside a box without leaving the room, both in coordinates of the window."""
        size = QSize(WIDTH_PX, self._column.totalHeightForWidth(WIDTH_PX))
        self._side, corner = beside(target, size, room)
        self.setGeometry(QRect(corner, size))
        if target is not None:
            middle = self.mapFrom(self._within, target.center())
            self._tip = QPoint(
                min(max(middle.x(), 40), size.width() - 40), min(max(middle.y(), 40), size.height() - 40)
            )
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The keys of the bubble go before those of its buttons."""
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._pressed(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class for the keys."""
        if not self._pressed(event):
            super().keyPressEvent(event)

    def _pressed(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.leave.emit()
        elif key == Qt.Key.Key_Left and self.back_button.isEnabled():
            self.back.emit()
        elif key == Qt.Key.Key_Right and self.next_button.isEnabled():
            self.onward.emit()
        else:
            return False
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground with a tip that points at the part."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.accent))
        painter.setBrush(QColor(colours.raised))
        inside = self.rect().adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -EDGE_PX)
        painter.drawRoundedRect(inside, ROUND_PX, ROUND_PX)
        tip = arrow(self._side, self._tip, inside)
        if tip is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawPolygon(tip)
        painter.end()

    def _recolour(self) -> None:
        self.close_button.setIcon(self._theme.icon("close", "quiet"))
        self.update()


def beside(target: QRect | None, size: QSize, room: QRect) -> tuple[str, QPoint]:
    """Side and upper left corner for a bubble: beside its part where there is room, else inside it."""
    if target is None:
        return CENTRE, QPoint(room.center().x() - size.width() // 2, room.center().y() - size.height() // 2)
    middle = target.center() - QPoint(size.width() // 2, size.height() // 2)
    corners = [
        (RIGHT, QPoint(target.right() + GAP_PX, middle.y())),
        (LEFT, QPoint(target.left() - GAP_PX - size.width(), middle.y())),
        (BELOW, QPoint(middle.x(), target.bottom() + GAP_PX)),
        (ABOVE, QPoint(middle.x(), target.top() - GAP_PX - size.height())),
    ]
    if target.width() > FLAT * target.height():
        corners = corners[2:] + corners[:2]
    for side, corner in corners:
        sideways = side in (RIGHT, LEFT)
        kept = _within(corner, size, room)
        if (kept.x() == corner.x()) if sideways else (kept.y() == corner.y()):
            return side, kept
    return INSIDE, _within(target.bottomRight() - QPoint(size.width(), size.height()), size, room)


def _within(corner: QPoint, size: QSize, room: QRect) -> QPoint:
    return QPoint(
        max(room.left(), min(corner.x(), room.right() + 1 - size.width())),
        max(room.top(), min(corner.y(), room.bottom() + 1 - size.height())),
    )


def arrow(side: str, tip: QPoint, inside: QRect) -> QPolygon | None:
    """The tip of a bubble, in its own coordinates; it points at the side where the part is."""
    far, wide = ARROW_PX, ARROW_PX
    if side in (RIGHT, LEFT):
        x, out = (inside.left(), -far) if side == RIGHT else (inside.right() + 1, far)
        return QPolygon([QPoint(x, tip.y() - wide), QPoint(x + out, tip.y()), QPoint(x, tip.y() + wide)])
    if side in (BELOW, ABOVE):
        y, out = (inside.top(), -far) if side == BELOW else (inside.bottom() + 1, far)
        return QPolygon([QPoint(tip.x() - wide, y), QPoint(tip.x(), y + out), QPoint(tip.x() + wide, y)])
    return None
