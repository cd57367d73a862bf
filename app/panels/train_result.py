"""What a training has come to, in words, and the way into the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.widgets import button, column, flush, frame, label, row

PLAIN = ("otsu", "kmeans-2")
CALLED = {"otsu": "Otsu", "kmeans-2": "k-means"}


class TrainResult(QWidget):
    """Sends `add` (name, limits) when the model is wanted among the models."""

    add = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label("The model is trained and tested.", "heading")
        self.words = label("")
        self.notes = label("", "small")
        self.name, self.limits = QLineEdit(), QLineEdit()
        for line, name, tip in (
            (self.name, "Name of the model", "Small letters, digits, and . _ - within"),
            (
                self.limits,
                "Limits of the model",
                "One sentence on what the model is not for; goes into its card",
            ),
        ):
            line.setAccessibleName(name)
            line.setToolTip(tip)
        self.limits.setPlaceholderText("What it is not for, in one sentence")
        self.add_button = button(
            "Add to Models", lambda: self.add.emit(self.name.text().strip(), self.limits.text().strip())
        )
        self.add_button.setToolTip("Copy the model to your models: Segment then lists it")
        self.state = label("", "good")
        entry = row(
            label("Name", wrap=False),
            self.name,
            label("Limits", wrap=False),
            self.limits,
            self.add_button,
            gap=8,
        )
        entry.setStretch(1, 2)
        entry.setStretch(3, 3)
        inside = column(self.title, self.words, self.notes, entry, self.state, gap=8, margin=12)
        self.setLayout(column(frame("card", inside)))
        flush(self)

    def show_answer(self, answer: Mapping[str, Any], name: str, limits: str) -> None:
        """Show what the command has answered."""
        self.words.setText(answer_text(answer))
        notes = [str(note) for note in answer.get("warnings", ())]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.name.setText(name)
        self.limits.setText(limits)
        self.say("")
        self.show()

    def say(self, text: str, *, busy: bool = False) -> None:
        """Say how adding goes."""
        self.state.setText(text)
        self.state.setVisible(bool(text))
        self.add_button.setEnabled(not busy)


def answer_text(answer: Mapping[str, Any]) -> str:
    """The numbers of a training in words."""
    tested = answer.get("tested_on") or {}
    if answer.get("mp") is None:
        return (
            "There was no stack with a known truth to test on. Of the validation, by which the best state "
            f"was chosen, it misplaces {float(answer.get('validation_mp') or 0):.3g} % of the pixels."
        )
    which = "Kept for the test" if tested.get("split") == "test" else "For validation, by which it was chosen"
    said = [
        f"{which}: {', '.join(tested.get('stacks') or ())}. Of its pixels the network misplaces "
        f"{float(answer['mp']):.3g} %; mean Dice {float(answer['mds']):.3f}; solid fraction "
        f"{float(answer['solid_fraction']):.3f}, true {float(tested.get('solid_fraction') or 0):.3f}."
    ]
    others = [
        f"{CALLED[method]} {float(row['mp']):.3g} %"
        for method in PLAIN
        for name, row in (answer.get("rows") or {}).items()
        if name.split()[0] == method and len(name.split()) == 2
    ]
    best = answer.get("best_classical")
    if others:
        share = answer.get("share_of_best_classical")
        beside = (
            "" if share is None or not best else f" The best of them, {best}, is {_compared(float(share))}."
        )
        said.append(f"Without a network: {', '.join(dict.fromkeys(others))}.{beside}")
    return "\n".join(said)


def _compared(share: float) -> str:
    """How the network stands beside the best method without one; its error by that one's."""
    if share < 1:
        return f"wrong {1 / max(share, 1e-3):.3g} times as often"
    return f"better: the network is wrong {share:.3g} times as often, so train longer, or with other data"
