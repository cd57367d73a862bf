"""The loop of a training: seeded, resumable after a kill, cancelled at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from core.job import Job
from core.learn.data.batch import PatchSource
from core.learn.losses import loss_named
from core.learn.params.optimise import OptimiseParams
from core.learn.training.device import Machine, calculating, chosen_device, settle
from core.learn.training.epochs import Fitted, OnPoint, Run, Task, nobody
from core.learn.training.evaluate import Misplaced, misplaced
from core.learn.training.steps import Loss
from core.learn.training.summary import claim

_ANY = Machine()


def fit(
    network: nn.Module,
    source: PatchSource,
    optimise: OptimiseParams,
    folder: Path,
    *,
    job: Job,
    seed: int,
    identity: Mapping[str, Any] | None = None,
    machine: Machine = _ANY,
    loss: Loss | None = None,
    count: Misplaced = misplaced,
    part: str = "",
    on_point: OnPoint = nobody,
) -> Fitted:
    """Train a network; goes on where an earlier run in the same folder was stopped or killed.

    Same seed, machine and number of threads give the same weights, also over interruptions, unless minutes
    end the training.

    Parameters
    ----------
    network : nn.Module
        ``forward(images)`` -> logits of the shape of the targets. Frozen parts stay as they are.
    source : PatchSource
    optimise : OptimiseParams
    folder : Path
        Gets ``state.npz``, ``state.json``, ``curve.csv``, ``best.npz``.
    job : Job
        Progress and cancelling.
    seed : int
        Of layers that draw numbers (dropout).
    identity : mapping, optional
        What else makes this training, as JSON values; another one in the same folder is refused.
    machine : Machine
    loss : callable, optional
        ``loss(logits, target)``; the one that `optimise` names if left out.
    count : callable
        ``(logits, target)`` -> misplaced pixels and all; the state with the smallest share is the best one.
    part : str
        Goes into the points.
    on_point : callable
        Called after every epoch.

    Raises
    ------
    ProjectError
        If the folder belongs to another training, or what it holds is damaged.
    ParameterError
        If loss or gradient become infinite, nothing can be trained, or there are no patches for validation.
    NotEnoughMemoryError
        If one patch does not fit into memory.
    Cancelled
        If the user asked to stop; the state is kept.
    """
    device = chosen_device(machine.device)
    own = claim(folder, network, optimise, seed, identity)
    with calculating(device, machine.stated_threads):
        settle(network, device)
        chosen = loss or loss_named(optimise.loss)
        task = Task(network, source, optimise, folder, chosen, count, seed, own, part)
        return Run(task, device, job, on_point).to_the_end()
