"""What the Train page has computed in worker threads; no widgets, and no torch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ProjectError, RecipeError, TruesliceError
from core.files import replacing
from core.job import Job

if TYPE_CHECKING:
    from core.learn.params.begin import Beginning
    from core.learn.params.data import DataParams
    from core.learn.params.facts import DataFacts
    from core.learn.params.recipe import TrainingRecipe
    from core.models.card import Model

RECIPE, MODEL, CHECKPOINT = "recipe.toml", "model", "checkpoint.npz"
MOST_TRIED = 100


@dataclass(frozen=True)
class Offers:
    """What can be trained with, and started from."""

    sets: tuple[Path, ...]
    labels: tuple[Path, ...]
    beginnings: tuple[Beginning, ...]


def loaded_recipe(file: Path, usual: bool, job: Job) -> TrainingRecipe:
    """Read a recipe; `usual`: where it cannot be read, the defaults."""
    job.check()
    import app.panels.train  # noqa: F401 - the window needs it, and must not wait for it
    from core.learn.params.recipe import TrainingRecipe

    try:
        return TrainingRecipe.load(file)
    except RecipeError:
        if usual:
            return TrainingRecipe()
        raise


def offers(sets: Sequence[Path], painted: Path | None, job: Job) -> Offers:
    """Find what there is to train with; labels in a folder of them."""
    from core.labels import stores_in
    from core.learn.params.begin import beginnings

    job.check()
    labels = () if painted is None else tuple(store.folder for store in stores_in(painted))
    return Offers(tuple(path for path in sets if path.is_dir()), labels, beginnings())


def facts_of(data: DataParams, job: Job) -> DataFacts:
    """Describe the data of a recipe."""
    from core.learn.params.facts import facts_of_labels, facts_of_set

    return facts_of_set(Path(data.path)) if data.kind == "simulated" else facts_of_labels(data, job)


def painted_data(folder: Path, base: DataParams, job: Job) -> DataParams:
    """Painted labels as data of a training."""
    from core.labels import LabelStore
    from core.learn.params.painted import painted

    return painted(LabelStore(folder), base, job)


def free_folder(root: Path, recipe: TrainingRecipe, job: Job) -> Path:
    """The first folder by the name of the model that is new or of the same training.

    Raises
    ------
    ProjectError
        If there is none.
    """
    for folder in _numbered(root / recipe.name):
        job.check()
        if not folder.exists() or not any(folder.iterdir()) or _is_of(folder, recipe):
            return folder
    raise ProjectError(f"there are too many folders {recipe.name} in {root}", remedy="choose another name")


def _numbered(folder: Path) -> Iterator[Path]:
    yield folder
    for number in range(2, MOST_TRIED):
        yield folder.with_name(f"{folder.name}-{number}")


def _is_of(folder: Path, recipe: TrainingRecipe) -> bool:
    try:
        return type(recipe).load(folder / RECIPE).identity() == recipe.identity()
    except TruesliceError:
        return False


def added_model(folder: Path, replace: bool, job: Job) -> Model | str:
    """Copy the model of a training folder to the user's models; the name where it is taken.

    The weights to train on from are kept beside it, unlike those of models from elsewhere.
    """
    from core.models.card import read_model
    from core.models.library import add, models

    source = folder / MODEL
    name = read_model(source).name
    if not replace and any(model.name == name for model in models()):
        return name
    model = add(source, replace=replace, job=job).model
    if (source / CHECKPOINT).is_file():
        with replacing(model.folder / CHECKPOINT) as temporary:
            shutil.copyfile(source / CHECKPOINT, temporary)
    return model
