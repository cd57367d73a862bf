"""How a training goes: its curves, and what the network says to a few patches."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from app.panels.train_examples import ExamplesView
from app.plots.losses import LossPlot, Quantity
from app.widgets import column, combo_box, label, row
from core.learn.params.watch import Examples, Point

QUANTITIES: dict[str, Quantity] = {"Loss": "loss", "Misplaced pixels": "mp", "Learning rate": "rate"}
NOTHING_YET = "What the network says to some patches it is not trained with appears here, epoch by epoch."


class TrainLive(QWidget):
    """Curves above, image, truth and prediction of some patches below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = LossPlot()
        self.quantity = combo_box(list(QUANTITIES), "What is drawn over the epochs")
        self.quantity.currentIndexChanged.connect(lambda _index: self._show())
        self.logarithmic = QCheckBox("Logarithmic")
        self.logarithmic.setToolTip("Draw the vertical axis logarithmically, to tell late epochs apart")
        self.logarithmic.toggled.connect(lambda _on: self._show())
        self.latest = label("", "quiet", wrap=False)
        self.examples = ExamplesView()
        self.note = label(NOTHING_YET, "small")
        head = row(
            label("COURSE", "section", wrap=False), self.quantity, self.logarithmic, None, self.latest, gap=12
        )
        below = label("EXAMPLES", "section", wrap=False)
        whole = column(head, self.plot, below, self.examples, self.note, gap=8, margin=16)
        whole.setStretch(1, 3)
        whole.setStretch(3, 2)
        self.setLayout(whole)

    def clear(self) -> None:
        """Show nothing of an earlier training."""
        self.plot.show_points(())
        self.latest.setText("")
        self.show_examples(None)

    def show_points(self, points: tuple[Point, ...]) -> None:
        """Draw the curves."""
        self.plot.show_points(points)
        if points:
            last, best = points[-1], min(one.validation_mp for one in points if one.part == points[-1].part)
            part = f"{last.part}, " if last.part else ""
            self.latest.setText(
                f"{part}epoch {last.epoch}  ·  loss {last.validation_loss:.4g}  ·  misplaced "
                f"{last.validation_mp:.3g} %, best {best:.3g} %"
            )

    def show_examples(self, examples: Examples | None) -> None:
        """Show image, truth and prediction of each patch."""
        self.examples.show_examples(examples)
        told = "" if examples is None else f"After epoch {examples.epoch}; pixels it misplaces are orange."
        self.note.setText(told or NOTHING_YET)

    def _show(self) -> None:
        self.plot.show_as(QUANTITIES[self.quantity.currentText()], logarithmic=self.logarithmic.isChecked())
