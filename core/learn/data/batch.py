"""What a training asks of its data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from core.models.spec import Known


@dataclass(frozen=True)
class Batch:
    """Patches with their truth.

    Attributes
    ----------
    images : tensor of float32
        (b, channel, y, x) with the slices of each imaging condition as channels, or (b, channel, z, y, x);
        normalised by `core.models.intensity`.
    target : tensor of float32
        (b, 1, y, x) or (b, 1, z, y, x): 1 solid, 0 pore; -1 where nobody has said which.
    sparse : bool
        Whether there may be such pixels: they count neither for the loss nor for the score.
    """

    images: torch.Tensor
    target: torch.Tensor
    sparse: bool = False


class PatchSource(Protocol):
    """Where patches come from; may be asked from several threads."""

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches of every epoch."""
        ...

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch for training: a pure function of seed, epoch and index (both from 0)."""
        ...

    def validation(self) -> Iterator[Batch]:
        """Patches of other structures, not augmented, the same each time."""
        ...

    def known(self) -> Known:
        """What the data to train with look like."""
        ...

    def describe(self) -> dict[str, Any]:
        """What is said of the data on the card of a model."""
        ...
