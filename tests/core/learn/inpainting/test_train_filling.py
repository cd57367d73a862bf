"""A tiny training from structures to a model that `fill` runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core.errors import ParameterError, ProjectError, VoxelError
from core.job import Job
from core.learn.inpainting.filler import TrainedFilling
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.inpainting.train import SHAPES
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.device import Machine
from core.learn.training.start import CHECKPOINT, read_start
from core.learn.training.state import read_arrays
from core.models import memory
from core.models.library import VARIABLE, bundled_folder
from core.rebuild.network_choice import filling_model, filling_of
from core.rebuild.network_input import CHANNELS
from core.steps.fill import FILL
from core.volume import Array, Origin, Volume
from tests.core.learn.inpainting.tiny import blobs, gapped, recipe
from tests.core.steps.rebuilding import read_in_pieces, rebuilt

ONE = Machine("cpu", 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainedFilling]:
    folder = tmp_path_factory.mktemp("training")
    tiny = recipe(batches_per_epoch=3).model_copy(update={"test_structures": 0, "name": "tiny"})
    return folder, SHAPES.train(tiny, folder, job=Job(), machine=ONE)


@pytest.fixture
def library(trained: tuple[Path, TrainedFilling], monkeypatch: pytest.MonkeyPatch) -> None:
    models = trained[0] / "library"
    models.mkdir(exist_ok=True)
    if not (models / "tiny").exists():
        (models / "tiny").symlink_to(trained[0] / "model")
    monkeypatch.setenv(VARIABLE, str(models))


def stack(planes: int = 8) -> tuple[Volume, Array, Array]:
    places, data = np.cumsum([0, 3, 1, 5, 2, 4, 6, 2])[:planes], blobs(planes, binary=True)
    return gapped(data, places), places, data


def test_the_card_says_how_it_is_run(trained: tuple[Path, TrainedFilling]) -> None:
    spec = trained[1].model.spec
    assert (spec.task, spec.channels, spec.halo_px) == ("fill", CHANNELS, 2)
    assert spec.known.slice_nm == (1.5, 8.0)


def test_what_a_model_that_is_gone_has_filled_is_known_again(
    library: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_recalled", {})
    volume, _, _ = stack()
    params = FILL.params(method="model:tiny")
    assert FILL.model(params) == "tiny"
    there = FILL.output(volume.info, params), FILL.identity(params)
    memory.remember(tmp_path, [FILL.model(params)])
    memory._recalled.clear()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(ParameterError, match="no model 'tiny'"):
        FILL.output(volume.info, params)
    memory.recall(tmp_path)
    assert (FILL.output(volume.info, params), FILL.identity(params)) == there
    with pytest.raises(ParameterError, match="not there any more"):
        filling_of(filling_model("tiny"), 1)


def test_a_second_run_has_nothing_to_do_and_gives_the_same(trained: tuple[Path, TrainedFilling]) -> None:
    folder, first = trained
    tiny = recipe(batches_per_epoch=3).model_copy(update={"test_structures": 0, "name": "tiny"})
    again = SHAPES.train(tiny, folder, job=Job(), machine=ONE)
    assert again.fitted.was_done
    assert again.model.sha256 == first.model.sha256


def test_the_folder_of_another_recipe_is_left_as_it_is(trained: tuple[Path, TrainedFilling]) -> None:
    folder, _ = trained
    kept = (folder / "recipe.toml").read_bytes()
    first = FillingRecipe.load(folder / "recipe.toml")
    for other, what in (
        (first.model_copy(update={"seed": 2}), "seed"),
        (recipe(batches_per_epoch=4), r"gaps\.batches_per_epoch"),
    ):
        with pytest.raises(ProjectError, match=f"; {what} differ"):
            SHAPES.train(other, folder, job=Job(), machine=ONE)
        assert (folder / "recipe.toml").read_bytes() == kept


def test_a_folder_of_another_kind_of_training_is_refused(tmp_path: Path) -> None:
    TrainingRecipe().save(tmp_path / "recipe.toml")
    before = (tmp_path / "recipe.toml").read_bytes()
    with pytest.raises(ProjectError, match="not a recipe of this kind"):
        SHAPES.train(recipe(), tmp_path, job=Job(), machine=ONE)
    assert (tmp_path / "recipe.toml").read_bytes() == before


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".lock", timeout=0, thread_local=False),
        pytest.raises(ProjectError, match="another run"),
    ):
        SHAPES.train(recipe(), tmp_path, job=Job(), machine=ONE)
    assert not (tmp_path / "recipe.toml").exists()


def test_trainable_weights_have_one_name(trained: tuple[Path, TrainedFilling]) -> None:
    kept = read_arrays(trained[1].model.folder / CHECKPOINT)
    assert kept.keys() == trained[1].fitted.network.state_dict().keys()
    with pytest.raises(ParameterError, match="another kind"):
        read_start(str(trained[1].model.folder))
    for folder in (bundled_folder() / name for name in ("ceramics", "fill-shapes")):
        assert [file.name for file in folder.glob("*.npz")] == [CHECKPOINT]


@pytest.mark.usefixtures("library")
def test_it_fills_gaps_and_leaves_slices_alone() -> None:
    volume, places, data = stack()
    result = rebuilt(FILL, volume, method="model:tiny")
    whole = result.read()
    assert np.array_equal(whole[places], data)
    assert np.array_equal(read_in_pieces(result, 2), whole)
    assert set(np.unique(whole)) <= {0, 255}
    made = {Origin.MEASURED if z in places else Origin.INPAINTED for z in range(len(whole))}
    assert set(result.info.origin or ()) == made
    shapes = rebuilt(FILL, volume, method="signed-distance").read()
    assert np.mean(whole != shapes) < 0.2  # hardly trained, it still stands on these


@pytest.mark.usefixtures("library")
def test_slices_far_from_the_training_are_refused_with_numbers() -> None:
    far = gapped(blobs(3, binary=True), np.array([0, 40, 80]))
    with pytest.raises(VoxelError, match=r"40 px apart; the model was trained on 1\.5 to 8 px"):
        rebuilt(FILL, far, method="model:tiny")
    assert rebuilt(FILL, far, method="model:tiny", force=True).read(slice(0, 2)).shape[0] == 2


@pytest.mark.usefixtures("library")
def test_grey_values_and_unknown_models_are_refused() -> None:
    grey = gapped(blobs(4, binary=False), np.array([0, 3, 7, 9]), content="grey")
    with pytest.raises(VoxelError, match="two phases"):
        rebuilt(FILL, grey, method="model:tiny")
    with pytest.raises(ParameterError, match="there is no model 'other'"):
        rebuilt(FILL, stack()[0], method="model:other")
