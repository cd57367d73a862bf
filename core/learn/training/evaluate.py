"""How good a network is on the patches that it is not trained with."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn

from core.errors import ParameterError
from core.job import Job
from core.learn.data.batch import Batch, PatchSource
from core.learn.training.average import Average
from core.learn.training.device import is_out_of_memory, on_device
from core.learn.training.steps import Loss, Portion, counting
from core.learn.training.watched import watched

Misplaced: TypeAlias = Callable[[torch.Tensor, torch.Tensor], tuple[int, int]]
"""``misplaced(logits, target)`` -> wrong pixels, and all that count."""


@dataclass(frozen=True)
class Score:
    """Mean loss of the patches, and misplaced pixels in percent."""

    loss: float
    mp: float


def misplaced(logits: torch.Tensor, target: torch.Tensor) -> tuple[int, int]:
    """Pixels on the wrong side of a probability of one half, and all pixels whose truth is known."""
    known = target >= 0
    wrong = ((logits > 0) != (target > 0.5)) & known
    return int(wrong.sum()), int(known.sum())


@torch.no_grad()
def evaluated(
    network: nn.Module,
    source: PatchSource,
    loss: Loss,
    count: Misplaced,
    *,
    device: torch.device,
    portion: Portion,
    job: Job,
) -> Score:
    """Score of a network on the patches for validation, in float32.

    Raises
    ------
    ParameterError
        If there are no such patches.
    """
    network.eval()
    losses, patches, wrong, pixels = 0.0, 0, 0, 0
    with watched(network, job):
        for batch in source.validation():
            job.check()
            found, missed, of = _of_batch(network, batch, loss, count, device, portion)
            losses += found * len(batch.images)
            patches += len(batch.images)
            wrong, pixels = wrong + missed, pixels + of
    if not pixels:
        raise ParameterError(
            "there are no patches for validation", expected="at least one structure that is not trained with"
        )
    return Score(losses / patches, 100.0 * wrong / pixels)


def _of_batch(
    network: nn.Module,
    batch: Batch,
    loss: Loss,
    count: Misplaced,
    device: torch.device,
    portion: Portion,
) -> tuple[float, int, int]:
    while True:
        try:
            logits = torch.cat(
                [network(on_device(batch.images[part], device)) for part in portion.parts(len(batch.images))]
            )
            target = on_device(batch.target, device)
            return float(loss(*counting(logits, target, batch.sparse))), *count(logits, target)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        portion.halve(len(batch.images), device)


def with_mean(network: nn.Module, average: Average) -> nn.Module:
    """A copy of the network with the averaged weights."""
    mean = copy.deepcopy(network)
    mean.load_state_dict(average.values)
    return mean
