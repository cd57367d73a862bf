"""The loop: it learns, repeats itself, goes on after anything, and refuses what it cannot go on with."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import Cancelled, NotEnoughMemoryError, ParameterError, ProjectError
from core.job import Job, Progress
from core.learn.data.batch import Batch
from core.learn.networks import build
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.training import epochs
from core.learn.training.device import Machine, uses_bfloat16
from core.learn.training.epochs import Fitted
from core.learn.training.loop import fit
from core.learn.training.state import BEST, CURVE, STATE, read_arrays, weights_of
from core.learn.training.steps import wide_enough
from core.volume import Array
from tests.core.learn.training.toys import FAST, Spots, Toy

HERE = Machine("cpu", 1)


def fitted(
    folder: Path, source: Spots | None = None, optimise: OptimiseParams = FAST, **more: object
) -> Fitted:
    settings: dict[str, object] = {"job": Job(), "seed": 5, "machine": HERE, **more}
    return fit(Toy(), source or Spots(), optimise, folder, **settings)  # type: ignore[arg-type]


def state(folder: Path) -> dict[str, Array]:
    """Everything kept but the clock."""
    arrays = read_arrays(folder / STATE)
    counters = json.loads(str(arrays.pop("counters")))
    counters.pop("seconds")
    for point in counters["points"]:
        point.pop("seconds")
    return arrays | {"counters": np.array(json.dumps(counters, sort_keys=True))}


def assert_same(first: dict[str, Array], second: dict[str, Array]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


class Stopper:
    """Says stop when so many reports have been made."""

    def __init__(self, reports: int) -> None:
        self.left, self.stop = reports, threading.Event()

    def __call__(self, _progress: Progress) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop.set()


def test_it_learns_and_leaves_the_best_weights(tmp_path: Path) -> None:
    points = []
    result = fitted(tmp_path, optimise=FAST.model_copy(update={"epochs": 20}), on_point=points.append)
    assert points[-1].train_loss < points[0].train_loss
    assert result.best.mp < 6  # noise alone misplaces 0.6 %, no solid at all 30 %
    assert result.best.mp == min(
        mp for point in points for mp in (point.validation_mp, point.averaged_mp) if mp is not None
    )
    assert result.curve == tuple(points)
    kept = read_arrays(tmp_path / BEST)
    assert_same(weights_of(result.network), kept)
    assert not result.network.training
    rows = list(csv.DictReader((tmp_path / CURVE).read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 21))
    assert float(rows[-1]["validation_mp"]) == pytest.approx(points[-1].validation_mp, rel=1e-6)


def test_what_is_reported_is_what_the_best_weights_give(tmp_path: Path) -> None:
    result = fitted(tmp_path)
    wrong = [
        ((result.network(batch.images) > 0) != (batch.target > 0.5)).float().mean().item()
        for batch in Spots().validation()
    ]
    assert result.best.mp == pytest.approx(100 * np.mean(wrong), abs=1e-9)


def test_equal_trainings_are_equal_and_another_seed_is_not(tmp_path: Path) -> None:
    for name in "ab":
        torch.rand(3)  # what happens outside must not matter
        fitted(tmp_path / name)
    assert_same(state(tmp_path / "a"), state(tmp_path / "b"))
    fitted(tmp_path / "c", seed=6)
    name = "network/layers.0.weight"
    assert not np.array_equal(state(tmp_path / "a")[name], state(tmp_path / "c")[name])


@pytest.mark.parametrize(("reports", "steps"), [(1, 0), (3, 2), (4, 3), (7, 5)])
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path: Path, reports: int, steps: int) -> None:
    fitted(tmp_path / "whole")
    stopper = Stopper(reports)
    with pytest.raises(Cancelled):
        fitted(tmp_path / "cut", job=Job(stopper, stopper.stop))
    source = Spots()
    again = fitted(tmp_path / "cut", source)
    assert not again.was_done
    assert len(source.asked) == 9 - steps  # no batch is used twice
    assert_same(state(tmp_path / "whole"), state(tmp_path / "cut"))
    assert_same(read_arrays(tmp_path / "whole" / BEST), read_arrays(tmp_path / "cut" / BEST))


def test_a_stop_within_a_layer_leaves_batch_statistics_as_they_were(tmp_path: Path) -> None:
    stop = threading.Event()

    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if len(source.asked) >= 3:
            stop.set()  # the gradients are asked for next, whose layers look at it
        return torch.nn.functional.mse_loss(torch.sigmoid(logits), target)

    def plain(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.mse_loss(torch.sigmoid(logits), target)

    source = Spots()
    with pytest.raises(Cancelled):
        fitted(tmp_path / "cut", source, loss=loss, job=Job(stop=stop))
    assert (tmp_path / "cut" / STATE).is_file()
    fitted(tmp_path / "cut", loss=plain)
    fitted(tmp_path / "whole", loss=plain)
    assert_same(state(tmp_path / "whole"), state(tmp_path / "cut"))


def test_a_kill_between_best_weights_and_state_changes_nothing(tmp_path: Path) -> None:
    fitted(tmp_path / "whole")
    fitted(tmp_path / "cut", optimise=FAST.model_copy(update={"schedule": "constant", "epochs": 1}))
    fitted(tmp_path / "long", optimise=FAST.model_copy(update={"schedule": "constant"}))
    # As if killed while the second epoch was written: its best weights are there, its state is not.
    (tmp_path / "cut" / BEST).write_bytes((tmp_path / "long" / BEST).read_bytes())
    (tmp_path / "cut" / ".0123.part").write_bytes(b"torn")
    fitted(tmp_path / "cut", optimise=FAST.model_copy(update={"schedule": "constant"}))
    assert_same(state(tmp_path / "long"), state(tmp_path / "cut"))


def test_a_crash_within_an_epoch_loses_nothing_that_was_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Spots):
        def batch(self, epoch: int, index: int) -> Batch:
            if (epoch, index) == (1, 2):
                raise OSError("the disk is gone")
            return super().batch(epoch, index)

    fitted(tmp_path / "whole")
    monkeypatch.setattr(epochs, "_SAVE_S", 0.0)
    with pytest.raises(OSError, match="gone"):
        fitted(tmp_path / "cut", Broken())
    source = Spots()
    fitted(tmp_path / "cut", source)
    assert source.asked[0] == (1, 2)
    assert_same(state(tmp_path / "whole"), state(tmp_path / "cut"))


def test_a_finished_training_says_so_and_goes_on_if_asked_for_more(tmp_path: Path) -> None:
    first = fitted(tmp_path)
    source = Spots()
    again = fitted(tmp_path, source)
    assert again.was_done
    assert not source.asked
    assert_same(weights_of(first.network), weights_of(again.network))
    longer = fitted(tmp_path, source, FAST.model_copy(update={"epochs": 4}))
    assert len(longer.curve) == 4
    assert {epoch for epoch, _ in source.asked} == {3}


def test_patience_ends_a_training(tmp_path: Path) -> None:
    more = {"epochs": 50, "patience": 2, "learning_rate": 1e-12, "schedule": "constant", "average": 0}
    still = FAST.model_copy(update=more)
    frozen = Toy().eval()
    for module in frozen.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.0
    result = fit(frozen, Spots(), still, tmp_path, job=Job(), seed=1, machine=HERE)
    assert result.ended_by == "patience"
    assert len(result.curve) < 10


def test_minutes_end_a_training_within_an_epoch(tmp_path: Path) -> None:
    source = Spots(batches=100_000)
    result = fitted(tmp_path, source, FAST.model_copy(update={"epochs": 9, "minutes": 0.002}))
    assert result.ended_by == "minutes"
    assert len(result.curve) == 1
    assert len(source.asked) < 100_000
    assert result.curve[0].learning_rate < FAST.learning_rate


def test_a_folder_of_another_training_is_refused(tmp_path: Path) -> None:
    fitted(tmp_path)
    with pytest.raises(ProjectError, match="seed"):
        fitted(tmp_path, seed=6)
    with pytest.raises(ProjectError, match="optimise"):
        fitted(tmp_path, optimise=FAST.model_copy(update={"batch_size": 4}))
    with pytest.raises(ProjectError, match="data"):
        fitted(tmp_path, identity={"data": 2})


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_a_damaged_state_is_refused(tmp_path: Path, content: bytes) -> None:
    fitted(tmp_path)
    (tmp_path / STATE).write_bytes(content)
    with pytest.raises(ProjectError, match="state"):
        fitted(tmp_path)


def test_a_state_with_objects_is_not_opened(tmp_path: Path) -> None:
    fitted(tmp_path)
    np.savez(tmp_path / "x.npz", counters=np.array([{"epoch": 1}], dtype=object))
    (tmp_path / "x.npz").replace(tmp_path / STATE)
    with pytest.raises(ProjectError, match="allow_pickle"):
        fitted(tmp_path)


def test_a_loss_that_is_no_number_ends_the_training_and_keeps_the_state(tmp_path: Path) -> None:
    fitted(tmp_path, loss=mean, identity={"a": 1})
    before = state(tmp_path)
    longer = FAST.model_copy(update={"epochs": 5})
    with pytest.raises(ParameterError, match="not finite"):
        fitted(tmp_path, optimise=longer, loss=lambda a, b: mean(a, b) * np.nan, identity={"a": 1})
    assert_same(before, state(tmp_path))


def mean(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.mse_loss(torch.sigmoid(logits), target)


def test_no_patches_for_validation_are_refused(tmp_path: Path) -> None:
    class Nothing(Spots):
        def validation(self) -> Iterator[Batch]:
            yield from ()

    with pytest.raises(ParameterError, match="validation"):
        fitted(tmp_path, Nothing())


def test_full_memory_halves_what_is_calculated_at_once(tmp_path: Path) -> None:
    class Small(Toy):
        most = 3

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if len(images) > self.most:
                raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
            return super().forward(images)

    result = fit(Small(), Spots(), FAST, tmp_path, job=Job(), seed=5, machine=HERE)
    assert len(result.curve) == 3
    said = [note.partition(": ")[2].partition(" are")[0] for note in result.notes]
    assert said == ["4 patches", "2 patches"]
    Small.most = 0
    with pytest.raises(NotEnoughMemoryError, match="one patch"):
        fit(Small(), Spots(), FAST, tmp_path / "none", job=Job(), seed=5, machine=HERE)


def test_portions_give_the_gradient_of_the_whole_batch(tmp_path: Path) -> None:
    """A loss that is a mean over patches, and no batch statistics: portions must not show."""

    class Plain(torch.nn.Module):
        def __init__(self, most: int) -> None:
            super().__init__()
            self.scale, self.most = torch.nn.Parameter(torch.tensor(0.1)), most

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if len(images) > self.most:
                raise MemoryError
            return images * self.scale

    scales = [
        fit(Plain(most), Spots(), FAST, tmp_path / str(most), job=Job(), seed=5, machine=HERE, loss=mean)
        for most in (8, 3)
    ]
    first, second = (float(result.network.scale.detach()) for result in scales)
    assert first == pytest.approx(second, rel=1e-5)
    assert first != pytest.approx(0.1, rel=1e-2)


def test_frozen_parts_and_their_statistics_stay(tmp_path: Path) -> None:
    network = Toy()
    network.layers[0].requires_grad_(False)
    network.layers[1].requires_grad_(False)
    before = {name: value.copy() for name, value in weights_of(network).items()}
    after = weights_of(fit(network, Spots(), FAST, tmp_path, job=Job(), seed=1, machine=HERE).network)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"layers.4.weight", "layers.4.bias"}


def test_process_wide_settings_are_put_back(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    generator = torch.random.get_rng_state()
    fitted(tmp_path, optimise=FAST.model_copy(update={"epochs": 1}), machine=Machine("cpu", 2))
    assert torch.get_num_threads() == before
    assert torch.equal(torch.random.get_rng_state(), generator)


def test_progress_says_how_far_it_is(tmp_path: Path) -> None:
    seen: list[Progress] = []
    fitted(tmp_path, job=Job(seen.append))
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert seen[-1].fraction == 1
    assert len({one.message for one in seen}) == 4  # changes once per epoch
    assert "epoch 2/3" in seen[4].message
    assert "best MP" in seen[4].message


def test_half_precision_keeps_weights_and_scores_in_single(tmp_path: Path) -> None:
    result = fitted(tmp_path, optimise=FAST.model_copy(update={"precision": "auto"}))
    assert {str(value.dtype) for value in weights_of(result.network).values()} == {"float32", "int64"}
    assert uses_bfloat16(torch.device("cpu"), "float32") is False
    wrong = [
        ((result.network(batch.images) > 0) != (batch.target > 0.5)).float().mean().item()
        for batch in Spots().validation()
    ]
    assert result.best.mp == pytest.approx(100 * np.mean(wrong), abs=1e-9)


def test_fcn_of_small_patches_is_trained_in_single_precision() -> None:
    network = build(NetworkParams(kind="fcn-8s", channels=("2kV",), slices=1, width=4))
    processor, card = torch.device("cpu"), torch.device("cuda")
    assert not wide_enough(torch.zeros(1, 1, 64, 96), network, processor), "maps of 2 x 3 under 7 x 7 kernels"
    assert wide_enough(torch.zeros(1, 1, 128, 128), network, processor)
    assert wide_enough(torch.zeros(1, 1, 64, 64), network, card)
