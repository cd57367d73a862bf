"""Measured numbers as cards, filled anew instead of made anew: they follow a region that is dragged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.cards import Card
from app.widgets import column, label

COLUMNS = 2


class CardBox(QFrame):
    """One number with its name; the tooltip defines it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._name, self._value, self._detail = label("", "small"), label("", "figure"), label("", "small")
        self.setLayout(column(self._name, self._value, self._detail, None, gap=1, margin=8))

    def show_card(self, card: Card) -> None:
        """Show another number."""
        self._name.setText(card.name)
        self._value.setText(card.value)
        self._detail.setText(card.detail)
        self._detail.setVisible(bool(card.detail))
        self.setToolTip(card.tip)


class CardGrid(QWidget):
    """Cards side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: list[CardBox] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        for place in range(COLUMNS):
            self._grid.setColumnStretch(place, 1)

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Show these numbers and no others."""
        while len(self._boxes) < len(cards):
            place, box = len(self._boxes), CardBox()
            self._grid.addWidget(box, place // COLUMNS, place % COLUMNS)
            self._boxes.append(box)
        for box, card in zip_longest(self._boxes, cards):
            if card is not None:
                box.show_card(card)
            box.setVisible(card is not None)
        self.setVisible(bool(cards))
