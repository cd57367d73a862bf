"""Editors of single parameter values: each shows one value, reads it back, and says when it changed.

An editor never judges a value; limits are checked once, by the parameter class, when the form is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.forms_number import NOT_SET, NumberBox, UnreadableError
from app.tips import tip


class Editor(QWidget):
    """Base of all editors; one that is `titled` shows its own label."""

    changed = Signal()
    titled = False

    def __init__(self) -> None:
        super().__init__()
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def read(self) -> object:
        """Return the value as typed.

        Raises
        ------
        UnreadableError
            If the text is no value of the type.
        """
        raise NotImplementedError

    def write(self, value: Any) -> None:
        """Show a value without announcing it."""
        raise NotImplementedError

    def controls(self) -> Sequence[QWidget]:
        """Return what takes the keyboard, in order."""
        raise NotImplementedError

    def name(self, label: str, description: str) -> None:
        """Tell screen readers and tooltips what is edited here."""
        for control in self.controls():
            control.setAccessibleName(label)
            control.setAccessibleDescription(description)
            control.setToolTip(tip(label, description))

    def _hold(self, control: QWidget) -> None:
        self._layout.addWidget(control, 1)
        self.setFocusProxy(control)
        self.setFocusPolicy(control.focusPolicy())


class NumberEditor(Editor):
    """One number."""

    def __init__(self, box: NumberBox) -> None:
        super().__init__()
        self._box = box
        self._hold(box)
        box.changed.connect(self.changed)

    def make_narrow(self) -> None:
        """Leave the arrows out; the arrow keys still work."""
        self._box.setButtonSymbols(NumberBox.ButtonSymbols.NoButtons)
        self._box.setMinimumWidth(self._box.fontMetrics().horizontalAdvance("0" * 5))
        if self._box.lineEdit().placeholderText():
            self._box.lineEdit().setPlaceholderText("–")

    def read(self) -> object:
        """Return the number, or None where none is set."""
        return self._box.number()

    def write(self, value: Any) -> None:
        """Show a number."""
        self._box.show_number(value)

    def controls(self) -> Sequence[QWidget]:
        """Return the box."""
        return (self._box,)


class TextEditor(Editor):
    """One line of text; `optional`: empty means None."""

    def __init__(self, *, optional: bool = False, example: str = "") -> None:
        super().__init__()
        self._line = QLineEdit()
        self._line.setPlaceholderText(NOT_SET if optional else example)
        self._optional, self._empty = optional, None if optional else ""
        self._hold(self._line)
        self._line.textChanged.connect(lambda _text: self.changed.emit())

    def read(self) -> object:
        """Return the text."""
        return self._line.text() or self._empty

    def write(self, value: Any) -> None:
        """Show a text; an empty one stays what it was, None or ''."""
        if value is None or value == "":
            self._empty = value
        self._line.setText("" if value is None else str(value))

    def controls(self) -> Sequence[QWidget]:
        """Return the line."""
        return (self._line,)


class ParsedEditor(Editor):
    """A line of text that stands for a value of another type.

    Parameters
    ----------
    parse : callable
        From text to value; raises `UnreadableError`.
    show : callable
        From value to text.
    """

    def __init__(
        self, parse: Callable[[str], object], show: Callable[[Any], str], *, optional: bool, example: str
    ) -> None:
        super().__init__()
        self._line = QLineEdit()
        self._line.setPlaceholderText(NOT_SET if optional else example)
        self._parse, self._show, self._optional = parse, show, optional
        self._hold(self._line)
        self._line.textChanged.connect(lambda _text: self.changed.emit())

    def read(self) -> object:
        """Return what the text means."""
        text = self._line.text().strip()
        return None if self._optional and not text else self._parse(text)

    def write(self, value: Any) -> None:
        """Show a value."""
        self._line.setText("" if value is None else self._show(value))

    def controls(self) -> Sequence[QWidget]:
        """Return the line."""
        return (self._line,)


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form, not the choice."""
        event.ignore()


class ChoiceEditor(Editor):
    """One of several values, each with a readable label."""

    def __init__(self, choices: Sequence[tuple[Any, str]]) -> None:
        super().__init__()
        self._values = [value for value, _label in choices]
        self._combo = _Combo()
        self._combo.addItems([label for _value, label in choices])
        self._combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.setMinimumContentsLength(8)
        self._hold(self._combo)
        self._combo.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def read(self) -> object:
        """Return the chosen value."""
        index = self._combo.currentIndex()
        if index < 0:
            raise UnreadableError("one of the choices is needed")
        return self._values[index]

    def write(self, value: Any) -> None:
        """Choose a value; 1 and True are different."""
        same = [i for i, v in enumerate(self._values) if v == value and type(v) is type(value)]
        self._combo.setCurrentIndex(same[0] if same else -1)

    def controls(self) -> Sequence[QWidget]:
        """Return the list."""
        return (self._combo,)


class TickEditor(Editor):
    """Yes or no; carries its label itself."""

    titled = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self._box = QCheckBox(label)
        self._hold(self._box)
        self._box.toggled.connect(lambda _on: self.changed.emit())

    def read(self) -> object:
        """Return whether it is ticked."""
        return self._box.isChecked()

    def write(self, value: Any) -> None:
        """Tick it or not."""
        self._box.setChecked(bool(value))

    def controls(self) -> Sequence[QWidget]:
        """Return the box."""
        return (self._box,)


class TupleEditor(Editor):
    """Several values side by side, each under its own small caption; `optional`: all empty means None."""

    @property
    def captioned(self) -> bool:
        """Whether there is a line of captions above the values."""
        return any(self._captions)

    def __init__(self, parts: Sequence[Editor], captions: Sequence[str], *, optional: bool) -> None:
        super().__init__()
        self._parts, self._captions, self._optional = tuple(parts), tuple(captions), optional
        for part, caption in zip(parts, captions, strict=True):
            cell = QVBoxLayout()
            cell.setSpacing(0)
            if caption:
                label = QLabel(caption)
                label.setBuddy(part.controls()[0])
                cell.addWidget(label)
            cell.addWidget(part)
            if isinstance(part, NumberEditor):
                part.make_narrow()
            self._layout.addLayout(cell, 1)
            part.changed.connect(self.changed)
        if parts:
            self.setFocusProxy(parts[0])

    def read(self) -> object:
        """Return a tuple, or None."""
        values: list[object] = []
        problems: list[str] = []
        for part, caption in zip(self._parts, self._captions, strict=True):
            try:
                values.append(part.read())
            except UnreadableError as problem:
                values.append(None)
                problems.append(f"{caption}: {problem}" if caption else str(problem))
        if self._optional and all(_is_blank(part) for part in self._parts):
            return None
        if problems:
            raise UnreadableError("; ".join(problems))
        return tuple(values)

    def write(self, value: Any) -> None:
        """Show a tuple; None empties all parts."""
        for part, each in zip(self._parts, value or [None] * len(self._parts), strict=True):
            part.write(each)

    def name(self, label: str, description: str) -> None:
        """Name every part."""
        for part, caption in zip(self._parts, self._captions, strict=True):
            part.name(f"{label} {caption}".strip(), description)

    def controls(self) -> Sequence[QWidget]:
        """Return the controls of all parts."""
        return [control for part in self._parts for control in part.controls()]


def _is_blank(part: Editor) -> bool:
    return all(
        isinstance(control, NumberBox | QLineEdit) and not control.text().strip()
        for control in part.controls()
    )


def parse_list(element: type) -> Callable[[str], object]:
    """Return a function that makes a tuple of numbers or texts from ``a, b, c``."""

    def parse(text: str) -> object:
        pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
        try:
            return tuple(element(piece) for piece in pieces)
        except ValueError:
            word = {int: "whole numbers", float: "numbers"}.get(element, "values")
            raise UnreadableError(f"{word} with commas between them are needed") from None

    return parse


def show_list(values: Sequence[object]) -> str:
    """Write a tuple as ``a, b, c``."""
    return ", ".join(_exact(value) for value in values)


def _exact(value: object) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def parse_json(text: str) -> object:
    """Read any value as JSON; text that is no JSON stands for itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
