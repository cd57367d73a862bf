"""Stacks with a known truth that a finished model is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from core.job import Job
from core.learn.data.dose import with_dose
from core.learn.data.labelled import labelled_stacks
from core.learn.data.stacks import Stack
from core.learn.data.training_sets import simulated_stacks
from core.learn.params.data import AugmentParams, DataParams
from core.volume import Array

_NOISE = 0x7E


@dataclass(frozen=True)
class Case:
    """One stack in memory; those of training sets are small.

    Attributes
    ----------
    name : str
    role : str
        ``test``, or ``validation``: the best state was chosen by it, so that its numbers flatter.
    channels : dict of str to ndarray, shape (z, y, x)
        Grey values.
    truth : ndarray of bool, shape (z, y, x)
        True where solid.
    rows : slice
        What is compared along y.
    known : ndarray of bool, shape (z, y, x), or None
        Where the truth is known; None: everywhere.
    """

    name: str
    role: str
    channels: dict[str, Array]
    truth: Array
    rows: slice = field(default_factory=lambda: slice(None))
    known: Array | None = None

    def asks(self, number: int) -> bool:
        """Whether anything of a slice is compared."""
        return self.known is None or bool(self.known[number].any())


def stacks_of(data: DataParams, channels: tuple[str, ...], job: Job) -> list[Stack]:
    """All stacks of the data, of every split.

    Raises
    ------
    TruesliceError
        As `simulated_stacks` and `labelled_stacks`.
    """
    if data.kind == "labelled":
        return labelled_stacks(data, channels, Job(stop=job.stop))  # only reading counts as progress
    return simulated_stacks(data, channels)


def cases_of(data: DataParams, augment: AugmentParams, channels: tuple[str, ...], job: Job) -> Iterator[Case]:
    """The structures for tests, or, where there are none, those for validation.

    Signals without noise get that of the middle of the doses trained with, and the name says so.

    Raises
    ------
    TruesliceError, Cancelled
        As `stacks_of`; if voxels cannot be read.
    """
    stacks = stacks_of(data, channels, job)
    chosen = [stack for stack in stacks if stack.split == "test"]
    chosen = chosen or [stack for stack in stacks if stack.split == "validation"]
    quiet = Job(stop=job.stop)  # only stacks count as progress
    electrons = (augment.dose_low * augment.dose_high) ** 0.5
    for number, stack in enumerate(job.track(chosen, len(chosen), "Reading the data to test on")):
        grey = {channel: stack.read_grey(channel, quiet) for channel in channels}
        name = stack.name
        if stack.noise_free:
            fixed = augment.electrons == "fixed"
            name += f" (fast approximation, {electrons:.3g} electrons per pixel)"
            rng = np.random.Generator(np.random.SFC64([_NOISE, number]))
            grey = {channel: _noisy(signal, electrons, fixed, rng) for channel, signal in grey.items()}
        known = None if stack.read_known is None else stack.read_known(quiet)
        yield Case(name, stack.split, grey, stack.read_solid(quiet), slice(*stack.rows), known)


def _noisy(signal: Array, electrons: float, fixed: bool, rng: np.random.Generator) -> Array:
    planes = torch.from_numpy(np.ascontiguousarray(signal, dtype=np.float32))
    return np.asarray(with_dose(planes, torch.tensor(electrons), torch.tensor(float(fixed)), rng))


def mean_voxel_nm(data: DataParams, channels: tuple[str, ...], job: Job) -> tuple[float, float, float]:
    """Voxel size (z, y, x) of the stacks that are trained with, in nm; z is that of adjacent slices.

    Single slices have no distance; they get the size of their pixels.
    """
    sizes = [stack.voxel_nm for stack in stacks_of(data, channels, job) if stack.split == "train"]
    y_nm, x_nm = (float(np.mean([size[axis] for size in sizes])) for axis in (1, 2))
    distances = [size[0] for size in sizes if size[0] is not None]
    return float(np.mean(distances)) * data.slices_step if distances else x_nm, y_nm, x_nm
