"""What was told and what was not, while a plan is made like a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.simulate.plan import Plan


@dataclass(frozen=True)
class Told:
    """One thing that a stack tells: what, its value, and where that comes from."""

    what: str
    value: str
    origin: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.what}: {self.value} ({self.origin})"


class Teller:
    """Collects values of a plan, and the words for each.

    Attributes
    ----------
    table : dict
        The plan as plain values; what is found is put into it.
    told : list of Told
    untold : list of str
    """

    def __init__(self, plan: Plan) -> None:
        self.table: dict[str, Any] = plan.model_dump(mode="json")
        self.told: list[Told] = []
        self.untold: list[str] = []

    def tell(self, what: str, value: str, origin: str) -> None:
        """Say what was taken, and from where."""
        self.told.append(Told(what, value, origin))

    def leave(self, what: str, why: str) -> None:
        """Say what could not be told."""
        self.untold.append(f"{what}: {why}")

    def materials(self) -> Iterable[tuple[str, str]]:
        """Phase and material."""
        return tuple(self.table["materials"].items())
