"""Patches to train with are what the network is shown later, and repeat themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import Cancelled, ParameterError
from core.job import Job
from core.learn.inpainting.grey.drawing import drawn
from core.learn.inpainting.grey.recipe import GreyFillingRecipe, GreyImageParams, GreyNetworkParams
from core.learn.inpainting.grey.source import GreyPatches
from core.learn.inpainting.grey.train import error_share
from core.learn.inpainting.recipe import GapParams
from core.rebuild.network_grey_input import CHANNELS, CUBIC, PLANES
from tests.core.learn.inpainting.grey.tiny_grey import recipe

GAPS = GapParams(depth_px=16, side_px=64, gold=0.5)


@pytest.fixture(scope="module")
def source() -> GreyPatches:
    return GreyPatches(recipe())


def test_batches_are_a_function_of_epoch_and_index(source: GreyPatches) -> None:
    one, again, other = source.batch(0, 1), source.batch(0, 1), source.batch(1, 1)
    assert torch.equal(one.images, again.images)
    assert torch.equal(one.target, again.target)
    assert not torch.equal(one.images, other.images)
    assert one.images.shape == (4, len(CHANNELS), 20, 20)
    assert one.target.shape == (4, 1, 12, 12)


def test_an_error_of_one_is_that_of_the_spline(source: GreyPatches) -> None:
    errors = []
    for index in range(20):
        batch = source.batch(0, index)
        spline = batch.images[:, CUBIC : CUBIC + 1, 4:-4, 4:-4]
        errors.append(float(((spline - batch.target) ** 2).mean()))
        assert bool((batch.images[:, PLANES:, :1, :1] == batch.images[:, PLANES:]).all())
    assert 0.1 < float(np.mean(errors)) < 1.2


def test_validation_is_the_same_each_time(source: GreyPatches) -> None:
    one, again = list(source.validation()), list(source.validation())
    assert len(one) == 1
    assert torch.equal(one[0].images, again[0].images)


def test_only_slices_are_noisy_and_noise_is_as_stated() -> None:
    images = GreyImageParams(noise=(0.2, 0.2), sheets=0.0)
    rng = np.random.default_rng(1)
    several = [drawn(GAPS, images, 3, number, Job()) for number in range(4)]
    assert np.array_equal(several[1].grey, drawn(GAPS, images, 3, 1, Job()).grey)
    noisy = [image for image in several if image.noise and not image.flicker]
    assert noisy
    for image in noisy:
        planes = image.grey.astype(np.float32)
        apart = (image.measured(planes, rng) - planes)[np.abs(planes - 0.5) < 0.1]
        assert apart.std() == pytest.approx(0.2, rel=0.08)
        assert abs(apart.mean()) < 0.01


def test_bright_is_solid_and_contrast_is_about_one() -> None:
    image = drawn(GAPS, GreyImageParams(sheets=0.0), 3, 1, Job())
    assert image.solid.gold
    grey, solid = image.grey.astype(np.float32), image.solid.solid
    assert 0.3 < grey[solid].mean() - grey[~solid].mean() < 1.5
    assert abs(float(grey.mean())) < 0.01


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ParameterError, match="fit an image"):
        GreyPatches(recipe(patch_px=60))
    with pytest.raises(ParameterError, match="the least first"):
        GreyImageParams.parse({"noise": (0.0, 0.3)}, owner="images")
    with pytest.raises(ParameterError, match="odd"):
        GreyNetworkParams.parse({"first_px": 4}, owner="network")
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        GreyPatches(recipe(), job)


def test_an_error_that_is_not_a_number_is_no_good_one() -> None:
    target = torch.zeros(2, 1, 3, 3)
    assert error_share(target + 0.5, target) == (4500, 18_000)
    for value in (torch.nan, torch.inf):
        assert error_share(target + value, target) == (18_000, 18_000)


def test_a_recipe_is_a_file() -> None:
    assert GreyFillingRecipe.loads(GreyFillingRecipe().dumps()) == GreyFillingRecipe()
