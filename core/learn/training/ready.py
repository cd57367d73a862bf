"""What can be said against a recipe before hours go into its training set."""

from __future__ import annotations

import torch

from core.errors import ParameterError
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.start import begin_with, read_start, seeded_build


def require_ready(recipe: TrainingRecipe) -> None:
    """Refuse patches that fit neither network nor training set, and weights to start from that do not fit.

    Raises
    ------
    ParameterError
        Naming the parameter.
    ProjectError
        If weights to start from are damaged.
    """
    network = seeded_build(recipe.network, recipe.seed)
    side = recipe.data.patch_px
    depth = [recipe.data.patch_slices] if recipe.network.is_volume else []
    try:
        network.check(torch.empty(1, recipe.network.inputs, *depth, side, side, device="meta"))
    except ParameterError as error:
        error.about("data.patch_px")
        raise
    if recipe.start:
        begin_with(network, read_start(recipe.start), recipe.start)
    for channel, name in recipe.branch_from.items():
        begin_with(seeded_build(recipe.branch_network(channel), recipe.seed), read_start(name), name)
    _require_room(recipe)


def _require_room(recipe: TrainingRecipe) -> None:
    """The training set that will be made has to hold patches."""
    data, slices = recipe.data, None
    if recipe.simulate is not None:
        field = recipe.simulate.plan.field
        least, slices = min(field.rows, field.columns), field.slices
    elif recipe.sections is not None:
        least = recipe.sections.side_px
    else:
        return
    if least < data.patch_px:
        raise ParameterError(
            "images of the training set would be smaller than a patch",
            expected=f"at least {data.patch_px} px",
            got=f"{least} px",
            remedy="use smaller patches (data.patch_px), or simulate larger images",
        )
    wanted = (data.patch_slices - 1) * data.slices_step + 1
    if recipe.network.is_volume and slices is not None and slices < wanted:
        raise ParameterError(
            "stacks of the training set would have fewer slices than a patch",
            expected=f"at least {wanted} slices",
            got=slices,
            remedy="use patches of fewer slices (data.patch_slices), or simulate more",
        )
