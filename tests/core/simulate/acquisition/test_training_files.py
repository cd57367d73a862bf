"""Files of structures in training sets: never the same in two splits, never changed unnoticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from core.errors import InputChangedError, ParameterError
from core.io.writers import write
from core.job import Job
from core.simulate.acquisition import estimate_training, imaging, training_set
from core.simulate.training_plan import TrainingPlan
from core.volume import volume_of
from tests.core.simulate.acquisition.plans import SMALL


def labels(seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).random((10, 24, 32)) < 0.4).astype(np.uint8)


def stack(path: Path, values: np.ndarray) -> Path:
    write(volume_of(values, voxel_nm=(2.5,) * 3), path, "fiji", overwrite=True)
    return path


def training(*paths: Path) -> TrainingPlan:
    plan = {**SMALL, "voltages_kv": [1], "structure": {"kind": "file", "path": str(paths[0])}}
    counts = {"train": 1, "validation": len(paths) - 1, "test": 0}
    each = {"structure.path": [str(path) for path in paths]}
    return TrainingPlan.parse({"plan": plan, **counts, "each": each}, owner="test")


def folder_of_slices(path: Path, values: np.ndarray) -> Path:
    path.mkdir()
    for number, plane in enumerate(values):
        tifffile.imwrite(path / f"{number:03d}.tif", plane)
    return path


@pytest.mark.parametrize("other", ["copy", "scaled", "type", "link"])
def test_copies_of_a_file_in_two_splits_are_refused_before_work(tmp_path: Path, other: str) -> None:
    first, second = stack(tmp_path / "a.tif", labels(1)), tmp_path / "b.tif"
    if other == "link":
        second.symlink_to(first)
    elif other == "copy":
        second.write_bytes(first.read_bytes())
    else:
        stack(second, labels(1) * 255 if other == "scaled" else labels(1).astype(np.uint16))
    for work in (
        lambda plan: training_set(plan, tmp_path / "set.zarr", job=Job()),
        lambda plan: estimate_training(plan, Job()),
    ):
        with pytest.raises(ParameterError, match="are the same"):
            work(training(first, second))
    assert not (tmp_path / "set.zarr").exists()


def test_changed_files_are_noticed_when_finished(tmp_path: Path) -> None:
    first, second = stack(tmp_path / "a.tif", labels(1)), stack(tmp_path / "b.tif", labels(2))
    plan, target = training(first, second), tmp_path / "set.zarr"
    made = training_set(plan, target, job=Job())
    sums = [part["structure_sha256"] for part in made.table["structures"].values()]
    assert all(sums)
    assert sums[0] != sums[1]
    old = second.read_bytes()
    stack(second, labels(3))
    with pytest.raises(InputChangedError, match="0001"):
        training_set(plan, target, job=Job())
    second.write_bytes(old)
    assert training_set(plan, target, job=Job()).was_done
    second.unlink()
    assert training_set(plan, target, job=Job()).was_done


class Interrupted(Exception):
    pass


def test_changed_files_are_noticed_on_going_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = stack(tmp_path / "a.tif", labels(1)), stack(tmp_path / "b.tif", labels(2))
    plan, target = training(first, second), tmp_path / "set.zarr"

    def failing(*_args: object, **_options: object) -> object:
        raise Interrupted

    monkeypatch.setattr(imaging, "shoot", failing)
    with pytest.raises(Interrupted):
        training_set(plan, target, job=Job())
    stack(second, labels(3))
    with pytest.raises(InputChangedError):
        training_set(plan, target, job=Job())


def test_folders_of_slices_have_checksums_too(tmp_path: Path) -> None:
    first = folder_of_slices(tmp_path / "a", labels(1))
    second = folder_of_slices(tmp_path / "b", labels(2))
    table = training(first, second).model_dump(mode="json")
    table["plan"]["structure"]["voxel_nm_zyx"] = [2.5, 2.5, 2.5]
    plan = TrainingPlan.parse(table, owner="test")
    target = tmp_path / "set.zarr"
    training_set(plan, target, job=Job())
    tifffile.imwrite(second / "004.tif", labels(3)[4])
    with pytest.raises(InputChangedError):
        training_set(plan, target, job=Job())
