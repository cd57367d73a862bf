"""Plans as files: TOML with a format number, read with every fault listed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import tomli_w

from core.errors import ParameterError, RecipeError
from core.files import write_text
from core.params import Params

FORMAT = 1
NAME = "plan.toml"
"""Name of the plan in the folder that it fills."""


class PlanFile(Params):
    """Base of plans. Equal plans have equal files."""

    def key(self) -> str:
        """Name of what this plan gives; equal plans have equal names."""
        text = json.dumps(self.table(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def table(self) -> dict[str, Any]:
        """Plain values as written to a file."""
        table: dict[str, Any] = _without_none(self.model_dump(mode="json"))
        return {"format": FORMAT, **table}

    @classmethod
    def loads(cls, text: str, *, origin: str = "plan") -> Self:
        """Parse TOML and check everything before anything runs.

        Raises
        ------
        RecipeError
            With every fault, not only the first.
        """
        table = read_table(text, origin)
        try:
            return cls.parse(table, owner=origin)
        except ParameterError as error:
            raise RecipeError(error.what, remedy=error.remedy) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a plan file, or the plan that a folder was made with; see `loads`."""
        return cls.loads(read_plan_text(path), origin=str(path))

    def dumps(self) -> str:
        """Write as TOML; `loads` gives back an equal plan."""
        return tomli_w.dumps(self.table())

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        write_text(path, self.dumps())


def read_plan_text(path: Path) -> str:
    """Text of a plan file, or of the plan in a finished folder.

    Raises
    ------
    RecipeError
        If it cannot be read.
    """
    path = path / NAME if path.is_dir() else path
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is not a text file in UTF-8", remedy="name a plan (.toml)") from error
    except OSError as error:
        raise RecipeError(
            f"cannot read the plan {path}: {error.strerror}", remedy="name a plan file (.toml)"
        ) from error


def read_table(text: str, origin: str) -> dict[str, Any]:
    """Entries of a plan file without its format number.

    Raises
    ------
    RecipeError
        If it is not TOML, or of another format.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin} is not TOML: {error}", remedy="check the line named") from error
    except RecursionError as error:
        raise RecipeError(f"{origin} is no plan: its lists lie too deep within each other") from error
    found = table.pop("format", None)
    if found != FORMAT or isinstance(found, bool):
        raise RecipeError(
            f"{origin} is of another format",
            expected=f"format = {FORMAT}",
            got=found,
            remedy="open it with the version of Trueslice that wrote it, or a newer one",
        )
    return table


def _without_none(value: Any) -> Any:
    # TOML has no null: what is absent takes its default, and every None here is a default.
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
