"""What a training says of itself in words: of what it is, and how far it has come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from core.errors import ProjectError
from core.files import make_folder, write_json
from core.learn.params.optimise import OptimiseParams
from core.learn.params.words import settings_text
from core.learn.training.state import STATE, SUMMARY, Counters

_FREE = frozenset({"epochs", "minutes", "patience"})
"""Parameters that may change while a training goes on: they only say when it ends."""

_LATER = frozenset({"structures"})
"""What folders do not say that were begun before it was kept."""

_ADDED: Mapping[str, Any] = {"fold_px": 1, "thin": False}
"""Parameters that came later, and what everything begun before has."""


def claim(
    folder: Path,
    network: nn.Module,
    optimise: OptimiseParams,
    seed: int,
    identity: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Say what the folder is of, and return that; refuse a folder that is of something else.

    Raises
    ------
    ProjectError
        Naming what differs.
    """
    own: dict[str, Any] = {
        "weights": sum(value.numel() for value in network.state_dict().values()),
        **identity_of(optimise, seed, identity),
    }
    own = json.loads(json.dumps(own))
    found = read_summary(folder).get("identity")
    if found is None or not (folder / STATE).is_file():  # nothing was learnt yet
        make_folder(folder)
        write_json(folder / SUMMARY, {"identity": own})
    elif (before := _completed(found, own)) != dict(_leaves(own)):
        refuse_another(folder, before, own)
    return own


def _completed(found: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What a folder says by dotted names, with what could not yet be said when it was begun."""
    before = dict(_leaves({key: own[key] for key in _LATER & own.keys()} | dict(found)))
    later = {name: _ADDED[last] for name, _ in _leaves(own) if (last := name.rpartition(".")[2]) in _ADDED}
    return later | before


def identity_of(
    optimise: OptimiseParams, seed: int, further: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What makes the weights: optimiser, seed and what else is known, not how long to go on."""
    told = optimise.model_dump(mode="json", exclude=set(_FREE))
    return {"optimise": told, "seed": seed, **(further or {})}


def refuse_another(folder: Path, found: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Refuse to go on with a training in the folder of another.

    Raises
    ------
    ProjectError
        Naming what differs.
    """
    before, now = dict(_leaves(found)), dict(_leaves(own))
    differ = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    raise ProjectError(
        f"{folder} belongs to another training; {', '.join(differ)} differ",
        expected=settings_text({name: before.get(name) for name in differ}),
        got=settings_text({name: now.get(name) for name in differ}),
        remedy="choose another folder, delete this one, or go on with the recipe it was begun with",
    )


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Single values of nested tables by their dotted names."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def read_summary(folder: Path) -> dict[str, Any]:
    """What the folder of a training says of itself; empty if it says nothing.

    Raises
    ------
    ProjectError
        If it is damaged.
    """
    path = folder / SUMMARY
    if not path.is_file():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{path} cannot be read", got=str(error)[:200], remedy="delete the folder and train again"
        ) from error
    return table if isinstance(table, dict) else {}


def write_summary(folder: Path, identity: Mapping[str, Any], counters: Counters) -> None:
    """Say how far the training is, for people; what is gone on from stands in the state."""
    best = None if counters.best is None else counters.best.model_dump()
    told = {"epochs": counters.epoch, "steps": counters.steps, "seconds": round(counters.seconds, 1)}
    write_json(folder / SUMMARY, {"identity": identity, **told, "best": best, "notes": counters.notes})
