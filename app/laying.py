"""How a result lies over what it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.framing import Corner, framed, previous
from app.tracing import passes_through
from core.recipe import Recipe, RecipeStep
from core.volume import Array, Volume, VolumeInfo

MOST_MOVES = 1000
_CORNERS = {"crop": ("y_start", "x_start"), "trim": ("top_px", "left_px")}
"""Steps that keep a box of their input, with the parameters that say where it begins."""


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


def laid_over(
    base: Volume, result: Volume, recipe: Recipe, chosen: int, corner: Corner | None, *, neighbours: bool
) -> Laid | None:
    """How a result is shown that does not lie over its input as it is; None where it does.

    Parameters
    ----------
    chosen : int
        The step that gave it.
    corner : tuple of int or None
        Row and column at which slices begin on its canvas.
    neighbours : bool
        Whether each slice is compared with the one before it, where the step looks for their places.
    """
    entry = recipe.steps[chosen]
    if neighbours and corner is not None and entry.step.surveys:
        names = ("slice before", "this slice")
        return Laid(previous(result), chosen + 1, result, "previous", names, corner)
    names = ("before", entry.step.label)
    if passes_through(entry):  # the same voxels, at other places along z
        return Laid(result, chosen + 1, result, "alone", names, (0, 0), comparable=False)
    if place_in(base.info, entry, result.info) is not None:
        return None
    if corner is not None and result.info.shape[0] == base.info.shape[0]:
        canvas = result.info.shape[1], result.info.shape[2]
        return Laid(framed(base, corner, canvas), chosen, result, "framed", names, corner)
    return Laid(result, chosen + 1, result, "alone", names, None, comparable=False)


def reached(
    raw: Volume, recipe: Recipe, wanted: int, known: int, result: Callable[[int], Volume | None]
) -> tuple[int, Volume]:
    """The farthest volume on the way to step `wanted` that can be shown without computing for long.

    Parameters
    ----------
    known : int
        How many steps fit what they get.
    result : callable
        ``result(count)``: what is stored after so many steps.
    """
    from core.execute.lazy import applied

    count = wanted
    found = result(count)
    while found is None and count > 0:
        count -= 1
        found = result(count)
    volume = found or raw
    while count < min(wanted, known):
        entry = recipe.steps[count]
        if not is_cheap(entry):
            break
        if not entry.step.sink:
            volume = applied(volume, entry, entry.estimate)
        count += 1
    return count, volume


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
    return entry.step.name in _CORNERS


def corner(entry: RecipeStep) -> tuple[int, int]:
    """Row and column where the box that is kept begins; zero for steps that keep all."""
    if not is_crop(entry):
        return 0, 0
    values = entry.params.model_dump()
    y, x = _CORNERS[entry.step.name]
    return values[y], values[x]
