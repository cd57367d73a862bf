"""Which editor a parameter gets, from its declared type, limits and hints."""

from __future__ import annotations

import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from app.forms_editors import (
    ChoiceEditor,
    Editor,
    NumberEditor,
    ParsedEditor,
    TextEditor,
    TickEditor,
    TupleEditor,
    parse_json,
    parse_list,
    show_list,
)
from app.forms_files import FileEditor
from app.forms_nested import GroupEditor, KindEditor, OptionalEditor, kinds_of
from app.forms_number import NOT_SET, NumberBox
from app.forms_suggested import SuggestionEditor
from core.params import Params, hint

FILE = "path"  # a parameter of this name is a file of the user's


def editor_for(name: str, field: FieldInfo) -> Editor:
    """Return an editor for a declared parameter.

    Parameters
    ----------
    name : str
        Name of the parameter; an ending such as ``_zyx`` names the parts of a tuple.
    field : FieldInfo
        Its declaration.
    """
    annotation, optional = _without_none(field.annotation)
    return _editor(annotation, optional, name, field)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    parts = get_args(annotation)
    others = [part for part in parts if part is not types.NoneType]
    optional = len(others) < len(parts)
    rest = others[0] if len(others) == 1 else Union[tuple(others)]  # noqa: UP007 - built at run time
    return (_without_none(rest)[0] if len(others) == 1 else rest), optional


def _editor(annotation: Any, optional: bool, name: str, field: FieldInfo) -> Editor:
    choices = _choices(annotation, field)
    nested = _nested_editor(annotation, optional, name, field)
    if nested is not None:
        return nested
    if annotation is bool and not optional:
        return TickEditor(field.title or name)
    if choices is not None:
        return ChoiceEditor([(None, _none_label(field)), *choices] if optional else choices)
    suggest = hint(field, "suggestions")
    if annotation is str and suggest is not None and not optional:
        labels = list(hint(field, "choices", {}).items())
        return SuggestionEditor(labels, suggest, editable=not labels)
    if annotation in (int, float):
        return NumberEditor(_number_box(annotation, optional, field))
    if annotation in (str, Path):
        kind = FileEditor if name == FILE else TextEditor
        return kind(optional=optional, example=_example(field))
    if get_origin(annotation) is tuple:
        return _tuple_editor(annotation, optional, name, field)
    return _json_editor(annotation, optional, field)


def _nested_editor(annotation: Any, optional: bool, name: str, field: FieldInfo) -> Editor | None:
    title, description = field.title or name, field.description or ""
    if isinstance(annotation, type) and issubclass(annotation, Params):
        return (OptionalEditor if optional else GroupEditor)(annotation, title, description)
    if not optional and get_origin(annotation) in (Union, types.UnionType):
        kinds = kinds_of(annotation, field)
        if kinds is not None:
            return KindEditor(*kinds, title, description)
    return None


def _choices(annotation: Any, field: FieldInfo) -> list[tuple[Any, str]] | None:
    """Values with labels, of a choice; None for any other type."""
    labels = hint(field, "choices", {})
    if annotation is bool:
        return [(True, labels.get(True, "yes")), (False, labels.get(False, "no"))]
    if get_origin(annotation) is Literal:
        return [(value, str(labels.get(value, value))) for value in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [(member, str(labels.get(member.value, member.value))) for member in annotation]
    return None


def _none_label(field: FieldInfo) -> str:
    labels = hint(field, "choices", {})
    return str(labels.get(None, NOT_SET))


def _number_box(kind: type, optional: bool, field: FieldInfo) -> NumberBox:
    limits: dict[str, Any] = {}
    for item in field.metadata:
        for key, constraint in (
            ("ge", annotated_types.Ge),
            ("gt", annotated_types.Gt),
            ("le", annotated_types.Le),
            ("lt", annotated_types.Lt),
            ("multiple_of", annotated_types.MultipleOf),
        ):
            if isinstance(item, constraint):
                limits[key] = getattr(item, key)
    step = hint(field, "step") or limits.get("multiple_of") or (1 if kind is int else _step(limits))
    inner = step if kind is int else step / 1000  # the arrows stop just inside an excluded limit
    lower = limits.get("ge", limits["gt"] + inner if "gt" in limits else None)
    upper = limits.get("le", limits["lt"] - inner if "lt" in limits else None)
    return NumberBox(
        whole=kind is int,
        optional=optional,
        lower=lower,
        upper=upper,
        step=step,
        decimals=hint(field, "decimals"),
    )


def _step(limits: dict[str, Any]) -> float:
    """A step for a number without one: fine for values up to 1, else 1."""
    upper = limits.get("le", limits.get("lt"))
    return 0.05 if upper is not None and upper <= 1 else 1.0


def _example(field: FieldInfo) -> str:
    return str(hint(field, "example", ""))


def _tuple_editor(annotation: Any, optional: bool, name: str, field: FieldInfo) -> Editor:
    parts = get_args(annotation)
    if len(parts) == 2 and parts[1] is Ellipsis:
        if parts[0] in (int, float, str):
            return ParsedEditor(parse_list(parts[0]), show_list, optional=optional, example="0, 90")
        return _json_editor(annotation, optional, field)
    editors = []
    for part in parts:
        inner, empty = _without_none(part)
        if inner not in (int, float, str, bool) and get_origin(inner) is not Literal:
            return _json_editor(annotation, optional, field)
        editors.append(_editor(inner, empty, name, field))
    return TupleEditor(editors, _captions(name, len(parts)), optional=optional)


def _captions(name: str, count: int) -> list[str]:
    """``z y x`` where the name ends in ``_zyx``; nothing for other tuples."""
    ending = name.rsplit("_", 1)[-1]
    return list(ending) if ending in ("zyx", "yx", "xy", "xyz") and len(ending) == count else [""] * count


def _json_editor(annotation: Any, optional: bool, field: FieldInfo) -> Editor:
    adapter = TypeAdapter(annotation)

    def show(value: Any) -> str:
        text = adapter.dump_json(value).decode()
        plain = isinstance(value, str) and parse_json(value) == value
        return str(value) if plain else text

    return ParsedEditor(parse_json, show, optional=optional, example=_example(field))
