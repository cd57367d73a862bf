"""What a field says about itself when it is pointed at: name, meaning, unit, limits and default."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from enum import Enum
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.forms_editors import show_list
from core.options import limits_text, without_none_type
from core.params import Params, hint


def meaning(field: FieldInfo) -> str:
    """Meaning, and in a second line unit, limits and default, as plain words."""
    unit = str(hint(field, "unit") or "")
    default = default_text(field)
    parts = (f"In {unit}" if unit else "", limits_words(field), f"default {default}" if default else "")
    second = ", ".join(part for part in parts if part)
    lines = (field.description or about_group(field), f"{second[:1].upper()}{second[1:]}." if second else "")
    return "\n".join(line for line in lines if line)


def about_group(field: FieldInfo) -> str:
    """What a group of settings is about, where its field does not say it."""
    inner = without_none_type(field.annotation)
    is_group = isinstance(inner, type) and issubclass(inner, Params)
    return (inner.__doc__ or "").strip().split("\n")[0] if is_group else ""


def limits_words(field: FieldInfo) -> str:
    """Limits as one would say them."""
    said = limits_text(field).replace(">= ", "at least ").replace("<= ", "at most ")
    return said.replace("> ", "more than ").replace("< ", "less than ")


def default_text(field: FieldInfo) -> str:
    """The value at first, as the form shows it; nothing where there is none, or where it is a group."""
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, Params):
        return ""
    labels: Mapping[Any, Any] = hint(field, "choices") or {}
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, Hashable) and not isinstance(plain, tuple) and plain in labels:
        return str(labels[plain])
    if isinstance(plain, bool):
        return "on" if plain else "off"
    if plain is None or plain == "" or plain == ():
        return "not set"
    if isinstance(plain, tuple):
        short = all(isinstance(part, int | float | str | None) for part in plain)
        return show_list(tuple("not set" if part is None else part for part in plain)) if short else ""
    return show_list((plain,)) if isinstance(plain, int | float | str) else ""
