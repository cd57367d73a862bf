"""The few building blocks that give all panels one look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

TextRole: TypeAlias = Literal[
    "title", "heading", "section", "quiet", "small", "number", "figure", "bad", "warn", "good", ""
]
FrameRole: TypeAlias = Literal["panel", "card", "notice", "failure", "rule", "drop"]
GAP, SPACE, MARGIN = 6, 12, 16


class OneOfPages(QStackedWidget):
    """Pages of which one is shown; only that one says how small the window may become."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(lambda _index: self.updateGeometry())

    def minimumSizeHint(self) -> QSize:  # noqa: D102 - Qt's name
        page = self.currentWidget()
        return super().minimumSizeHint() if page is None else page.minimumSizeHint()


class OneLine(QLabel):
    """Text in one line that ends in dots where there is no room for it; `text` stays whole."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102 - Qt's name
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.style().drawItemText(
            painter, self.rect(), Qt.AlignmentFlag.AlignVCenter, self.palette(), self.isEnabled(), text,
            self.foregroundRole(),
        )  # fmt: skip
        painter.end()


def label(text: str, role: TextRole = "", *, wrap: bool = True) -> QLabel:
    """Text in one of the roles of the style sheet; the user can select and copy it."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def frame(role: FrameRole, layout: QLayout | None = None) -> QFrame:
    """Box in one of the roles of the style sheet."""
    made = QFrame()
    made.setProperty("role", role)
    if layout is not None:
        made.setLayout(layout)
    return made


def rule() -> QFrame:
    """A thin line between two parts."""
    return frame("rule")


def combo_box(texts: Sequence[str], name: str) -> QComboBox:
    """Choice without a label of its own; `name` says what is chosen."""
    made = QComboBox()
    made.addItems(list(texts))
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def tool_button(text: str, tip: str) -> QToolButton:
    """Flat button of a tool bar; `tip` says what it does and by which key."""
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setAccessibleName(text)
    made.setAccessibleDescription(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def button(
    text: str, action: Callable[[], object], *, icon: QIcon | None = None, kind: str = ""
) -> QPushButton:
    """Push button; `kind` is ``primary``, ``flat`` or empty."""
    made = QPushButton(text)
    if icon is not None:
        made.setIcon(icon)
    if kind:
        made.setProperty(kind, True)
    made.clicked.connect(lambda _checked=False: action())
    return made


def tool(icon: QIcon, tip: str, action: Callable[[], object]) -> QToolButton:
    """Small icon button with a tooltip that is also its accessible name."""
    made = QToolButton()
    made.setIcon(icon)
    made.setIconSize(QSize(18, 18))
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.clicked.connect(lambda _checked=False: action())
    return made


def row(*items: QWidget | None, gap: int = GAP) -> QHBoxLayout:
    """Lay widgets out side by side; None is a stretch."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(gap)
    for item in items:
        if item is None:
            made.addStretch(1)
        else:
            made.addWidget(item)
    return made


def column(*items: QWidget | QLayout | None, gap: int = SPACE, margin: int = 0) -> QVBoxLayout:
    """Lay widgets out below each other; None is a stretch."""
    made = QVBoxLayout()
    made.setContentsMargins(margin, margin, margin, margin)
    made.setSpacing(gap)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, QLayout):
            made.addLayout(item)
        else:
            made.addWidget(item)
    return made


def stacked(upper: QWidget, lower: QWidget) -> QWidget:
    """One widget above another that keeps its height."""
    made = QWidget()
    layout = column(upper, lower, gap=0)
    layout.setStretch(0, 1)
    made.setLayout(layout)
    return made


def scrolled(layout: QLayout) -> QScrollArea:
    """Scroll vertically over a layout, never horizontally."""
    body = QWidget()
    body.setObjectName("body")
    body.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(body)
    return area


def clear(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def flush(widget: QWidget) -> None:
    """Let a widget's contents begin at its edge, in line with what is above it."""
    layout = widget.layout()
    if layout is not None:
        layout.setContentsMargins(0, 0, 0, 0)


def expanding() -> QWidget:
    """Empty widget that takes the room that is left in a toolbar."""
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return made
