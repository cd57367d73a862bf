"""What is told of a training before and while it runs, without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ParameterError, ReadError, UnsupportedFormatError
from core.job import Job
from core.learn.params.begin import beginning_in, beginnings
from core.learn.params.data import DataParams
from core.learn.params.facts import facts_of_labels, facts_of_set
from core.learn.params.network import NetworkParams
from core.learn.params.painted import painted
from core.learn.params.propose import proposed
from core.learn.params.recipe import TrainingRecipe
from core.learn.params.watch import EXAMPLES, examples_of, point_of, points_of
from tests.core.learn.params.painted_slices import paint
from tests.core.learn.training.sets import make_set


def test_facts_of_a_set_and_what_does_not_fit(tmp_path: Path) -> None:
    facts = facts_of_set(make_set(tmp_path / "two.zarr", ("1kV", "2kV")))
    assert (facts.channels, facts.slices, facts.side_px) == (("1kV", "2kV"), 5, 48)
    assert dict(facts.splits) == {"train": 2, "validation": 1, "test": 1}
    assert facts.voxel_nm_zyx == (10.0, 2.5, 2.5)
    data, network = DataParams(path="two.zarr", patch_px=48), NetworkParams(channels=("1kV",))
    assert facts.faults(data, network) == ()
    for changed, other, part in (
        ({"patch_px": 64}, {}, "64 px do not fit into images of 48"),
        ({"held_out": 2}, {}, "no structure to train with"),
        ({}, {"kind": "vnet"}, "32 slices do not fit into stacks of 5"),
        ({}, {"channels": ("5kV",)}, "no channel 5kV; it has 1kV, 2kV"),
    ):
        faults = facts.faults(data.model_copy(update=changed), network.model_copy(update=other))
        assert [part in fault for fault in faults] == [True], faults


def test_sets_that_are_none_or_not_finished(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        facts_of_set(tmp_path / "nothing.zarr")
    with pytest.raises(UnsupportedFormatError, match="no training set"):
        facts_of_set(tmp_path)
    folder = make_set(tmp_path / "half.zarr", splits=("train", "train"))
    described = folder / "zarr.json"
    described.write_text(json.dumps({**json.loads(described.read_text()), "attributes": {}}))
    facts = facts_of_set(folder)
    said = " ".join(facts.faults(DataParams(path="x", patch_px=32), NetworkParams()))
    assert "not finished" in said
    assert "nothing to choose the best state by" in said
    kept = DataParams(path="x", patch_px=32, unfinished=True, held_out=1)
    assert facts.faults(kept, NetworkParams()) == ()


def test_a_proposal_fits_its_data_and_says_why(tmp_path: Path) -> None:
    folder = make_set(tmp_path / "two.zarr", ("1kV", "2kV"))
    facts = facts_of_set(folder)
    found = proposed(TrainingRecipe(data=DataParams(path=str(folder))), facts)
    network = found.recipe.network
    assert (network.channels, network.slices, found.recipe.data.patch_px) == (("1kV", "2kV"), 5, 48)
    assert facts.faults(found.recipe.data, network) == ()
    assert "48 px" in found.why
    assert "5 slices, which see 20 nm to both sides" in found.why


def test_painted_slices_become_data_that_can_be_trained_with(tmp_path: Path) -> None:
    store = paint(tmp_path / "mine")
    data = painted(store, DataParams(patch_px=16), Job())
    assert len(data.images) == 2
    assert data.validation_images == (str(store.grey_path(9)),)
    facts = facts_of_labels(data, Job())
    assert (facts.slices, facts.side_px, facts.voxel_nm_zyx) == (1, 64, (None, 5.0, 5.0))
    recipe = proposed(TrainingRecipe(data=data), facts).recipe
    assert recipe.network.slices == 1
    assert facts.faults(recipe.data, recipe.network) == ()
    alone = painted(paint(tmp_path / "one", (3,)), DataParams(patch_px=16), Job())
    assert alone.validation_images == ()
    first, last = alone.validation_rows
    assert last - first == 16
    labels = store.labels(2, store.header())
    assert {1, 2} <= set(np.unique(labels[first:last])), "both are there to be told apart"
    stack = store.header()
    for z in store.slices():
        store.write(z, (store.labels(z, stack) == 2).astype(np.uint8), stack, store.grey(z))
    with pytest.raises(ParameterError, match="both solid and pore"):
        painted(store, DataParams(), Job())


def test_points_and_examples(tmp_path: Path) -> None:
    (tmp_path / "branches" / "1kV").mkdir(parents=True)
    head = "epoch,learning_rate,train_loss,validation_loss,validation_mp,averaged_loss,averaged_mp,seconds\n"
    (tmp_path / "curve.csv").write_text(head + "1,0.1,0.5,0.4,9,0.3,7,12\n2,0.1,0.4,0.3,5,,,24\n")
    (tmp_path / "branches" / "1kV" / "curve.csv").write_text(head + "1,0.1,0.5,0.4,9,,,12\n")
    points = points_of(tmp_path)
    assert [(point.part, point.epoch) for point in points] == [("1kV", 1), ("ensemble", 1), ("ensemble", 2)]
    assert (points[1].validation_mp, points[1].validation_loss) == (7, 0.3), "the averaged weights are better"
    with pytest.raises(ReadError):
        point_of({"epoch": 1})
    assert examples_of(tmp_path) is None
    (tmp_path / EXAMPLES).write_bytes(b"PK torn")
    with pytest.raises(ReadError):
        examples_of(tmp_path)


def test_what_may_be_started_from(tmp_path: Path) -> None:
    found = {one.name: one.network.channels for one in beginnings()}
    assert found["gold-2kv"] == ("2kV",)
    assert "fill-grey" not in found, "fills gaps, tells no phases"
    with pytest.raises(ParameterError, match="no weights"):
        beginning_in(tmp_path)


def test_none_of_it_imports_torch() -> None:
    names = "begin facts painted propose watch"
    code = "; ".join(f"import core.learn.params.{name}" for name in names.split())
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('torch' in sys.modules)"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"
