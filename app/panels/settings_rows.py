"""Rows of the Settings page: what is chosen, its control, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from app.forms_number import NumberBox, UnreadableError
from app.widgets import button, label, row

HEADING_PX, CONTROL_PX = 190, 260


class Section:
    """Rows below a heading, in one grid."""

    def __init__(self) -> None:
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(16)
        self.grid.setVerticalSpacing(6)
        self.grid.setColumnMinimumWidth(0, HEADING_PX)
        self.grid.setColumnStretch(1, 1)

    def add(self, heading: str, control: QWidget, explanation: str) -> QWidget:
        """Add a row; the control takes its name and tooltip from the words."""
        name_control(control, heading, explanation)
        return self.add_line(heading, control, explanation)

    def add_line(self, heading: str, control: QWidget, explanation: str) -> QWidget:
        """Add a row whose controls have their names already."""
        line = self.grid.rowCount()
        top = Qt.AlignmentFlag.AlignTop
        title = label(heading, wrap=False)
        title.setContentsMargins(0, 6, 0, 0)
        title.setBuddy(control)
        self.grid.addWidget(title, line, 0, top)
        self.grid.addWidget(control, line, 1)
        if explanation:
            words = label(explanation, "small")
            words.setContentsMargins(0, 0, 0, 10)
            self.grid.addWidget(words, line + 1, 1)
        return control


def name_control(control: QWidget, name: str, description: str) -> None:
    """Say what a control is for, to eyes and ears."""
    control.setAccessibleName(name)
    control.setAccessibleDescription(description)
    control.setToolTip(description)


class Choice(QComboBox):
    """One of several values; `picked` when the user has chosen another one."""

    picked = Signal(object)

    def __init__(self, choices: Sequence[tuple[object, str]]) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaximumWidth(CONTROL_PX)
        for value, text in choices:
            self.addItem(text, value)
        self.currentIndexChanged.connect(lambda index: self.picked.emit(self.itemData(index)))

    def show_value(self, value: object) -> None:
        """Show a value without announcing it."""
        found = next((n for n in range(self.count()) if self.itemData(n) == value), 0)
        with QSignalBlocker(self):
            self.setCurrentIndex(found)


class Amount(QWidget):
    """A number above 0, or nothing for the program to decide; `picked` carries it once it is typed."""

    picked = Signal(object)

    def __init__(self, unit: str, *, whole: bool, upper: float, automatic: str) -> None:
        super().__init__()
        self.upper = upper
        self.box = NumberBox(whole=whole, optional=True, lower=1 if whole else 0.5, upper=upper)
        self.box.lineEdit().setPlaceholderText(automatic)
        self.box.setMaximumWidth(CONTROL_PX)
        self.box.setMinimumWidth(CONTROL_PX - 40)
        self.wrong = label("", "bad", wrap=False)
        self.setLayout(row(self.box, label(unit, "quiet", wrap=False), self.wrong, None, gap=8))
        self.setFocusProxy(self.box)
        self._shown: float | None = None
        self.box.changed.connect(self._check)
        self.box.editingFinished.connect(self._finish)

    def setAccessibleName(self, name: str) -> None:
        """Name the box."""
        super().setAccessibleName(name)
        self.box.setAccessibleName(name)

    def setToolTip(self, text: str) -> None:
        """Explain the box."""
        self.box.setToolTip(text)

    def show_value(self, value: float | None) -> None:
        """Show a number without announcing it."""
        self._shown = value
        with QSignalBlocker(self.box):
            self.box.show_number(value)
        self._check()

    def _value(self) -> float | None:
        value = self.box.number()
        if value is not None and not 0 < value <= self.upper:
            raise UnreadableError(f"above 0, at most {self.upper:g}")
        return value

    def _check(self) -> None:
        try:
            self._value()
        except UnreadableError as error:
            self.wrong.setText(str(error))
        else:
            self.wrong.setText("")

    def _finish(self) -> None:
        try:
            value = self._value()
        except UnreadableError:
            return  # it stands beside the box
        if value != self._shown:
            self._shown = value
            self.picked.emit(value)


class FolderLine(QWidget):
    """A folder that is typed, browsed for, or the usual one; `picked` carries a path, or None."""

    picked = Signal(object)
    browse = Signal()

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        name_control(self.line, name, what)
        self.browse_button = button("Browse…", self.browse.emit)
        name_control(self.browse_button, f"Browse for {name.lower()}", "Choose a folder")
        self.reset_button = button("Usual", lambda: self._pick(None))
        name_control(self.reset_button, f"Usual place for {name.lower()}", "Go back to the usual place")
        self.wrong = label("", "bad", wrap=False)
        self.wrong.hide()
        line = row(gap=8)
        line.addWidget(self.line, 1)
        for part in (self.wrong, self.browse_button, self.reset_button):
            line.addWidget(part)
        self.setLayout(line)
        self.setFocusProxy(self.line)
        self._shown: Path | None = None
        self.line.editingFinished.connect(self._finish)

    def show_value(self, folder: Path | None, usual: str) -> None:
        """Show a folder without announcing it."""
        self._shown = folder
        self.line.setText("" if folder is None else str(folder))
        self.line.setPlaceholderText(usual)
        self.reset_button.setEnabled(folder is not None)
        self.wrong.hide()

    def _finish(self) -> None:
        text = self.line.text().strip()
        folder = Path(text).expanduser() if text else None
        if folder is not None and (not folder.is_absolute() or folder.is_file()):
            self.wrong.setText("a whole path of a folder is needed")
            self.wrong.show()
        elif folder != self._shown:
            self._pick(folder)
        else:
            self.wrong.hide()

    def _pick(self, folder: Path | None) -> None:
        self.picked.emit(folder)
