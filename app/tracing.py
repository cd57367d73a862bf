"""Which slice of the input stands where after some steps: how the visible slice is found again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from core.errors import ParameterError, TruesliceError
from core.recipe import Recipe, RecipeStep
from core.volume import VolumeInfo

Real = Callable[[int], VolumeInfo | None]


def _unknown(_count: int) -> VolumeInfo | None:
    return None


def input_slices(info: VolumeInfo, recipe: Recipe, count: int, real: Real = _unknown) -> Sequence[int]:
    """Index in the input of each slice that is there after `count` steps.

    Where a step makes another number of slices than it gets, each is matched with the one that is nearest in
    z, or in proportion where their positions are not known. Steps that do not fit their input end the trace.

    Parameters
    ----------
    real : callable
        What is known of the volume after some steps, where it goes beyond what can be foreseen.
    """
    traced: Sequence[int] = range(info.shape[0])
    for index, entry in enumerate(recipe.steps[:count]):
        try:
            before, kept = entry.step.selected(info, entry.params)
            info = real(index + 1) or entry.foreseen(info)
        except TruesliceError:
            break
        if len(kept) != len(traced):
            traced = [traced[index] for index in kept]
        slices = info.shape[0]
        if slices != len(traced):
            traced = [traced[place] for place in matched(before, info)]
    return traced


def matched(before: VolumeInfo, after: VolumeInfo) -> Sequence[int]:
    """For each slice of a result the slice of its input that it lies nearest to."""
    slices, length = after.shape[0], before.shape[0]
    there, here = before.positions_nm(), after.positions_nm()
    if there is None or here is None:
        return [index * length // slices for index in range(slices)]
    return [nearest(there, position) for position in here]


def nearest(traced: Sequence[float], wanted: float) -> int:
    """Place among increasing numbers of the one that is closest to `wanted`."""
    place = bisect_left(traced, wanted)
    if place == 0:
        return 0
    if place == len(traced):
        return len(traced) - 1
    return place if traced[place] - wanted < wanted - traced[place - 1] else place - 1


def require_own_fit(entry: RecipeStep, info: VolumeInfo) -> None:
    """Refuse the user's own values of a step where they are those of another number of slices.

    Raises
    ------
    ParameterError
        With both numbers.
    """
    painted = getattr(entry.estimate, "shape", None)
    if painted is not None and painted != info.shape:
        raise ParameterError(
            "the corrections were painted on another stack",
            expected=" x ".join(map(str, info.shape)),
            got=" x ".join(map(str, painted)),
            remedy="paint them again, or take the step out",
        )
    own = len(getattr(entry.estimate, "transforms", ()) or getattr(entry.estimate, "z_nm", ()))
    slices = entry.step.selected(info, entry.params)[0].shape[0]
    if own not in (0, slices):
        raise ParameterError(
            "your own values of this step are those of another stack",
            expected=f"{slices} slices",
            got=own,
            remedy="go back to what is found (in the Alignment tab), or load those of this stack",
        )


def passes_through(entry: RecipeStep) -> bool:
    """Whether the voxels leave a step as they came: it measures, or says where slices lie, or writes."""
    step = entry.step
    return step.sink or all(part is None for part in (step.apply, step.select, step.warp, step.gather))
