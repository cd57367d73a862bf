"""Training sets: contents, splits by structure, and that interruptions change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import zarr

from core.errors import AmbiguousInputError, ParameterError, WriteError
from core.io import ReadOptions, open_stack
from core.job import Job
from core.simulate.acquisition import estimate_training, imaging, training_set
from core.simulate.acquisition.acquire import acquire
from core.simulate.acquisition.training import TrainingSet
from core.simulate.training_plan import TrainingPlan
from tests.core.simulate.acquisition.plans import SMALL
from tests.core.simulate.acquisition.test_acquire import digests


def training(**changes: object) -> TrainingPlan:
    table = {"plan": SMALL, "train": 1, "validation": 1, "test": 1, **changes}
    return TrainingPlan.parse(table, owner="test")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return training_set(training(), tmp_path_factory.mktemp("made") / "set.zarr", job=Job())


def test_group_holds_every_structure_with_its_split(whole: TrainingSet) -> None:
    group = zarr.open_group(whole.folder, mode="r")
    assert group.metadata.zarr_format == 3
    assert sorted(group.group_keys()) == ["0000", "0001", "0002"]
    assert group.attrs["splits"] == {"train": ["0000"], "validation": ["0001"], "test": ["0002"]}
    assert [group[name].attrs["split"] for name in ("0000", "0001", "0002")] == [
        "train",
        "validation",
        "test",
    ]
    for name in group.group_keys():
        member = group[name]
        assert member["images/1kV"].shape == (3, 24, 32)
        assert member["images/1kV"].dtype == np.uint8
        assert member["expected/2kV/signal"].dtype == np.float32
        assert member["truth"].shape == (9, 24, 32)
        assert member.attrs["z_nm"] == [0, 10, 20]
        assert member.attrs["electrons"] == "monte-carlo"
        assert member.attrs["solid_fraction"] == pytest.approx(member["truth"][:].mean())
        assert np.array_equal(member["faces"][:], member["truth"][::4])
        bright, dark = (member["images/1kV"][:][member["faces"][:] == value].mean() for value in (1, 0))
        assert bright > dark + 30
    assert not np.array_equal(group["0000/truth"][:], group["0001/truth"][:])
    # Nothing beside what Zarr knows: readers warn of other files.
    assert {path.name for path in whole.folder.iterdir()} == {"zarr.json", "0000", "0001", "0002"}
    assert TrainingPlan.loads(group.attrs["plan_file"]) == training()


def test_a_member_is_the_acquisition_of_its_plan(whole: TrainingSet, tmp_path: Path) -> None:
    member = training().members()[1]
    acquire(member.plan, tmp_path / "one", job=Job())
    ours = zarr.open_group(whole.folder, mode="r")["0001"]
    alone = zarr.open_group(tmp_path / "one" / "expected.zarr", mode="r")
    assert np.array_equal(ours["expected/2kV/signal"][:], alone["2kV/signal"][:])
    assert np.array_equal(ours["images/2kV"][:], open_stack(tmp_path / "one" / "2kV.tif").read())
    # Nothing that an acquisition records is missing: grey scale, artefacts, noise, dose, structure.
    told = json.loads((tmp_path / "one" / "truth.json").read_text())
    # Labels are counted here; the plan is there whole.
    told = {key: value for key, value in told.items() if key not in ("labels", "plan")}
    assert {key: ours.attrs.get(key, "missing") for key in told} == told
    assert ours.attrs["labels"] == {"0": "pore", "1": "solid"}
    assert len(ours.attrs["images"]["1kV"]["slices"]) == 3


def test_a_member_opens_calibrated_and_images_come_first(whole: TrainingSet) -> None:
    member = whole.folder / "0001"
    for name in ("images/2kV", "expected/2kV/signal", "expected/2kV/standard_error", "faces"):
        for volume in (open_stack(member / name), open_stack(member, ReadOptions(dataset=name))):
            assert volume.info.voxel_nm == (10, 2.5, 2.5)
            assert volume.info.slice_numbers == (0, 1, 2)
            assert volume.info.channel == ("" if name == "faces" else "2kV")
            assert volume.info.content == ("labels" if name == "faces" else "grey")
        assert zarr.open_array(member / name, mode="r").attrs["z_nm"] == [0, 10, 20]
    truth = open_stack(member / "truth").info
    assert (truth.voxel_nm, truth.content, truth.z_nm) == ((2.5, 2.5, 2.5), "labels", None)
    with pytest.raises(AmbiguousInputError) as caught:
        open_stack(member)
    assert caught.value.choices[:2] == ("images/1kV", "images/2kV")


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("fail_at", [4, 9])
def test_interrupted_and_resumed_gives_the_same_bytes(
    whole: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    real, calls = imaging.shoot, []

    def failing(*args: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == fail_at:
            raise Interrupted
        return real(*args, **options)

    monkeypatch.setattr(imaging, "shoot", failing)
    target = tmp_path / "set.zarr"
    with pytest.raises(Interrupted):
        training_set(training(), target, job=Job())
    training_set(training(), target, job=Job(), threads=1)
    assert len(calls) == 18 + 1
    assert digests(target) == digests(whole.folder)
    assert training_set(training(), target, job=Job()).was_done


def test_uneven_slices_open_at_their_depth(tmp_path: Path) -> None:
    milling = {"thickness": "given", "given_nm": [5, 20, 10], "lost_slices": [2]}
    field = {"slices": 4, "rows": 24, "columns": 32}
    uneven = {**SMALL, "voltages_kv": [1], "milling": milling, "field": field}
    training_set(training(plan=uneven, validation=0, test=0), tmp_path / "set.zarr", job=Job())
    info = open_stack(tmp_path / "set.zarr" / "0000" / "images" / "1kV").info
    assert info.z_nm == (0, 5, 35)
    assert info.slice_numbers == (0, 1, 3)


def test_group_of_another_plan_is_refused(whole: TrainingSet) -> None:
    with pytest.raises(WriteError, match="another plan"):
        training_set(training(train=2), whole.folder, job=Job())


def test_cost_counts_all_structures() -> None:
    cost = estimate_training(training(train=4), Job())
    assert cost.electrons == 6 * 2 * 3 * 24 * 32 * 10


def test_quick_ones_are_approximated_and_say_so(tmp_path: Path) -> None:
    one = training(plan={**SMALL, "voltages_kv": [1]}, validation=0, test=0, quick=1)
    made = training_set(one, tmp_path / "set.zarr", job=Job())
    assert [part["electrons"] for part in made.table["structures"].values()] == ["monte-carlo", "surrogate"]
    group = zarr.open_group(made.folder, mode="r")
    assert group["0001"].attrs["electrons"] == "surrogate"
    assert group["0001"].attrs["split"] == "train"
    assert group["0001"].attrs["balance"] == {}
    assert any("fast approximation" in text for text in group["0001"].attrs["warnings"])
    assert (
        np.corrcoef(group["0001/expected/1kV/signal"][:].ravel(), group["0001/faces"][:].ravel())[0, 1] > 0.8
    )


def test_materials_the_approximation_does_not_know_are_refused_before_work(tmp_path: Path) -> None:
    unknown = {**SMALL, "materials": {"pore": "epoxy", "solid": "U@12"}}
    with pytest.raises(ParameterError, match="not calibrated"):
        training_set(training(plan=unknown, quick=1), tmp_path / "set.zarr", job=Job())
    assert not (tmp_path / "set.zarr").exists()
