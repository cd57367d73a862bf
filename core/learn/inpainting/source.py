"""Windows at the edges of planes that are to be filled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from core.errors import ParameterError
from core.job import Job
from core.learn.data.batch import Batch
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.inpainting.structures import Solid, drawn_slices, made
from core.learn.networks.inpainting import NEAR_PX
from core.models.spec import Known
from core.rebuild.network_input import CHANNELS, Between, as_input, between, interpolated
from core.volume import Array

_TRAIN, _VALIDATION = range(2)
_LEAST_EDGE_PX = 16
_MOST_DRAWS = 100  # planes without edges are rare
_VALIDATION_PLANES = 8
_ALL_WAYS = 8
_SILENT = Job()


class GapWindows:
    """A `PatchSource`: windows of the network's size, at pixels near the interpolated edge.

    Parameters
    ----------
    recipe : FillingRecipe
    job : Job
        Progress and cancelling of making the structures, which is done at once.

    Raises
    ------
    ParameterError
        If a batch is no multiple of the windows of one plane.
    """

    def __init__(self, recipe: FillingRecipe, job: Job = _SILENT) -> None:
        self._recipe, gaps = recipe, recipe.gaps
        self._planes, rest = divmod(recipe.optimise.batch_size, gaps.windows)
        if rest or not self._planes:
            raise ParameterError(
                "a batch is made of equal numbers of windows from some planes",
                expected=f"a multiple of gaps.windows, {gaps.windows}",
                got=f"optimise.batch_size {recipe.optimise.batch_size}",
            )
        count = gaps.structures + gaps.validation
        numbers = job.track(range(count), count, "Making structures")
        solids = [made(gaps, recipe.seed, number, job) for number in numbers]
        self._train, self._others = solids[: gaps.structures], solids[gaps.structures :]
        self._kept: list[Batch] | None = None
        self._lock = threading.Lock()

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches of every epoch."""
        return self._recipe.gaps.batches_per_epoch

    @property
    def first(self) -> Solid:
        """The first structure."""
        return self._train[0]

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch for training: a pure function of seed, epoch and index."""
        rng = np.random.default_rng((self._recipe.seed, _TRAIN, epoch, index))
        return self._joined([self._train[rng.integers(len(self._train))] for _ in range(self._planes)], rng)

    def validation(self) -> Iterator[Batch]:
        """Windows of other structures, the same each time, not turned."""
        with self._lock:
            if self._kept is None:
                self._kept = [
                    self._joined([solid] * _VALIDATION_PLANES, self._chance(number), turned=False)
                    for number, solid in enumerate(self._others)
                ]
        yield from self._kept

    def _chance(self, number: int) -> np.random.Generator:
        return np.random.default_rng((self._recipe.seed, _VALIDATION, number))

    def known(self) -> Known:
        """What the data look like; the network knows pixels only, which are taken for 1 nm here."""
        gaps = self._recipe.gaps
        fractions = [float(solid.solid.mean()) for solid in self._train]
        return Known(
            pixel_nm=(1.0, 1.0),
            slice_nm=gaps.slices_px,
            solid_fraction=(round(min(fractions), 3), round(max(fractions), 3)),
        )

    def describe(self) -> dict[str, Any]:
        """What is said of the data on the card of a model."""
        return {"kind": "structures", "seed": self._recipe.seed, **self._recipe.gaps.model_dump(mode="json")}

    def _joined(self, solids: list[Solid], rng: np.random.Generator, *, turned: bool = True) -> Batch:
        """Windows of one plane from each structure."""
        count, reach = self._recipe.gaps.windows, self._recipe.network.reach_px
        side = 2 * reach + 1
        # Channels last in memory, as convolutions of the processor prefer them.
        stored = np.empty((len(solids) * count, side, side, len(CHANNELS)), dtype=np.float32)
        images = np.moveaxis(stored, -1, 0)
        target = np.empty(len(solids) * count, dtype=np.float32)
        for number, solid in enumerate(solids):
            part = slice(number * count, (number + 1) * count)
            way = int(rng.integers(_ALL_WAYS)) if turned else 0
            images[:, part], target[part] = self._windows(solid, way, rng)
        tensor = torch.from_numpy(stored).permute(0, 3, 1, 2)
        return Batch(tensor, torch.from_numpy(target).reshape(-1, 1, 1, 1))

    def _windows(self, solid: Solid, way: int, rng: np.random.Generator) -> tuple[Array, Array]:
        reach, count = self._recipe.network.reach_px, self._recipe.gaps.windows
        for _ in range(_MOST_DRAWS):
            plane, made_from, slices = self._plane(solid, rng)
            middle = interpolated(slices, made_from.row, made_from.first)
            inner = middle[reach:-reach, reach:-reach]
            y, x = np.nonzero(np.abs(inner) < NEAR_PX)
            if len(y) >= _LEAST_EDGE_PX:
                break
        else:
            raise ParameterError(
                "a structure shows no edges to learn from",
                expected=f"at least {_LEAST_EDGE_PX} px near an edge in a plane between slices",
                got=f"fewer in {_MOST_DRAWS} planes",
                remedy="state smaller ligaments or larger structures (gaps)",
            )
        chosen = rng.integers(0, len(y), count)
        down, across = turned_window(reach, way)
        corners = (y[chosen] + reach) * middle.shape[1] + x[chosen] + reach
        places = corners[:, np.newaxis, np.newaxis] + (down * middle.shape[1] + across)
        four = slices[[knot - made_from.first for knot in made_from.knots]]
        around = np.take(four.reshape(len(four), -1), places, axis=1)
        images = as_input(around, np.take(middle, places), made_from.offsets_px)
        return images, solid.solid[plane, y[chosen] + reach, x[chosen] + reach]

    def _plane(self, solid: Solid, rng: np.random.Generator) -> tuple[int, Between, Array]:
        """A plane to be filled, what it is made from, and the distances in those slices."""
        knots = drawn_slices(solid, self._recipe.gaps, rng)
        empty = np.setdiff1d(np.arange(knots[0], knots[-1]), knots)
        plane = int(rng.choice(empty))
        made_from = between(knots.astype(np.float64), float(plane))
        needed = knots[made_from.first : made_from.stop]
        return plane, made_from, solid.distances[needed].astype(np.float32)


def turned_window(reach: int, way: int) -> tuple[Array, Array]:
    """Offsets along y and x of the pixels of a window, turned in one of eight ways (0: not).

    Returns
    -------
    down, across : ndarray of int, shape (2 reach + 1, 2 reach + 1)
    """
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    if way >= _ALL_WAYS // 2:
        down, across = down.T, across.T
    return np.rot90(down, way % 4), np.rot90(across, way % 4)


__all__ = ["GapWindows", "turned_window"]
