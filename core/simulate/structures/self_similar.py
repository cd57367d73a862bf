"""Self-similarity method: a structure from a segmented stack and a smaller copy of it (article I, 2.1.1.2).

The article resizes the stack bilinearly to the voxels wanted, makes a smaller mask by resizing its slices and
turning them by a random angle, and keeps what stack and mask have in common, moving the mask over the stack.
It does not say how edges of the mask meet, how the slices of the mask follow each other, or at which value
the resized images are cut. Here the smaller copy is mirrored at its borders and so goes on without seams; it
is smaller along z, too; it is turned about z as a whole; resized values are cut at one half. Values above 0
are solid.

Voxels of the stack that become one of the copy are averaged, so that thin ligaments fade instead of being
skipped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import machine
from core.errors import NotEnoughMemoryError, VoxelError
from core.job import Job
from core.simulate.structures.kinds import SelfSimilar
from core.simulate.structures.levels import blocks_of
from core.simulate.structures.pattern import Continues, Range, Ranges, check_ranges
from core.simulate.structures.stack import folded, open_labels
from core.volume import Array, Shape, Volume

_TAG = 0x55
_SOLID = 255.0


@dataclass(frozen=True)
class Grey:
    """Solid (255) and pore (0) resized linearly: what lies between voxels of a stack, mirrored beyond it."""

    volume: Volume
    step: tuple[float, float, float]

    def planes(self, z: Range, y: Range, x: Range) -> Iterator[Array]:
        """Planes of a block, float32; `step` is the distance of voxels wanted in voxels of the stack."""
        rows, columns = (self._between(axis, part) for axis, part in ((1, y), (2, x)))
        below, above, share = self._between(0, z)
        for low, high, weight in zip(below.tolist(), above.tolist(), share.tolist(), strict=True):
            lower = self._plane(low, rows, columns)
            upper = lower if high == low else self._plane(high, rows, columns)
            yield lower + np.float32(weight) * (upper - lower)

    def _plane(self, index: int, rows: tuple[Array, ...], columns: tuple[Array, ...]) -> Array:
        part_y, part_x = _hull(rows), _hull(columns)
        solid = self.volume.read(slice(index, index + 1), part_y, part_x)[0] > 0
        grey = solid.astype(np.float32) * np.float32(_SOLID)
        low, high, share = rows[0] - part_y.start, rows[1] - part_y.start, rows[2].astype(np.float32)
        grey = grey[low] + share[:, None] * (grey[high] - grey[low])
        low, high, share = columns[0] - part_x.start, columns[1] - part_x.start, columns[2].astype(np.float32)
        return np.asarray(grey[:, low] + share[None, :] * (grey[:, high] - grey[:, low]))

    def _between(self, axis: int, part: Range) -> tuple[Array, Array, Array]:
        """The two voxels next to each place, and how far it lies from the first to the second."""
        places = (np.arange(*part) + 0.5) * self.step[axis] - 0.5
        low = np.floor(places).astype(np.int64)
        length = self.volume.info.shape[axis]
        return folded(low, length), folded(low + 1, length), places - low


@dataclass(frozen=True)
class SelfSimilarPattern:
    """What a stack and its smaller, turned copy have in common."""

    grey: Grey
    mask: Array
    angle: float
    shape: Shape
    voxel_nm: float
    labels: tuple[str, ...] = ("pore", "solid")
    continues: Continues = "endless"
    notes: tuple[str, ...] = ()

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        out = np.empty(check_ranges((z, y, x), bytes_per_voxel=24), dtype=np.uint8)
        places = self._turned(y, x)
        mask = [folded(np.array(index), len(self.mask)).item() for index in range(*z)]
        for plane, grey, index in zip(out, self.grey.planes(z, y, x), mask, strict=True):
            plane[:] = (grey >= _SOLID / 2) & (self._mask(index, places) >= _SOLID / 2)
        return out

    def _turned(self, y: Range, x: Range) -> Array:
        """Places of a block in the smaller copy, shape (2, y, x)."""
        down = np.arange(*y)[:, None].astype(np.float64)
        along = np.arange(*x)[None, :].astype(np.float64)
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        return np.stack([cosine * down - sine * along, sine * down + cosine * along])

    def _mask(self, index: int, places: Array) -> Array:
        from scipy.ndimage import map_coordinates

        plane = self.mask[index].astype(np.float32)
        return np.asarray(map_coordinates(plane, places, order=1, mode="reflect"))


def self_similar(
    params: SelfSimilar, *, shape: Shape, voxel_nm: float, seed: int, job: Job
) -> SelfSimilarPattern:
    """Open the stack and make its smaller copy.

    Raises
    ------
    ReadError, MissingMetadataError, ParameterError
        As `core.simulate.structures.stack.open_labels`.
    NotEnoughMemoryError
        If the smaller copy does not fit into memory.
    VoxelError
        If the result is empty or full.
    """
    volume = open_labels(params.path, params.voxel_nm_zyx, job)
    z_nm, y_nm, x_nm = volume.info.require_voxel_nm()
    steps = (voxel_nm / z_nm, voxel_nm / y_nm, voxel_nm / x_nm)
    ratio = params.size_ratio
    mask = _resized(volume, (steps[0] / ratio, steps[1] / ratio, steps[2] / ratio), job)
    angle = float(np.random.default_rng([seed, _TAG]).uniform(0, 2 * np.pi))
    pattern = SelfSimilarPattern(Grey(volume, steps), mask, angle, shape, voxel_nm)
    _refuse_empty(pattern, params.path, job)
    return pattern


def _resized(volume: Volume, steps: tuple[float, float, float], job: Job) -> Array:
    """The whole stack on a coarser grid, uint8; averaged over the voxels that become one."""
    sides = volume.info.shape
    fit = tuple(max(1, round(side / step)) for side, step in zip(sides, steps, strict=True))
    needed = math.prod(fit)
    if needed * 4 > machine.free_bytes():
        raise NotEnoughMemoryError(
            f"the smaller copy of the stack has {fit} voxels",
            expected=f"{machine.free_bytes() >> 20:,} MiB at most",
            got=f"{needed * 4 >> 20:,} MiB",
            remedy="choose a smaller size_ratio or larger voxels",
        )
    total = np.zeros(fit, dtype=np.float32)
    weights = [_shares(side, count) for side, count in zip(sides, fit, strict=True)]
    depth = weights[0].toarray()
    for index in job.track(range(sides[0]), sides[0], "Shrinking the stack"):
        solid = (volume.slice(index) > 0).astype(np.float32)
        plane = (weights[2] @ (weights[1] @ solid).T).T
        for target in np.flatnonzero(depth[:, index]).tolist():
            total[target] += depth[target, index] * plane
    return np.asarray(np.rint(total * _SOLID).astype(np.uint8))


def _shares(length: int, count: int) -> Any:
    """Sparse weights (count, length) that turn `length` values into `count`: overlaps of new and old voxels.

    Where voxels become more instead of fewer, they are interpolated linearly.
    """
    from scipy.sparse import csr_array

    if count >= length:
        places = np.clip((np.arange(count) + 0.5) * length / count - 0.5, 0, length - 1)
        apart = np.abs(places[:, None] - np.arange(length))
        return csr_array(np.maximum(0, 1 - apart), dtype=np.float32)
    edges = np.arange(count + 1) * length / count
    low = np.maximum(edges[:-1, None], np.arange(length))
    high = np.minimum(edges[1:, None], np.arange(length) + 1)
    return csr_array(np.maximum(0, high - low) * count / length, dtype=np.float32)


def _hull(between: tuple[Array, ...]) -> slice:
    low, high, _ = between
    return slice(int(min(low.min(), high.min())), int(max(low.max(), high.max())) + 1)


def _refuse_empty(pattern: SelfSimilarPattern, name: str, job: Job) -> None:
    """Look for both phases, block by block until found."""
    found: set[int] = set()
    blocks: list[Ranges] = list(blocks_of(pattern.shape))
    for z, y, x in job.track(blocks, len(blocks), "Looking for both phases"):
        found |= set(np.unique(pattern.read(z, y, x)).tolist())
        if len(found) == 2:
            return
    raise VoxelError(
        f"the structure made from {name} is empty or full",
        expected="pore (0) and solid (above 0) within the shape",
        remedy="choose another stack, a larger shape or another size_ratio",
    )
