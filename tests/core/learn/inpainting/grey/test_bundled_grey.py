"""The bundled network for grey planes is better than interpolation of images that it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import resources
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.grey.train import trained_on
from core.learn.inpainting.grey.trial import METHODS, filled
from core.models.library import bundled_folder
from core.rebuild.network_choice import filling_model, filling_of
from core.volume import Array

FOLDER = bundled_folder() / "fill-grey"
KNOTS = np.array([0, 4, 7, 12, 15, 20])


def stack(noise: float) -> tuple[Array, Array]:
    """A porous structure and its noisy slices; drawn unlike those that were trained with."""
    rng = np.random.default_rng(5)
    field = gaussian_filter(rng.standard_normal((21, 96, 96)), 3.5, mode="wrap")
    truth = gaussian_filter((field > 0).astype(np.float32), (0, 0.7, 0.7))
    return truth, (truth[KNOTS] + noise * rng.standard_normal((6, 96, 96))).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_it_is_better_than_interpolation(noise: float) -> None:
    network = filling_of(filling_model(str(FOLDER)), 1)
    truth, slices = stack(noise)
    error = {}
    for method in METHODS:
        planes, made = filled(slices, KNOTS, method, network)
        error[method] = float(np.mean((made - truth[planes]) ** 2))
    assert error["network"] < 0.85 * min(error["linear"], error["cubic-spline"])


def test_it_is_small_and_its_recipe_is_the_default_one() -> None:
    assert (FOLDER / "weights.onnx").stat().st_size < 500_000
    recipe = Path(str(resources.path("training/fill-grey.toml")))
    assert GreyFillingRecipe.load(recipe) == GreyFillingRecipe()
    assert filling_model(str(FOLDER)).spec.trained_on == trained_on(GreyFillingRecipe())
