"""How good a network is at grey planes, beside interpolation of the same slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.job import Job
from core.learn.inpainting.grey.drawing import drawn
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.recipe import GOLD_SLICES_PX
from core.models.texts import Measured
from core.rebuild.blend import blend_into
from core.rebuild.draws import drawn_planes
from core.rebuild.network import Filling
from core.rebuild.network_grey import network_grey_into
from core.rebuild.network_input import between
from core.rebuild.weights import Kind, row_at
from core.volume import Array

NOISES = (0.0, 0.1, 0.3)
"""Standard deviations of a bright pixel by the contrast."""
METHODS = ("linear", "cubic-spline", "network")
_FIRST = 100_000
"""Numbers of structures that no training reaches."""


def tested(network: Filling, recipe: GreyFillingRecipe, job: Job) -> tuple[Measured, ...]:
    """Measure on hierarchical structures that were not trained with, one draw of slices each.

    Parameters
    ----------
    network : Filling
    recipe : GreyFillingRecipe
        How images are drawn, and of how many structures; nothing is measured with none.
    job : Job

    Returns
    -------
    tuple of Measured
        Of filled planes beside their truth without noise; one for each noise.
    """
    rows = [_one(network, recipe, number, job) for number in range(recipe.test_structures)]
    if not rows:
        return ()
    found = []
    for noise in NOISES:
        of = {name: float(np.mean([row[noise][name] for row in rows])) for name in METHODS}
        found.append(
            Measured(
                data="drawn-images",
                condition=f"noise {noise:g}",
                condition_long=f"filled planes, noise {noise:g} of the contrast",
                values={"mse": of["network"]},
                samples=len(rows),
                remark=f"Same slices: linear {of['linear']:.3g}, cubic spline {of['cubic-spline']:.3g}.",
            )
        )
    return tuple(found)


def _one(
    network: Filling, recipe: GreyFillingRecipe, number: int, job: Job
) -> Mapping[float, Mapping[str, float]]:
    """Mean squared error of filled planes by noise and method; contrast of solid and pore is about 1."""
    gaps = recipe.gaps.model_copy(update={"gold": 1.0})
    image = drawn(gaps, recipe.images, recipe.seed, _FIRST + number, job)
    truth = image.grey.astype(np.float32)
    rng = np.random.default_rng((recipe.seed, _FIRST, number))
    mean_px, sd_px = GOLD_SLICES_PX
    knots = drawn_planes(len(truth), 1.0, mean_nm=mean_px, sd_nm=sd_px, rng=rng)
    scores: dict[float, dict[str, float]] = {}
    for noise in NOISES:
        slices = replace(image, noise=noise).measured(truth[knots], rng)
        scores[noise] = {}
        for method in METHODS:
            job.check()
            planes, made = filled(slices, knots, method, network)
            scores[noise][method] = float(np.mean((made - truth[planes]) ** 2))
    return scores


def filled(slices: Array, knots: Array, method: str, network: Filling | None = None) -> tuple[Array, Array]:
    """Make the planes between slices.

    Parameters
    ----------
    slices : ndarray, shape (n, y, x)
    knots : ndarray of int64, shape (n,)
        Planes that they lie on, increasing.
    method : {'linear', 'cubic-spline', 'network'}
    network : Filling, optional
        For the method that needs one.

    Returns
    -------
    planes : ndarray of int64, shape (m,)
        Which ones were made: those between the outermost slices that are none.
    made : ndarray of the type of `slices`, shape (m, y, x)
    """
    planes = np.setdiff1d(np.arange(knots[0], knots[-1]), knots)
    places, out = knots.astype(np.float64), np.empty((len(planes), *slices.shape[1:]), slices.dtype)
    if method == "network":
        if network is None:
            raise ValueError("there is no network")
        items = [between(places, float(plane)) for plane in planes]
        network_grey_into(out, range(len(planes)), slices, items, 0, network=network)
    else:
        kind: Kind = "linear" if method == "linear" else "cubic"
        rows = [row_at(places, float(plane), kind) for plane in planes]
        blend_into(out, range(len(planes)), slices, rows, 0)
    return planes, out
