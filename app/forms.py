"""Forms made from parameter classes: the only place that turns a type into widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.forms_editors import Editor
from app.forms_errors import ErrorLabel, readable
from app.forms_number import UnreadableError
from app.forms_row import Row, added_row
from app.forms_types import editor_for
from app.widgets import label
from core.errors import ParameterError
from core.params import Params, hint, is_among

WHOLE = ""  # key of an error that belongs to no single parameter


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
    """

    value_changed = Signal(object)
    validity_changed = Signal(bool)

    def __init__(
        self, params_type: type[Params], parent: QWidget | None = None, *, leave_out: Sequence[str] = ()
    ) -> None:
        super().__init__(parent)
        self.params_type = params_type
        self._leave_out = frozenset(leave_out)  # these keep their default
        self._writing = False
        self._value: Params | None = None
        self._errors: dict[str, str] = {}
        self._rows: dict[str, Row] = {}
        self._build()
        self.reset()

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
        self._write({name: getattr(params, name) for name in self._rows})

    def reset(self) -> None:
        """Show the defaults; parameters without one are left empty."""
        defaults = {
            name: row.field.get_default(call_default_factory=True) for name, row in self._rows.items()
        }
        self._write({name: value for name, value in defaults.items() if value is not PydanticUndefined})

    def put(self, name: str, value: Any) -> None:
        """Give one parameter a value as if the user had typed it."""
        self._writing = True
        self._rows[name].editor.write(value)
        self._writing = False
        self._edited()

    def control(self, name: str) -> QWidget:
        """Return what takes the keyboard for a parameter."""
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
        basic, advanced = QFormLayout(), QFormLayout()
        for form in (basic, advanced):
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
            form.setVerticalSpacing(round(self.fontMetrics().height() * 0.6))
            form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._folded = QWidget()
        self._folded.setLayout(advanced)
        advanced.setContentsMargins(0, 0, 0, 0)
        self._more = QToolButton()
        self._more.setText("More settings")
        self._more.setCheckable(True)
        self._more.setAutoRaise(True)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.toggled.connect(self._fold)
        self._whole = ErrorLabel()
        layout.addLayout(basic)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._folded)
        layout.addWidget(self._whole)
        layout.addStretch(1)
        fields = self.params_type.model_fields
        for name in self.arranged():
            if name in fields:
                self._add_row(name, fields[name], advanced if hint(fields[name], "advanced") else basic)
            else:
                basic.addRow(label(name, "section"))
        if not self._rows:
            basic.addRow(QLabel("This step has no settings."))
        self._fold(False)

    def _add_row(self, name: str, field: FieldInfo, form: QFormLayout) -> None:
        editor = self.made_editor(name, field)
        editor.changed.connect(self._edited)
        self._rows[name] = added_row(name, field, editor, form)

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
        if self._writing:
            return
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
            found = self._explained(error)
        unseen = [
            name for name in found if name in self._rows and not self._matters(self._rows[name], values)
        ]
        kept = {name: self._rows[name].last_good for name in unseen}
        # Nobody sees these fields: what is wrong in them must not stop the step.
        values.update({name: value for name, value in kept.items() if value is not PydanticUndefined})
        try:
            return self.params_type.model_validate(values), {}
        except ValidationError as error:
            return None, self._explained(error)

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

    def _explained(self, error: ValidationError) -> dict[str, str]:
        found: dict[str, str] = {}
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else WHOLE
            key = name if name in self._rows else WHOLE
            found[key] = "; ".join(filter(None, [found.get(key, ""), readable(item)]))
        return found
