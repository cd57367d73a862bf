"""Typed, documented parameters: the one source of forms, options, recipes and reference pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from core.errors import ParameterError


class Params(BaseModel):
    """Base of all parameter classes: frozen, unknown names refused, defaults validated."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, object], *, owner: str) -> Self:
        """Build from untyped values (a recipe, options, a form).

        Parameters
        ----------
        values : mapping of str to object
            Raw values by parameter name; text is converted where the type asks for it.
        owner : str
            What the parameters belong to, for the message ("step 3 (crop)").

        Raises
        ------
        ParameterError
            Naming every parameter that is unknown or outside its limits.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise parameter_error(error, cls, owner) from None


_UNKNOWN = "extra_forbidden"


def parameter_error(error: ValidationError, cls: type[BaseModel], owner: str) -> ParameterError:
    """One readable error from all of pydantic's findings."""
    found = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])[:80] or "parameters"
        text = "there is no such parameter" if item["type"] == _UNKNOWN else item["msg"]
        whole = item["type"] == "missing" or isinstance(item["input"], Mapping)  # a fault of several values
        shown = "" if whole else f" (got {item['input']!r:.80})"
        found.append(f"{name}: {text.removeprefix('Value error, ')[:300]}{shown}")
    if all(item["type"] != _UNKNOWN for item in error.errors()):
        return ParameterError(f"{owner}: " + "; ".join(found[:20]))
    known = ", ".join(cls.model_fields)
    remedy = f"use the parameters {known}" if known else "this step has no parameters"
    return ParameterError(f"{owner}: " + "; ".join(found[:20]), remedy=remedy)


_EXTRA_KEYS = frozenset({"unit", "step", "decimals", "advanced", "choices", "visible_when", "suggestions"})


def param(default: Any, *, label: str, description: str, unit: str = "", **rest: Any) -> Any:
    """Declare one parameter: default, label, unit, limits and description, once.

    Parameters
    ----------
    default : object
        Default value; ``...`` makes the parameter required.
    label : str
        Short name for the form.
    description : str
        One sentence for tooltip, ``--help`` and reference page.
    unit : str
        ``px``, ``nm``, ``slices``, ``°``, ``%``, ``grey`` or empty.
    **rest
        Pydantic limits (``ge gt le lt min_length max_length multiple_of``) and form hints: ``step``
        (spin-box step), ``decimals``, ``advanced`` (folded away), ``choices`` (label per literal value),
        ``visible_when`` (mapping of another parameter's name to the values under which this one matters;
        ``"model:*"`` stands for all values that begin so), ``suggestions`` (function that gives values worth
        choosing where the type allows others too).
    """
    hints = {key: rest.pop(key) for key in list(rest) if key in _EXTRA_KEYS}
    hints["unit"] = unit
    return Field(default, title=label, description=description, json_schema_extra=hints, **rest)


def hint(field: FieldInfo, key: str, default: Any = None) -> Any:
    """A form hint (`unit`, `step`, ...) of a declared parameter."""
    extra = field.json_schema_extra
    return extra.get(key, default) if isinstance(extra, dict) else default


def is_among(value: object, allowed: Collection[object]) -> bool:
    """Whether a value is one of those that ``visible_when`` lists; ``"model:*"`` stands for many."""
    begins = tuple(each[:-1] for each in allowed if isinstance(each, str) and each.endswith("*"))
    return value in allowed or (isinstance(value, str) and bool(begins) and value.startswith(begins))
