"""Puts the parts of the window together, and nothing else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QToolBar

from app.actions import Actions, add_to_bar
from app.panels.empty import EmptyPage
from app.settings import Settings
from app.theme import Theme
from app.widgets import expanding

BAR = ("open-folder", "", "undo", "redo", "", "run", "stop", "", "preview", "swipe", "", "slices", "volume")


class MainWindow(QMainWindow):
    """The window."""

    def __init__(self, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self.setWindowTitle("Trueslice")
        self.resize(1440, 900)
        self.actions_ = Actions(self, theme)
        self.actions_.fill(self.menuBar())
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._bar())
        self.empty = EmptyPage(theme)
        self.empty.show_recent(settings.recent())
        self.centre = QStackedWidget()
        self.centre.setObjectName("centre")
        self.centre.addWidget(self.empty)
        self.setCentralWidget(self.centre)

    def _bar(self) -> QToolBar:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        for name in BAR:
            if name:
                add_to_bar(bar, self.actions_[name])
            else:
                bar.addSeparator()
        bar.addWidget(expanding())
        add_to_bar(bar, self.actions_["theme"])
        return bar
