"""What this program is: version, licence, what it stands on, and a report for whoever helps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.widgets import button, column, label, row
from core import __version__
from core.diagnostics import Library

WIDTH_PX, LIST_PX = 620, 250
WHAT = "Turns FIB-SEM slice stacks into trustworthy 3D. Free software under the MIT licence."
REPORT = (
    "The report says what a helper needs to know: version, system, computer, settings, recipe and "
    "the last lines "
    "of the log. It is plain text for you to paste; nothing is sent."
)


class AboutDialog(QDialog):
    """Sends `copy`: whether names of files stay in the report."""

    copy = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self.said = label("Looking up the libraries …", "quiet")
        self.table = self._table()
        self.paths = QCheckBox("With names of my files and folders")
        self.paths.setToolTip("Without it paths are left out; your home is never named")
        self.copied = label("", "good", wrap=False)
        self.copy_button = button("Copy diagnostic report", lambda: self.copy.emit(self.paths.isChecked()))
        self.copy_button.setToolTip("Put the report on the clipboard")
        self.close_button = button("Close", self.accept, kind="primary")
        parts = (
            label(f"Trueslice {__version__}", "title"), label(WHAT), label("STANDS ON", "section"), self.said,
            self.table, label("DIAGNOSTIC REPORT", "section"), label(REPORT, "quiet"),
            row(self.paths, None, self.copied, gap=8), row(self.copy_button, None, self.close_button, gap=8),
        )  # fmt: skip
        self.setLayout(column(*parts, margin=24, gap=12))
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def show_libraries(self, libraries: Sequence[Library]) -> None:
        """List what the program stands on."""
        self.said.setText(f"{len(libraries)} packages, each under its own licence:")
        self.table.setRowCount(len(libraries))
        for place, library in enumerate(libraries):
            for number, text in enumerate((library.name, library.version, library.licence)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(place, number, item)

    def say(self, text: str, *, busy: bool) -> None:
        """Say how far the report is."""
        self.copied.setText(text)
        self.copy_button.setEnabled(not busy)

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setHorizontalHeaderLabels(["Package", "Version", "Licence"])
        table.setAccessibleName("Packages and their licences")
        table.setToolTip("Packages that this program stands on")
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setMinimumHeight(LIST_PX)
        table.setColumnWidth(0, 170)
        table.setColumnWidth(1, 100)
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        return table
