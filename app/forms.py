"""Forms made from parameter classes: the only place that turns a type into widgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from app.forms_editors import Editor
from app.forms_errors import ErrorLabel, explained
from app.forms_number import UnreadableError
from app.forms_row import Row, added_row, form_of_rows, more_button
from app.forms_types import editor_for
from app.turns import Turns
from app.widgets import label
from core.errors import ParameterError
from core.params import Params, hint, is_among


def build_form(params_type: type[Params], parent: QWidget | None = None) -> StepForm:
    """Return a form for a parameter class, showing its defaults."""
    return StepForm(params_type, parent)


class StepForm(QWidget):
    """Edits one value of a parameter class.

    Signals
    -------
    value_changed : Params
        After every edit that leaves the form valid; not while `set_value` runs.
    validity_changed : bool
        When the form becomes valid or invalid.
    completed
        When a `gradual` form has all its rows, which come in several turns of the event loop: a long one made
        at once holds the window up. Its value can be set and read before.
    """

    value_changed = Signal(object)
    validity_changed = Signal(bool)
    completed = Signal()

    def __init__(
        self,
        params_type: type[Params],
        parent: QWidget | None = None,
        *,
        leave_out: Sequence[str] = (),
        gradual: bool = False,
    ) -> None:
        super().__init__(parent)
        self.params_type = params_type
        self._leave_out = frozenset(leave_out)  # these keep their default
        self._writing = False
        self._value: Params | None = None
        self._errors: dict[str, str] = {}
        self._rows: dict[str, Row] = {}
        self._turns: Turns | None = None  # while there are rows to come
        self._build()
        if gradual and not any(field.is_required() for field in params_type.model_fields.values()):
            self._value = params_type()
            self._turns = Turns(self._made_rows(), self)
            self._turns.ended.connect(self._complete)
            return
        for _row in self._made_rows():
            pass
        self.reset()

    def finish(self) -> None:
        """Have all rows now."""
        if self._turns is not None:
            self._turns.finish()

    # ------------------------------------------------------------------ value
    def value(self) -> Params:
        """Return what the form says.

        Raises
        ------
        ParameterError
            While `is_valid` is False; the message names every field that is wrong.
        """
        if self._value is None:
            found = "; ".join(
                f"{self._rows[name].label}: {message}" if name in self._rows else message
                for name, message in self._errors.items()
            )
            raise ParameterError(f"the settings are not complete: {found}", remedy="correct the red fields")
        return self._value

    def set_value(self, params: Params) -> None:
        """Show a value without announcing it."""
        if not isinstance(params, self.params_type):
            raise ParameterError(
                "these are the settings of another step",
                expected=self.params_type.__name__,
                got=type(params).__name__,
            )
        if self._turns is None:
            self._write({name: getattr(params, name) for name in self._rows})
            return
        self._value = params  # of rows to come, too
        for name in self._rows:
            self._put_held(name)

    def reset(self) -> None:
        """Show the defaults; parameters without one are left empty."""
        self.finish()
        defaults = {
            name: row.field.get_default(call_default_factory=True) for name, row in self._rows.items()
        }
        self._write({name: value for name, value in defaults.items() if value is not PydanticUndefined})

    def put(self, name: str, value: Any) -> None:
        """Give one parameter a value as if the user had typed it."""
        self.finish()
        self._writing = True
        self._rows[name].editor.write(value)
        self._writing = False
        self._edited()

    def control(self, name: str) -> QWidget:
        """Return what takes the keyboard for a parameter."""
        self.finish()
        return self._rows[name].editor.controls()[0]

    def is_valid(self) -> bool:
        """Whether `value` would succeed."""
        return self._value is not None

    def errors(self) -> dict[str, str]:
        """Return what is wrong, by parameter name ('' for what concerns several)."""
        return dict(self._errors)

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Show what a check outside the form found (it does not fit the data); gone with the next edit.

        Parameters
        ----------
        errors : mapping of str to str
            Message by parameter name, '' for the whole form.
        """
        self.finish()
        for name, row in self._rows.items():
            message = errors.get(name, self._errors.get(name, ""))
            row.error.say(message)
            row.editor.name(row.label, f"{row.about}\nWrong: {message}" if message else row.about)
            if message and row.advanced:
                self._more.setChecked(True)
        others = [text for name, text in {**self._errors, **errors}.items() if name not in self._rows]
        self._whole.say("\n".join(others))

    # ------------------------------------------------------------------ what other forms do differently
    def arranged(self) -> Sequence[str]:
        """Names of the parameters in the order they are shown; any other text is a heading."""
        return [name for name in self.params_type.model_fields if name not in self._leave_out]

    def made_editor(self, name: str, field: FieldInfo) -> Editor:
        """Return the editor of a parameter."""
        return editor_for(name, field)

    # ------------------------------------------------------------------ assembly
    def _build(self) -> None:
        layout = QVBoxLayout(self)
        gap = round(self.fontMetrics().height() * 0.6)
        self._basic, self._advanced = form_of_rows(gap), form_of_rows(gap)
        self._folded = QWidget()
        self._folded.setLayout(self._advanced)
        self._advanced.setContentsMargins(0, 0, 0, 0)
        self._more = more_button()
        self._more.toggled.connect(self._fold)
        self._more.hide()
        self._whole = ErrorLabel()
        layout.addLayout(self._basic)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._folded)
        layout.addWidget(self._whole)
        layout.addStretch(1)
        self._fold(False)

    def _made_rows(self) -> Iterator[None]:
        """Make the rows, one each time it is asked."""
        fields = self.params_type.model_fields
        for name in self.arranged():
            if name in fields:
                advanced = hint(fields[name], "advanced")
                self._add_row(name, fields[name], self._advanced if advanced else self._basic)
            else:
                self._basic.addRow(label(name, "section"))
            yield
        if not self._rows:
            self._basic.addRow(QLabel("This step has no settings."))

    def _complete(self) -> None:
        self._turns = None
        self._check()
        self.completed.emit()

    def _add_row(self, name: str, field: FieldInfo, form: QFormLayout) -> None:
        editor = self.made_editor(name, field)
        editor.changed.connect(self._edited)
        self._rows[name] = added_row(name, field, editor, form)
        if self._turns is not None:
            self._put_held(name)

    def _put_held(self, name: str) -> None:
        """Give a row of a form that is not complete its part of the value."""
        row, values = self._rows[name], dict(self._value or ())
        self._writing = True
        row.editor.write(values[name])
        self._writing = False
        row.last_good = values[name]
        row.form.setRowVisible(row.cell, self._matters(row, values))

    def _fold(self, open_: bool) -> None:
        self._folded.setVisible(open_)
        self._more.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)

    # ------------------------------------------------------------------ reading and checking
    def _write(self, values: Mapping[str, Any]) -> None:
        self._writing = True
        for name, value in values.items():
            self._rows[name].editor.write(value)
            self._rows[name].last_good = value
        self._writing = False
        self._check()

    def _edited(self) -> None:
        if self._writing or (self._turns is not None and self._turns.busy):
            return
        self.finish()
        self._check()
        if self._value is not None:
            self.value_changed.emit(self._value)

    def _check(self) -> None:
        was_valid = self._value is not None
        values, errors = self._read()
        self._hide_what_does_not_matter(values)
        self._value = None
        if not errors:
            self._value, errors = self._validated(values)
        if self._value is not None:
            for name, value in values.items():
                self._rows[name].last_good = value
        self._errors = errors
        self.show_errors({})
        if was_valid != (self._value is not None):
            self.validity_changed.emit(not was_valid)

    def _validated(self, values: dict[str, Any]) -> tuple[Params | None, dict[str, str]]:
        try:
            return self.params_type.model_validate(values), {}
        except ValidationError as error:
            found = explained(error, self._rows)
        unseen = [
            name for name in found if name in self._rows and not self._matters(self._rows[name], values)
        ]
        kept = {name: self._rows[name].last_good for name in unseen}
        # Nobody sees these fields: what is wrong in them must not stop the step.
        values.update({name: value for name, value in kept.items() if value is not PydanticUndefined})
        try:
            return self.params_type.model_validate(values), {}
        except ValidationError as error:
            return None, explained(error, self._rows)

    def _read(self) -> tuple[dict[str, Any], dict[str, str]]:
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, row in self._rows.items():
            try:
                values[name] = row.editor.read()
            except UnreadableError as problem:
                errors[name] = str(problem)
        for name in list(errors):
            row = self._rows[name]
            if not self._matters(row, values) and row.last_good is not PydanticUndefined:
                values[name] = row.last_good
                del errors[name]
        return values, errors

    def _matters(self, row: Row, values: Mapping[str, Any]) -> bool:
        return all(
            name not in values or is_among(values[name], allowed)
            for name, allowed in row.shown_when().items()
        )

    def _hide_what_does_not_matter(self, values: Mapping[str, Any]) -> None:
        any_advanced = False
        for row in self._rows.values():
            matters = self._matters(row, values)
            if row.form.isRowVisible(row.cell) != matters:  # telling it what it knows costs a layout
                row.form.setRowVisible(row.cell, matters)
            any_advanced |= matters and row.advanced
        self._more.setVisible(any_advanced)
        self._folded.setVisible(any_advanced and self._more.isChecked())
