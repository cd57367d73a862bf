"""Windows to train with are what a network that fills gaps is shown later, and repeat themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.learn.inpainting.recipe import FillingRecipe, GapParams
from core.learn.inpainting.source import GapWindows, turned_window
from core.learn.inpainting.structures import Solid, drawn_slices, made
from core.learn.inpainting.train import trained_on
from core.learn.networks.inpainting import NEAR_PX
from core.rebuild.network_choice import filling_model
from core.rebuild.network_input import CAP_PX, CHANNELS, DISTANCE_UNIT_PX, DISTANCES
from tests.core.learn.inpainting.tiny import recipe


@pytest.fixture(scope="module")
def source() -> GapWindows:
    return GapWindows(recipe())


def test_batches_are_a_function_of_epoch_and_index(source: GapWindows) -> None:
    one, again, other = source.batch(0, 1), source.batch(0, 1), source.batch(1, 1)
    assert torch.equal(one.images, again.images)
    assert torch.equal(one.target, again.target)
    assert not torch.equal(one.images, other.images)


def test_windows_lie_at_edges_and_hold_distances_and_offsets(source: GapWindows) -> None:
    batch = source.batch(0, 0)
    assert batch.images.shape == (32, len(CHANNELS), 5, 5)
    assert batch.target.shape == (32, 1, 1, 1)
    assert set(batch.target.unique().tolist()) == {0.0, 1.0}
    distances, offsets = batch.images[:, :DISTANCES], batch.images[:, DISTANCES:]
    assert float(distances[:, :-1].abs().max()) <= CAP_PX / DISTANCE_UNIT_PX * 1.001
    assert float(distances[:, -1, 2, 2].abs().max()) < NEAR_PX / DISTANCE_UNIT_PX
    assert torch.equal(offsets, offsets[:, :, :1, :1].expand_as(offsets))
    assert bool((offsets[:, 0] > 0).all())
    assert bool((offsets[:, 0] <= offsets[:, 2]).all())


def test_interpolation_is_mostly_right(source: GapWindows) -> None:
    batch = source.batch(0, 2)
    guessed = batch.images[:, DISTANCES - 1, 2, 2] > 0
    assert float((guessed == (batch.target[:, 0, 0, 0] > 0.5)).float().mean()) > 0.7


def test_validation_is_the_same_each_time_and_of_another_structure(source: GapWindows) -> None:
    one, again = list(source.validation()), list(source.validation())
    assert len(one) == 1
    assert torch.equal(one[0].images, again[0].images)


def test_all_eight_ways_of_turning_differ_and_stay_square() -> None:
    ways = [turned_window(2, way) for way in range(8)]
    seen = {tuple(map(tuple, np.stack(way).reshape(2, -1).tolist())) for way in ways}
    assert len(seen) == 8
    for down, across in ways:
        assert sorted(zip(down.ravel(), across.ravel(), strict=True)) == sorted(
            (y, x) for y in range(-2, 3) for x in range(-2, 3)
        )


def test_half_of_the_structures_are_gold_and_slices_leave_gaps() -> None:
    gaps = GapParams(depth_px=24, side_px=64)
    solids = [made(gaps, 3, number, Job()) for number in range(4)]
    assert [solid.gold for solid in solids] == [False, True, False, True]
    for number, solid in enumerate(solids):
        slices = drawn_slices(solid, gaps, np.random.default_rng(number))
        assert np.all(np.diff(slices) > 0)
        assert 0 <= slices[0] < slices[-1] < gaps.depth_px
        assert np.any(np.diff(slices) > 1)
    assert np.array_equal(solids[2].solid, made(gaps, 3, 2, Job()).solid)


def test_slices_of_a_thin_structure_are_drawn_until_two_fit() -> None:
    gaps = GapParams(depth_px=24, side_px=64, distance=(1.0, 1.0), spread=(0.5, 0.5))
    thin = Solid(np.zeros((24, 1, 1), bool), np.empty(0), 20.0, gold=False)
    for number in range(40):
        assert len(drawn_slices(thin, gaps, np.random.default_rng(number))) >= 2


def test_a_structure_too_thin_for_its_slices_is_refused() -> None:
    gaps = GapParams(depth_px=16, distance=(1.0, 1.0), spread=(0.01, 0.01))
    thin = Solid(np.zeros((16, 1, 1), bool), np.empty(0), 40.0, gold=False)
    with pytest.raises(ParameterError, match="no slices with a gap"):
        drawn_slices(thin, gaps, np.random.default_rng(1))


@pytest.mark.parametrize("name", ["ligament_px", "distance", "spread"])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (2.0, 1.0)])
def test_ranges_go_upwards_from_above_zero(name: str, ends: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="the least first"):
        GapParams.parse({name: ends}, owner="gaps")


def test_what_is_known_of_slices_is_that_of_the_recipe() -> None:
    others: dict[str, Any] = {"ligament_px": (10.0, 20.0), "distance": (0.5, 1.0)}
    assert GapParams(gold=0, **others).slices_px == (5.0, 20.0)
    assert GapParams(gold=0.5, **others).slices_px == (4.064, 20.0)
    assert GapParams(gold=1, **others).slices_px == (4.064, 4.064)
    assert "10 to 20 px, cut into slices 4.064 to 20 px apart; 30%" in trained_on(
        FillingRecipe(gaps=GapParams(gold=0.3, **others))
    )
    assert filling_model("fill-shapes").spec.trained_on == trained_on(FillingRecipe())


def test_a_batch_has_equal_numbers_of_windows_from_each_plane() -> None:
    with pytest.raises(ParameterError, match="equal numbers of windows"):
        GapWindows(recipe(windows=15))


def test_making_structures_can_be_stopped() -> None:
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        GapWindows(recipe(), job)


def test_a_recipe_is_a_file() -> None:
    assert FillingRecipe.loads(FillingRecipe().dumps()) == FillingRecipe()
