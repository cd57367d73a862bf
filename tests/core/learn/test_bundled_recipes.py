"""Recipes that come with the program can be read; one that cannot is found by its users otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

import resources
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.params.recipe import TrainingRecipe
from core.simulate.plan_file import PlanFile
from core.simulate.training_plan import TrainingPlan

FOLDER = Path(str(resources.path("__init__.py"))).parent / "training"
OTHERS: dict[str, type[PlanFile]] = {
    "fill-grey": GreyFillingRecipe,
    "fill-shapes": FillingRecipe,
    "gold-set": TrainingPlan,
    "gold-fine-set": TrainingPlan,
    "gold-mc-set": TrainingPlan,
}
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_can_be_read(name: str) -> None:
    kind = OTHERS.get(name, TrainingRecipe)
    recipe = kind.load(FOLDER / f"{name}.toml")
    if not isinstance(recipe, TrainingPlan):
        assert recipe.name == name


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("gold") and "late" in name])
def test_networks_that_are_joined_are_those_of_their_recipes(name: str) -> None:
    joined = TrainingRecipe.load(FOLDER / f"{name}.toml")
    for channel, place in joined.branch_from.items():
        branch = TrainingRecipe.load(FOLDER / f"{place}.toml")
        assert branch.network.model_dump(exclude={"fusion"}) == joined.branch_network(channel).model_dump(
            exclude={"fusion"}
        )
