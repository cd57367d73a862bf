"""Recipes that come with the program can be read; one that cannot is found by its users otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import resources
from core.errors import ProjectError
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.networks import build
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.state import STATE, SUMMARY
from core.learn.training.summary import claim, read_summary
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


STATES = sorted(path.parent.name for path in FOLDER.glob(f"*/{STATE}"))


@pytest.mark.parametrize("name", [name for name in STATES if name not in OTHERS])
def test_a_kept_training_can_go_on(name: str, tmp_path: Path) -> None:
    for file in (STATE, SUMMARY):
        shutil.copy(FOLDER / name / file, tmp_path / file)
    recipe = TrainingRecipe.load(FOLDER / f"{name}.toml")
    network = build(recipe.network)
    before = read_summary(tmp_path)["identity"]
    identity = {
        "network": network.spec.model_dump(mode="json"),
        "recipe": recipe.identity(),
        "structures": before["structures"],  # they are simulated anew, by seeds that the recipe states
    }
    assert claim(tmp_path, network, recipe.optimise, recipe.seed, identity)["seed"] == before["seed"]
    with pytest.raises(ProjectError, match=r"seed"):
        claim(tmp_path, network, recipe.optimise, recipe.seed + 1, identity)
