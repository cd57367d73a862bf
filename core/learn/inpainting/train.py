"""From structures to a tested model that fills gaps between slices of two phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from core.learn.inpainting.filler import Filler
from core.learn.inpainting.recipe import GOLD_SLICES_PX, FillingRecipe
from core.learn.inpainting.source import GapWindows
from core.learn.inpainting.structures import GOLD_PX
from core.learn.inpainting.trial import tested
from core.learn.networks.inpainting import ShapeNetwork, WholePlanes
from core.rebuild.network_input import CHANNELS, RULE, as_input, between, interpolated
from core.volume import Array

LIMITS = (
    "For voxels of two phases and square pixels; not for grey values, nor for layered or aligned structures. "
    "Gaps much wider than a ligament cannot be filled by anything."
)


def trained_on(recipe: FillingRecipe) -> str:
    """What the network of a recipe has seen, for its card."""
    gaps, (mean, sd) = recipe.gaps, GOLD_SLICES_PX
    low, high = gaps.ligament_px
    least, most = gaps.slices_px
    return (
        "Virtual structures of two phases (leveled waves with one and two levels, spheres, pores), ligaments "
        f"of {low:g} to {high:g} px, cut into slices {least:g} to {most:g} px apart; "
        f"{'half' if gaps.gold == 0.5 else f'{gaps.gold:.0%}'} of them like nanoporous gold, ligaments of "
        f"{GOLD_PX:g} px, slices {mean:.2f} +- {sd:.2f} px apart."
    )


def cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean cross entropy of the pixels, in float32."""
    return functional.binary_cross_entropy_with_logits(logits.float(), target)


def example_of(source: GapWindows, side_px: int = 48, knots: Sequence[int] = (0, 4, 8, 12)) -> Array:
    """Input of a plane of the first structure, for test tensor and cover; float32, (9, side, side)."""
    places = np.asarray(knots, dtype=np.float64)
    item = between(places, float(knots[1] + 2))
    distances = source.first.distances[list(knots), :side_px, :side_px].astype(np.float32)
    middle = interpolated(distances, item.row, 0)
    return as_input(distances[list(item.knots)], middle, item.offsets_px)


SHAPES: Filler[FillingRecipe, GapWindows] = Filler(
    source=GapWindows,
    network=lambda recipe: ShapeNetwork(recipe.network.reach_px, recipe.network.widths),
    whole=WholePlanes,
    tested=tested,
    example=example_of,
    channels=CHANNELS,
    normalisation=RULE,
    trained_on=trained_on,
    limits=LIMITS,
    loss=cross_entropy,
    loss_name="cross entropy",
)
"""The training of models like ``fill-shapes``."""
