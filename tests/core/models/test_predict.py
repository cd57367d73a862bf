"""Known answers of tiny networks; tiles, blocks and slice steps change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, VoxelError
from core.job import Job
from core.models import predict
from core.models.intensity import Levels
from core.models.predict import predict_planes, predict_stack
from core.models.session import open_session
from core.models.spec import ModelSpec
from core.models.work import Work, cut_for, reach_of
from core.volume import Array
from tests.core.models.tiny import SLOPE, mean_network, pooled_network, spec_of, volume_network

LEVELS = Levels(50, 150, 5)


def sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))


def grey(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(40, 160, shape).astype(np.uint8)


def shown(planes: Array) -> Array:
    return np.clip((planes.astype(float) - 50) / 100 * 2 - 1, -3, 3)


def work_of(path: Path, spec: ModelSpec, **rest: Any) -> Work:
    levels = dict.fromkeys(spec.channels, LEVELS)
    return Work(open_session(path, "cpu", 1), spec, levels, **rest)


def test_the_answer_is_that_of_the_network(tmp_path) -> None:
    work = work_of(mean_network(tmp_path / "m.onnx", [1], side=1), spec_of(halo_px=0))
    planes = grey((3, 8, 9))
    found = predict_planes(work, {"2kV": planes}, [2, 0]).probability
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, sigmoid(SLOPE * shown(planes[[2, 0]])), atol=1e-6)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_neighbours_are_taken_at_the_slice_step_and_repeated_at_the_ends(tmp_path, step: int) -> None:
    weights = [0.1, 0.2, 0.3, 0.25, 0.15]
    spec = spec_of(slices=5, halo_px=0)
    work = work_of(mean_network(tmp_path / "m.onnx", weights, side=1), spec, slice_step=step)
    planes = grey((9, 4, 5))
    found = predict_planes(work, {"2kV": planes}, range(9)).probability
    for number in range(9):
        places = np.clip(number + step * np.arange(-2, 3), 0, 8)
        expected = sigmoid(SLOPE * np.tensordot(weights, shown(planes[places]), 1))
        np.testing.assert_allclose(found[number], expected, atol=1e-6)


def test_channels_come_in_the_order_of_the_model(tmp_path) -> None:
    spec = spec_of(channels=("1kV", "4kV"), slices=3, halo_px=0)
    weights = [0, 0.7, 0, 0.1, 0.2, 0]
    work = work_of(mean_network(tmp_path / "m.onnx", weights, side=1), spec)
    one, four = grey((3, 4, 5)), grey((3, 4, 5), 1)
    [found] = predict_planes(work, {"4kV": four, "1kV": one}, [1]).probability
    expected = SLOPE * (0.7 * shown(one[1]) + 0.1 * shown(four[0]) + 0.2 * shown(four[1]))
    np.testing.assert_allclose(found, sigmoid(expected), atol=1e-6)


def test_values_may_be_shown_as_they_are(tmp_path) -> None:
    spec = spec_of(halo_px=0, normalisation="none")
    work = work_of(mean_network(tmp_path / "m.onnx", [1], side=1), spec)
    planes = np.linspace(-1, 1, 20, dtype=np.float32).reshape(1, 4, 5)
    np.testing.assert_allclose(
        predict_planes(work, {"2kV": planes}, [0]).probability, sigmoid(SLOPE * planes), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(37, 50), (8, 64), (5, 3), (1, 1)])
def test_no_tiling_can_be_seen(tmp_path, shape: tuple[int, int]) -> None:
    spec = spec_of(channels=("1kV", "2kV"), stride=4, halo_px=7, branches=True)
    work = work_of(pooled_network(tmp_path / "p.onnx", 2, branches=True), spec, branches=True)
    channels = {"1kV": grey((2, *shape)), "2kV": grey((2, *shape), 1)}
    whole = predict_planes(work, channels, [0, 1])
    assert whole.branches is not None
    np.testing.assert_allclose(whole.branches[1, 0], sigmoid(shown(channels["1kV"][1])), atol=1e-6)
    for parts in [(2, 1), (3, 4), (10, 13)]:
        cut = predict_planes(replace(work, parts_yx=parts), channels, [0, 1])
        np.testing.assert_allclose(cut.probability, whole.probability, atol=1e-6)
        assert cut.branches is not None
        np.testing.assert_allclose(cut.branches, whole.branches, atol=1e-6)


def test_too_small_a_halo_would_be_seen(tmp_path) -> None:
    work = work_of(pooled_network(tmp_path / "p.onnx"), spec_of(stride=4, halo_px=0))
    channels = {"2kV": grey((1, 40, 40))}
    whole = predict_planes(work, channels, [0]).probability
    cut = predict_planes(replace(work, parts_yx=(3, 3)), channels, [0]).probability
    assert np.abs(cut - whole).max() > 0.01


def test_pixels_beyond_the_lower_right_are_mirrored(tmp_path) -> None:
    spec = spec_of(stride=4, halo_px=7)
    work = work_of(pooled_network(tmp_path / "p.onnx"), spec)
    planes = grey((1, 10, 13))
    padded = np.pad(planes, ((0, 0), (0, 2), (0, 3)), mode="reflect")
    np.testing.assert_allclose(
        predict_planes(work, {"2kV": planes}, [0]).probability,
        predict_planes(work, {"2kV": padded}, [0]).probability[:, :10, :13],
        atol=1e-6,
    )


VOLUME = {"volume": True, "slices": 4, "stride": 2, "halo_px": 3, "halo_slices": 3}


@pytest.mark.parametrize("step", [1, 2])
def test_networks_along_z_do_not_depend_on_blocks(tmp_path, step: int) -> None:
    spec = spec_of(**VOLUME)
    work = work_of(volume_network(tmp_path / "v.onnx"), spec, slice_step=step)
    planes = grey((23, 9, 10))
    whole = predict_planes(work, {"2kV": planes}, range(23)).probability
    assert reach_of(spec, step) == work.reach == (4 - 1 + 4) * step
    for parts, size in [((1, 1), 1), ((2, 3), 5), ((1, 1), 9)]:
        for start in range(0, 23, size):
            stop = min(23, start + size)
            first, last = max(0, start - work.reach), min(23, stop + work.reach)
            found = predict_planes(
                replace(work, parts_yx=parts),
                {"2kV": planes[first:last]},
                range(start - first, stop - first),
                first=first,
            ).probability
            np.testing.assert_allclose(found, whole[start:stop], atol=1e-6)


def test_networks_along_z_give_what_one_long_input_gives(tmp_path) -> None:
    path, planes = volume_network(tmp_path / "v.onnx"), grey((12, 8, 8))
    found = predict_planes(work_of(path, spec_of(**VOLUME)), {"2kV": planes}, range(12)).probability
    # both ends repeated by as much as the context is: what lies beyond is zero for the network
    long = np.pad(shown(planes), ((4, 4), (0, 0), (0, 0)), mode="edge").astype(np.float32)
    expected, _ = open_session(path, "cpu", 1).run(long[None, None])
    np.testing.assert_allclose(found, expected[0, 0, 4:-4], atol=1e-6)


def test_windows_along_z_are_computed_once_and_never_mistaken(tmp_path, monkeypatch) -> None:
    calls = []
    original = predict._predict_window
    monkeypatch.setattr(predict, "_predict_window", lambda *args: calls.append(1) or original(*args))
    work = work_of(volume_network(tmp_path / "v.onnx"), spec_of(**VOLUME))
    one, other = grey((8, 8, 8), 2), grey((8, 8, 8), 3)
    for number in range(4):
        predict_planes(work, {"2kV": one}, [number])
    assert len(calls) == 1
    first = predict_planes(work, {"2kV": one}, [0]).probability
    changed = predict_planes(work, {"2kV": other}, [0]).probability
    assert len(calls) == 2
    assert np.abs(first - changed).max() > 0.01
    brighter = replace(work, levels={"2kV": Levels(40, 140, 5)})
    assert np.abs(predict_planes(brighter, {"2kV": one}, [0]).probability - first).max() > 1e-3


def test_a_stack_in_memory_gets_its_levels_from_itself(tmp_path) -> None:
    rng = np.random.default_rng(0)
    solid = np.zeros((4, 40, 40), bool)
    solid[:, 10:30, 5:30] = True
    planes = (60 + 100 * solid + rng.normal(0, 4, solid.shape)).clip(0, 255).astype(np.uint8)
    session = open_session(mean_network(tmp_path / "m.onnx", [1]), "cpu", 1)
    found = predict_stack(session, spec_of(), {"2kV": planes}, job=Job())
    # a line of pixels along the edge is the mean of both
    inside = np.zeros_like(solid)
    inside[:, 11:29, 6:29] = True
    outside = np.ones_like(solid)
    outside[:, 9:31, 4:31] = False
    assert found[inside].min() > 0.9
    assert found[outside].max() < 0.3
    again = predict_stack(session, spec_of(), {"2kV": planes}, parts_yx=(3, 2))
    np.testing.assert_allclose(again, found, atol=1e-6)


def test_a_stopped_job_ends(tmp_path) -> None:
    job = Job()
    job.stop.set()
    session = open_session(mean_network(tmp_path / "m.onnx", [1]), "cpu", 1)
    with pytest.raises(Cancelled):
        predict_stack(session, spec_of(), {"2kV": grey((2, 8, 8))}, levels={"2kV": LEVELS}, job=job)
    work = work_of(tmp_path / "m.onnx", spec_of(), job=job)
    with pytest.raises(Cancelled):
        predict_planes(work, {"2kV": grey((2, 8, 8))}, [0])


def test_answers_that_are_no_numbers_are_refused(tmp_path) -> None:
    work = work_of(mean_network(tmp_path / "m.onnx", [np.nan]), spec_of())
    with pytest.raises(VoxelError, match="tiny"):
        predict_planes(work, {"2kV": grey((1, 8, 8))}, [0])


def test_answers_of_branches_that_are_no_numbers_are_refused() -> None:
    class Runner:
        def run(self, x: Array, job: Job | None = None) -> tuple[Array, Array | None]:
            del job
            return x[:, :1] * 0, np.full_like(x, np.nan)

    work = Work(Runner(), spec_of(branches=True), {"2kV": LEVELS}, branches=True)
    with pytest.raises(VoxelError, match="no numbers"):
        predict_planes(work, {"2kV": grey((1, 8, 8))}, [0])


def test_the_cut_follows_the_network(tmp_path) -> None:
    path = mean_network(tmp_path / "m.onnx", [1, 1, 1])
    spec = spec_of(slices=3)
    assert cut_for(spec, path, (500, 500)) == (1, 1)
    rows, columns = cut_for(spec, path, (20_000, 20_000))
    assert rows * columns > 100
    volume = volume_network(tmp_path / "v.onnx")
    assert cut_for(spec_of(**VOLUME), volume, (100, 100)) == (1, 1)
