"""Sections along z with their gaps, as the inpainting network of article II is shown them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
import torch

from core.job import Job
from core.learn.data.batch import Batch
from core.learn.inpainting.recipe import GapParams
from core.learn.inpainting.structures import Solid, drawn_slices, made
from core.models.spec import Known
from core.rebuild.network_input import CAP_PX
from core.rebuild.weights import row_at
from core.volume import Array

Voxels: TypeAlias = Literal["binary", "signed-distance"]
PATCH_PX, STRIDE_PX = 64, 32
"""Article II, supplement, Table S2."""
_TRAIN, _VALIDATION = range(2)
_VALIDATION_PATCHES = 256


def in_sections(slices: Array, knots: Array, depth: int) -> Array:
    """Voxels with gaps, mask, and voxels with their gaps interpolated by a cubic spline.

    Parameters
    ----------
    slices : ndarray, shape (n, y, x)
        Values of the slices, pore 0 and solid 1.
    knots : ndarray of int64, shape (n,)
        Planes that they lie on, increasing.
    depth : int
        Planes of the volume.

    Returns
    -------
    ndarray of float32, shape (3, depth, y, x)
    """
    found = np.zeros((3, depth, *slices.shape[1:]), dtype=np.float32)
    found[0, knots], found[1, knots] = slices, 1.0
    places = knots.astype(np.float64)
    for plane in range(depth):
        row = row_at(places, float(plane), "cubic")
        for weight, values in zip(row.weights, slices[row.first : row.stop], strict=True):
            found[2, plane] += np.float32(weight) * values
    return found


def shown(solid: Solid, planes: Array, voxels: Voxels) -> Array:
    """Values of some planes, pore towards 0 and solid towards 1; float32, (n, y, x)."""
    if voxels == "binary":
        return solid.solid[planes].astype(np.float32)
    return solid.distances[planes].astype(np.float32) / (2 * CAP_PX) + 0.5


class SectionPatches:
    """A `PatchSource` for `core.learn.networks.inpainting.ArticleNetwork`.

    Patches of 64 x 64 px from zx and zy sections at half their size from each other, turned by half turns and
    mirrored (quarter turns would turn the gaps).

    Parameters
    ----------
    gaps : GapParams
        Structures; only those like gold are used.
    seed, batch_size : int
    voxels : str
        What the network is shown.
    job : Job
    """

    def __init__(self, gaps: GapParams, seed: int, batch_size: int, voxels: Voxels, job: Job) -> None:
        self._gaps = gaps.model_copy(update={"gold": 1.0})
        self._seed, self._size, self._voxels = seed, batch_size, voxels
        count = gaps.structures + gaps.validation
        numbers = job.track(range(count), count, "Making structures")
        self._solids = [made(self._gaps, seed, number, job) for number in numbers]
        self._kept: list[Batch] | None = None

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches of every epoch."""
        return self._gaps.batches_per_epoch

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch, from one structure: a pure function of seed, epoch and index."""
        rng = np.random.default_rng((self._seed, _TRAIN, epoch, index))
        solid = self._solids[int(rng.integers(self._gaps.structures))]
        return self._drawn(solid, self._size, rng, turned=True)

    def validation(self) -> Iterator[Batch]:
        """Patches of other structures, the same each time."""
        if self._kept is None:
            others = self._solids[self._gaps.structures :]
            each = max(1, _VALIDATION_PATCHES // len(others))
            self._kept = [
                self._drawn(solid, each, np.random.default_rng((self._seed, _VALIDATION, number)))
                for number, solid in enumerate(others)
            ]
        yield from self._kept

    def known(self) -> Known:
        """What the data look like."""
        return Known(pixel_nm=(2.5, 2.5), slice_nm=(10.0, 10.3))

    def describe(self) -> dict[str, Any]:
        """What is said of the data."""
        return {"kind": "sections", "voxels": self._voxels, **self._gaps.model_dump(mode="json")}

    def _drawn(self, solid: Solid, count: int, rng: np.random.Generator, *, turned: bool = False) -> Batch:
        knots = drawn_slices(solid, self._gaps, rng)
        depth, side = len(solid.solid), solid.solid.shape[1]
        pair = rng.integers(0, side, 2)  # some sections of one drawing of slices
        tops = np.arange(0, max(1, side - PATCH_PX + 1), STRIDE_PX)
        images, targets = [], []
        for axis, place in ((1, pair[0]), (2, pair[1])):
            values = np.take(shown(solid, knots, self._voxels), [place], axis=axis)
            section = np.squeeze(in_sections(values, knots, depth), axis=axis + 1)
            truth = np.take(solid.solid, place, axis=axis)
            images += [section[:, :PATCH_PX, top : top + PATCH_PX] for top in tops]
            targets += [truth[:PATCH_PX, top : top + PATCH_PX] for top in tops]
        chosen = rng.integers(0, len(images), count)
        return _stacked(
            [images[place] for place in chosen], [targets[place] for place in chosen], rng, turned
        )


def _stacked(images: list[Array], targets: list[Array], rng: np.random.Generator, turned: bool) -> Batch:
    ways = rng.integers(0, 2, (len(images), 2)) * 2 - 1 if turned else np.ones((len(images), 2), int)
    image = np.stack([each[:, :: way[0], :: way[1]] for each, way in zip(images, ways, strict=True)])
    target = np.stack([each[:: way[0], :: way[1]] for each, way in zip(targets, ways, strict=True)])
    shaped = np.ascontiguousarray(target[:, np.newaxis], dtype=np.float32)
    return Batch(torch.from_numpy(np.ascontiguousarray(image)), torch.from_numpy(shaped))
