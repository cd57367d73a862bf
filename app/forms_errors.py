"""What is wrong with a field, in words and in red."""

from __future__ import annotations

from collections.abc import Container

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel

WHOLE = ""  # key of an error that belongs to no single parameter


class ErrorLabel(QLabel):
    """Says what is wrong with a field, in a red that is readable on light and on dark ground."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setVisible(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._colour()

    def say(self, message: str) -> None:
        """Show a message; empty hides the label."""
        self.setText(message)
        self.setVisible(bool(message))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change between light and dark."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationPaletteChange, QEvent.Type.PaletteChange):
            self._colour()

    def _colour(self) -> None:
        palette = self.palette()
        dark = palette.color(QPalette.ColorRole.Window).lightness() < 128
        red = QColor("#ff8f85") if dark else QColor("#b3261e")
        if palette.color(QPalette.ColorRole.WindowText) != red:
            palette.setColor(QPalette.ColorRole.WindowText, red)
            self.setPalette(palette)


def readable(item: ErrorDetails) -> str:
    """One of pydantic's findings as a sentence for the user."""
    context = item.get("ctx", {})
    sentences = {
        "greater_than_equal": "at least {ge}",
        "greater_than": "more than {gt}",
        "less_than_equal": "at most {le}",
        "less_than": "less than {lt}",
        "multiple_of": "a multiple of {multiple_of}",
        "string_too_short": "at least {min_length} characters",
        "string_too_long": "at most {max_length} characters",
        "too_short": "at least {min_length} values",
        "too_long": "at most {max_length} values",
        "int_from_float": "a whole number is needed",
        "missing": "a value is needed",
    }
    sentence = sentences.get(item["type"])
    if sentence is not None:
        shown = {key: f"{value:g}" if isinstance(value, float) else value for key, value in context.items()}
        return sentence.format(**shown)
    return item["msg"].removeprefix("Value error, ")


def explained(error: ValidationError, names: Container[str]) -> dict[str, str]:
    """What is wrong, by parameter; `WHOLE` for what belongs to none of `names`."""
    found: dict[str, str] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else WHOLE
        key = name if name in names else WHOLE
        found[key] = "; ".join(filter(None, [found.get(key, ""), readable(item)]))
    return found
