"""A tiny training from structures to a model that `fill` runs on grey values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.learn.inpainting.filler import TrainedFilling
from core.learn.inpainting.grey.train import GREY
from core.learn.training.device import Machine
from core.learn.training.start import CHECKPOINT
from core.learn.training.state import read_arrays
from core.models.check import check_folder
from core.models.library import VARIABLE
from core.rebuild.network_choice import shapes_model
from core.rebuild.network_grey_input import CHANNELS, RULE
from core.steps.fill import FILL
from core.volume import Array, Origin
from tests.core.learn.inpainting.grey.tiny_grey import blobs, recipe
from tests.core.learn.inpainting.tiny import blobs as two_phases
from tests.core.learn.inpainting.tiny import gapped
from tests.core.steps.rebuilding import read_in_pieces, rebuilt

ONE = Machine("cpu", 1)
PLACES = np.cumsum([0, 3, 1, 5, 2, 4, 6, 2])
METHOD = {"method": "model:tiny-grey"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainedFilling]:
    folder = tmp_path_factory.mktemp("training")
    return folder, GREY.train(recipe(), folder, job=Job(), machine=ONE)


@pytest.fixture
def library(trained: tuple[Path, TrainedFilling], monkeypatch: pytest.MonkeyPatch) -> None:
    models = trained[0] / "library"
    models.mkdir(exist_ok=True)
    if not (models / "tiny-grey").exists():
        (models / "tiny-grey").symlink_to(trained[0] / "model")
    monkeypatch.setenv(VARIABLE, str(models))


def test_the_card_says_how_it_is_run(trained: tuple[Path, TrainedFilling]) -> None:
    spec = trained[1].model.spec
    assert (spec.task, spec.channels, spec.normalisation, spec.halo_px) == ("fill", CHANNELS, RULE, 4)
    assert [item.condition for item in trained[1].measured] == ["noise 0", "noise 0.1", "noise 0.3"]
    assert check_folder(trained[1].model).errors == []
    kept = read_arrays(trained[1].model.folder / CHECKPOINT)
    assert kept.keys() == trained[1].fitted.network.state_dict().keys()


def test_a_second_run_has_nothing_to_do_and_gives_the_same(trained: tuple[Path, TrainedFilling]) -> None:
    folder, first = trained
    again = GREY.train(recipe(), folder, job=Job(), machine=ONE)
    assert again.fitted.was_done
    assert again.model.sha256 == first.model.sha256


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_it_fills_gaps_and_leaves_slices_alone(dtype: str) -> None:
    data = blobs(8, dtype)
    result = rebuilt(FILL, gapped(data, PLACES, content="grey"), **METHOD)
    whole = result.read()
    assert whole.dtype == data.dtype
    assert np.array_equal(whole[PLACES], data)
    assert np.array_equal(read_in_pieces(result, 2), whole)
    made = {Origin.MEASURED if z in PLACES else Origin.INPAINTED for z in range(len(whole))}
    assert set(result.info.origin or ()) == made
    spline = rebuilt(FILL, gapped(data, PLACES, content="grey"), method="cubic-spline").read()
    apart = np.abs(whole.astype(float) - spline).max()
    assert 0 < apart < 0.2 * np.ptp(data.astype(float))  # hardly trained, it still stands on it


def filled(data: Array) -> Array:
    return rebuilt(FILL, gapped(data, PLACES, content="grey"), **METHOD).read()


@pytest.mark.usefixtures("library")
def test_offset_and_gain_of_grey_values_pass_through() -> None:
    data = blobs(8, "float32")
    moved = filled(data * np.float32(41) + np.float32(300))
    assert np.abs(moved - (filled(data) * 41 + 300)).max() < 41 * 2e-4


@pytest.mark.usefixtures("library")
def test_a_gain_that_changes_in_the_plane_passes_where_it_is_constant() -> None:
    data = blobs(8, "float32")
    whole, darker = filled(data), data.copy()
    darker[:, :, :16] *= np.float32(0.25)
    part = filled(darker)
    assert np.abs(part[:, :, :11] - 0.25 * whole[:, :, :11]).max() < 1e-4
    assert np.array_equal(part[:, :, 21:], whole[:, :, 21:])


@pytest.mark.usefixtures("library")
def test_two_phases_are_refused_with_a_remedy() -> None:
    binary = gapped(two_phases(8, binary=True), PLACES)
    with pytest.raises(VoxelError, match=r"two phases(.|\n)*fill-shapes"):
        rebuilt(FILL, binary, **METHOD)
    looks = gapped(two_phases(8, binary=True), PLACES, content="grey")
    with pytest.raises(VoxelError, match="state --voxels grey"):
        rebuilt(FILL, looks, **METHOD)
    assert rebuilt(FILL, looks, voxels="grey", **METHOD).read().dtype == np.uint8
    with pytest.raises(VoxelError, match="grey values"):
        rebuilt(FILL, gapped(blobs(8, "uint8"), PLACES, content="grey"), voxels="two-phases", **METHOD)
    with pytest.raises(ParameterError, match="fill-shapes"):
        shapes_model("tiny-grey")


@pytest.mark.usefixtures("library")
def test_slices_far_from_the_training_are_refused_with_numbers() -> None:
    far = gapped(blobs(3, "uint8"), np.array([0, 40, 80]), content="grey")
    with pytest.raises(VoxelError, match=r"40 px apart(.|\n)*cubic-spline"):
        rebuilt(FILL, far, **METHOD)


@pytest.mark.usefixtures("library")
def test_two_slices_suffice_and_the_end_is_repeated() -> None:
    data = gaussian_filter(blobs(2, "float32"), (0, 2, 2))
    stack = gapped(data, np.array([0, 4]), content="grey")
    whole = rebuilt(FILL, stack, **METHOD).read()
    assert np.isfinite(whole).all()
    assert np.array_equal(whole[[0, 4]], data)
