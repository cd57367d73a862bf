"""What is proposed for a stage of the guided run, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.recipe import Recipe, RecipeStep
from core.step import Stage
from core.steps import step_named


@dataclass(frozen=True)
class Proposal:
    """What the data ask for at one stage.

    Attributes
    ----------
    stage : Stage
    steps : tuple of RecipeStep
        In order; none: the stage can be skipped.
    why : str
        One sentence with the numbers that decided it.
    sure : bool
        False: the user should look before trusting it.
    asks : str
        What could not be found out and only the user can say; else empty.
    missing : str
        Parameter of the last step that takes the answer, without which it cannot run; empty: the answer
        belongs to what is known of the input.
    """

    stage: Stage
    steps: tuple[RecipeStep, ...]
    why: str
    sure: bool = True
    asks: str = ""
    missing: str = ""


def recipe_of(proposals: Iterable[Proposal]) -> Recipe:
    """The steps of all proposals, in order."""
    return Recipe(tuple(entry for proposal in proposals for entry in proposal.steps))


def entry(name: str, **values: object) -> RecipeStep:
    """A recipe entry with some parameters set; the others have their defaults."""
    step = step_named(name)
    return RecipeStep(step, step.params.parse(values, owner=name))
