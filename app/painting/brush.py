"""What the next stroke does: tool, class, size; and how labels are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.labels.classes import SOLID

ToolName: TypeAlias = Literal["brush", "eraser", "fill", "outline"]
FillBy: TypeAlias = Literal["grey", "outline"]
SIZES = 1, 400
_STEP = 1.25


@dataclass(frozen=True)
class Brush:
    """Settings of the painting tools.

    Attributes
    ----------
    tool : str
        ``brush``, ``eraser``, ``fill`` or ``outline``.
    value : int
        Class that is painted.
    diameter : int
        Of brush and eraser, in px of the slice.
    fill_by : str
        Fill takes pixels of a similar ``grey``, or all within a closed painted ``outline``.
    tolerance : float
        Greatest difference of grey values, for the fill.
    opacity : float
        Of labels, 0-1.
    visible : bool
        Whether labels are shown.
    """

    tool: ToolName = "brush"
    value: int = SOLID
    diameter: int = 12
    fill_by: FillBy = "grey"
    tolerance: float = 10.0
    opacity: float = 0.45
    visible: bool = True

    @property
    def paints(self) -> int:
        """Value that is put into pixels."""
        return 0 if self.tool == "eraser" else self.value

    @property
    def round(self) -> bool:
        """Whether strokes follow the mouse."""
        return self.tool in ("brush", "eraser")


def resized(diameter: int, steps: int) -> int:
    """The next size: at least a pixel more or less, else a quarter."""
    wanted = round(diameter * _STEP**steps)
    if wanted == diameter:
        wanted += steps
    return min(max(wanted, SIZES[0]), SIZES[1])
