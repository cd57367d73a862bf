"""Probabilities from a network, plane by plane, whatever the tiles and blocks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.job import Job
from core.models.intensity import Levels, levels_of_planes
from core.models.neighbours import Places, nearest
from core.models.spec import ModelSpec
from core.models.tiles import USUAL_BYTES_PER_PX, most_px, parts_for
from core.models.work import Prediction, Runner, Work, run_on, seen_by, take, window_of
from core.volume import Array


def predict_planes(
    work: Work,
    channels: Mapping[str, Array],
    wanted: Sequence[int],
    *,
    first: int = 0,
    places: Places | None = None,
) -> Prediction:
    """What a network says of some planes of a block.

    Parameters
    ----------
    work : Work
    channels : mapping of str to ndarray, shape (n, y, x)
        Consecutive planes by channel of the model, with `Work.reach` neighbours of what is wanted, as far as
        the stack goes; beyond its ends planes are repeated.
    wanted : sequence of int
        Indices among these planes.
    first : int
        Number of their first plane in the stack.
    places : ndarray of int64, shape (z,), optional
        Where the slices of the stack lie, see `core.models.neighbours`; without it nothing is missing.

    Raises
    ------
    VoxelError
        If the network gives values that are no probabilities.
    """
    shape_yx = channels[work.spec.channels[0]].shape[1:]
    probability = np.empty((len(wanted), *shape_yx), np.float32)
    branches = (
        np.empty((len(wanted), len(work.spec.channels), *shape_yx), np.float32) if work.branches else None
    )
    result = Prediction(probability, branches)
    count = len(channels[work.spec.channels[0]])
    there = _There(first, count, np.arange(first + count) if places is None else places)
    if work.spec.volume:
        _predict_windows(work, channels, wanted, there, result)
    else:
        _predict_slices(work, channels, wanted, there, result)
    return result


@dataclass(frozen=True)
class _There:
    """Where the planes of a block lie in their stack."""

    first: int
    count: int
    places: Places

    def place(self, number: int) -> int:
        """Place of a plane of the block."""
        return int(self.places[self.first + number])

    def seen(self, number: int, wanted: Sequence[int]) -> list[int]:
        """Planes of the block that are shown for some places around one of its planes."""
        found = nearest(self.places, self.first + number, wanted)
        return [min(max(index - self.first, 0), self.count - 1) for index in found]


def _predict_slices(
    work: Work, channels: Mapping[str, Array], wanted: Sequence[int], there: _There, result: Prediction
) -> None:
    half = work.spec.slices // 2
    for place, number in enumerate(wanted):
        own = there.place(number)
        seen = there.seen(number, [own + by * work.slice_step for by in range(-half, half + 1)])
        for tile in work.tiles(result.probability.shape[1:]):
            shown = [seen_by(work, channels, name, seen, tile) for name in work.spec.channels]
            tensor = np.concatenate(shown)
            probability, branches = run_on(work, tensor[None])
            take(result, place, tile, probability, branches)


# ---------------------------------------------------------------------------------- networks along z
@dataclass
class _Windows:
    """The last windows that were computed: the planes of one window are asked for block by block.

    Found again by what the network was shown, so that one stack cannot be taken for another.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: dict[bytes, tuple[Runner, Prediction]] = field(default_factory=dict)

    def of(self, work: Work, channels: Mapping[str, Array], seen: Sequence[int]) -> Prediction:
        key = _digest(work, channels, seen)
        with self.lock:
            runner, prediction = self.found.get(key, (None, None))
            if prediction is None or runner is not work.runner:
                prediction = _predict_window(work, channels, seen)
                while len(self.found) >= _KEPT_WINDOWS:
                    self.found.pop(next(iter(self.found)))
                self.found[key] = (work.runner, prediction)
            return prediction


_KEPT_WINDOWS = 2
_windows = _Windows()


def _digest(work: Work, channels: Mapping[str, Array], seen: Sequence[int]) -> bytes:
    told = hashlib.blake2b(repr((sorted(work.levels.items()), work.branches, work.parts_yx)).encode())
    for name in work.spec.channels:
        planes = channels[name]
        told.update(f"{name} {planes.dtype} {planes.shape[1:]}".encode())
        for number in seen:
            told.update(planes[number].tobytes())
    return told.digest()


def _predict_windows(
    work: Work, channels: Mapping[str, Array], wanted: Sequence[int], there: _There, result: Prediction
) -> None:
    core, context = window_of(work.spec)
    for place, number in enumerate(wanted):
        # Slices between those of the model's distance are stacks of their own, one shifted by each.
        along, shift = divmod(there.place(number), work.slice_step)
        begin = along // core * core - context
        places = [(begin + by) * work.slice_step + shift for by in range(core + 2 * context)]
        seen = there.seen(number, places)
        found = _windows.of(work, channels, seen)
        result.probability[place] = found.probability[along % core]
        if result.branches is not None and found.branches is not None:
            result.branches[place] = found.branches[along % core]


def _predict_window(work: Work, channels: Mapping[str, Array], seen: Sequence[int]) -> Prediction:
    core, context = window_of(work.spec)
    shape_yx = channels[work.spec.channels[0]].shape[1:]
    result = Prediction(
        np.empty((core, *shape_yx), np.float32),
        np.empty((core, len(work.spec.channels), *shape_yx), np.float32) if work.branches else None,
    )
    for tile in work.tiles(shape_yx):
        tensor = np.stack([seen_by(work, channels, name, seen, tile) for name in work.spec.channels])
        probability, branches = run_on(work, tensor[None])
        for place in range(core):
            plane = context + place
            own = None if branches is None else branches[:, :, plane]
            take(result, place, tile, probability[:, :, plane], own)
    return result


# ---------------------------------------------------------------------------------- whole stacks
def predict_stack(
    runner: Runner,
    spec: ModelSpec,
    channels: Mapping[str, Array],
    *,
    levels: Mapping[str, Levels] | None = None,
    slice_step: int = 1,
    parts_yx: tuple[int, int] | None = None,
    job: Job | None = None,
) -> Array:
    """Probability of solid of a whole stack that is in memory.

    Parameters
    ----------
    runner, spec
        The network.
    channels : mapping of str to ndarray, shape (z, y, x)
        Grey values by channel of the model.
    levels : mapping of str to Levels, optional
        Found from all slices if left out.
    slice_step : int
        Distance in slices of the planes that the network sees as adjacent.
    parts_yx : tuple of int, optional
        Into how many tiles a plane is cut; see `cut_for`.
    job : Job, optional

    Returns
    -------
    ndarray of float32, shape (z, y, x)
    """
    job = job or Job()
    count, *shape_yx = channels[spec.channels[0]].shape
    levels = levels or {name: levels_of_planes(channels[name]) for name in spec.channels}
    limit = most_px(USUAL_BYTES_PER_PX)
    parts = parts_yx or parts_for((shape_yx[0], shape_yx[1]), spec.halo_px, spec.stride, limit)
    work = Work(runner, spec, levels, slice_step, parts, job=job)
    planes = []
    for number in range(count):
        job.progress(number, count, "Segmenting")
        planes.append(predict_planes(work, channels, [number]).probability)
    return np.concatenate(planes)
