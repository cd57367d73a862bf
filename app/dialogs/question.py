"""A question with a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from app.widgets import button, column, label, row

WIDTH_PX = 480
MOST_BUTTONS = 3


@dataclass(frozen=True)
class Answer:
    """One possible answer: what it is called and the value that `QuestionDialog.answered` carries."""

    text: str
    value: object
    primary: bool = False


class QuestionDialog(QDialog):
    """Asks; `answered` carries the value of the answer, closing without one sends nothing."""

    answered = Signal(object)

    def __init__(
        self,
        heading: str,
        text: str,
        answers: Sequence[Answer],
        parent: QWidget | None = None,
        *,
        leave: str = "Cancel",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self.buttons = [self._button(answer) for answer in answers]
        cancel = button(leave, self.reject)
        parts = [label(heading, "title"), label(text)]
        if len(answers) <= MOST_BUTTONS:
            self.setLayout(column(*parts, row(None, cancel, *self.buttons, gap=8), margin=24, gap=16))
        else:
            self.setLayout(column(*parts, column(*self.buttons, gap=6), row(None, cancel), margin=24, gap=16))

    def _button(self, answer: Answer) -> QPushButton:
        kind = "primary" if answer.primary else ""
        return button(answer.text, lambda: self._answer(answer.value), kind=kind)

    def _answer(self, value: object) -> None:
        self.accept()
        self.answered.emit(value)
