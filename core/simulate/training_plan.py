"""The plan of a training set: many small acquisitions of structures that differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field as PydanticField
from pydantic import model_validator

from core.errors import ParameterError
from core.params import param
from core.simulate.plan import Plan
from core.simulate.plan_file import PlanFile
from core.simulate.structures.kinds import LabelFile, SelfSimilar

Split: TypeAlias = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_MEMBER, _VARY = 101, 102
_THE_SAME_FOR_EVERY_SEED = ("file", "self-similar", "cuboids", "stretched-spheres")
_FIXED = {
    "seed": "every structure has a seed of its own, drawn from plan.seed",
    "electrons": "state the number of structures with the fast approximation as quick",
    "voltages_kv": "all structures of a training set have the same channels",
    "detectors": "all structures of a training set have the same channels",
}


@dataclass(frozen=True)
class Member:
    """One structure of a training set.

    Attributes
    ----------
    name : str
        Name of its group.
    split : {'train', 'validation', 'test'}
        All of a structure belongs to one.
    plan : Plan
    """

    name: str
    split: Split
    plan: Plan


class TrainingPlan(PlanFile):
    """Several acquisitions, each of a structure of its own, dealt out to train, validation and test."""

    train: int = param(
        6, label="For training", description="Structures to train with", ge=0, le=10000, unit=""
    )
    validation: int = param(
        1, label="For validation", description="Structures to choose the best state by", ge=0, le=10000
    )
    test: int = param(1, label="For tests", description="Structures for the final figures", ge=0, le=10000)
    quick: int = param(
        0,
        label="Quick ones",
        description="Further structures to train with, whose signal is the fast approximation",
        ge=0,
        le=10000,
    )
    vary: dict[str, tuple[float, float]] = param(
        {},
        label="Ranges",
        description="Entries of the plan drawn evenly from a range for each structure, for example "
        "structure.ligament_nm, or structure.ligament_nm.0 for one level",
    )
    each: dict[str, tuple[Any, ...]] = param(
        {},
        label="Lists",
        description="Entries of the plan with one value per structure, in the order training, validation, "
        "test, quick",
    )
    plan: Plan = PydanticField(default_factory=Plan, title="Plan of each acquisition")

    @property
    def splits(self) -> tuple[Split, ...]:
        """Split of each structure, in order."""
        counts = zip(SPLITS, (self.train, self.validation, self.test), strict=True)
        dealt = [split for split, count in counts for _ in range(count)]
        return (*dealt, *SPLITS[:1] * self.quick)

    @model_validator(mode="after")
    def _structures_differ(self) -> Self:
        count = len(self.splits)
        if count == 0:
            raise ValueError("train, validation, test, quick: at least one structure is needed")
        for key, values in self.each.items():
            if len(values) != count:
                raise ValueError(f"each.{key}: {count} structures need {count} values, got {len(values)}")
        if self.plan.electrons == "surrogate":
            raise ValueError(
                "plan.electrons: validation and test need the Monte Carlo; state the number of structures "
                "with the fast approximation as quick"
            )
        same = self.plan.structure.kind in _THE_SAME_FOR_EVERY_SEED
        changed = any(key.partition(".")[0] == "structure" for key in (*self.vary, *self.each))
        if len(set(self.splits)) > 1 and same and not changed:
            raise ValueError(
                f"plan.structure: {self.plan.structure.kind} gives the same structure each time, which would "
                "be in training and test alike; give a list, for example each structure.path"
            )
        return self

    @model_validator(mode="after")
    def _ranges_and_lists_fit(self) -> Self:
        for name, keys in (("vary", self.vary), ("each", self.each)):
            for key in keys:
                if key.partition(".")[0] in _FIXED:
                    raise ValueError(f"{name}.{key}: cannot differ; {_FIXED[key.partition('.')[0]]}")
        for key, (low, high) in self.vary.items():
            if low > high:
                raise ValueError(f"vary.{key}: a range goes from low to high, got {low:g}, {high:g}")
        return self

    def members(self) -> tuple[Member, ...]:
        """The structures, each with its plan and a seed of its own.

        Raises
        ------
        ParameterError
            If a drawn or listed value does not fit a plan, changes the channels, or gives the same structure
            to different splits. Files are told apart by name only; see `require_whole_structures`.
        """
        found = tuple(self._member(number, split) for number, split in enumerate(self.splits))
        require_whole_structures(found, lambda path: str(Path(path).resolve()))
        return found

    def _member(self, number: int, split: Split) -> Member:
        table = self.plan.model_dump(mode="json")
        table["seed"] = _seed(self.plan.seed, number)
        if number >= self.train + self.validation + self.test:
            table["electrons"] = "surrogate"
        rng = np.random.default_rng([self.plan.seed, _VARY, number])
        for key in sorted(self.vary):
            put(table, key, _drawn(rng, key, self.vary[key], whole=_is_whole(table, key)))
        for key, values in self.each.items():
            put(table, key, values[number])
        plan = Plan.parse(table, owner=f"structure {number}")
        if plan.channels != self.plan.channels:
            raise ParameterError(
                "vary, each: all structures of a training set have the same channels",
                expected=", ".join(self.plan.channels),
                got=", ".join(plan.channels),
            )
        return Member(f"{number:04d}", split, plan)


def is_same_for_every_seed(kind: str) -> bool:
    """Whether a kind of structure has nothing random in it that makes another sample of it."""
    return kind in _THE_SAME_FOR_EVERY_SEED


def require_whole_structures(members: Iterable[Member], content: Callable[[str], str]) -> None:
    """Refuse a structure that is in more than one split: what is learnt from it would be tested with it.

    Structures of a seed are told apart by it, those from a file by its content alone (another depth, scale or
    smaller copy of a stack still shows the stack), others by their parameters.

    Parameters
    ----------
    members : iterable of Member
    content : callable
        What stands for the content of a file.

    Raises
    ------
    ParameterError
        Naming two of them.
    """
    seen: dict[tuple[str, str], Member] = {}
    for member in members:
        first = seen.setdefault(_identity(member.plan, content), member)
        if first.split != member.split:
            raise ParameterError(
                f"structures {first.name} ({first.split}) and {member.name} ({member.split}) are the same",
                expected="a structure in one of training, validation and test only",
                got=f"{member.plan.structure.kind} twice",
                remedy="give every structure a file or parameters of its own; for generated ones another "
                "plan.seed",
            )


def _identity(plan: Plan, content: Callable[[str], str]) -> tuple[str, str]:
    structure = plan.structure
    if isinstance(structure, LabelFile | SelfSimilar):
        return "file", content(structure.path)
    if structure.kind in _THE_SAME_FOR_EVERY_SEED:
        return structure.kind, structure.model_dump_json()
    return structure.kind, str(plan.seed)


def put(table: dict[str, Any], key: str, value: Any) -> None:
    """Set one entry of nested tables and lists by its dotted name (``structure.ligament_nm.0``).

    Raises
    ------
    ParameterError
        If a part of the name is no table, or no place of a list.
    """
    *parts, last = key.split(".")
    if not all([*parts, last]):
        raise ParameterError("an entry of a plan has a dotted name", expected="for example ruler.on", got=key)
    place: Any = table
    for part in parts:
        if isinstance(place, dict) and place.get(part) is None:
            place[part] = {}
        place = place[_index(place, part, key)]
        if not isinstance(place, dict | list):
            raise ParameterError(f"{part} has no parts", expected="the dotted name of an entry", got=key)
    place[_index(place, last, key)] = value


def _index(place: dict[str, Any] | list[Any], part: str, key: str) -> Any:
    if isinstance(place, dict):
        return part
    if part.isdecimal() and int(part) < len(place):
        return int(part)
    raise ParameterError(
        f"{part} is no place of a list of {len(place)}",
        expected=f"0-{len(place) - 1}" if place else "a list with entries",
        got=key,
    )


def _is_whole(table: dict[str, Any], key: str) -> bool:
    """Whether the plan has a whole number there."""
    place: Any = table
    for part in key.split("."):
        if isinstance(place, dict):
            place = place.get(part)
        elif isinstance(place, list) and part.isdecimal() and int(part) < len(place):
            place = place[int(part)]
        else:
            return False
    return isinstance(place, int) and not isinstance(place, bool)


def _drawn(rng: np.random.Generator, key: str, limits: tuple[float, float], *, whole: bool) -> float | int:
    low, high = limits
    if not whole:
        return float(rng.uniform(low, high))
    first, last = math.ceil(low), math.floor(high)
    if first > last:
        raise ParameterError(
            f"vary.{key} is a whole number", expected="a range that holds one", got=f"{low:g}, {high:g}"
        )
    return int(rng.integers(first, last, endpoint=True))


def _seed(seed: int, number: int) -> int:
    # Mixed, not counted on: another training set with the next seed must not hold the same structures.
    state = np.random.SeedSequence([seed, _MEMBER, number]).generate_state(1, np.uint32)
    return int(state[0] & 0x7FFFFFFF)
