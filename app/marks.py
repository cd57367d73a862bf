"""How far a step or a stage is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

from core.recipe import Recipe


class Mark(Enum):
    """How far a step or a stage is; only stages are empty, skipped or waiting with a proposal."""

    EMPTY = "no steps"
    SKIPPED = "skipped"
    PROPOSED = "a proposal waits"
    TODO = "to do"
    PARTIAL = "partly done"
    RUNNING = "running"
    DONE = "done"
    STALE = "out of date: something was changed since it was run"
    WRONG = "does not fit"
    FAILED = "failed"


SEVERITY = (
    Mark.EMPTY, Mark.SKIPPED, Mark.PROPOSED, Mark.DONE, Mark.PARTIAL, Mark.TODO, Mark.STALE, Mark.WRONG,
    Mark.FAILED, Mark.RUNNING,
)  # fmt: skip


def overall(marks: Iterable[Mark]) -> Mark:
    """Give the mark of a stage from those of its steps: the one that most needs attention."""
    return max(marks, key=SEVERITY.index, default=Mark.EMPTY)


def occurrences(recipe: Recipe) -> list[tuple[str, int]]:
    """Name of each step and how often it came before: what tells two equal steps apart."""
    seen: Counter[str] = Counter()
    found = []
    for entry in recipe.steps:
        found.append((entry.step.name, seen[entry.step.name]))
        seen[entry.step.name] += 1
    return found


@dataclass(frozen=True)
class Reached:
    """How far a run has come: all steps before `index` are done; `mark` says how that one is."""

    recipe: Recipe
    index: int
    mark: Mark

    def on(self, recipe: Recipe, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        """The marks of a recipe with what the run has done for the steps that it has in common."""
        pairs = zip(recipe.steps, self.recipe.steps, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        shown = [Mark.DONE if index < min(self.index, same) else mark for index, mark in enumerate(marks)]
        if self.index < same:
            shown[self.index] = self.mark
        return tuple(shown)
