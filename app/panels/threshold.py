"""The grey values of the visible slice with the threshold of the chosen step, to be moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.plots.histogram import HistogramPanel
from app.widgets import column, label
from core.step import Estimate
from core.volume import Array

if TYPE_CHECKING:
    from core.execute import Preview

HEIGHT_PX = 210
SAMPLE_SIDE = 512


class ThresholdBox(QWidget):
    """Shown for steps that estimate one threshold; `moved` carries the new value."""

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram = HistogramPanel()
        self.histogram.setFixedHeight(HEIGHT_PX)
        self.histogram.threshold_moved.connect(lambda _index, value: self.moved.emit(value))
        self.setLayout(column(label("GREY VALUES OF THIS SLICE", "section"), self.histogram, gap=8))
        self.hide()

    def show_preview(self, made: Preview) -> None:
        """Show the slice that went into a step, and the threshold the step used for it."""
        value = single_threshold(made.estimate)
        self.setVisible(value is not None)
        if value is not None:
            self.histogram.set_values(sample(made.before))
            self.histogram.set_thresholds((float(f"{value:.5g}"),))


def single_threshold(estimate: Estimate | None) -> float | None:
    """The grey value of an estimate that has exactly one threshold; that of a probability is none."""
    if getattr(estimate, "model", None):
        return None
    values: Any = getattr(estimate, "thresholds", ())
    return float(values[0]) if len(values) == 1 else None


def with_threshold(estimate: Estimate, value: float) -> Estimate:
    """The same estimate with another threshold."""
    return estimate.model_copy(update={"thresholds": (value,)})


def sample(plane: Array) -> Array:
    """Evenly spaced pixels of a slice, few enough to be counted at once."""
    steps = [max(1, -(-size // SAMPLE_SIDE)) for size in plane.shape]
    return plane[:: steps[0], :: steps[1]]
