"""The network's probabilities as a step: levels, fit, channels and depths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.block import Block, merged
from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.models import memory
from core.models.choice import ProbabilityParams, model_names
from core.models.uncertainty import entropy_bits
from core.steps.probability import PROBABILITY
from core.steps.segment import SegmentParams
from core.volume import Array, VolumeInfo
from tests.core.models.tiny import SLOPE
from tests.core.steps.asking import MEAN5, VOXEL_NM, info_of, stack

pytestmark = pytest.mark.usefixtures("network_library")


def blocks(data: Array, info: VolumeInfo, halo: int, size: int) -> Iterator[Block]:
    for start in range(0, len(data), size):
        stop = min(len(data), start + size)
        first, last = max(0, start - halo), min(len(data), stop + halo)
        yield Block(data[first:last], first, slice(start - first, stop - first), info)


def result_of(data: Array, info: VolumeInfo, size: int = 100, **values: Any) -> tuple[Array, Any]:
    params = ProbabilityParams(**values)
    PROBABILITY.output(info, params)
    seen = merged(PROBABILITY.observe(block, params) for block in blocks(data, info, 0, size))
    estimate = PROBABILITY.estimate(seen, info, params)
    assert PROBABILITY.estimate_type.model_validate_json(estimate.model_dump_json()) == estimate
    parts = [
        PROBABILITY.apply(block, params, estimate)[block.inner]
        for block in blocks(data, info, PROBABILITY.around(info, params), size)
    ]
    return np.concatenate(parts), estimate


def expected(data: Array, estimate: Any, step: int = 1) -> Array:
    """Probability by the tiny network of five slices, 0-1."""
    levels = estimate.levels["2kV"]
    shown = np.clip((data.astype(float) - levels.low) / (levels.high - levels.low) * 2 - 1, -3, 3)
    places = np.clip(np.arange(len(data))[:, None] + step * np.arange(-2, 3), 0, len(data) - 1)
    mixed = np.einsum("zkyx,k->zyx", shown[places], MEAN5)
    padded = np.pad(mixed, ((0, 0), (1, 1), (1, 1)))
    around = sum(padded[:, i : i + data.shape[1], j : j + data.shape[2]] for i in range(3) for j in range(3))
    return 1 / (1 + np.exp(-SLOPE * around / 9))


@pytest.mark.parametrize(("voxel_nm", "step"), [(VOXEL_NM, 1), ((5, 2.5, 2.5), 2), ((2.5, 2.5, 2.5), 4)])
def test_probabilities_are_those_of_the_network_in_any_blocks(voxel_nm: Any, step: int) -> None:
    data = stack(11)
    info = info_of(data, voxel_nm)
    whole, estimate = result_of(data, info, model="five")
    assert estimate.slice_step == step
    assert estimate.inputs == {"2kV": "2kV-TLD"}
    assert abs(estimate.levels["2kV"].low - 60) < 9
    assert abs(estimate.levels["2kV"].high - 150) < 9
    assert estimate.fit == ()
    assert estimate.provider == "CPU"
    assert whole.dtype == np.uint8
    np.testing.assert_allclose(whole, expected(data, estimate, step) * 255, atol=0.51)
    for size in (1, 3):
        part, found = result_of(data, info, size, model="five")
        assert found == estimate
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize("known", ["numbers", "positions"])
def test_dropped_slices_are_not_closed_up(known: str) -> None:
    kept = (0, 1, 2, 3, 6, 7, 8, 9, 10)
    data = stack(11)[list(kept)]
    how = {"slice_numbers": kept} if known == "numbers" else {"z_nm": tuple(10.0 * n for n in kept)}
    whole, estimate = result_of(data, info_of(data, **how), model="five")
    # 4 is as near to 3 as 5 is to 6; seen from one side, the nearer one is shown instead.
    closed = stack(11)
    closed[4], closed[5] = closed[3], closed[6]
    filled = expected(closed, estimate) * 255
    np.testing.assert_allclose(whole, filled[list(kept)], atol=0.51)
    assert estimate.remarks() == (
        "4 of 9 slices have a neighbour missing: the model five is shown the nearest slice in its place.",
    )
    for size in (1, 3):
        part, found = result_of(data, info_of(data, **how), size, model="five")
        assert found == estimate
        np.testing.assert_array_equal(part, whole)


def test_sixteen_bits_and_uncertainty() -> None:
    data = stack()
    fine, estimate = result_of(data, info_of(data), model="five", depth=16)
    assert fine.dtype == np.uint16
    probability = expected(data, estimate)
    np.testing.assert_allclose(fine, probability * 65535, atol=0.6)
    unsure, _ = result_of(data, info_of(data), model="five", quantity="entropy")
    np.testing.assert_allclose(unsure, entropy_bits(probability) * 255, atol=0.6)
    described = [
        PROBABILITY.output(info_of(data), ProbabilityParams(model="five", quantity=quantity)).content
        for quantity in ("probability", "entropy")
    ]
    assert described == ["probability", "grey"]


def test_entropy_is_one_bit_where_nothing_is_known() -> None:
    np.testing.assert_allclose(entropy_bits(np.array([0, 0.5, 1, 0.25])), [0, 1, 0, 0.811278], atol=1e-6)


@pytest.mark.parametrize(
    ("values", "voxel_nm", "error", "words"),
    [
        ({}, VOXEL_NM, ParameterError, "five, plane, two"),
        ({"model": "nothing"}, VOXEL_NM, ParameterError, "no model 'nothing'"),
        ({"model": "filling"}, VOXEL_NM, ParameterError, "does not tell solid from pore"),
        ({"model": "five", "quantity": "disagreement"}, VOXEL_NM, ParameterError, "branches"),
        ({"model": "five"}, (None, None, None), MissingMetadataError, "--voxel-nm-zyx"),
        ({"model": "five"}, (10, 9, 9), VoxelError, "9 nm"),
        ({"model": "five"}, (1, 2.5, 2.5), ParameterError, "--slice-step 10"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_computed(
    values: dict[str, Any], voxel_nm: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        PROBABILITY.output(info_of(stack(), voxel_nm), ProbabilityParams(**values))
    assert words in str(caught.value)


def test_data_of_another_kind_are_refused() -> None:
    data = stack()
    params = ProbabilityParams(model="plane")
    with pytest.raises(ParameterError, match="label"):
        PROBABILITY.output(info_of(data, content="labels"), params)
    with pytest.raises(ParameterError, match="1 kV"):
        PROBABILITY.output(info_of(data, channel="1kV"), params)
    around = (((0.0, 0.0), (0.0, 30.0), (30.0, 30.0)),) * len(data)
    with pytest.raises(ParameterError, match="whole canvas"):
        PROBABILITY.output(info_of(data, footprint=around), params)


def test_noise_beyond_the_training_data_is_refused_or_noted() -> None:
    noisy = stack(noise=25)
    with pytest.raises(VoxelError, match="contrast by noise"):
        result_of(noisy, info_of(noisy), model="five")
    _, estimate = result_of(noisy, info_of(noisy), model="five", force=True)
    [note] = estimate.remarks()
    assert "all the same" in note


def test_values_that_are_no_numbers_are_refused() -> None:
    data = stack().astype(np.float32)
    data[4, 20, 11] = np.nan
    with pytest.raises(VoxelError, match="slice 4"):
        result_of(data, info_of(data), model="five")


def test_a_blank_stack_is_refused() -> None:
    data = np.full((3, 20, 20), 90, np.uint8)
    with pytest.raises(VoxelError, match="2kV-TLD"):
        result_of(data, info_of(data), model="plane")


def test_an_edited_estimate_may_not_look_farther_than_foreseen() -> None:
    data = stack()
    params = ProbabilityParams(model="five")
    [block] = blocks(data, info_of(data), 0, 100)
    estimate = PROBABILITY.estimate(PROBABILITY.observe(block, params), info_of(data), params)
    with pytest.raises(ParameterError, match="--slice-step 9"):
        PROBABILITY.apply(block, params, estimate.model_copy(update={"slice_step": 9}))


def test_all_channels_are_looked_at_at_once() -> None:
    params = ProbabilityParams(model="two", quantity="disagreement")
    assert PROBABILITY.fuses(params)
    assert not PROBABILITY.fuses(ProbabilityParams(model="five"))
    assert not PROBABILITY.fuses(ProbabilityParams(model="nothing"))
    one, two = stack(3, 1), stack(3, 2).astype(np.uint16) * 100
    info = info_of(one, channel="1kV-TLD")
    peers = {"1kV-TLD": one, "ICD": one, "2kV": two}
    block = Block(one, 0, slice(0, 3), info, peers=peers)
    estimate = PROBABILITY.estimate(PROBABILITY.observe(block, params), info, params)
    assert estimate.inputs == {"1kV": "1kV-TLD", "2kV": "2kV"}
    assert abs(estimate.levels["2kV"].high - 15_000) < 900
    assert any("does not look at ICD" in note for note in estimate.fit)
    result = PROBABILITY.apply(block, params, estimate)
    alone = [
        1 / (1 + np.exp(-np.clip((data - levels.low) / (levels.high - levels.low) * 2 - 1, -3, 3)))
        for data, levels in ((one, estimate.levels["1kV"]), (two, estimate.levels["2kV"]))
    ]
    np.testing.assert_allclose(result, np.std(alone, axis=0) * 255, atol=0.6)
    with pytest.raises(ParameterError, match="no channel is its '2kV'"):
        PROBABILITY.observe(Block(one, 0, slice(0, 3), info, peers={"1kV-TLD": one}), params)


def test_names_of_models_are_suggested_and_results_are_named_by_weights(network_library: Path) -> None:
    assert model_names() == ("five", "plane", "two")
    suggested = SegmentParams.model_fields["method"].json_schema_extra["suggestions"]()
    assert suggested == tuple(f"model:{name}" for name in model_names())
    [name] = PROBABILITY.identity(ProbabilityParams(model="five")).values()
    assert name == memory.fingerprint("five")
    assert PROBABILITY.identity(ProbabilityParams(model="nothing")) == {}
    assert PROBABILITY.around(info_of(np.zeros((3, 4, 5), np.uint8)), ProbabilityParams(model="nothing")) == 0
    by_path = PROBABILITY.identity(ProbabilityParams(model=str(network_library / "five")))
    assert by_path == {"model": name}


def test_own_values_for_another_network_are_refused() -> None:
    data = stack(5)
    info = info_of(data)
    _, estimate = result_of(data, info, model="five")
    [block] = blocks(data, info, 0, 5)
    for wrong in (estimate.model_copy(update={"fingerprint": "0" * 64}), PROBABILITY.estimate_type()):
        with pytest.raises(ParameterError, match="another one"):
            PROBABILITY.apply(block, ProbabilityParams(model="five"), wrong)
