"""From structures to a tested model that makes grey planes."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from core.learn.inpainting.filler import Filler
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.grey.source import GreyPatches
from core.learn.inpainting.grey.trial import tested
from core.learn.networks.inpainting_grey import GreyNetwork, WholeGreyPlanes
from core.rebuild.network_grey_input import CHANNELS, RULE

_PARTS = 1000
LIMITS = (
    "For grey values and square pixels of slices that are registered. Planes that it makes are smoother than "
    "measured ones where these are noisy; gaps much wider than what they show cannot be filled by anything."
)


def trained_on(recipe: GreyFillingRecipe) -> str:
    """What the network of a recipe has seen, for its card."""
    low, high = recipe.gaps.ligament_px
    least, most = recipe.gaps.slices_px
    return (
        "Drawn grey images, no simulated ones: porous structures (leveled waves with one and two levels, "
        "spheres, pores) with bright edges, signal from some depth and open pores, and surfaces of such "
        f"structures as membranes; features of {low:g} to {high:g} px, slices {least:g} to {most:g} px "
        f"apart, noise of none to {recipe.images.noise[1]:g} of the contrast."
    )


def squared_error(found: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the pixels, in float32; 1 is about that of the spline."""
    return functional.mse_loss(found.float(), target)


def error_share(found: torch.Tensor, target: torch.Tensor) -> tuple[int, int]:
    """Squared error in thousandths, and thousandths of pixels, so that the state with the least is kept."""
    total, pixels = float(torch.sum((found.float() - target).double() ** 2)), _PARTS * target.numel()
    return round(_PARTS * total) if math.isfinite(total) else pixels, pixels  # the loss says what is wrong


GREY: Filler[GreyFillingRecipe, GreyPatches] = Filler(
    source=GreyPatches,
    network=lambda recipe: GreyNetwork(recipe.network.width, recipe.network.first_px, recipe.network.steps),
    whole=WholeGreyPlanes,
    tested=tested,
    example=lambda source: source.example(),
    channels=CHANNELS,
    normalisation=RULE,
    trained_on=trained_on,
    limits=LIMITS,
    loss=squared_error,
    loss_name="mean squared error by that of a cubic spline",
    count=error_share,
    validated="validation_error_percent",
)
"""The training of models like ``fill-grey``; the MP of its curve is the error in percent of the spline's."""
