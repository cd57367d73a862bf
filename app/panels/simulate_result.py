"""What a simulation is made for: a stack to look at, or a training set and how its structures differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.forms import StepForm
from app.widgets import column, combo_box, flush, label
from core.errors import ParameterError
from core.simulate.plan import Plan
from core.simulate.training_plan import TrainingPlan
from core.simulate.variation import Variation, training_plan, variation_of

STACK, SET = "A stack to look at", "A training set"
ABOUT = {
    STACK: "One acquisition: stacks of images for each voltage, and the truth.",
    SET: "Several structures with their truth, for Train; what is set below is the middle of them. "
    "Quick ones take next to no time.",
}
MOST_RANGES = 4


class ResultPanel(QWidget):
    """Sends `changed` when another result is wanted."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = combo_box([STACK, SET], "What is made")
        self.choice.setToolTip("Whether one acquisition is made to look at, or a set to train networks with")
        self.about = label(ABOUT[STACK], "small")
        self.form: StepForm | None = None
        self.ranges = label("", "small")
        self.fault = label("", "bad")
        self._place = QVBoxLayout()
        self._kept: TrainingPlan | None = None
        self.setLayout(
            column(
                label("WHAT IS MADE", "section"),
                self.choice,
                self.about,
                self._place,
                self.ranges,
                self.fault,
                gap=8,
            )
        )
        flush(self)
        self._say_ranges()
        self.fault.hide()
        self.choice.currentIndexChanged.connect(lambda _index: self._choose())

    def makes_set(self) -> bool:
        """Whether a training set is wanted."""
        return self.choice.currentText() == SET

    def wanted(self, plan: Plan) -> Plan | TrainingPlan | None:
        """The plan, or a set about it; None while something is wrong, which is then said."""
        found, fault = self._set_of(plan) if self.makes_set() else (plan, "")
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
        return found

    def show_wanted(self, wanted: Plan | TrainingPlan) -> Plan:
        """Show settings that were opened; returns those of one acquisition."""
        if not isinstance(wanted, TrainingPlan):
            self.choice.setCurrentText(STACK)
            return wanted
        variation = variation_of(wanted)
        self._kept = wanted if variation is None else None
        self._made().set_value(variation or _only_counts(wanted))
        self.choice.setCurrentText(SET)
        self._choose()
        return wanted.plan

    def _set_of(self, plan: Plan) -> tuple[TrainingPlan | None, str]:
        form = self._made()
        if not form.is_valid():
            return None, ""
        variation = form.value()
        assert isinstance(variation, Variation)
        try:
            if self._kept is not None and not variation.size_percent and not variation.share_percent:
                return _about(plan, variation, self._kept), ""
            return training_plan(plan, variation), ""
        except ParameterError as error:
            remedy = f" {error.remedy[:1].upper()}{error.remedy[1:]}." if error.remedy else ""
            return None, f"{error.what[:1].upper()}{error.what[1:]}.{remedy}"

    def _made(self) -> StepForm:
        if self.form is None:
            self.form = StepForm(Variation)
            flush(self.form)
            self.form.value_changed.connect(lambda _value: self._edited())
            self.form.validity_changed.connect(lambda _valid: self.changed.emit())
            self._place.addWidget(self.form)
        return self.form

    def _edited(self) -> None:
        self._say_ranges()
        self.changed.emit()

    def _choose(self) -> None:
        makes_set = self.makes_set()
        self.about.setText(ABOUT[self.choice.currentText()])
        if makes_set or self.form is not None:
            self._made().setVisible(makes_set)
        self._say_ranges()
        self.changed.emit()

    def _say_ranges(self) -> None:
        """Ranges of a file that percentages do not say."""
        kept, text = self._kept, ""
        variation = self.form.value() if self.form is not None and self.form.is_valid() else None
        used = isinstance(variation, Variation) and not (variation.size_percent or variation.share_percent)
        if kept is not None and used and self.makes_set():
            text = f"As in the file: {_ranges(kept.vary, kept.each)}. A variation above takes its place."
        self.ranges.setText(text)
        self.ranges.setVisible(bool(text))


def _only_counts(wanted: TrainingPlan) -> Variation:
    counts = {name: getattr(wanted, name) for name in ("train", "validation", "test", "quick")}
    return Variation(**counts, size_percent=0, share_percent=0)


def _about(plan: Plan, variation: Variation, kept: TrainingPlan) -> TrainingPlan:
    """A set about another plan, with the ranges of a file."""
    counts = variation.model_dump(include={"train", "validation", "test", "quick"})
    table = {**counts, "vary": kept.vary, "each": kept.each, "plan": plan.model_dump(mode="json")}
    return TrainingPlan.parse(table, owner="set")


def _ranges(vary: Mapping[str, tuple[float, float]], each: Mapping[str, tuple[Any, ...]]) -> str:
    said = [f"{key} {low:g}–{high:g}" for key, (low, high) in vary.items()]
    said += [f"{key} listed" for key in each]
    more = ", …" if len(said) > MOST_RANGES else ""
    return ", ".join(said[:MOST_RANGES]) + more if said else "nothing varies but the seed"
