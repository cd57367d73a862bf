"""What a network says of the visible slice: image, probability and entropy, and whether it fits the data."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.models_trial import Said, Trial
from app.plots.still import Still, StillGrid
from app.problems import problem_of
from app.widgets import button, clear, column, frame, label, row

WELCOME = "Test on a slice shows what the model says of the slice that is visible in the opened stack."


class TrialPanel(QWidget):
    """Shows a `Trial`; `cancel` when it is not wanted any more."""

    cancel = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = StillGrid()
        self.status = label(WELCOME, "quiet")
        self.cancel_button = button("Cancel", self.cancel.emit)
        self.cancel_button.setToolTip("Stop the test")
        self.cancel_button.hide()
        self._words = QVBoxLayout()
        self._words.setSpacing(6)
        self._words.setContentsMargins(0, 0, 0, 0)
        self.trouble = label("")
        self._trouble_box = frame("failure", column(self.trouble, margin=10))
        self._trouble_box.hide()
        head = row(gap=12)
        head.addWidget(self.status, 1)
        head.addWidget(self.cancel_button)
        whole = column(head, self._trouble_box, self.grid, self._words, gap=10, margin=16)
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def show_busy(self, name: str) -> None:
        """Say that the network is at work."""
        self.clear()
        self.status.setText(f"{name} looks at the slice …")
        self.cancel_button.show()

    def clear(self, text: str = WELCOME) -> None:
        """Show nothing but a sentence."""
        self.cancel_button.hide()
        self._trouble_box.hide()
        self.grid.show_stills(())
        self._say(())
        self.status.setText(text)

    def show_trial(self, trial: Trial) -> None:
        """Show what came out."""
        self.clear(f"{trial.name}: {trial.summary}")
        size, codes, bits = trial.pixel_nm, trial.probability, trial.entropy
        image = Still("Image", trial.image, size)
        probability = Still("Probability of solid", codes, size, contrast=(0, 255), remark="white: solid")
        entropy = Still("Entropy", bits, size, contrast=(0, 1), remark="white: cannot tell")
        self.grid.show_stills((image, probability, entropy))
        self._say(trial.said)

    def show_trouble(self, error: Exception) -> None:
        """Say why there is nothing to see."""
        self.clear("")
        problem = problem_of(error, "testing the model")
        found = f"Expected {problem.expected}" + (f", found {problem.got}." if problem.got else ".")
        parts = (problem.what, problem.expected and found, problem.remedy)
        self.trouble.setText("\n".join(part[:1].upper() + part[1:] for part in parts if part))
        self._trouble_box.show()

    def _say(self, said: Sequence[Said]) -> None:
        clear(self._words)
        for sentence in said:
            self._words.addWidget(label(sentence.text, sentence.weight))
