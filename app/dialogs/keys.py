"""The keys of the window in columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from app.keyboard import Keys
from app.widgets import button, column, label, row, scrolled

WIDTH_PX, HEIGHT_PX, COLUMNS = 860, 560, 2


class KeysDialog(QDialog):
    """Shows headings, each with its keys below."""

    def __init__(self, table: Sequence[tuple[str, Keys]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.close_button = button("Close", self.accept, kind="primary")
        sides = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for heading, keys in table:
            side = heights.index(min(heights))
            heights[side] += len(keys) + 2
            sides[side].addWidget(label(heading.upper(), "section", wrap=False))
            sides[side].addLayout(self._grid(keys))
            sides[side].addSpacing(14)
        both = row(gap=32)
        for side_layout in sides:
            side_layout.setSpacing(6)
            side_layout.addStretch(1)
            both.addLayout(side_layout, 1)
        both.setContentsMargins(0, 0, 12, 0)
        area = scrolled(both)
        whole = column(
            label("Keyboard shortcuts", "title"), area, row(None, self.close_button), margin=24, gap=16
        )
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    @staticmethod
    def _grid(keys: Keys) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, 130)
        grid.setColumnStretch(1, 1)
        for place, (pressed, what) in enumerate(keys):
            grid.addWidget(label(pressed, "heading", wrap=False), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(what), place, 1)
        return grid
