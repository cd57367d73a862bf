"""A value from a list that others than the program may lengthen: models of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from app.forms_editors import Editor
from core.errors import TruesliceError


class SuggestionEditor(Editor):
    """One of several values, of which some are found when the list is opened.

    Parameters
    ----------
    choices : sequence of (str, str)
        What there always is: value and label.
    suggest : callable
        Gives further values.
    editable : bool
        Whether others can be typed.
    """

    def __init__(
        self, choices: Sequence[tuple[str, str]], suggest: Callable[[], Sequence[str]], *, editable: bool
    ) -> None:
        super().__init__()
        self._suggest = suggest
        self._combo = _Combo(self._refresh)
        self._combo.setEditable(editable)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.setMinimumContentsLength(8)
        for value, label in choices:
            self._combo.addItem(label, value)
        self._hold(self._combo)
        self._refresh()
        self._combo.currentTextChanged.connect(lambda _text: self.changed.emit())

    def read(self) -> object:
        """Return the chosen or typed value."""
        text = self._combo.currentText()
        found = self._combo.findText(text, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive)
        return self._combo.itemData(found) if found >= 0 else text

    def write(self, value: Any) -> None:
        """Show a value, in the list or not."""
        text = "" if value is None else str(value)
        found = self._place(text)
        if found < 0 and self._combo.isEditable():
            self._combo.setCurrentIndex(-1)
            self._combo.setEditText(text)
            return
        if found < 0 and text:
            self._combo.addItem(text, text)
            found = self._combo.count() - 1
        self._combo.setCurrentIndex(found)

    def controls(self) -> Sequence[QWidget]:
        """Return the list."""
        return (self._combo,)

    def _place(self, value: str) -> int:
        return next((i for i in range(self._combo.count()) if self._combo.itemData(i) == value), -1)

    def _refresh(self) -> None:
        """Add what has become known; what is shown stays."""
        try:
            found = self._suggest()
        except TruesliceError:
            return  # the step says what is wrong with the library when it is run
        blocked, shown = self._combo.blockSignals(True), self._combo.currentText()
        index = self._combo.currentIndex()
        for value in found:
            if self._place(value) < 0:
                self._combo.addItem(value, value)
        self._combo.setCurrentIndex(index)
        if self._combo.isEditable():
            self._combo.setEditText(shown)
        self._combo.blockSignals(blocked)


class _Combo(QComboBox):
    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__()
        self._before = before

    def showPopup(self) -> None:
        """Look for what is new first."""
        self._before()
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form, not the choice."""
        event.ignore()
