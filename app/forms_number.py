"""A box for one number that keeps exactly what was typed."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox

NOT_SET = "not set"


class UnreadableError(ValueError):
    """What was typed is no value of the type at all; the message is for the user."""


class NumberBox(QAbstractSpinBox):
    """A number of any size, kept exactly as typed; empty where `optional`.

    Unlike the boxes of Qt it neither rounds to a number of decimals nor changes what was typed.
    """

    changed = Signal()

    def __init__(
        self,
        *,
        whole: bool,
        optional: bool = False,
        lower: float | None = None,
        upper: float | None = None,
        step: float | None = None,
        decimals: int | None = None,
    ) -> None:
        super().__init__()
        self._whole, self._optional = whole, optional
        self._lower, self._upper = lower, upper
        self._step = Decimal(repr(step if step is not None else 1))
        self._decimals = decimals
        self._start: float = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0" * 9))
        if optional:
            self.lineEdit().setPlaceholderText(NOT_SET)
        self.lineEdit().setTextMargins(6, 0, 0, 0)  # as in a text field: the style sheet does not reach here
        self.lineEdit().textChanged.connect(lambda _text: self.changed.emit())

    def number(self) -> float | int | None:
        """Return what the text means.

        Raises
        ------
        UnreadableError
            If it is no number (or empty, where a number is needed).
        """
        text = self.text().strip().replace(",", ".").replace("−", "-")
        if not text:
            if self._optional:
                return None
            raise UnreadableError("a number is needed")
        try:
            return int(text) if self._whole else float(text)
        except ValueError:
            pass
        try:
            value = float(text)
        except ValueError:
            raise UnreadableError(f"'{self.text()}' is no number") from None
        if value.is_integer():
            return int(value)
        raise UnreadableError("a whole number is needed")

    def show_number(self, value: float | int | None) -> None:
        """Show a number so that reading it back gives the very same."""
        self.lineEdit().setText("" if value is None else self._text(value))
        self.lineEdit().setCursorPosition(0)
        if value is not None:
            self._start = value

    def _text(self, value: float | int) -> str:
        if self._whole or isinstance(value, int):
            return str(value)
        shapes = [] if self._decimals is None else [f"{value:.{self._decimals}f}"]
        return next(text for text in [*shapes, f"{value:g}", repr(value)] if float(text) == value)

    def stepBy(self, steps: int) -> None:
        """Go up or down by the step, not beyond the limits."""
        try:
            current = self.number()
        except UnreadableError:
            return
        now = Decimal(repr(self._start if current is None else current))
        wanted = now if current is None else now + steps * self._step
        if self._lower is not None:
            wanted = max(wanted, Decimal(repr(self._lower)))
        if self._upper is not None:
            wanted = min(wanted, Decimal(repr(self._upper)))
        self.lineEdit().setText(self._text(int(wanted) if self._whole else float(wanted)))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Return which arrows work."""
        try:
            value = self.number()
        except UnreadableError:
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if value is None or self._upper is None or value < self._upper:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if value is None or self._lower is None or value > self._lower:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let digits, signs and exponents be typed; whether they make sense is said beside the field."""
        good = all(letter in "0123456789+-−.,eE " for letter in text)
        state = QValidator.State.Acceptable if good else QValidator.State.Invalid
        return state, text, position

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the text out."""
        super().resizeEvent(event)
        self._widen()

    def changeEvent(self, event: QEvent) -> None:
        """Lay the text out again when the style changes."""
        super().changeEvent(event)
        self._widen()

    def _widen(self) -> None:
        """Give the text the whole box where there are no arrows: with a style sheet Qt leaves it no room."""
        if self.buttonSymbols() == self.ButtonSymbols.NoButtons:
            self.lineEdit().setGeometry(self.rect().adjusted(2, 5, -2, -5))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form, not the number, unless the number was chosen."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
