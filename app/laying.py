"""How a result lies over what it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from app.framing import Corner
from core.recipe import RecipeStep
from core.volume import Array, Volume, VolumeInfo

MOST_MOVES = 1000


@dataclass(frozen=True, eq=False)
class Laid:
    """A result with what is shown under it.

    Attributes
    ----------
    base : Volume
        What takes the place of the step's input.
    count : int
        How many steps its slices have gone through.
    result, way : Volume, str
        What is shown how; tells one from another.
    names : tuple of str
        What the two sides are called.
    corner : tuple of int or None
        Row and column at which slices of the input begin; None where they are not shown.
    comparable : bool
        Whether the two sides lie over each other.
    """

    base: Volume
    count: int
    result: Volume
    way: str
    names: tuple[str, str]
    corner: Corner | None
    comparable: bool = True

    def alike(self, other: Laid | None) -> bool:
        """Whether another one shows the same."""
        return other is not None and self.result is other.result and self.way == other.way


def is_cheap(entry: RecipeStep) -> bool:
    """Whether a step is quicker to repeat than to store, and its estimate, if it needs one, is known."""
    step = entry.step
    if step.passes:
        return True
    finds = step.estimate is not None or step.surveys
    moves = len(getattr(entry.estimate, "transforms", ()))  # a canvas for many takes a while to be found
    return not step.stored and (not finds or entry.estimate is not None) and moves <= MOST_MOVES


def place_in(info: VolumeInfo, entry: RecipeStep, result: VolumeInfo) -> tuple[int, int, int] | None:
    """Voxel of the step's input at which its result begins; None where the two do not lie over each other."""
    kept = entry.step.selected(info, entry.params)[1]
    if len(kept) != result.shape[0] or kept[-1] - kept[0] != len(kept) - 1:
        return None
    y, x = corner(entry)
    fits = y + result.shape[1] <= info.shape[1] and x + result.shape[2] <= info.shape[2]
    same = result.shape[1:] == info.shape[1:]
    return (kept[0], y, x) if fits and (same or is_crop(entry)) else None


def plane_offset(entry: RecipeStep, before: Array, after: Array) -> tuple[int, int] | None:
    """Pixel of the slice at which the result begins; None where the two do not lie over each other."""
    if before.shape == after.shape or is_crop(entry):
        return corner(entry)
    return None


def is_crop(entry: RecipeStep) -> bool:
    """Whether a step keeps a box of its input."""
    return entry.step.name == "crop"


def corner(entry: RecipeStep) -> tuple[int, int]:
    """Row and column where a crop begins; zero for other steps."""
    if not is_crop(entry):
        return 0, 0
    values = entry.params.model_dump()
    return values["y_start"], values["x_start"]
