"""What the first pass of a step has found: shown, and replaceable by the user's own values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.aligning import KINDS
from app.forms import StepForm, build_form
from app.session import Session
from app.standing import Standings
from app.widgets import button, clear, column, flush, label, row
from core.params import Params, hint
from core.recipe import RecipeStep
from core.step import Estimate, Stage

MOST_LISTED = 6
LONGEST_NAME = 30
MOST_EDITED = 64  # numbers that fit into a form
UNITS = {
    "_per_nm": "1/nm",
    "_nm": "nm",
    "_px": "px",
    "_deg": "°",
    "_bits": "bits",
    "_grey": "grey",
    "_percent": "%",
}
"""By how the name of a value ends; the longer end first."""
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def lines_of(estimate: Estimate) -> list[tuple[str, str]]:
    """(name, value in words) of everything an estimate says; what is empty is left out."""
    found = []
    for name, field in type(estimate).model_fields.items():
        value = getattr(estimate, name)
        text, unit = value_text(value), unit_of(name, field)
        if text:
            if unit and _is_numeric(value):
                text += unit if unit == "°" else f" {unit}"
            found.append((field.title or name.replace("_", " "), text))
    return found


def unit_of(name: str, field: FieldInfo) -> str:
    """The unit of what was found: as its field states it, else as its name ends."""
    stated = str(hint(field, "unit", "") or "")
    name = name.removesuffix("_yx").removesuffix("_zyx")
    return stated or next((unit for end, unit in UNITS.items() if name.endswith(end)), "")


def _is_numeric(value: Any) -> bool:
    """Whether it is a number, or a list that holds some."""
    if isinstance(value, list | tuple):
        return any(_is_numeric(each) for each in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def value_text(value: Any) -> str:
    """A found value for reading; long lists as their number and span."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, int | str):
        return f"{value:,}".replace(",", THIN_SPACE) if isinstance(value, int) else value
    if isinstance(value, Sequence):
        return _list_text(value)
    return str(value)


def _list_text(values: Sequence[Any]) -> str:
    if len(values) <= MOST_LISTED and not any(isinstance(value, BaseModel) for value in values):
        inner = [value_text(value) for value in values]
        nested = any(isinstance(value, tuple) for value in values)
        if any(isinstance(value, str) and len(value) > LONGEST_NAME for value in values):
            return "\n".join(text[:1].upper() + text[1:] for text in inner)  # sentences
        return " | ".join(inner) if nested else ", ".join(inner)
    if all(isinstance(value, int | float) for value in values):
        return f"{len(values)} values, {value_text(min(values))} to {value_text(max(values))}"
    width = len(values[0]) if isinstance(values[0], tuple) else 0
    if (
        width
        and all(isinstance(value, tuple) and len(value) == width for value in values)
        and _numbers(values[0])
    ):
        table = np.asarray(values, np.float64)
        low, high = float(table.min()), float(table.max())
        return f"{len(values)} × {len(values[0])} values, {value_text(low)} to {value_text(high)}"
    return f"{len(values)} values"


def _numbers(values: Sequence[Any]) -> bool:
    return len(values) > 0 and all(isinstance(value, int | float) for value in values)


def size_of(value: Any) -> int:
    """How many single values there are in something that was found, roughly: lists are not looked through."""
    if isinstance(value, BaseModel):
        return sum(size_of(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, list | tuple):
        return len(value) * (size_of(value[0]) if value else 0)
    return 1


def still_holds(entry: RecipeStep, tried: Params) -> bool:
    """Whether what a step has found holds for other parameters, too."""
    values = tried.model_dump()
    changed = {name for name, value in entry.params.model_dump().items() if values[name] != value}
    return changed <= entry.step.late


class FoundBox(QWidget):
    """Values found for the chosen step; hidden for steps that find nothing or only measure."""

    def __init__(self, session: Session, standings: Standings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._standings = standings
        self._seen: tuple[Estimate, bool] | None = None
        self.form: StepForm | None = None
        self._told: tuple[Estimate, list[tuple[str, str]]] | None = None
        self._origin = label("", "small")
        self._elsewhere = label("Plots and corrections are in the Alignment tab below.", "small")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(1, 1)
        self._editor = QVBoxLayout()
        self.edit_button = button("Use own values…", self._edit)
        self.take_button = button("Use these", self._take, kind="primary")
        self.back_button = button("Back to what is found", lambda: self._set(None))
        buttons = row(None, self.back_button, self.edit_button, self.take_button, gap=8)
        title = label("WHAT WAS FOUND", "section")
        self.setLayout(column(title, self._grid, self._editor, self._origin, self._elsewhere, buttons, gap=8))
        session.chosen_changed.connect(self._restart)
        session.recipe_changed.connect(self._restart)
        session.slice_changed.connect(lambda _z: self._forget_preview())
        standings.changed.connect(self.refresh)
        self.refresh()

    def show_previewed(self, estimate: Estimate | None, approximate: bool) -> None:
        """Show what a preview has used, while no run has found better."""
        self._seen = None if estimate is None else (estimate, approximate)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        entry = self._entry()
        step = None if entry is None else entry.step
        shown = step is not None and step.estimate_type is not None and step.stage is not Stage.MEASURE
        self.setVisible(shown)
        if entry is None or not shown:
            return
        estimate, origin = self._known(entry)
        clear(self._grid)
        lines = [] if estimate is None or self.form is not None else self._lines(estimate)
        for place, (name, text) in enumerate(lines):
            self._grid.addWidget(label(name, "quiet", wrap=False), place, 0)
            self._grid.addWidget(label(text), place, 1)
        self._origin.setText(origin)
        elsewhere = issubclass(entry.step.estimate_type or Estimate, KINDS)
        self._elsewhere.setVisible(elsewhere and estimate is not None)
        finds = entry.step.observe is not None or entry.step.surveys  # else it was painted, not typed
        self.edit_button.setVisible(self.form is None and not elsewhere and finds)
        self.edit_button.setEnabled(estimate is not None and size_of(estimate) <= MOST_EDITED)
        self.take_button.setVisible(self.form is not None)
        self.back_button.setVisible(self.form is not None or entry.estimate is not None)

    def _known(self, entry: RecipeStep) -> tuple[Estimate | None, str]:
        if entry.estimate is not None:
            return entry.estimate, "Your own values; the step does not look for others."
        chosen = self._session.chosen
        tried = self._session.draft
        stale = chosen is None or (tried is not None and not still_holds(entry, tried))
        stored = None if stale or chosen is None else self._standings.estimate(chosen)
        if stored is not None:
            return stored, "Found in the last run, from all slices."
        if self._seen is not None:
            estimate, approximate = self._seen
            words = "from a sample of slices; a run looks at all of them" if approximate else "for this slice"
            return estimate, f"Found for the preview, {words}."
        return None, "Known after a run." if entry.step.surveys else "Known after the preview or a run."

    def _lines(self, estimate: Estimate) -> list[tuple[str, str]]:
        """What is told of an estimate; worked out once, as there may be thousands of numbers in it."""
        if self._told is None or self._told[0] is not estimate:
            self._told = estimate, lines_of(estimate)
        return self._told[1]

    def _edit(self) -> None:
        entry = self._entry()
        if entry is None or entry.step.estimate_type is None:
            return
        estimate = self._known(entry)[0]
        # A form shows any class of typed fields; estimates are declared like parameters.
        self.form = build_form(cast("type[Params]", entry.step.estimate_type))
        if estimate is not None:
            self.form.set_value(cast("Params", estimate))
        self.form.validity_changed.connect(self.take_button.setEnabled)
        flush(self.form)
        self._editor.addWidget(self.form)
        self.refresh()

    def _take(self) -> None:
        if self.form is not None and self.form.is_valid():
            self._set(cast("Estimate", self.form.value()))

    def _set(self, estimate: Estimate | None) -> None:
        self._drop_form()
        if self._session.chosen is not None:
            self._session.set_estimate(self._session.chosen, estimate)
        self.refresh()

    def _restart(self) -> None:
        self._drop_form()
        self._seen = None
        self.refresh()

    def _forget_preview(self) -> None:
        if self.form is None:
            self._seen = None
            self.refresh()

    def _drop_form(self) -> None:
        clear(self._editor)
        self.form = None

    def _entry(self) -> RecipeStep | None:
        chosen = self._session.chosen
        return None if chosen is None else self._session.recipe.steps[chosen]
