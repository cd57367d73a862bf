"""What projects keep of the models they used, so that results can be shown when a model is gone.

A result is named by the weights of its model, and described by its card. Both stand in ``models.json`` of the
project; they are no model to compute with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TruesliceError
from core.files import write_json

if TYPE_CHECKING:
    from core.models.card import Model

FILE = "models.json"

_recalled: dict[str, dict[str, Any]] = {}
"""By name as recipes state it: what the projects opened last have kept."""


def remember(folder: Path, names: Iterable[str]) -> None:
    """Keep in a project what its results need of these models, as they are now."""
    before = _kept(folder)
    now = {name: entry for name in names if (entry := _entry(name)) is not None}
    if before | now != before:
        write_json(folder / FILE, before | now)
    _recalled.update(before | now)


def recall(folder: Path) -> None:
    """Know again what a project has kept."""
    _recalled.update(_kept(folder))


def recalled(name: str) -> Model | None:
    """A model that is gone, by what was kept of it; None if nothing was."""
    from pydantic import ValidationError

    from core.models.card import Model
    from core.models.spec import ModelSpec

    entry = _recalled.get(name)
    if entry is None:
        return None
    try:
        spec, gone = ModelSpec.model_validate(entry["spec"]), str(entry["fingerprint"])
    except (KeyError, ValidationError):
        return None  # as if nothing had been kept
    place = Path(spec.name)
    return Model(place, spec, place, "", gone=gone)


def _entry(name: str) -> dict[str, Any] | None:
    from core.models.library import fingerprint, model_named

    try:
        spec = model_named(name).spec
        return {"fingerprint": fingerprint(name), "spec": spec.model_dump(mode="json")}
    except TruesliceError:
        return None  # it is gone already, or cannot be used; a run says so


def _kept(folder: Path) -> dict[str, dict[str, Any]]:
    """What lies in a project; a damaged file has kept nothing, and is written anew by the next run."""
    try:
        table = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(table, dict):
        return {}
    return {name: entry for name, entry in table.items() if isinstance(entry, dict)}
