"""The tools in the row above the slices: lines that measure, and playing the slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.actions import Actions
from app.plots.lines import KINDS
from app.plots.playback import SPEEDS, WAYS, Player
from app.widgets import row

ICON_PX = 18
T = TypeVar("T")


class SliceTools(QWidget):
    """Buttons of the actions; the arrow beside *Play* offers its speed, and what comes after the end."""

    def __init__(self, acts: Actions, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self.menu = QMenu(self)
        self.buttons = {name: _button(acts[name]) for name in (*KINDS, "play")}
        self._fill()
        play = self.buttons["play"]
        play.setMenu(self.menu)
        play.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setLayout(row(*self.buttons.values(), gap=2))

    def _fill(self) -> None:
        speeds = {f"{speed} slice{'s' * (speed > 1)} a second": speed for speed in SPEEDS}
        self.menu.addSection("Speed")
        self._choices(speeds, self._player.speed, self._player.set_speed)
        self.menu.addSection("After the last slice")
        self._choices({text: way for way, text in WAYS.items()}, self._player.way, self._player.set_way)

    def _choices(self, values: Mapping[str, T], now: T, choose: Callable[[T], object]) -> None:
        group = QActionGroup(self.menu)
        for text, value in values.items():
            action = self.menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.triggered.connect(lambda _on=False, value=value: choose(value))
            group.addAction(action)


def _button(action: QAction) -> QToolButton:
    made = QToolButton()
    made.setDefaultAction(action)
    made.setIconSize(QSize(ICON_PX, ICON_PX))
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    made.setAccessibleName(action.iconText())
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made
