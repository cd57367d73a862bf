"""One source of patches for all kinds of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.learn.data.batch import Batch, PatchSource
from core.learn.data.cache import StackCache
from core.learn.data.known import known_of
from core.learn.data.labelled import labelled_stacks
from core.learn.data.patches import View, assembled, drawn_place, grid_places
from core.learn.data.stacks import Decoded, Stack
from core.learn.data.training_sets import simulated_stacks
from core.learn.params.data import NO_AUGMENTATION, AugmentParams, DataParams
from core.learn.params.network import NetworkParams
from core.models.spec import Known

_TRAIN, _ORDER, _VALIDATION, _PLACES = range(4)
_PLACES_ON_DISK = {
    "path",
    "further",
    "images",
    "labels",
    "validation_images",
    "validation_labels",
    "cache_mb",
}
_MIB = 1 << 20
_SILENT = Job()


@dataclass(frozen=True)
class StackPatches:
    """Patches of stacks in memory; see `PatchSource`.

    Attributes
    ----------
    data, augment, network
        Parameters.
    seed, batch_size : int
    train, others : tuple of Stack
        For training and for validation.
    cache : StackCache
    group : int
        Stacks that are held at once.
    at_full_dose : bool
        Whether what was counted is shown for validation as it is, not thinned.
    """

    data: DataParams
    augment: AugmentParams
    network: NetworkParams
    seed: int
    batch_size: int
    train: tuple[Stack, ...]
    others: tuple[Stack, ...]
    cache: StackCache
    group: int
    at_full_dose: bool = False

    @property
    def view(self) -> View:
        """What the network sees at once."""
        volume = self.network.is_volume
        slices = self.data.patch_slices if volume else self.network.slices
        channels = len(self.network.channels)
        return View(channels, slices, self.data.slices_step, self.data.patch_px, volume)

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches of every epoch."""
        return -(-self.data.patches_per_epoch // self.batch_size)

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch for training: a pure function of seed, epoch and index."""
        if not 0 <= index < self.batches_per_epoch:
            raise ParameterError("no such batch", expected=f"0-{self.batches_per_epoch - 1}", got=index)
        stacks = self._group_of(epoch, index)
        rng = np.random.Generator(np.random.SFC64([self.seed, _PLACES, epoch, index]))
        weights = np.array([float(np.prod(stack.shape)) for stack in stacks])
        chosen = rng.choice(len(stacks), self.batch_size, p=weights / weights.sum())
        voxels = {
            int(number): _labelled(stacks[number], self.cache.get(stacks[number]))
            for number in np.unique(chosen)
        }
        places = [
            drawn_place(stacks[number], voxels[int(number)], self.view, self.augment, rng)
            for number in chosen
        ]
        return assembled(places, self.view, self.augment, (self.seed, _TRAIN, epoch, index))

    def _group_of(self, epoch: int, index: int) -> list[Stack]:
        """Stacks that a batch is cut from: all, or, one group after the other, as many as fit in memory."""
        count = len(self.train)
        if self.group >= count:
            return list(self.train)
        rng = np.random.Generator(np.random.SFC64([self.seed, _ORDER, epoch]))
        order = rng.permutation(count)
        groups = -(-count // self.group)
        number = index * groups // self.batches_per_epoch
        return [self.train[place] for place in np.array_split(order, groups)[number]]

    def validation(self) -> Iterator[Batch]:
        """Patches of a grid in other structures, not augmented, the same each time."""
        number = 0
        for stack, kept in zip(self.others, self._shares(), strict=True):
            plain = self._not_augmented(stack)
            places = grid_places(stack, self.cache.get(stack), self.view, self.data.stride)
            chosen = np.unique(np.linspace(0, len(places) - 1, min(kept, len(places))).round().astype(int))
            for first in range(0, len(chosen), self.batch_size):
                part = [places[place] for place in chosen[first : first + self.batch_size]]
                yield assembled(part, self.view, plain, (self.seed, _VALIDATION, number))
                number += 1

    def _not_augmented(self, stack: Stack) -> AugmentParams:
        """Noise alone, where there is none; what was counted is thinned as in training, or shown as it is."""
        full = stack.electrons if self.at_full_dose else 0.0
        low, high = (full or dose for dose in (self.augment.dose_low, self.augment.dose_high))
        noise = {"dose_low": low, "dose_high": high, "electrons": self.augment.electrons}
        return NO_AUGMENTATION.model_copy(update=noise)

    def _shares(self) -> list[int]:
        """Number of patches of each stack for validation."""
        sizes = np.array([float(np.prod(stack.shape)) for stack in self.others])
        return [max(1, int(n)) for n in np.round(self.data.validation_patches * sizes / sizes.sum())]

    def known(self) -> Known:
        """What the data to train with look like."""
        facts = [self.cache.facts(stack) for stack in self.train]
        return known_of(self.train, facts, self.data, self.augment, self.network)

    def describe(self) -> dict[str, Any]:
        """What is said of the data on the card of a model."""
        return {
            "kind": self.data.kind,
            "channels": list(self.network.channels),
            "train": [stack.facts for stack in self.train],
            "validation": [stack.facts for stack in self.others],
            "data": self.data.model_dump(mode="json", exclude=_PLACES_ON_DISK),
            "augment": self.augment.model_dump(mode="json"),
            "seed": self.seed,
        }


def at_full_dose(source: PatchSource) -> PatchSource:
    """The same with patches for validation that have the noise of their simulation, where there is any."""
    return replace(source, at_full_dose=True) if isinstance(source, StackPatches) else source


def open_source(
    data: DataParams,
    augment: AugmentParams,
    network: NetworkParams,
    seed: int,
    batch_size: int,
    job: Job = _SILENT,
) -> PatchSource:
    """Open the data of a training and read as much of them as is held in memory.

    Parameters
    ----------
    data, augment, network
        Parameters.
    seed : int
        Places and variations follow from it.
    batch_size : int
    job : Job
        Progress; cancelling also ends reading that `PatchSource.batch` does later.

    Returns
    -------
    PatchSource

    Raises
    ------
    ParameterError
        If there is nothing to train or to validate with, splits share a structure, patches do not fit in, or
        the truth holds one phase only.
    TruesliceError
        If files cannot be read, or a stack has no contrast.
    Cancelled
        If the user asked to stop.
    """
    if data.kind == "simulated":
        stacks = simulated_stacks(data, network.channels)
    else:
        stacks = labelled_stacks(data, network.channels, Job(stop=job.stop))
    train = tuple(stack for stack in stacks if stack.split == "train")
    others = tuple(stack for stack in stacks if stack.split == "validation")
    _require_both(train, others, data)
    _require_apart(train, [stack for stack in stacks if stack.split != "train"])
    for stack in (*train, *others):
        _require_room(stack, data, network)
    channels, limit = len(network.channels), data.cache_mb * _MIB
    cache = StackCache(network.channels, augment, limit, job)
    group = _group_size(train, others, channels, limit)
    source = StackPatches(data, augment, network, seed, batch_size, train, others, cache, group)
    first = source._group_of(0, 0)
    for stack in job.track(first, len(first), "Reading the training data"):
        _labelled(stack, cache.get(stack))
    _require_two_phases([cache.facts(stack).solid_fraction for stack in first])
    return source


def _group_size(train: Sequence[Stack], others: Sequence[Stack], channels: int, limit: int) -> int:
    """How many stacks for training fit in memory beside those for validation."""
    rest = limit - sum(stack.nbytes(channels) for stack in others)
    room = rest if rest > limit // 4 else limit
    return max(1, room // max(stack.nbytes(channels) for stack in train))


def _require_both(train: Sequence[Stack], others: Sequence[Stack], data: DataParams) -> None:
    if not train:
        raise ParameterError(
            "there is nothing to train with", expected="at least one structure in the split 'train'"
        )
    if not others:
        remedy = (
            "simulate structures for validation, or hold some back (data.held_out = 1)"
            if data.kind == "simulated"
            else "name images for validation, or rows of the images (data.validation_rows)"
        )
        raise ParameterError(
            "there is nothing to validate with, so the best state could not be told",
            expected="at least one structure that is not trained with",
            remedy=remedy,
        )


def _require_apart(train: Sequence[Stack], others: Sequence[Stack]) -> None:
    names = {stack.identity: stack.name for stack in train}
    for stack in others:
        if stack.identity in names:
            raise ParameterError(
                f"{names[stack.identity]} (train) and {stack.name} ({stack.split}) show the same structure",
                expected="different structures for training, validation and tests",
                remedy="leave out one of the training sets",
            )


def _labelled(stack: Stack, voxels: Decoded) -> Decoded:
    """The voxels of a stack for training, if the truth of any is known."""
    if voxels.known is None or len(voxels.places):
        return voxels
    raise ParameterError(
        f"nothing is labelled in {stack.name}",
        expected="at least one pixel with a class, among the rows that are used",
        remedy="leave the slice out, or paint on it",
    )


def _require_two_phases(fractions: Sequence[float]) -> None:
    """A label that does not occur would teach the network that everything is pore."""
    if max(fractions) == 0 or min(fractions) == 1:
        raise ParameterError(
            "the truth to train with holds one phase only",
            expected="solid and pore",
            got="no solid" if max(fractions) == 0 else "solid alone",
            remedy="state the label of the solid as the files have it (data.solid)",
        )


def _require_room(stack: Stack, data: DataParams, network: NetworkParams) -> None:
    if stack.shape[0] > 1 and stack.voxel_nm[0] is None and (network.is_volume or network.slices > 1):
        raise ParameterError(
            f"the sections of {stack.name} are no neighbours, so that a network cannot see them together",
            expected="a network in the plane with network.slices = 1",
            got=f"{network.kind} with {network.slices} slices",
        )
    if min(stack.shape[1:]) < data.patch_px:
        raise ParameterError(
            f"{stack.name} is smaller than a patch",
            expected=f"at least {data.patch_px} x {data.patch_px} px",
            got=f"{stack.shape[1]} x {stack.shape[2]} px",
            remedy="use smaller patches (data.patch_px)",
        )
    wanted = (data.patch_slices - 1) * data.slices_step + 1
    if network.is_volume and stack.shape[0] < wanted:
        raise ParameterError(
            f"{stack.name} has fewer slices than a patch",
            expected=f"at least {wanted} slices",
            got=stack.shape[0],
            remedy="use patches of fewer slices (data.patch_slices), or a network in the plane",
        )
