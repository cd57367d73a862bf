"""How far a step or a stage is."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Mark(Enum):
    """How far a step or a stage is."""

    EMPTY = "no steps"
    TODO = "to do"
    PARTIAL = "partly done"
    DONE = "done"
    STALE = "changed since it was run"
    WRONG = "does not fit"


SEVERITY = (Mark.EMPTY, Mark.DONE, Mark.PARTIAL, Mark.TODO, Mark.STALE, Mark.WRONG)


def overall(marks: Iterable[Mark]) -> Mark:
    """Give the mark of a stage from those of its steps: the one that most needs attention."""
    return max(marks, key=SEVERITY.index, default=Mark.EMPTY)
