"""What is run: a network with all that stays the same from plane to plane, and one window of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from core import machine
from core.errors import VoxelError
from core.job import Job
from core.models.intensity import Levels, normalised
from core.models.spec import ModelSpec
from core.models.tiles import Tile, bytes_per_px, most_px, parts_for, tiles_of, up_to_multiple
from core.models.video_memory import free_video_bytes
from core.volume import Array

AS_IT_IS = "none"
"""Name of the rule that shows grey values to the network as they are."""


class Runner(Protocol):
    """What runs a network; see `core.models.session`."""

    def run(self, x: Array, job: Job | None = None) -> tuple[Array, Array | None]:
        """Probabilities of solid, and those of the branches, from one input tensor."""
        ...


@dataclass(frozen=True)
class Prediction:
    """What a network says of some planes.

    Attributes
    ----------
    probability : ndarray of float32, shape (n, y, x)
        Of solid, 0-1.
    branches : ndarray of float32, shape (n, channels, y, x), or None
        The same from each imaging condition alone, where the network has branches and they were asked for.
    """

    probability: Array
    branches: Array | None = None


@dataclass(frozen=True)
class Work:
    """A network with all that stays the same from plane to plane.

    Attributes
    ----------
    runner : Runner
    spec : ModelSpec
    levels : mapping of str to Levels
        Grey values of pore and solid by channel of the model.
    slice_step : int
        Distance in slices of the planes that the network sees as adjacent.
    parts_yx : tuple of int
        Into how many tiles a plane is cut.
    branches : bool
        Whether the answers of the branches are kept.
    job : Job or None
        Says when to stop.
    """

    runner: Runner
    spec: ModelSpec
    levels: Mapping[str, Levels]
    slice_step: int = 1
    parts_yx: tuple[int, int] = (1, 1)
    branches: bool = False
    job: Job | None = None

    @property
    def reach(self) -> int:
        """Slices of the data that a plane of the result depends on, on each side."""
        return reach_of(self.spec, self.slice_step)

    def tiles(self, shape_yx: tuple[int, int]) -> Iterable[Tile]:
        """The windows of a plane."""
        return tiles_of(shape_yx, self.parts_yx, self.spec.halo_px, self.spec.stride)


def reach_of(spec: ModelSpec, slice_step: int) -> int:
    """Slices of the data that a plane of the result depends on, on each side.

    Networks along z are given windows at fixed places of the stack, so that pooling along z does not depend
    on how the stack is cut into blocks: the whole window is needed for each of its planes.
    """
    if spec.volume:
        core, context = window_of(spec)
        return (core - 1 + context) * slice_step
    return spec.slices // 2 * slice_step


def window_of(spec: ModelSpec) -> tuple[int, int]:
    """Planes that a window of a network along z gives, and those it needs before and after them."""
    return up_to_multiple(spec.slices, spec.stride), up_to_multiple(spec.halo_slices, spec.stride)


def cut_for(
    spec: ModelSpec, weights: Path, shape_yx: tuple[int, int], provider: str = "CPU"
) -> tuple[int, int]:
    """Into how many tiles a plane is cut so that one fits into the memory there is.

    Parameters
    ----------
    spec : ModelSpec
    weights : Path
        The network, whose tensors are counted.
    shape_yx : tuple of int
        Of the plane.
    provider : str
        What computes: ``CPU``, ``CUDA`` or ``CoreML``.
    """
    slices = 0
    if spec.volume:
        core, context = window_of(spec)
        slices = core + 2 * context
    inputs = len(spec.channels) * (1 if spec.volume else spec.slices)
    needed = bytes_per_px(weights, inputs, spec.stride, slices)
    free = free_video_bytes() if provider == "CUDA" else None
    return parts_for(shape_yx, spec.halo_px, spec.stride, most_px(needed, machine.threads(), free))


def seen_by(
    work: Work, channels: Mapping[str, Array], name: str, numbers: Sequence[int], tile: Tile
) -> Array:
    """Planes of one channel within a window as the network was trained on them, float32."""
    planes = channels[name]
    windows = {number: tile.window(planes[number]) for number in set(numbers)}
    shown = np.stack([windows[number] for number in numbers])
    return (
        shown.astype(np.float32)
        if work.spec.normalisation == AS_IT_IS
        else normalised(shown, work.levels[name])
    )


def run_on(work: Work, tensor: Array) -> tuple[Array, Array | None]:
    """Run the network on one window.

    Raises
    ------
    VoxelError
        If its answer is not finite.
    """
    probability, branches = work.runner.run(tensor, work.job)
    answers = (probability,) if branches is None else (probability, branches)
    if not all(np.isfinite(answer.sum(dtype=np.float64)) for answer in answers):
        raise VoxelError(
            f"the model {work.spec.name} gives values that are no numbers",
            expected="probabilities, 0-1",
            remedy="check the model: trueslice models check",
        )
    return probability, branches


def take(result: Prediction, place: int, tile: Tile, probability: Array, branches: Array | None) -> None:
    """Put what one window says of one plane (``(1, 1, y, x)``, ``(1, channels, y, x)``) where it belongs."""
    taken, there = (..., tile.y.taken, tile.x.taken), (place, ..., tile.y.place, tile.x.place)
    np.clip(probability[0, 0][taken], 0, 1, out=result.probability[there])
    if result.branches is not None and branches is not None:
        np.clip(branches[0][taken], 0, 1, out=result.branches[there])
