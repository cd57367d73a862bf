"""Patches of planes that are to be made, with the noisy slices around them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from core.errors import ParameterError
from core.job import Job
from core.learn.data.batch import Batch
from core.learn.inpainting.grey.drawing import Drawn, drawn
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.structures import drawn_slices
from core.models.spec import Known
from core.rebuild.network_grey_input import CHANNELS, CUBIC, PLANES, as_grey_input
from core.rebuild.network_input import Between, between
from core.volume import Array

_TRAIN, _VALIDATION = range(2)
_VALIDATION_PATCHES = 24
_LEAST_ERROR = 0.03
_SILENT = Job()


class GreyPatches:
    """A `PatchSource`: the truth is the plane without noise.

    Patches are multiplied so that the error of the cubic spline is about 1 in each: images of little contrast
    count as much as others, and a mean squared error of 1 is that of the spline.

    Parameters
    ----------
    recipe : GreyFillingRecipe
    job : Job
        Progress and cancelling of making the images, which is done at once.

    Raises
    ------
    ParameterError
        If a patch with what is seen around it is larger than an image.
    """

    def __init__(self, recipe: GreyFillingRecipe, job: Job = _SILENT) -> None:
        self._recipe, gaps = recipe, recipe.gaps
        self._side = recipe.images.patch_px + 2 * recipe.network.reach_px
        if self._side > gaps.side_px:
            raise ParameterError(
                "a patch with its surroundings has to fit an image",
                expected=f"gaps.side_px of at least {self._side}",
                got=gaps.side_px,
            )
        count = gaps.structures + gaps.validation
        numbers = job.track(range(count), count, "Drawing images")
        all_of_them = [drawn(gaps, recipe.images, recipe.seed, number, job) for number in numbers]
        self._train, self._others = all_of_them[: gaps.structures], all_of_them[gaps.structures :]
        self._kept: list[Batch] | None = None
        self._lock = threading.Lock()

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches of every epoch."""
        return self._recipe.images.batches_per_epoch

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch for training: a pure function of seed, epoch and index."""
        rng = np.random.default_rng((self._recipe.seed, _TRAIN, epoch, index))
        chosen = rng.integers(0, len(self._train), self._recipe.optimise.batch_size)
        return self._joined([self._train[number] for number in chosen], rng)

    def validation(self) -> Iterator[Batch]:
        """Patches of other structures, the same each time, not turned."""
        with self._lock:
            if self._kept is None:
                self._kept = [
                    self._joined([image] * _VALIDATION_PATCHES, self._chance(number), turned=False)
                    for number, image in enumerate(self._others)
                ]
        yield from self._kept

    def known(self) -> Known:
        """What the data look like; the network knows pixels only, which are taken for 1 nm here."""
        return Known(pixel_nm=(1.0, 1.0), slice_nm=self._recipe.gaps.slices_px)

    def describe(self) -> dict[str, Any]:
        """What is said of the data on the card of a model."""
        recipe = self._recipe
        parts = {**recipe.gaps.model_dump(mode="json"), **recipe.images.model_dump(mode="json")}
        return {"kind": "drawn images", "seed": recipe.seed, **parts}

    def example(self) -> Array:
        """Input of a plane of the first image, for test tensor and cover; float32, (10, side, side)."""
        return self._patch(self._train[0], np.random.default_rng(self._recipe.seed))[0]

    def _chance(self, number: int) -> np.random.Generator:
        return np.random.default_rng((self._recipe.seed, _VALIDATION, number))

    def _joined(self, images: list[Drawn], rng: np.random.Generator, *, turned: bool = True) -> Batch:
        side, reach = self._side, self._recipe.network.reach_px
        # Channels last in memory, as convolutions of the processor prefer them.
        stored = np.empty((len(images), side, side, len(CHANNELS)), dtype=np.float32)
        targets = np.empty((len(images), 1, side - 2 * reach, side - 2 * reach), dtype=np.float32)
        for number, image in enumerate(images):
            found, truth = self._patch(image, rng)
            if turned:
                found, truth = _turned(found, truth, rng)
            stored[number] = np.moveaxis(found, 0, -1)
            targets[number] = truth[np.newaxis, reach : side - reach, reach : side - reach]
        return Batch(torch.from_numpy(stored).permute(0, 3, 1, 2), torch.from_numpy(targets))

    def _patch(self, image: Drawn, rng: np.random.Generator) -> tuple[Array, Array]:
        """Input and truth of one patch, (10, side, side) and (side, side)."""
        plane, item, needed = self._plane(image, rng)
        y, x = (slice(at, at + self._side) for at in rng.integers(0, image.grey.shape[1] - self._side + 1, 2))
        slices = image.measured(image.grey[needed, y, x].astype(np.float32), rng)
        truth = image.grey[plane, y, x].astype(np.float32)
        found = as_grey_input(slices, item, item.first)
        error = float(np.sqrt(np.mean((found[CUBIC] - truth) ** 2)))
        scale = np.float32(1 / (error + _LEAST_ERROR))
        found[:PLANES] *= scale
        return found, truth * scale

    def _plane(self, image: Drawn, rng: np.random.Generator) -> tuple[int, Between, Array]:
        """A plane to be filled, what it is made from, and which planes are measured for it."""
        knots = drawn_slices(image.solid, self._recipe.gaps, rng)
        plane = int(rng.choice(np.setdiff1d(np.arange(knots[0], knots[-1]), knots)))
        item = between(knots.astype(np.float64), float(plane))
        return plane, item, knots[item.first : item.stop]


def _turned(found: Array, truth: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """One of eight ways, and half of the time with bright and dark exchanged."""
    way, flipped, sign = int(rng.integers(4)), rng.random() < 0.5, -1 if rng.random() < 0.5 else 1
    found, truth = np.rot90(found, way, (1, 2)), np.rot90(truth, way)
    if flipped:
        found, truth = found[:, :, ::-1], truth[:, ::-1]
    if sign < 0:
        found = found.copy()
        found[:PLANES] *= -1
    return found, truth * np.float32(sign)
