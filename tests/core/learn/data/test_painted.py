"""Slices that were painted in part: what is not labelled counts neither in training nor in validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import ParameterError
from core.job import Job
from core.labels import LabelledStack, LabelStore
from core.labels.paint import stroke
from core.labels.store import HEADER
from core.learn.data import PatchSource, open_source
from core.learn.data.source import StackPatches
from core.learn.losses import loss_named
from core.learn.params.data import NO_AUGMENTATION, AugmentParams, DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.painted import painted as of_folder
from core.learn.training.cases import cases_of
from core.learn.training.evaluate import evaluated, misplaced
from core.learn.training.steps import Portion, Stepper, counting
from core.learn.training.trial import _compared
from core.volume import Array
from tests.core.learn.data.sets import labels_of

SHAPE = (1, 96, 64)
VOXEL_NM = (20.0, 10.0, 10.0)


def painted(folder: Path, seed: int, *, whole: bool = False) -> tuple[LabelStore, Array]:
    """A slice with a stroke of each class where it belongs (or all of it), and the truth."""
    truth = labels_of(seed, SHAPE)[0] > 0
    header = LabelledStack(shape=SHAPE, dtype="uint8", voxel_nm=VOXEL_NM)
    labels = np.where(truth, 2, 1).astype(np.uint8)
    if not whole:
        strokes = np.zeros_like(labels)
        stroke(strokes, (20, 10), (20, 55), 5, 1)
        stroke(strokes, (80, 10), (70, 55), 4, 1)
        labels = labels * strokes
    store = LabelStore(folder / f"painted-{seed}")
    store.write(0, labels, header, np.where(truth, 140, 40).astype(np.uint8))
    return store, labels


def data_of(*stores: LabelStore, **changed: Any) -> DataParams:
    """The first ones to train with, the last one for validation."""
    places = [(str(store.grey_path(0)), str(store.labels_path(0))) for store in stores]
    values: dict[str, Any] = {
        "kind": "labelled", "patch_px": 16, "patches_per_epoch": 40, "voxel_nm_zyx": VOXEL_NM,
        "images": tuple(one for one, _ in places[:-1]), "labels": tuple(one for _, one in places[:-1]),
        "validation_images": (places[-1][0],), "validation_labels": (places[-1][1],),
    }  # fmt: skip
    return DataParams.model_validate(values | changed)


def source_of(*stores: LabelStore, augment: AugmentParams = NO_AUGMENTATION, **changed: Any) -> PatchSource:
    return open_source(data_of(*stores, **changed), augment, NetworkParams(slices=1), 1, 20)


@pytest.mark.parametrize("augment", [NO_AUGMENTATION, AugmentParams(share=1.0)], ids=["plain", "augmented"])
def test_every_patch_shows_something_that_is_labelled(tmp_path: Path, augment: AugmentParams) -> None:
    (one, labels), (two, _) = painted(tmp_path, 1), painted(tmp_path, 2)
    assert 0 < (labels > 0).mean() < 0.15
    source = source_of(one, two, augment=augment)
    batches = [source.batch(0, index) for index in range(2)]
    for batch in (*batches, *source.validation()):
        assert batch.sparse
        assert set(batch.target.unique().tolist()) <= {-1.0, 0.0, 1.0}
    shares = torch.cat([(batch.target >= 0).float().mean(dim=(1, 2, 3)) for batch in batches])
    assert float((shares > 0).float().mean()) > 0.95  # one that is turned and moved may lose its pixel
    for batch in source.validation():
        assert (batch.target >= 0).flatten(1).any(dim=1).all()
        known = batch.target >= 0
        assert ((batch.images > 0) == (batch.target > 0))[known].all()


def test_a_slice_labelled_in_full_is_as_other_labels(tmp_path: Path) -> None:
    (one, _), (two, _) = painted(tmp_path, 1, whole=True), painted(tmp_path, 2, whole=True)
    source = source_of(one, two)
    for batch in (source.batch(0, 0), *source.validation()):
        assert ((batch.images > 0) == (batch.target > 0)).all()
    assert source.known().solid_chord_nm is not None


def test_chords_are_not_told_from_strokes(tmp_path: Path) -> None:
    (one, labels), (two, _) = painted(tmp_path, 1), painted(tmp_path, 2)
    known = source_of(one, two).known()
    assert known.solid_chord_nm is None
    assert known.solid_fraction is not None
    assert known.solid_fraction[0] == pytest.approx(float((labels == 2).sum() / (labels > 0).sum()))


def test_a_slice_without_labels_is_refused(tmp_path: Path) -> None:
    (one, _), (two, _) = painted(tmp_path, 1), painted(tmp_path, 2)
    with pytest.raises(ParameterError, match="nothing is labelled"):
        source_of(one, two, rows=(30, 60))


def test_the_rows_of_a_single_slice_on_which_nothing_was_painted_are_left_out(tmp_path: Path) -> None:
    store, labels = painted(tmp_path, 1, whole=True)
    labels[48:] = 0
    store.write(0, labels, store.header())
    data = of_folder(store, DataParams(patch_px=16, patches_per_epoch=40), Job())
    assert 16 <= data.validation_rows[0] < data.validation_rows[1] <= 80, "rows are left on both sides"
    source = open_source(data, NO_AUGMENTATION, NetworkParams(slices=1), 1, 20)
    assert (source.batch(0, 0).target >= 0).flatten(1).any(dim=1).all()


def test_dense_labels_take_no_memory_for_places(tmp_path: Path) -> None:
    (one, _), (two, _) = painted(tmp_path, 1, whole=True), painted(tmp_path, 2, whole=True)
    for store in (one, two):
        (store.folder / HEADER).unlink()  # then they are as those of another program
    source = source_of(one, two, solid=2)
    assert isinstance(source, StackPatches)
    (stack,) = source.train
    assert "places" not in vars(source.cache.get(stack)), "8 bytes a voxel, which no limit counts"
    assert not source.batch(0, 0).sparse


@pytest.mark.parametrize("name", ["dice", "squared-dice", "bce-dice", "mse"])
def test_the_loss_does_not_see_what_is_not_labelled(name: Any) -> None:
    loss, rng = loss_named(name), torch.Generator().manual_seed(1)
    logits = torch.randn((3, 1, 8, 8), generator=rng)
    target = (torch.rand((3, 1, 8, 8), generator=rng) > 0.5).float()
    hidden = torch.rand((3, 1, 8, 8), generator=rng) > 0.3
    sparse = torch.where(hidden, torch.tensor(-1.0), target)
    other = torch.where(hidden, torch.randn((3, 1, 8, 8), generator=rng), logits)
    found = loss(*counting(logits, sparse, sparse=True))
    assert float(found) == float(loss(*counting(other, sparse, sparse=True)))
    assert float(found) == float(loss(logits[~hidden], target[~hidden]))
    assert counting(logits, target, sparse=False) == (logits, target)
    assert misplaced(logits, sparse) == misplaced(other, sparse)
    assert misplaced(logits, sparse)[1] == int((~hidden).sum())
    nothing = torch.full_like(target, -1.0)
    logits.requires_grad_()
    least = loss(*counting(logits, nothing, sparse=True))
    least.backward()  # type: ignore[no-untyped-call]
    assert abs(float(least.detach())) < 1e-3
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_network_learns_from_strokes(tmp_path: Path) -> None:
    (one, _), (two, _) = painted(tmp_path, 1), painted(tmp_path, 2)
    source = source_of(one, two)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 1, 1)
    )
    optimise = OptimiseParams(learning_rate=0.05, precision="float32")
    cpu, loss = torch.device("cpu"), loss_named("bce-dice")
    stepper = Stepper(network, optimise, loss, cpu, Portion())
    for step in range(30):
        stepper.step(source.batch(step // 2, step % 2), 0.05, step)
    score = evaluated(network, source, loss, misplaced, device=cpu, portion=Portion(), job=Job())
    assert score.mp < 3


def test_a_finished_model_is_tried_on_what_is_labelled(tmp_path: Path) -> None:
    (one, _), (two, labels) = painted(tmp_path, 1), painted(tmp_path, 2)
    (case,) = cases_of(data_of(one, two), NO_AUGMENTATION, ("grey",), Job())
    assert case.known is not None
    assert np.array_equal(case.known[0], labels > 0)
    assert np.array_equal(case.truth[0], labels == 2)
    assert _compared(case.truth, case).shape == (1, 1, int((labels > 0).sum()))
    assert case.asks(0)
