"""The reference of steps, ``docs/steps.md``, written from the steps themselves.

``python -m core.docs`` writes it, ``python -m core.docs --check`` says whether it is current.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic.fields import FieldInfo

from core.files import write_text
from core.options import limits_text, option_of, shown, without_none_type
from core.params import hint
from core.step import AnyStep
from core.steps import STEPS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "steps.md"
HEAD = """# Steps

Written from the code by `python -m core.docs`; do not edit. Every step is a form in the window, an entry
`[[step]]` of a recipe, and a sub-command `trueslice STEP INPUT -o OUTPUT --option value`.
"""


def reference() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *(line for step in STEPS for line in _section(step))])


def _section(step: AnyStep) -> Iterator[str]:
    yield f"## {step.name}\n"
    yield f"*{step.stage.value}, version {step.version}.* {step.summary}\n"
    if step.estimate_type is not None:
        names = ", ".join(f"`{name}`" for name in step.estimate_type.model_fields)
        if step.observe is None and not step.surveys:
            yield f"Takes {names} from `[step.estimate]` of the recipe; nothing else finds them.\n"
        elif step.survey is None:
            yield f"Looks at the whole stack first and finds {names};"
            yield "a recipe may give them under `[step.estimate]`.\n"
        else:
            yield f"Looks at the whole stack and finds {names}.\n"
    if step.params.model_fields:
        yield "| parameter | type | default | meaning |\n|---|---|---|---|"
        for name, field in step.params.model_fields.items():
            yield _row(name, field)
        yield ""
    if step.reference:
        yield f"Source: {step.reference}\n"


def _row(name: str, field: FieldInfo) -> str:
    unit = hint(field, "unit", "")
    kind = ", ".join(part for part in (_choices(field), unit, limits_text(field)) if part)
    default = "required" if field.is_required() else shown(field.default)
    needs = hint(field, "visible_when")
    only = ""
    if needs:
        conditions = (f"{key} {' or '.join(map(str, values))}" for key, values in needs.items())
        only = f" (only with {' and '.join(conditions)})"
    cells = [f"`{option_of(name)}`", kind, default, f"{field.description}{only}"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _choices(field: FieldInfo) -> str:
    """What may be typed; of a text with well-known values, these."""
    choices = hint(field, "choices")
    if field.annotation is str and choices:
        return " / ".join(f"`{choice}`" for choice in choices) + " / text"
    return _kind(field.annotation)


def _kind(annotation: Any) -> str:
    inner = without_none_type(annotation)
    if typing.get_origin(inner) is Literal:
        return " / ".join(f"`{choice}`" for choice in typing.get_args(inner))
    if typing.get_origin(inner) in (tuple, list):
        return "values"
    names = {int: "whole number", float: "number", str: "text", bool: "yes or no"}
    return names.get(inner, getattr(inner, "__name__", str(inner)))


def main(arguments: Sequence[str]) -> int:
    """Write the page, or compare it with the code; return the exit code."""
    text = reference()
    if "--check" not in arguments:
        write_text(PAGE, text)
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("docs/steps.md is not what the steps say: run python -m core.docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
