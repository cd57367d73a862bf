"""Settings of a training that follow from its data, each with a sentence why."""

from __future__ import annotations

from dataclasses import dataclass

from core.learn.params.facts import DataFacts
from core.learn.params.recipe import TrainingRecipe

MINUTES, EPOCHS = 20.0, 200
_PATCH, _LEAST_PATCH, _STEP = 64, 16, 16
_SLICES = (7, 5, 3, 1)
_REACH_NM = 100.0
_FEW = 1024


@dataclass(frozen=True)
class TrainingProposal:
    """A recipe, and why it is so."""

    recipe: TrainingRecipe
    why: str


def proposed(recipe: TrainingRecipe, facts: DataFacts) -> TrainingProposal:
    """Fit network, patches and budget of a recipe to its data; what it says of data and card stays.

    Parameters
    ----------
    recipe : TrainingRecipe
        With the data.
    facts : DataFacts
        What these hold.
    """
    reasons = []
    patch = min(_PATCH, max(_LEAST_PATCH, facts.side_px // _STEP * _STEP))
    data: dict[str, object] = {"patch_px": patch}
    if facts.kind == "labelled":
        data["patches_per_epoch"] = _FEW
    if patch < _PATCH:
        reasons.append(f"patches of {patch} px, as the images are {facts.side_px} px wide")
    optimise = recipe.optimise.model_copy(update={"minutes": MINUTES, "epochs": EPOCHS})
    changed: dict[str, object] = {"data": recipe.data.model_copy(update=data), "optimise": optimise}
    if not recipe.start:
        slices, why = _slices(facts)
        reasons.append(why)
        channels = facts.channels or recipe.network.channels[:1]
        if len(channels) > 1:
            every = "both" if len(channels) == 2 else f"all {len(channels)}"
            reasons.append(f"{every} channels, a network for each, joined by their answers")
        changed["network"] = recipe.network.model_copy(update={"channels": channels, "slices": slices})
    reasons.append(f"{MINUTES:.0f} minutes, which mostly tells whether it is worth going on")
    made = TrainingRecipe.model_validate(recipe.model_copy(update=changed).model_dump())
    return TrainingProposal(made, f"Proposed: {'; '.join(reasons)}.")


def _slices(facts: DataFacts) -> tuple[int, str]:
    """How many slices to look at, and why."""
    if facts.slices == 1:
        return 1, "1 slice, as the images have no neighbours"
    z_nm = facts.voxel_nm_zyx[0]
    room = next((count for count in _SLICES if count <= facts.slices), 1)
    if z_nm is None:
        return min(room, 3), f"{min(room, 3)} slices, as their distance is not known"
    wanted = next((count for count in reversed(_SLICES) if count // 2 * z_nm >= _REACH_NM), _SLICES[0])
    wanted = max(3, min(wanted, room))
    return wanted, f"{wanted} slices, which see {wanted // 2 * z_nm:.3g} nm to both sides"
