"""The stages from left to right, drawn from top to bottom, with what is done, stale or wrong."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QWidget

from app.marks import Mark
from app.panels.badge import draw_mark
from app.theme import Theme
from app.widgets import column
from core.step import Stage

WIDTH_PX, HEIGHT_PX = 92, 70
ICON_PX = 24


class StageButton(QAbstractButton):
    """One stage: icon, name and mark."""

    def __init__(self, stage: Stage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self.mark = Mark.EMPTY
        self._theme = theme
        self.setText(stage.value)
        self.setCheckable(True)
        self.setFixedSize(WIDTH_PX, HEIGHT_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_mark(self, mark: Mark) -> None:
        """Show how far the stage is."""
        self.mark = mark
        if self.isEnabled():
            self.setToolTip(f"{self.stage.value}: {mark.value}")
        self.setAccessibleDescription(mark.value)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102 - Qt's name
        return QSize(WIDTH_PX, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102 - Qt's name
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = self.rect().adjusted(6, 3, -6, -3)
        if self.isChecked() or (self.underMouse() and self.isEnabled()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if self.isChecked() else colours.hover))
            painter.drawRoundedRect(inside, 8, 8)
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inside, 8, 8)
        colour = "faint" if not self.isEnabled() else ("text" if self.isChecked() else "quiet")
        icon_box = QRect((self.width() - ICON_PX) // 2, 13, ICON_PX, ICON_PX)
        self._theme.icon(self.stage.value.lower(), colour).paint(painter, icon_box)
        painter.setPen(QColor(getattr(colours, colour)))
        font = self.font()
        font.setPixelSize(12)
        painter.setFont(font)
        painter.drawText(QRect(0, 41, self.width(), 20), Qt.AlignmentFlag.AlignCenter, self.stage.value)
        draw_mark(painter, QRect(self.width() - 28, 9, 14, 14), self.mark, self._theme)
        painter.end()


class StageRail(QFrame):
    """All stages; `chosen` carries the `Stage` the user clicked."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, available: frozenset[Stage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(WIDTH_PX)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons = {stage: StageButton(stage, theme) for stage in Stage}
        for stage, made in self.buttons.items():
            self._group.addButton(made)
            made.setEnabled(stage in available)
            if stage not in available:
                made.setToolTip(f"{stage.value}: no steps in this version yet")
            made.clicked.connect(lambda _checked=False, stage=stage: self.chosen.emit(stage))
        layout = column(*self.buttons.values(), None, gap=2)
        layout.setContentsMargins(0, 8, 0, 8)
        self.setLayout(layout)
        theme.changed.connect(self.update)

    def choose(self, stage: Stage | None) -> None:
        """Highlight a stage without sending `chosen`."""
        self._group.setExclusive(False)
        for known, made in self.buttons.items():
            made.setChecked(known is stage)
        self._group.setExclusive(True)

    def set_marks(self, marks: Mapping[Stage, Mark]) -> None:
        """Show how far each stage is."""
        for stage, made in self.buttons.items():
            made.set_mark(marks.get(stage, Mark.EMPTY))
