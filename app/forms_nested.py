"""Editors of settings that are parameter classes themselves: a group, or one of several kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.folding import Fold
from app.forms_editors import ChoiceEditor, Editor, TickEditor, show_list
from app.forms_number import UnreadableError
from app.tips import tip
from app.widgets import column, flush, label
from core.errors import ParameterError
from core.params import Params, hint

if TYPE_CHECKING:
    from app.forms import StepForm

SEE_ABOVE = "correct the red fields above"
MOST_REMARKED = 2


class GroupEditor(Editor):
    """Settings of a class of their own, below a heading that folds them away.

    The form inside is made when it is first opened: a window full of folded groups is there at once.
    """

    titled = True

    def __init__(self, params_type: type[Params], title: str, description: str) -> None:
        super().__init__()
        self._type = params_type
        self._value: Params | None = None
        self._form: StepForm | None = None
        self.fold = Fold(title, description, self._make)
        self._layout.addWidget(self.fold, 1)

    def read(self) -> object:
        """Return the settings; those of a group that was never opened are what was written."""
        if self._form is None:
            if self._value is None:
                raise UnreadableError("values are needed here")
            return self._value
        return _read(self._form)

    def write(self, value: Any) -> None:
        """Show settings; None leaves a new form."""
        self._value = value
        if self._form is not None and value is not None:
            self._form.set_value(value)
        self._remark()

    def controls(self) -> Sequence[QWidget]:
        """Return the heading."""
        return (self.fold.head,)

    def name(self, label: str, description: str) -> None:
        """Name the heading."""
        self.fold.head.setAccessibleDescription(description)
        self.fold.head.setToolTip(tip(label, description))

    def _make(self) -> QWidget:
        self._form = _form(self._type, self)
        if self._value is not None:
            self._form.set_value(self._value)
        self._form.value_changed.connect(lambda _value: self._remark())
        return self._form

    def _remark(self) -> None:
        shown = self._form.value() if self._form is not None and self._form.is_valid() else self._value
        self.fold.remark("" if shown is None else changes(shown))


class OptionalEditor(Editor):
    """A tick, and below it settings of a class of their own that only matter while it is set."""

    titled = True

    def __init__(self, params_type: type[Params], title: str, description: str) -> None:
        super().__init__()
        self._type = params_type
        self._form: StepForm | None = None
        self.tick = TickEditor(title)
        self.tick.name(title, description)
        self.tick.changed.connect(self._switch)
        self._place = QVBoxLayout()
        self._place.setContentsMargins(20, 0, 0, 0)
        self._layout.addLayout(column(self.tick, self._place, gap=8), 1)

    def read(self) -> object:
        """Return the settings, or None while the tick is not set."""
        return _read(self._made()) if self.tick.read() else None

    def write(self, value: Any) -> None:
        """Show settings; None takes the tick away and keeps what is below it."""
        if value is not None:
            self._made().set_value(value)
        self.tick.write(value is not None)

    def controls(self) -> Sequence[QWidget]:
        """Return the tick."""
        return self.tick.controls()

    def name(self, label: str, description: str) -> None:
        """Name the tick."""
        self.tick.name(label, description)

    def _made(self) -> StepForm:
        if self._form is None:
            self._form = _form(self._type, self)
            self._place.addWidget(self._form)
        return self._form

    def _switch(self) -> None:
        self._made().setVisible(bool(self.tick.read()))
        self.changed.emit()


class KindEditor(Editor):
    """One of several classes, told apart by a field that names the kind, and the settings of that one.

    What was typed for the other kinds is kept for when they are chosen again.
    """

    titled = True

    def __init__(
        self,
        field: str,
        types: Sequence[type[Params]],
        title: str,
        description: str,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self._field = field
        self._types = {kind_of(each, field): each for each in types}
        self._forms: dict[str, StepForm] = {}
        self.choice = ChoiceEditor(
            [(kind, names.get(kind) or kind_name(each, kind)) for kind, each in self._types.items()]
        )
        self.choice.name(title, description)
        self.choice.changed.connect(self._choose)
        self._about = label("", "small")
        self._place = QVBoxLayout()
        self._whole = column(self.choice, self._about, self._place, gap=8)
        self._layout.addLayout(self._whole, 1)
        self.setFocusProxy(self.choice)

    @property
    def form(self) -> StepForm | None:
        """The form of the chosen kind."""
        try:
            return self._forms.get(str(self.choice.read()))
        except UnreadableError:
            return None

    def read(self) -> object:
        """Return the settings of the chosen kind."""
        if self.form is None:
            raise UnreadableError("one of the kinds is needed")
        return _read(self.form)

    def write(self, value: Any) -> None:
        """Choose the kind of a value and show it."""
        if value is None:
            return
        kind = str(getattr(value, self._field))
        self.choice.write(kind)
        self._form_of(kind).set_value(value)
        self._show(kind)

    def controls(self) -> Sequence[QWidget]:
        """Return the choice of the kind."""
        return self.choice.controls()

    def name(self, label: str, description: str) -> None:
        """Name the choice."""
        self.choice.name(label, description)

    def _choose(self) -> None:
        kind = str(self.choice.read())
        self._form_of(kind)
        self._show(kind)
        self.changed.emit()

    def _form_of(self, kind: str) -> StepForm:
        if kind not in self._forms:
            form = _form(self._types[kind], self, leave_out=(self._field,))
            self._forms[kind] = form
            self._place.addWidget(form)
        return self._forms[kind]

    def _show(self, kind: str) -> None:
        self._about.setText(first_sentence(self._types[kind]))
        for name, form in self._forms.items():
            form.setVisible(name == kind)


def kinds_of(annotation: Any, field: FieldInfo) -> tuple[str, tuple[type[Params], ...]] | None:
    """Discriminator and classes of a union of parameter classes; None for any other type."""
    parts = get_args(annotation)
    if not parts or not all(isinstance(part, type) and issubclass(part, Params) for part in parts):
        return None
    common = [
        name
        for name in parts[0].model_fields
        if all(name in part.model_fields and _single(part.model_fields[name]) for part in parts)
    ]
    named = field.discriminator if isinstance(field.discriminator, str) else next(iter(common), None)
    if named is None:
        raise ParameterError("these kinds of settings cannot be told apart", got=parts)
    return named, parts


def kind_of(params: type[Params], field: str) -> str:
    """What the field that tells the kinds apart says in this class."""
    return str(get_args(params.model_fields[field].annotation)[0])


def kind_name(params: type[Params], kind: str) -> str:
    """How the kind is called in the list: the label of its choice, or the kind itself as words."""
    for field in params.model_fields.values():
        labels: Mapping[Any, Any] = hint(field, "choices") or {}
        if _single(field) and kind in labels:
            return str(labels[kind])
    return kind.replace("-", " ").capitalize()


def first_sentence(params: type[Params]) -> str:
    """What a class of settings is about."""
    return (params.__doc__ or "").strip().split("\n")[0]


def changes(value: Params) -> str:
    """The first few settings that differ from the default, in words."""
    said = []
    for name, field in type(value).model_fields.items():
        mine = getattr(value, name)
        if mine == field.get_default(call_default_factory=True) or isinstance(mine, Params):
            continue
        text = field.title or name
        if mine is not True:
            shown = show_list(mine) if isinstance(mine, tuple) else show_list((mine,))
            unit = hint(field, "unit") or ""
            text = f"{text} {shown} {unit}".strip() if unit != text.lower() else f"{text} {shown}"
        said.append(text)
    more = ", …" if len(said) > MOST_REMARKED else ""
    return ", ".join(said[:MOST_REMARKED]) + more


def _single(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


def _form(params_type: type[Params], editor: Editor, leave_out: Sequence[str] = ()) -> StepForm:
    from app.forms import StepForm

    form = StepForm(params_type, leave_out=leave_out)
    flush(form)
    form.value_changed.connect(lambda _value: editor.changed.emit())
    form.validity_changed.connect(lambda valid: None if valid else editor.changed.emit())
    return form


def _read(form: StepForm) -> Params:
    if not form.is_valid():
        raise UnreadableError(SEE_ABOVE)
    return form.value()
