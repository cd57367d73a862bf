"""Trainings that may be compared: each gets the same processor time, spent on its steps alone.

`OptimiseParams.minutes` is wall-clock time, which depends on what else a machine does. Here the clock of the
training loop is another one: processor seconds of this process, all threads together, in which patches are
made and steps are taken. Reading the data, validation and keeping states are not charged, so that how often a
network is looked at costs it nothing.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from core.job import Job
from core.learn.params.recipe import TrainingRecipe
from core.learn.training import Machine, epochs
from core.learn.training.deliver import delivered, spec_of
from core.learn.training.state import STATE, read_arrays
from core.learn.training.whole import BRANCHES, FittedRecipe, fit_recipe

MODEL, TRAINING = "model", "training"
_NOT_CHARGED = ("evaluated", "save_state", "write_arrays")


class StepClock:
    """Processor seconds without those of what is not charged."""

    def __init__(self) -> None:
        self._left_out = 0.0

    def monotonic(self) -> float:
        """In place of that of the module `time`."""
        return time.process_time() - self._left_out

    def without(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, for which this clock stands still."""

        def called(*given: Any, **named: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*given, **named)
            finally:
                self._left_out += time.process_time() - begun

        return called


@contextlib.contextmanager
def step_clock() -> Iterator[None]:
    """In this block `OptimiseParams.minutes` are minutes of processor time of steps."""
    clock = StepClock()
    with contextlib.ExitStack() as stack:
        for name in _NOT_CHARGED:
            stack.enter_context(patch.object(epochs, name, clock.without(getattr(epochs, name))))
        stack.enter_context(patch.object(epochs, "time", SimpleNamespace(monotonic=clock.monotonic)))
        yield


@dataclass(frozen=True)
class Spent:
    """What a training was.

    Attributes
    ----------
    weights : int
        Numbers in the network.
    slices : int
        Patches of one slice that were trained with; one in the volume counts as its slices, and with
        branches those of all of them count.
    seconds : float
        Processor time of the steps.
    wall_s : float
        All of it, reading and validation included.
    votes : dict of str to float, or None
    """

    weights: int
    slices: int
    seconds: float
    wall_s: float
    votes: dict[str, float] | None


def trained(recipe: TrainingRecipe, folder: Path, threads: int) -> Spent:
    """Train with the program's own loop and write the model; goes on where it was stopped."""
    job, machine, begun = Job(), Machine("cpu", threads), time.perf_counter()
    with step_clock():
        fitted = fit_recipe(recipe, recipe.data, folder / TRAINING, job=job, machine=machine)
    spec = spec_of(recipe, fitted.network, fitted.source.known(), recipe.data, job)
    delivered(recipe, fitted, spec, folder / MODEL, job=job, training={})
    weights = sum(weight.numel() for weight in fitted.network.parameters())
    wall_s = time.perf_counter() - begun
    return Spent(weights, _slices(recipe, fitted, folder), fitted.seconds, wall_s, fitted.network.weights())


def _slices(recipe: TrainingRecipe, fitted: FittedRecipe, folder: Path) -> int:
    each = recipe.data.patch_slices if recipe.network.is_volume else 1
    if not recipe.trains_branches:
        return steps(folder / TRAINING) * recipe.optimise.batch_size * each
    places = [folder / TRAINING / BRANCHES / channel for channel in fitted.branches]
    joined = steps(folder / TRAINING) * recipe.ensemble.batch_size
    return (sum(map(steps, places)) * recipe.optimise.batch_size + joined) * each


def steps(folder: Path) -> int:
    """Steps of the optimiser that the training in this folder has made."""
    return int(json.loads(str(read_arrays(folder / STATE)["counters"]))["steps"])
