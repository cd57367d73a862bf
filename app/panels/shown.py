"""What the panel of measures shows at a time; no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.cards import Card
from app.panels.found import lines_of
from core.measure.params import MeasureParams
from core.measure.results import Measured
from core.recipe import Recipe
from core.step import Estimate, Stage

LEAST_POINTS = 2
ADD, RUN = "Add a Measure step and run the recipe", "Run the recipe with its Measure step"


@dataclass(frozen=True, eq=False)
class Shown:
    """What the panel shows.

    Attributes
    ----------
    title : str
        Of what.
    estimate : Estimate
        The numbers.
    slices : sequence of int
        Slice of the input for each measured slice.
    params : MeasureParams
        What was asked for.
    recipe : Recipe
        Steps that led to the volume.
    region : str
        Where in it, in words; empty for all of it.
    """

    title: str
    estimate: Estimate
    slices: Sequence[int]
    params: MeasureParams = field(default_factory=MeasureParams)
    recipe: Recipe = field(default_factory=Recipe)
    region: str = ""

    @property
    def measured(self) -> Measured | None:
        """Everything in detail; None for numbers that come without."""
        found: Measured | None = getattr(self.estimate, "measured", None)
        return found


def numbers_of(estimate: Estimate) -> list[Card]:
    """Everything in an estimate that is a single number."""
    single = {about.title or name for name, about in type(estimate).model_fields.items()
              if isinstance(getattr(estimate, name), int | float)}  # fmt: skip
    return [Card(name, text) for name, text in lines_of(estimate) if name in single]


def curves_of(estimate: Estimate) -> list[tuple[str, tuple[float, ...]]]:
    """(name, values) of everything in an estimate that has one number per slice."""
    found = []
    for name, about in type(estimate).model_fields.items():
        value = getattr(estimate, name)
        numbers = isinstance(value, tuple) and all(isinstance(each, int | float) for each in value)
        if numbers and len(value) >= LEAST_POINTS:
            found.append((about.title or name, tuple(float(each) for each in value)))
    return found


def invitation(recipe: Recipe) -> str:
    """What to do while nothing has been measured."""
    there = any(entry.step.stage is Stage.MEASURE for entry in recipe.steps)
    how = "mark a region of a segmented volume, and it is measured at once."
    return f"{RUN if there else ADD}: numbers and curves appear here. Or {how}"


def waiting_text(voxels: int, *, due: bool) -> str:
    """What a region without numbers waits for; `due`: for the user."""
    count = f"{voxels / 1e6:,.1f} million voxels"
    return f"{count}: measured when you press the button." if due else "Measuring …"
