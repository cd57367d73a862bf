"""Which slice of the input stands where after some steps: how the visible slice is found again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from core.errors import TruesliceError
from core.recipe import Recipe, RecipeStep
from core.volume import VolumeInfo


def input_slices(info: VolumeInfo, recipe: Recipe, count: int) -> Sequence[int]:
    """Index in the input of each slice that is there after `count` steps.

    Where a step makes another number of slices than it gets, they are matched in proportion. Steps that do
    not fit their input end the trace.
    """
    traced: Sequence[int] = range(info.shape[0])
    for entry in recipe.steps[:count]:
        try:
            info, kept = entry.step.selected(info, entry.params)
            info = entry.step.output(info, entry.params)
        except TruesliceError:
            break
        if len(kept) != len(traced):
            traced = [traced[index] for index in kept]
        slices = info.shape[0]
        if slices != len(traced):
            traced = [traced[index * len(traced) // slices] for index in range(slices)]
    return traced


def nearest(traced: Sequence[int], wanted: int) -> int:
    """Position of the slice of the input that is closest to `wanted`."""
    place = bisect_left(traced, wanted)
    if place == 0:
        return 0
    if place == len(traced):
        return len(traced) - 1
    return place if traced[place] - wanted < wanted - traced[place - 1] else place - 1


def passes_through(entry: RecipeStep) -> bool:
    """Whether the voxels leave a step as they came: it measures or writes."""
    return entry.step.sink or (entry.step.apply is None and entry.step.select is None)
