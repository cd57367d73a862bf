"""What the panel of measures shows at a time; no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.cards import Card
from app.panels.found import lines_of
from core.measure.results import Measured
from core.step import Estimate

LEAST_POINTS = 2


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
    """

    title: str
    estimate: Estimate
    slices: Sequence[int]

    @property
    def measured(self) -> Measured | None:
        """Everything in detail; None for numbers that come without."""
        found: Measured | None = getattr(self.estimate, "measured", None)
        return found


def numbers_of(estimate: Estimate) -> list[Card]:
    """Everything in an estimate that is a single number."""
    single = {field.title or name for name, field in type(estimate).model_fields.items()
              if isinstance(getattr(estimate, name), int | float)}  # fmt: skip
    return [Card(name, text) for name, text in lines_of(estimate) if name in single]


def curves_of(estimate: Estimate) -> list[tuple[str, tuple[float, ...]]]:
    """(name, values) of everything in an estimate that has one number per slice."""
    found = []
    for name, field in type(estimate).model_fields.items():
        value = getattr(estimate, name)
        numbers = isinstance(value, tuple) and all(isinstance(each, int | float) for each in value)
        if numbers and len(value) >= LEAST_POINTS:
            found.append((field.title or name, tuple(float(each) for each in value)))
    return found
