"""A tiny training from structures to a model that `fill` runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.learn.inpainting.train import TrainedFilling, train_filling
from core.learn.training.device import Machine
from core.models.library import VARIABLE
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
    return folder, train_filling(tiny, folder, job=Job(), machine=ONE)


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


def test_a_second_run_has_nothing_to_do_and_gives_the_same(trained: tuple[Path, TrainedFilling]) -> None:
    folder, first = trained
    tiny = recipe(batches_per_epoch=3).model_copy(update={"test_structures": 0, "name": "tiny"})
    again = train_filling(tiny, folder, job=Job(), machine=ONE)
    assert again.fitted.was_done
    assert again.model.sha256 == first.model.sha256


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
