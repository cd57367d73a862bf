"""What was measured, and how it runs through the stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.found import lines_of
from app.session import Session
from app.standing import Standings
from app.widgets import clear, column, frame, label
from core.step import Estimate, Stage

LEAST_POINTS = 2


@dataclass(frozen=True)
class Curve:
    """One value per slice."""

    title: str
    values: tuple[float, ...]


def curves_of(estimate: Estimate) -> list[Curve]:
    """Everything in an estimate that has one number per slice."""
    found = []
    for name, field in type(estimate).model_fields.items():
        value = getattr(estimate, name)
        numbers = isinstance(value, tuple) and all(isinstance(each, int | float) for each in value)
        if numbers and len(value) >= LEAST_POINTS:
            found.append(Curve(field.title or name, tuple(float(each) for each in value)))
    return found


def numbers_of(estimate: Estimate) -> list[tuple[str, str]]:
    """(name, value) of everything in an estimate that is a single number."""
    single = {field.title or name for name, field in type(estimate).model_fields.items()
              if isinstance(getattr(estimate, name), int | float)}  # fmt: skip
    return [(name, text) for name, text in lines_of(estimate) if name in single]


class ResultsPanel(QWidget):
    """Numbers of the measuring steps as cards; `curves_found` carries what can be drawn per slice."""

    curves_found = Signal(list)

    def __init__(
        self,
        session: Session,
        standings: Standings,
        curves: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._standings = standings
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._nothing = label(
            "Add a Measure step and run the recipe: numbers and curves appear here.", "quiet"
        )
        left = QWidget()
        left.setFixedWidth(250)
        left.setLayout(column(self._nothing, self._cards, None, margin=12))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(left)
        if curves is not None:
            layout.addWidget(curves, 1)
        else:
            layout.addStretch(1)
        standings.changed.connect(self.refresh)
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the project holds now."""
        clear(self._cards)
        found = self._found()
        self._nothing.setVisible(not found)
        curves: list[Curve] = []
        for title, estimate in found:
            for name, text in numbers_of(estimate):
                body = column(label(name, "quiet"), label(text, "number"), gap=2, margin=10)
                card = frame("card", body)
                card.setToolTip(title)
                self._cards.addWidget(card)
            curves += curves_of(estimate)
        self.curves_found.emit(curves)

    def _found(self) -> Sequence[tuple[str, Estimate]]:
        found = []
        for index, entry in enumerate(self._session.recipe.steps):
            estimate = self._standings.estimate(index) if entry.step.stage is Stage.MEASURE else None
            if estimate is not None:
                found.append((f"{index + 1}  {entry.step.label}", estimate))
        return found
