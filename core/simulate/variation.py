"""Training sets by what varies from structure to structure: sizes and shares, in percent of the plan's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import ParameterError
from core.params import Params, param
from core.simulate.plan import Plan
from core.simulate.structures.kinds import HIGHEST_LEVEL, LOWEST_LEVEL
from core.simulate.training_plan import TrainingPlan, is_same_for_every_seed

_SIZES: Mapping[str, tuple[str, ...]] = {
    "leveled-wave": ("ligament_nm",),
    "random-pores": ("radius_nm",),
    "spheres": ("radius_nm",),
    "fibres": ("radius_nm",),
    "polycrystal": ("grain_nm", "pore_nm"),
    "cuboids": ("width_nm", "height_nm", "thickness_nm"),
    "self-similar": ("size_ratio",),
}
_SHARES: Mapping[str, tuple[str, ...]] = {
    "leveled-wave": ("solid_fraction",),
    "random-pores": ("solid_fraction",),
    "spheres": ("solid_fraction",),
    "fibres": ("solid_fraction",),
    "polycrystal": ("porosity", "second_fraction"),
}
"""Sizes and shares of each kind of structure."""
_FROM_FILES = ("file", "self-similar")


class Variation(Params):
    """How many structures a training set has, and how they differ."""

    train: int = param(6, label="To train with", description="Structures to train with", ge=0, le=10000)
    validation: int = param(
        1, label="For validation", description="Structures by which the best state is chosen", ge=0, le=10000
    )
    test: int = param(1, label="For tests", description="Structures for the final figures", ge=0, le=10000)
    quick: int = param(
        0,
        label="Quick ones",
        description="Further structures to train with, by the fast approximation: they take next to no time",
        ge=0,
        le=10000,
    )
    size_percent: float = param(
        25.0,
        label="Sizes vary by ±",
        description="Sizes of ligaments, pores or grains are drawn evenly from so much about those above",
        unit="%",
        ge=0,
        le=90,
        step=5,
    )
    share_percent: float = param(
        20.0,
        label="Shares vary by ±",
        description="Solid fraction (or porosity) is drawn evenly from so much about that above",
        unit="%",
        ge=0,
        le=90,
        step=5,
    )


def training_plan(plan: Plan, variation: Variation) -> TrainingPlan:
    """The plan of a set of structures that vary about one plan.

    Raises
    ------
    ParameterError
        If every structure would be the same, in training and test alike.
    """
    vary = ranges_of(plan, variation)
    counts = {name: getattr(variation, name) for name in ("train", "validation", "test", "quick")}
    splits = sum(counts[name] > 0 for name in ("validation", "test")) + (
        counts["train"] + counts["quick"] > 0
    )
    kind = plan.structure.kind
    if splits > 1 and is_same_for_every_seed(kind) and (kind in _FROM_FILES or not vary):
        raise ParameterError(
            "this structure is the same each time, so it would be in training and test alike",
            expected="a structure that differs from seed to seed",
            got=kind,
            remedy="choose another structure, or set validation and tests to 0; several stacks of your own "
            "go into one set by the command line (--each structure.path=A,B)",
        )
    followed = plan.model_copy(update={"electrons": "monte-carlo"})
    return TrainingPlan.parse({**counts, "vary": vary, "plan": followed.model_dump(mode="json")}, owner="set")


def ranges_of(plan: Plan, variation: Variation) -> dict[str, tuple[float, float]]:
    """Ranges that sizes and shares are drawn from, by their places in the plan."""
    kind, structure = plan.structure.kind, plan.structure.model_dump(mode="json")
    found: dict[str, tuple[float, float]] = {}
    if variation.size_percent > 0:
        for name in _SIZES.get(kind, ()):
            found |= _about(structure, name, variation.size_percent, (1e-3, 1e9))
    if variation.share_percent > 0:
        limits = (LOWEST_LEVEL, HIGHEST_LEVEL) if kind == "leveled-wave" else (0.001, 0.95)
        for name in _SHARES.get(kind, ()):
            found |= _about(structure, name, variation.share_percent, limits)
    return found


def _about(
    structure: Mapping[str, Any], name: str, percent: float, limits: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    value = structure[name]
    places = {name: value} if isinstance(value, float | int) else {}
    if isinstance(value, list):
        places = {f"{name}.{level}": each for level, each in enumerate(value)}
    return {
        f"structure.{place}": (
            min(middle, max(limits[0], round(middle * (1 - percent / 100), 6))),
            max(middle, min(limits[1], round(middle * (1 + percent / 100), 6))),
        )
        for place, middle in places.items()
        if middle > 0
    }


def variation_of(plan: TrainingPlan) -> Variation | None:
    """The variation that gives this plan; None where its ranges are others."""
    counts = {name: getattr(plan, name) for name in ("train", "validation", "test", "quick")}
    kind = plan.plan.structure.kind
    structure = plan.plan.structure.model_dump(mode="json")
    found = Variation(
        **counts,
        size_percent=_percent(plan, structure, _SIZES.get(kind, ())),
        share_percent=_percent(plan, structure, _SHARES.get(kind, ())),
    )
    same = not plan.each and _alike(ranges_of(plan.plan, found), plan.vary)
    return found if same else None


def _percent(plan: TrainingPlan, structure: Mapping[str, Any], names: tuple[str, ...]) -> float:
    for name in names:
        value = structure[name]
        key, middle = (f"{name}.0", value[0]) if isinstance(value, list) else (name, value)
        limits = plan.vary.get(f"structure.{key}")
        if limits is not None and middle > 0:
            return round(min(90.0, max(0.0, 100 * (1 - limits[0] / float(middle)))), 3)
    return 0.0


def _alike(mine: Mapping[str, tuple[float, float]], others: Mapping[str, tuple[float, float]]) -> bool:
    return mine.keys() == others.keys() and all(
        abs(a - b) <= 1e-5 * max(abs(b), 1e-3)
        for key in mine
        for a, b in zip(mine[key], others[key], strict=True)
    )
