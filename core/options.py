"""Command-line options generated from parameter classes."""

from __future__ import annotations

import argparse
import types
import typing
from typing import Any, Literal, TypeVar, Union

from pydantic.fields import FieldInfo

from core.params import Params, hint

P = TypeVar("P", bound=Params)


def add_options(parser: argparse.ArgumentParser, params: type[Params], *, title: str) -> None:
    """Add one ``--option`` per parameter, with its unit, limits and default in the help text."""
    group = parser.add_argument_group(title)
    for name, field in params.model_fields.items():
        group.add_argument(
            option_of(name),
            dest=_dest(params, name),
            required=field.is_required(),
            default=argparse.SUPPRESS,
            help=_help(field),
            **_kind(field.annotation),
        )


def read_options(parsed: argparse.Namespace, params: type[P], *, owner: str) -> P:
    """Collect the parameters from parsed options; those not given keep their defaults.

    Raises
    ------
    ParameterError
        Naming what is outside its limits.
    """
    given = {
        name: getattr(parsed, _dest(params, name))
        for name in params.model_fields
        if hasattr(parsed, _dest(params, name))
    }
    fields = params.model_fields
    return params.parse(
        {key: _plain(value, fields[key].annotation) for key, value in given.items()}, owner=owner
    )


def option_of(name: str) -> str:
    """``voxel_nm_zyx`` -> ``--voxel-nm-zyx``."""
    return "--" + name.replace("_", "-")


def _dest(params: type[Params], name: str) -> str:
    return f"{params.__name__}.{name}"


def _plain(value: object, annotation: Any) -> object:
    """The value that a word stands for, where the type alone cannot tell (choices, absent values)."""
    if isinstance(value, list):
        return [_plain(item, None) for item in value]
    inner = without_none_type(annotation)
    if typing.get_origin(inner) is Literal:
        return next((choice for choice in typing.get_args(inner) if str(choice) == value), value)
    return None if value in ("none", "unknown", "?") else value


def _kind(annotation: Any) -> dict[str, Any]:
    """What argparse needs to know of a type; conversion itself is left to the parameter class."""
    inner = without_none_type(annotation)
    origin = typing.get_origin(inner)
    if inner is bool:
        return {"action": argparse.BooleanOptionalAction}
    if origin is Literal:
        return {"choices": [str(choice) for choice in typing.get_args(inner)]}
    if origin in (tuple, list):
        return {"nargs": "+", "metavar": "VALUE"}
    return {"metavar": "VALUE"}


def without_none_type(annotation: Any) -> Any:
    """``int`` from ``int | None``; other types as they are."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def _help(field: FieldInfo) -> str:
    unit = hint(field, "unit", "")
    default = "" if field.is_required() else f"default: {shown(field.default)}"
    extra = ", ".join(part for part in (f"in {unit}" if unit else "", limits_text(field), default) if part)
    text = f"{field.description} ({extra})" if extra else str(field.description)
    return text.replace("%", "%%")


def limits_text(field: FieldInfo) -> str:
    """Limits of a parameter as ``>= 0 and <= 50``."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    found = [
        f"{sign} {getattr(limit, key):g}"
        for limit in field.metadata
        for key, sign in signs.items()
        if hasattr(limit, key)
    ]
    return " and ".join(found)


def shown(value: object) -> str:
    """A default value as one would type it."""
    if isinstance(value, tuple):
        return " ".join(shown(item) for item in value) or "none"
    return "none" if value in (None, "") else str(value)
