"""What a recipe costs on this machine, from a short measurement."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.job import Job
from core.learn.data.batch import Batch
from core.learn.losses import loss_named
from core.learn.params.data import DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import DATA, TrainingRecipe
from core.learn.training.device import Machine, calculating, chosen_device, settle
from core.learn.training.ready import require_ready
from core.learn.training.start import seeded_build
from core.learn.training.steps import Portion, Stepper, training_mode
from core.learn.training.watched import watched
from core.simulate.acquisition import estimate_training

_PATCHES = 16
_VALIDATION = 1 / 3
"""Time of a patch that is only looked at, by that of one that is trained with."""
_ANY = Machine()


@dataclass(frozen=True)
class TrainingCost:
    """What a recipe needs.

    Attributes
    ----------
    device : str
    weights : int
        Numbers that are trained.
    patches_per_second : float
        Of the optimiser alone; making patches goes on beside it.
    epochs : int
        At most.
    training_seconds : float
        At most, validation included; what patience saves is not known before.
    simulation : dict or None
        What the training set needs; see `core.simulate.acquisition.Cost`.
    """

    device: str
    weights: int
    patches_per_second: float
    epochs: int
    training_seconds: float
    simulation: dict[str, Any] | None

    def table(self) -> dict[str, Any]:
        """Values for the answer of a command."""
        return dict(vars(self))


def estimate(recipe: TrainingRecipe, folder: Path, *, job: Job, machine: Machine = _ANY) -> TrainingCost:
    """Measure a few steps with patches of chance; nothing is written.

    Raises
    ------
    TruesliceError, Cancelled
        As `fit`.
    """
    device = chosen_device(machine.device)
    require_ready(recipe)
    spec, optimise, parts = recipe.network, recipe.optimise, 1
    if recipe.trains_branches:
        parts = len(spec.channels) - len(recipe.branch_from)
        spec = recipe.branch_network(spec.channels[0])
    with calculating(device, machine.stated_threads):
        rate, weights = _measured(spec, recipe.data, optimise, device, job)
    seconds = parts * _seconds(recipe.data, optimise.epochs, rate)
    if recipe.trains_branches:  # all branches are run, none is changed
        seconds += (
            len(recipe.network.channels)
            * _VALIDATION
            * 2
            * _seconds(recipe.data, recipe.ensemble.epochs, rate)
        )
    if optimise.minutes:
        seconds = min(seconds, 60 * optimise.minutes)
    made = None
    if recipe.simulate is not None:
        where: Any = "cuda" if machine.device == "cuda" else "cpu"
        place = folder / DATA
        cost = estimate_training(recipe.simulate, job, folder=place, threads=machine.threads, device=where)
        made = cost.table()
    return TrainingCost(device.type, parts * weights, rate, optimise.epochs, seconds, made)


def _seconds(data: DataParams, epochs: int, rate: float) -> float:
    return epochs * (data.patches_per_epoch + _VALIDATION * 2 * data.validation_patches) / rate


def _measured(
    spec: NetworkParams, data: DataParams, optimise: OptimiseParams, device: torch.device, job: Job
) -> tuple[float, int]:
    """Patches per second, and weights."""
    network = seeded_build(spec, 0)
    settle(network, device)
    stepper = Stepper(network, optimise, loss_named(optimise.loss), device, Portion())
    depth = [data.patch_slices] if spec.is_volume else []
    count = min(_PATCHES, optimise.batch_size)
    images = torch.randn(count, spec.inputs, *depth, data.patch_px, data.patch_px)
    batch = Batch(images, (images[:, :1] > 0).float())
    training_mode(network)
    with watched(network, job):
        stepper.step(batch, optimise.learning_rate, 0)
        begun = time.perf_counter()
        stepper.step(batch, optimise.learning_rate, 1)
        seconds = time.perf_counter() - begun
    return count / max(seconds, 1e-6), sum(weight.numel() for weight in network.parameters())
