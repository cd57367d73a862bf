"""What a step is given to look at, and what it keeps of having looked.

A block is some planes of a stack; observations of consecutive blocks become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from core.job import Job
from core.volume import Array, VolumeInfo


@dataclass(frozen=True)
class Block:
    """Consecutive planes of a step's input, with as many neighbours as the step's halo asks for.

    Attributes
    ----------
    data : ndarray, shape (n, y, x)
        Whole planes, halo included; at the ends of the stack the halo is shorter.
    first : int
        Index of ``data[0]`` among the step's slices (after ``select``).
    inner : slice
        The planes that are wanted; the others are halo.
    info : VolumeInfo
        The whole input of the step (after ``select``).
    planes : tuple of int
        For steps with ``gather``: index of every plane of ``data``; these need not be consecutive.
    wanted : range
        For steps with ``gather``: the slices of the result that are asked for.
    peers : mapping of str to ndarray
        For steps that fuse channels: the same planes of every channel by name, the own one included.
    peer_infos : mapping of str to VolumeInfo
        The whole input of every channel.
    real : Block or None
        In a preview, `first` and `info` may be those of a sample of slices; this is the block in its stack.
    job : Job
        For functions that take long for a single plane: says when to stop. In another process it never does.
    """

    data: Array
    first: int
    inner: slice
    info: VolumeInfo
    planes: tuple[int, ...] = ()
    wanted: range = range(0)
    peers: Mapping[str, Array] = field(default_factory=dict)
    peer_infos: Mapping[str, VolumeInfo] = field(default_factory=dict)
    real: Block | None = field(default=None, compare=False, repr=False)
    job: Job = field(default_factory=Job, compare=False, repr=False)

    @property
    def numbers(self) -> range:
        """Index of every plane of ``data``, halo included."""
        return range(self.first, self.first + self.data.shape[0])


@dataclass(frozen=True)
class Observation:
    """What one pass over some slices has seen.

    Attributes
    ----------
    per_slice : mapping of str to ndarray
        Arrays whose first axis runs over the (inner) slices; concatenated in slice order.
    total : mapping of str to ndarray
        Integer arrays that are added up; integers, so that the order of adding cannot change the result.
    """

    per_slice: Mapping[str, Array] = field(default_factory=dict)
    total: Mapping[str, Array] = field(default_factory=dict)


def merged(parts: Iterable[Observation]) -> Observation:
    """One observation from those of consecutive blocks, taken one at a time: totals can be megabytes each."""
    pieces: dict[str, list[Array]] = {}
    total: dict[str, Array] = {}
    for part in parts:
        for key, values in part.per_slice.items():
            pieces.setdefault(key, []).append(values)
        for key, amount in part.total.items():
            if not np.issubdtype(amount.dtype, np.integer):
                raise TypeError(f"total '{key}' must be of an integer type, got {amount.dtype}")
            total[key] = total[key] + amount if key in total else amount
    return Observation({key: np.concatenate(arrays) for key, arrays in pieces.items()}, total)
