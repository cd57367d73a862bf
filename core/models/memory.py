"""What names the results of a model, and what projects keep of it to show them when it is gone.

A result is named by the weights of its model, and described by its card. Both stand in ``models.json`` of the
project; they are no model to compute with.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DamagedFileError, ParameterError, ReadError, TruesliceError
from core.files import sha256, write_json
from core.job import Job

if TYPE_CHECKING:
    from core.models.card import Model

FILE = "models.json"

_recalled: dict[Path, dict[str, dict[str, Any]]] = {}
"""By project, the one looked at last at the end: what it has kept, by name as recipes state it."""
_present: ContextVar[Path | None] = ContextVar("project whose results are looked up", default=None)


def remember(folder: Path, names: Iterable[str]) -> None:
    """Keep in a project what its results need of these models, as they are now."""
    before = _kept(folder)
    now = {name: entry for name in names if (entry := _entry(name)) is not None}
    if before | now != before:
        write_json(folder / FILE, before | now)
    _put(folder, before | now)


def recall(folder: Path) -> None:
    """Know again what a project has kept."""
    _put(folder, _kept(folder))


@contextlib.contextmanager
def of_project(folder: Path | None) -> Iterator[None]:
    """Within the block, in this thread, models that are gone are those that this project has kept.

    Two projects may have results of different models that had the same name.
    """
    token = _present.set(None if folder is None else folder.absolute())
    try:
        yield
    finally:
        _present.reset(token)


def recalled(name: str) -> Model | None:
    """A model that is gone, by what was kept of it; None if nothing was.

    Where no project is being looked at, the one that was opened last decides.
    """
    from pydantic import ValidationError

    from core.models.card import Model
    from core.models.spec import ModelSpec

    entry = _kept_of(name)
    if entry is None:
        return None
    try:
        spec, gone = ModelSpec.model_validate(entry["spec"]), str(entry["fingerprint"])
    except (KeyError, ValidationError):
        return None  # as if nothing had been kept
    place = Path(spec.name)
    return Model(place, spec, place, "", gone=gone)


def _put(folder: Path, kept: dict[str, dict[str, Any]]) -> None:
    _recalled.pop(folder.absolute(), None)
    _recalled[folder.absolute()] = kept


def _kept_of(name: str) -> dict[str, Any] | None:
    """What is known of a model that is gone: only what the present project has kept, if there is one."""
    present = _present.get()
    if present is not None:
        return _recalled.get(present, {}).get(name)
    return next((kept[name] for kept in reversed(_recalled.values()) if name in kept), None)


def model_or_memory(name: str) -> Model:
    """As `model_named`; where it is gone, what a project has kept of it (`Model.gone`)."""
    from core.models.library import model_named

    try:
        return model_named(name)
    except (ParameterError, ReadError):
        found = recalled(name)
        if found is None:
            raise
        return found


def require_there(model: Model, step: str) -> None:
    """Refuse to compute with a model of which only a project knows.

    Raises
    ------
    ParameterError
    """
    if model.gone:
        raise ParameterError(
            f"{step}: the model {model.name} is not there any more, and this result is not finished",
            expected="finished results, which can be shown and exported without their model",
            remedy="bring the model back (trueslice models add), or choose another one",
        )


def fingerprint(name: str, job: Job | None = None) -> str:
    """What results of a model depend on, as a checksum: its weights and how they are used.

    Raises
    ------
    ParameterError
        If there is no such model.
    DamagedFileError
        If the weights are not those that the card names.
    """
    from core.models.card import fingerprint_of

    model = model_or_memory(name)
    if model.gone:
        return model.gone
    found = _weights_sha256(model.weights, job or Job())
    if model.sha256 and found != model.sha256:
        raise DamagedFileError(
            f"the weights of the model {model.name} are not those that its card names",
            expected=model.sha256,
            got=found,
            remedy="copy or train the model again",
        )
    return fingerprint_of(model, found)


def _entry(name: str) -> dict[str, Any] | None:
    from core.models.library import model_named

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


def _weights_sha256(weights: Path, job: Job) -> str:
    from core.models.library import state_of

    key = (str(weights.absolute()), *state_of(weights))
    if key not in _checksums:
        _checksums[key] = sha256(weights, job)
    return _checksums[key]


_checksums: dict[tuple[str, int, int], str] = {}
