"""What the steps ask of their voxels: refused with the step and the slice named, never silently spread."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.align.footprint import require_whole
from core.block import Block
from core.errors import ParameterError, VoxelError
from core.volume import Array, VolumeInfo


def require_grey(info: VolumeInfo, step: str) -> VolumeInfo:
    """Return `info` if it describes grey values or a binary image; label numbers are no brightness.

    Raises
    ------
    ParameterError
        For a volume of labels.
    """
    if info.content == "labels":
        raise ParameterError(
            f"{step} works on grey values, and the label numbers of this volume are no brightness",
            expected="grey or binary voxels",
            got="labels",
            remedy="put the step before the labelling",
        )
    return info


LARGEST_GREY = 1e15
"""Squares and sums of greater values would leave the range of 32-bit floating point."""


def require_finite(plane: Array, number: int, step: str) -> None:
    """Refuse a plane with values that are no finite numbers, or too large to compute with.

    Raises
    ------
    VoxelError
        Naming the slice and how many values are NaN, infinite or beyond `LARGEST_GREY`.
    """
    if not np.issubdtype(plane.dtype, np.floating):
        return
    # NaN fails every comparison.
    low, high = float(plane.min()), float(plane.max())
    if low >= -LARGEST_GREY and high <= LARGEST_GREY:
        return
    wrong = int(plane.size - np.count_nonzero(np.isfinite(plane)))
    if wrong == 0:
        raise VoxelError(
            f"{step}: slice {number} holds values too large to compute with",
            expected=f"grey values within ±{LARGEST_GREY:g}",
            got=f"{low:g} to {high:g}",
            remedy="divide the values by a constant in the program that wrote them",
        )
    raise VoxelError(
        f"{step}: {wrong} of {plane.size} values of slice {number} are NaN or infinite",
        expected="finite numbers",
        remedy=f"leave slice {number} out with drop-slices, cut the region away with crop, or repair it",
    )


def inner_planes(block: Block, step: str) -> Iterator[tuple[int, Array]]:
    """Index and plane of every wanted slice of a block, each checked for NaN."""
    start, stop, _ = block.inner.indices(block.data.shape[0])
    for place in range(start, stop):
        number = block.first + place
        require_finite(block.data[place], number, step)
        yield number, block.data[place]


def mirrored(block: Block, number: int, reach: int, step: str) -> list[Array]:
    """Planes ``number - reach`` to ``number + reach``; beyond the ends the stack is mirrored (c b a | a b c).

    The mirror image only ever shows planes within `reach`, so the block's halo holds them.
    """
    slices = block.info.shape[0]
    planes = []
    for wanted in range(number - reach, number + reach + 1):
        folded = wanted % (2 * slices)
        index = folded if folded < slices else 2 * slices - 1 - folded
        plane = block.data[index - block.first]
        require_finite(plane, index, step)
        planes.append(plane)
    return planes


def room_for_result(block: Block) -> Array:
    """Room for the planes of a result of the block's type; only the wanted ones need to be filled."""
    return np.zeros(block.data.shape, dtype=block.data.dtype)


def as_grey(info: VolumeInfo, step: str) -> VolumeInfo:
    """Describe the result of a filter on grey values: even of a binary image it is grey."""
    return require_whole(require_grey(info, step), step).with_(content="grey")
