"""What the Models page has done: in worker threads, and to the recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.session import STAGES
from core.job import Job
from core.recipe import Recipe, RecipeStep, default_step

if TYPE_CHECKING:
    from core.models.check import CheckReport
    from core.models.library import Added, Library
    from core.models.stated import StatedModel
    from core.models.telling import Told


def surveyed(_job: Job) -> Library:
    """What there is."""
    from core.models.library import survey

    return survey()


def card_of(name: str, _job: Job) -> Told:
    """The card of a model in words."""
    from core.models.library import model_named
    from core.models.telling import card_told

    return card_told(model_named(name))


def checked(path: Path, job: Job) -> CheckReport:
    """What the check of a file or folder has found."""
    from core.models.card import read_model
    from core.models.check import check_folder, check_model
    from core.models.package import unpacked

    if path.suffix.lower() == ".onnx":
        return check_model(path, None, job)
    with unpacked(path) as folder:
        return check_folder(read_model(folder), job)


def added_model(
    path: Path, stated: StatedModel | None, facts: dict[str, object], replace: bool, job: Job
) -> Added:
    """Check a model once more, against what was stated, and copy it to the user's own ones."""
    from core.models.library import add
    from core.models.texts import CardTexts

    if stated is None:
        return add(path, replace=replace, job=job)
    texts = CardTexts(authors=stated.authors, licence=stated.licence)
    return add(path, spec=stated.spec(facts), texts=texts, replace=replace, job=job)


def removed(name: str) -> Path:
    """Delete a model of the user's own."""
    from core.models.library import remove

    return remove(name)


# ---------------------------------------------------------------------------- recipes
def with_model(recipe: Recipe, step: str, name: str) -> tuple[Recipe, int, bool]:
    """A recipe that asks a model: by its last step of this kind, else by a new one.

    Returns
    -------
    recipe : Recipe
    place : int
        Of the step.
    added : bool
        Whether the step is new.
    """
    method = f"model:{name}"
    places = [index for index, entry in enumerate(recipe.steps) if entry.step.name == step]
    if places:
        entry = recipe.steps[places[-1]]
        params = entry.params.model_copy(update={"method": method})
        return recipe.replaced(places[-1], RecipeStep(entry.step, params)), places[-1], False
    entry = default_step(step)
    entry = RecipeStep(entry.step, entry.params.model_copy(update={"method": method}))
    order = STAGES.index(entry.step.stage)
    before = [STAGES.index(other.step.stage) <= order for other in recipe.steps]
    place = len(before) - before[::-1].index(True) if True in before else 0
    return recipe.inserted(place, entry), place, True
