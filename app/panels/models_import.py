"""Taking in a network of others: what the check has found, what has to be stated, and only then Add."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QProgressBar, QVBoxLayout, QWidget

from app.forms import StepForm
from app.problems import problem_of
from app.widgets import button, clear, column, flush, frame, label, row, scrolled
from core.errors import WriteError
from core.models.check import CheckReport
from core.models.stated import StatedModel

WIDTH_PX, HEIGHT_PX, LOW_PX = 620, 620, 400
SAFE = "An ONNX file holds numbers and operations, no program; it was run on small images only."


class ImportDialog(QDialog):
    """Shows the check of one file or folder; `add` (`StatedModel` or None, whether to replace)."""

    add = Signal(object, bool)

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Trueslice")
        self.setMinimumWidth(WIDTH_PX)
        self.path = path
        self.facts: Mapping[str, Any] = {}
        self.form: StepForm | None = None
        self._words = QVBoxLayout()
        self._words.setSpacing(6)
        self._form_place = QVBoxLayout()
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.trouble = label("")
        self.trouble_box = frame("failure", column(self.trouble, margin=10))
        self.trouble_box.hide()
        self.replace = QCheckBox("Take the place of the model of this name")
        self.replace.setToolTip("The model of this name is deleted; one that came with the program is hidden")
        self.replace.hide()
        self.add_button = button("Add to the library", self._add, kind="primary")
        self.add_button.setEnabled(False)
        self.cancel_button = button("Cancel", self.reject)
        body = scrolled(column(self._words, self._form_place, None, gap=12))
        self._body = body
        foot = row(self.replace, None, self.cancel_button, self.add_button, gap=8)
        title = label(f"Import {path.name}", "title")
        self.setLayout(column(title, self.bar, body, self.trouble_box, foot, margin=24, gap=14))
        self.resize(WIDTH_PX, HEIGHT_PX if path.suffix.lower() == ".onnx" else LOW_PX)
        self._say("Checking: is it ONNX, does it do what its card says, can it be cut into tiles?", "quiet")

    def show_report(self, report: CheckReport) -> None:
        """Say what the check has found; without a card, ask for what it would say."""
        self.bar.hide()
        self.facts = report.facts
        clear(self._words)
        for error in report.errors:
            self._say(f"It cannot be used: {error}.", "bad")
        for warning in report.warnings:
            self._say(f"{warning[:1].upper()}{warning[1:]}.".replace("..", "."), "warn")
        if report.ok:
            self._say("It passed the check.", "good")
        for fact in told_facts(report.facts):
            self._say(fact)
        self._say(SAFE, "small")
        if report.ok and self.path.suffix.lower() == ".onnx":
            self._ask()
        self.add_button.setEnabled(report.ok and (self.form is None or self.form.is_valid()))

    def show_busy(self, busy: bool) -> None:
        """Say whether it is being added."""
        self.bar.setVisible(busy)
        self.add_button.setEnabled(not busy)
        self.trouble_box.hide()

    def show_trouble(self, error: Exception) -> None:
        """Say why it could not be checked or added."""
        self.show_busy(False)
        problem = problem_of(error, "importing the model")
        found = f"Expected {problem.expected}" + (f", found {problem.got}." if problem.got else ".")
        taken = isinstance(error, WriteError) and "already" in problem.what
        self.replace.setVisible(taken or self.replace.isVisible())
        remedy = "choose another name, or let it take the place of the other" if taken else problem.remedy
        parts = (problem.what, problem.expected and found, remedy)
        self.trouble.setText("\n".join(part[:1].upper() + part[1:] for part in parts if part))
        self.trouble_box.show()
        self.add_button.setEnabled(bool(self.facts))

    def _ask(self) -> None:
        self._form_place.addWidget(label("WHAT THE FILE DOES NOT SAY", "section"))
        form = StepForm(StatedModel)
        flush(form)
        stem = "".join(sign if sign.isalnum() else "-" for sign in self.path.stem.lower()).strip("-")
        if stem.isascii() and 0 < len(stem) < 64:
            form.put("name", stem)
        form.validity_changed.connect(self.add_button.setEnabled)
        self._form_place.addWidget(form)
        self.form = form

    def _add(self) -> None:
        stated = self.form.value() if self.form is not None else None
        self.add.emit(stated, self.replace.isChecked())

    def _say(self, text: str, role: Any = "") -> None:
        self._words.addWidget(label(text, role))


def told_facts(facts: Mapping[str, Any]) -> list[str]:
    """What was found and measured, in sentences."""
    said = []
    if "operators" in facts:
        said.append(f"ONNX, operators {facts.get('opset', '?')}: {_listed(facts['operators'])}.")
    if "input" in facts:
        said.append(f"Input {' x '.join(map(str, facts['input']))}, {facts.get('type', 'numbers')}.")
    if "bytes" in facts:
        said.append(f"{facts['bytes'] / 1e6:.3g} MB.")
    if "stride" in facts:
        said.append(f"Images are cut at multiples of {facts['stride']} px.")
    if facts.get("halo_px") is not None:
        said.append(f"A pixel depends on {facts['halo_px']} px around it, as measured.")
    if "range" in facts:
        low, high = facts["range"]
        said.append(f"On images of noise it gives values from {low:.3g} to {high:.3g}.")
    if "test_difference" in facts:
        said.append(f"The test results of its card come out again, to {facts['test_difference']:.1g}.")
    return said


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        value = list(value)
    if isinstance(value, list | tuple):
        names = [str(item) for item in value]
        return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return str(value)
