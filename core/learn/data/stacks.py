"""A stack with its truth: what is known of it before a voxel is read, and its decoded voxels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.job import Job
from core.learn.data.dose import DoseLevels, dose_levels
from core.learn.params.data import AugmentParams
from core.models.answer import CODES, Tally, tallied
from core.models.intensity import LIMIT, Levels, levels_of_planes, normalised
from core.volume import Array, Shape

_CODES = 65535
_BYTES = 2  # of a code
_NO_TALLY = tallied(np.zeros((1, 1), np.uint8))  # no neighbours, so no borders and no lengths


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that patches are cut from, all of one structure.

    Attributes
    ----------
    name : str
        For messages and cards.
    split : str
        ``train``, ``validation`` or ``test``.
    shape : tuple of int
        (z, y, x) of what patches are cut from.
    voxel_nm : tuple of float or None
        (z, y, x) in nm; z is the mean distance of slices, None for a single slice.
    tilted : bool
        Whether the face was tilted: then only flips in x are allowed.
    noise_free : bool
        Whether it holds expected signals, which get their noise when patches are cut.
    rows : tuple of int
        First row and the one after the last of what is read.
    identity : tuple
        Equal where two stacks show the same structure.
    facts : dict
        For the card.
    read_grey : callable
        ``(channel, job) -> ndarray (z, y, all rows, x)``: grey values, or the expected signal.
    read_solid : callable
        ``(job) -> ndarray of bool``, same shape.
    read_known : callable or None
        ``(job) -> ndarray of bool``, same shape: where the truth is known; None: everywhere.
    electrons : float
        Per pixel, where what is read is the share of them that was counted, to be thinned to lower doses; 0
        where it is not.
    """

    name: str
    split: str
    shape: Shape
    voxel_nm: tuple[float | None, float, float]
    tilted: bool
    noise_free: bool
    rows: tuple[int, int]
    identity: tuple[object, ...]
    read_grey: Callable[[str, Job], Array] = field(repr=False)
    read_solid: Callable[[Job], Array] = field(repr=False)
    electrons: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    read_known: Callable[[Job], Array] | None = field(default=None, repr=False)

    @property
    def is_signal(self) -> bool:
        """Whether what is read is a share of electrons, so that patches are shown at doses of their own."""
        return self.noise_free or self.electrons > 0

    def nbytes(self, channels: int) -> int:
        """Memory of the decoded voxels."""
        return int(np.prod(self.shape)) * (_BYTES * channels + 1 + (self.read_known is not None))


@dataclass(frozen=True)
class Facts:
    """What was found in a stack.

    Attributes
    ----------
    levels : dict of str to list of Levels
        By channel: of the stack, or at the least and the greatest dose.
    solid_fraction : float
    truth : Tally
        Chords of the truth in the plane.
    """

    levels: dict[str, list[Levels]]
    solid_fraction: float
    truth: Tally


@dataclass(frozen=True)
class Decoded:
    """Voxels in memory.

    Attributes
    ----------
    codes : ndarray of uint16, shape (channel, z, y, x)
        ``code * scale + offset`` is the normalised grey value, or the expected signal.
    scales : ndarray of float32, shape (channel,)
    offset : float
    solid : ndarray of uint8, shape (z, y, x)
        1 solid, 0 pore.
    doses : list of DoseLevels
        By channel, of stacks of signals; else empty.
    facts : Facts
    known : ndarray of bool, shape (z, y, x), or None
        Where the truth is known; None: everywhere.
    """

    codes: Array
    scales: Array
    offset: float
    solid: Array
    doses: list[DoseLevels]
    facts: Facts
    known: Array | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the voxels."""
        return self.codes.nbytes + self.solid.nbytes + (0 if self.known is None else self.known.nbytes)

    @cached_property
    def places(self) -> Array:
        """Numbers of the voxels whose truth is known, row after row; int64."""
        return np.flatnonzero(self.known) if self.known is not None else np.arange(self.solid.size)

    def truth(self, planes: Array, rows: slice, columns: slice) -> Array:
        """1 solid, 0 pore, -1 not known; int8 where anything may not be known."""
        solid = self.solid[planes, rows, columns]
        if self.known is None:
            return solid
        return np.where(self.known[planes, rows, columns], solid.astype(np.int8), np.int8(-1))


def decoded(stack: Stack, channels: Sequence[str], augment: AugmentParams, job: Job) -> Decoded:
    """Read a stack and find its levels, which are those of all its rows.

    Raises
    ------
    TruesliceError
        If it cannot be read, or has no contrast.
    Cancelled
        If the user asked to stop.
    """
    codes = np.empty((len(channels), *stack.shape), dtype=np.uint16)
    scales, doses = np.empty(len(channels), dtype=np.float32), []
    levels: dict[str, list[Levels]] = {}
    rows = slice(*stack.rows)
    for place, channel in enumerate(channels):
        grey = stack.read_grey(channel, job)
        job.check()
        if stack.is_signal:
            lowest, highest = (_at_most(stack.electrons, e) for e in (augment.dose_low, augment.dose_high))
            # what was counted is also shown as it is
            found = dose_levels(grey, lowest, stack.electrons or highest, seed=place, counted=stack.electrons)
            doses.append(found)
            fixed = augment.electrons == "fixed"
            levels[channel] = [found.at(dose, fixed) for dose in (lowest, highest)]
            scales[place] = max(float(grey.max()), 1e-9) / _CODES
            codes[place] = _rounded(np.maximum(grey[:, rows], 0) / scales[place])
        else:
            of_stack = levels_of_planes(job.track(grey, len(grey), "Reading the training data"))
            levels[channel] = [of_stack]
            scales[place] = 2 * LIMIT / _CODES
            codes[place] = _rounded((normalised(grey[:, rows], of_stack) + LIMIT) / scales[place])
    solid = stack.read_solid(job)[:, rows].astype(np.uint8)
    offset = 0.0 if stack.is_signal else -LIMIT
    known = None if stack.read_known is None else stack.read_known(job)[:, rows]
    fraction = float(solid.mean()) if known is None else float(solid[known].mean()) if known.any() else 0.0
    facts = Facts(levels, fraction, _tally_of(solid, known))
    return Decoded(codes, scales, offset, solid, doses, facts, known)


def _tally_of(solid: Array, known: Array | None) -> Tally:
    """Plane by plane: a copy of the whole stack would double the memory.

    Planes that are known in part say nothing of chords: where the known part ends is no border.
    """
    chosen = range(len(solid)) if known is None else [z for z in range(len(solid)) if known[z].all()]
    first, *rest = (tallied(solid[z] * np.uint8(CODES - 1)) for z in chosen) if len(chosen) else (_NO_TALLY,)
    return sum(rest, first)


def _rounded(values: Array) -> Array:
    return np.asarray(np.round(values))


def _at_most(counted: float, electrons: float) -> float:
    """Electrons per pixel: no more than were counted, if any were."""
    return min(electrons, counted) if counted else electrons
