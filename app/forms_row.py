"""One line of a form: label, editor, unit, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.forms_editors import Editor, TupleEditor
from app.forms_errors import ErrorLabel
from app.forms_tips import meaning
from app.tips import tip
from core.params import hint


@dataclass
class Row:
    """The widgets of one parameter, and the last value of it that was good."""

    field: FieldInfo
    editor: Editor
    cell: QWidget
    error: ErrorLabel
    form: QFormLayout
    advanced: bool
    about: str = ""
    last_good: Any = PydanticUndefined

    @property
    def label(self) -> str:
        """How the parameter is called."""
        return self.field.title or ""

    def shown_when(self) -> Mapping[str, Sequence[Any]]:
        """Values of other parameters under which this one matters."""
        conditions: Mapping[str, Any] = hint(self.field, "visible_when") or {}
        return {
            name: tuple(values) if isinstance(values, list | tuple | set | frozenset) else (values,)
            for name, values in conditions.items()
        }


def added_row(name: str, field: FieldInfo, editor: Editor, form: QFormLayout) -> Row:
    """Put a parameter at the end of a form."""
    error, cell = ErrorLabel(), QWidget()
    about = meaning(field)
    editor.name(field.title or name, about)
    line = QHBoxLayout()
    line.addWidget(editor, 1)
    if hint(field, "unit"):
        line.addWidget(_unit_label(str(hint(field, "unit")), editor))
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addLayout(line)
    column.addWidget(error)
    if editor.titled:
        form.addRow(cell)
    else:
        title = QLabel(field.title or name)
        title.setToolTip(tip(field.title or name, about))
        title.setWordWrap(True)
        title.setBuddy(editor.controls()[0])
        form.addRow(title, cell)
    return Row(field, editor, cell, error, form, bool(hint(field, "advanced")), about)


def _unit_label(unit: str, editor: Editor) -> QLabel:
    """The unit, level with the values where these have a line of captions above them."""
    label = QLabel(f"\n{unit}" if isinstance(editor, TupleEditor) and editor.captioned else unit)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return label


def form_of_rows(gap: int) -> QFormLayout:
    """An empty form, with so many pixels between its rows."""
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
    form.setVerticalSpacing(gap)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    return form


def more_button() -> QToolButton:
    """Unfolds the settings that few need."""
    more = QToolButton()
    more.setText("More settings")
    more.setCheckable(True)
    more.setAutoRaise(True)
    more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return more
