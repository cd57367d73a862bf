"""The plan of a training set: many small acquisitions of structures that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field as PydanticField
from pydantic import model_validator

from core.errors import ParameterError
from core.params import param
from core.simulate.plan import Plan
from core.simulate.plan_file import PlanFile

Split: TypeAlias = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_MEMBER, _VARY = 101, 102
_THE_SAME_FOR_EVERY_SEED = ("file", "self-similar", "cuboids", "stretched-spheres")


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
        "structure.ligament_nm",
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
        changed = any(key.startswith("structure.") for key in (*self.vary, *self.each))
        if count > 1 and self.plan.structure.kind in _THE_SAME_FOR_EVERY_SEED and not changed:
            raise ValueError(
                f"plan.structure: {self.plan.structure.kind} gives the same structure each time, which would "
                "be in training and test alike; give a list, for example each structure.path"
            )
        return self

    def members(self) -> tuple[Member, ...]:
        """The structures, each with its plan and a seed of its own.

        Raises
        ------
        ParameterError
            If a drawn or listed value does not fit a plan.
        """
        first_quick = self.train + self.validation + self.test
        found = []
        for number, split in enumerate(self.splits):
            table = self.plan.model_dump(mode="json")
            table["seed"] = _seed(self.plan.seed, number)
            if number >= first_quick:
                table["electrons"] = "surrogate"
            rng = np.random.default_rng([self.plan.seed, _VARY, number])
            for key in sorted(self.vary):
                low, high = self.vary[key]
                put(table, key, float(rng.uniform(low, high)))
            for key, values in self.each.items():
                put(table, key, values[number])
            found.append(Member(f"{number:04d}", split, Plan.parse(table, owner=f"structure {number}")))
        return tuple(found)


def put(table: dict[str, Any], key: str, value: Any) -> None:
    """Set one entry of nested tables by its dotted name.

    Raises
    ------
    ParameterError
        If a part of the name is no table.
    """
    *parts, last = key.split(".")
    if not all([*parts, last]):
        raise ParameterError("an entry of a plan has a dotted name", expected="for example ruler.on", got=key)
    for part in parts:
        inner = table.get(part)
        table[part] = inner if inner is not None else {}
        table = table[part]
        if not isinstance(table, dict):
            raise ParameterError(f"{part} has no parts", expected="the dotted name of an entry", got=key)
    table[last] = value


def _seed(seed: int, number: int) -> int:
    # Mixed, not counted on: another training set with the next seed must not hold the same structures.
    state = np.random.SeedSequence([seed, _MEMBER, number]).generate_state(1, np.uint32)
    return int(state[0] & 0x7FFFFFFF)
