"""The card of a model: what it is for and not for, what it was trained on, how well it did."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.widgets import clear, column, frame, label, scrolled
from core.models.telling import Told, measure_name, measure_text
from core.models.texts import Measured

MOST_MEASURES = 7
SHORT = {
    "mp": "MP", "mgp": "MGP", "mds": "Dice", "precision": "Precision", "recall": "Recall", "iou": "IoU",
    "phi": "φ", "e_tpcf": "e_TPCF", "e_lpf": "e_LPF", "e_d": "e_D", "mse": "MSE",
}  # fmt: skip
HEADING_PX = 110


class ModelCard(QWidget):
    """Shows one card at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = QVBoxLayout()
        self._place.setSpacing(14)
        self.setLayout(column(scrolled(column(self._place, None, margin=16))))

    def show_told(self, told: Told) -> None:
        """Show a card."""
        clear(self._place)
        self._place.addWidget(label(told.title, "title"))
        self._place.addWidget(label(told.description))
        self._place.addWidget(frame("notice", column(label(told.limits), margin=10)))
        for note in told.notes:
            self._place.addWidget(label(note, "warn"))
        self._place.addLayout(_facts(told.facts))
        if told.measured:
            self._place.addWidget(label("MEASURED", "section"))
            self._place.addWidget(frame("card", _table(told.measured)))

    def say(self, text: str) -> None:
        """Say something in place of a card."""
        clear(self._place)
        self._place.addWidget(label(text, "quiet"))


def _facts(facts: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    grid.setColumnMinimumWidth(0, HEADING_PX)
    grid.setColumnStretch(1, 1)
    for line, (heading, text) in enumerate(facts):
        grid.addWidget(label(heading, "quiet", wrap=False), line, 0, Qt.AlignmentFlag.AlignTop)
        words = label(text)
        words.setAccessibleName(heading)
        grid.addWidget(words, line, 1)
    return grid


def _table(rows: Sequence[Measured]) -> QGridLayout:
    """One line for each condition; of many measures those that come first."""
    names = list(dict.fromkeys(name for row in rows for name in row.values))[:MOST_MEASURES]
    grid = QGridLayout()
    grid.setContentsMargins(12, 10, 12, 10)
    grid.setHorizontalSpacing(18)
    for place, heading in enumerate(("Data", *(SHORT.get(name, name) for name in names))):
        made = label(heading, "small", wrap=False)
        if place:
            made.setToolTip(measure_name(names[place - 1]))
        grid.addWidget(made, 0, place, _side(place))
    for line, row in enumerate(rows, start=1):
        condition = "" if row.condition == "overall" else f", {row.condition_long or row.condition}"
        name = label(f"{row.data}{condition} ({row.role})")
        name.setToolTip(row.remark)
        grid.addWidget(name, line, 0)
        for place, measure in enumerate(names, start=1):
            text = measure_text(measure, row.values[measure]) if measure in row.values else "–"
            grid.addWidget(label(text, wrap=False), line, place, _side(place))
    grid.setColumnStretch(0, 1)
    return grid


def _side(place: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
