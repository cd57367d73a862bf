"""The epochs of one training in one folder."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from core.errors import Cancelled, ParameterError, ProjectError
from core.job import Job, Progress
from core.learn.data.batch import PatchSource
from core.learn.params.optimise import OptimiseParams
from core.learn.training.batches import batches_ahead
from core.learn.training.device import batch_workers
from core.learn.training.evaluate import Misplaced, Score, evaluated, with_mean
from core.learn.training.rate import rate_at, share_done
from core.learn.training.state import (
    BEST,
    Best,
    Counters,
    CurvePoint,
    Parts,
    load_state,
    load_weights,
    read_arrays,
    save_state,
    weights_of,
    write_arrays,
    write_curve,
)
from core.learn.training.steps import Loss, Portion, Stepper, training_mode
from core.learn.training.summary import write_summary
from core.learn.training.watched import watched

_SAVE_S = 60.0
_THOUSAND = 1000
OnPoint: TypeAlias = Callable[[CurvePoint], None]


def nobody(_point: CurvePoint) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Fitted:
    """A finished training.

    Attributes
    ----------
    network : nn.Module
        With its best weights, on the processor, in evaluation mode.
    best : Best
    curve : tuple of CurvePoint
    seconds : float
        Time spent on it, all runs together.
    ended_by : {'epochs', 'minutes', 'patience'}
    notes : tuple of str
    was_done : bool
        Whether there was nothing left to do.
    """

    network: nn.Module
    best: Best
    curve: tuple[CurvePoint, ...]
    seconds: float
    ended_by: str
    notes: tuple[str, ...]
    was_done: bool = False


@dataclass(frozen=True)
class Task:
    """What is trained, with what, how and where; see `fit`."""

    network: nn.Module
    source: PatchSource
    optimise: OptimiseParams
    folder: Path
    loss: Loss
    count: Misplaced
    seed: int
    identity: dict[str, Any]
    part: str


class Run:
    """A training from its last kept state to its end."""

    def __init__(self, task: Task, device: torch.device, job: Job, on_point: OnPoint) -> None:
        self.task, self.device, self.job, self.on_point = task, device, job, on_point
        self.optimise, self.network = task.optimise, task.network
        self.portion = Portion()
        self.stepper = Stepper(task.network, task.optimise, task.loss, device, self.portion)
        self.parts = Parts(task.network, self.stepper.optimiser, self.stepper.average)
        self.counters = load_state(task.folder, self.parts) or Counters()
        self.portion.size, self.portion.notes = self.counters.portion, self.counters.notes
        self._clock = self._saved = time.monotonic()

    def to_the_end(self) -> Fitted:
        """Make the epochs that are left, and come back with the best weights of all."""
        was_done = bool(self._ended())
        while not (ended := self._ended()):
            self._epoch()
        best = self.counters.best
        if best is None:
            raise ProjectError(
                f"{self.task.folder} holds no finished epoch", remedy="delete it and train again"
            )
        load_weights(self.network, read_arrays(self.task.folder / BEST))
        network = self.network.to("cpu").eval()
        points, notes = tuple(self.counters.points), tuple(self.counters.notes)
        return Fitted(network, best, points, self.counters.seconds, ended, notes, was_done)

    def _ended(self) -> str:
        """Why there is nothing left to do; empty while there is."""
        counters, optimise = self.counters, self.optimise
        if counters.epoch and counters.epoch >= optimise.epochs:
            return "epochs"
        if counters.epoch and self._is_time_up():
            return "minutes"
        if optimise.patience and counters.waited >= optimise.patience:
            return "patience"
        return ""

    def _is_time_up(self) -> bool:
        return 0 < 60 * self.optimise.minutes <= self.counters.seconds

    def _tick(self) -> None:
        now = time.monotonic()
        self.counters.seconds += now - self._clock
        self._clock = now

    def _save(self) -> None:
        self.counters.portion = self.portion.size
        save_state(self.task.folder, self.parts, self.counters)
        self._saved = time.monotonic()

    # ---- one epoch
    def _epoch(self) -> None:
        try:
            self._train()
            score, mean = self._scores()
        except Cancelled:  # raised between two steps, or undone: the steps that were made are not lost
            self._tick()
            self._save()
            raise
        self._take_in(score, mean)
        self.counters.epoch, self.counters.batch, self.counters.loss_sum = self.counters.epoch + 1, 0, 0.0
        self._tick()
        self._save()
        write_curve(self.task.folder, self.counters.points)
        write_summary(self.task.folder, self.task.identity, self.counters)
        self.on_point(self.counters.points[-1])
        self._report()

    def _train(self) -> None:
        """Make the steps of one epoch that are left, or as many as there is time for."""
        training_mode(self.network)
        counters = self.counters
        if counters.batch and self._is_time_up():
            return
        workers = batch_workers(self.device)
        ahead = batches_ahead(self.task.source, counters.epoch, counters.batch, self.job, workers=workers)
        with watched(self.network, self.job), contextlib.closing(ahead):
            for batch in ahead:
                self._report()
                self._sow()
                counters.rate = self._rate()
                counters.loss_sum += self.stepper.step(batch, counters.rate, counters.steps)
                counters.steps, counters.batch = counters.steps + 1, counters.batch + 1
                self._tick()
                if self._is_time_up():
                    break
                if time.monotonic() - self._saved > _SAVE_S:
                    self._save()

    def _sow(self) -> None:
        """Chance within layers belongs to the step, so that it is the same after an interruption."""
        seed = np.random.SeedSequence([self.task.seed, self.counters.steps]).generate_state(1)[0]
        torch.manual_seed(int(seed))

    def _rate(self) -> float:
        counters = self.counters
        return rate_at(self.optimise, done=self._done(), epoch=counters.epoch, lowered=counters.lowered)

    def _done(self) -> float:
        epochs = self.counters.epoch + self.counters.batch / self.task.source.batches_per_epoch
        return share_done(self.optimise, epochs=epochs, seconds=self.counters.seconds)

    def _scores(self) -> tuple[Score, Score | None]:
        def of(network: nn.Module) -> Score:
            return evaluated(
                network,
                self.task.source,
                self.task.loss,
                self.task.count,
                device=self.device,
                portion=self.portion,
                job=self.job,
            )

        score = of(self.network)
        average = self.stepper.average
        return score, None if average is None else of(with_mean(self.network, average))

    def _take_in(self, score: Score, mean: Score | None) -> None:
        """Keep what an epoch has given: point of the curve, best weights, waiting."""
        counters = self.counters
        if not math.isfinite(score.loss):
            raise ParameterError("the validation loss is not a number", remedy="lower learning_rate")
        counters.points.append(
            CurvePoint(
                epoch=counters.epoch + 1,
                learning_rate=counters.rate,
                train_loss=counters.loss_sum / max(1, counters.batch),
                validation_loss=score.loss,
                validation_mp=score.mp,
                averaged_loss=None if mean is None else mean.loss,
                averaged_mp=None if mean is None else mean.mp,
                seconds=round(counters.seconds, 3),
                part=self.task.part,
            )
        )
        self._keep_best(score, mean)
        self._wait(min(found.loss for found in (score, mean) if found is not None))

    def _keep_best(self, score: Score, mean: Score | None) -> None:
        found = [(score.mp, score.loss, False)] + ([(mean.mp, mean.loss, True)] if mean else [])
        mp, loss, averaged = min(found)
        before = self.counters.best
        if before is not None and (before.mp, before.loss) <= (mp, loss):
            return
        average = self.stepper.average
        network = with_mean(self.network, average) if averaged and average else self.network
        write_arrays(self.task.folder / BEST, weights_of(network))
        self.counters.best = Best(epoch=self.counters.epoch + 1, loss=loss, mp=mp, averaged=averaged)

    def _wait(self, loss: float) -> None:
        counters = self.counters
        if counters.least_loss is None or loss < counters.least_loss:
            counters.least_loss, counters.waited, counters.waited_plateau = loss, 0, 0
            return
        counters.waited, counters.waited_plateau = counters.waited + 1, counters.waited_plateau + 1
        if self.optimise.schedule == "plateau" and counters.waited_plateau >= self.optimise.every_epochs:
            counters.lowered, counters.waited_plateau = counters.lowered * self.optimise.factor, 0

    # ---- progress
    def _report(self) -> None:
        self.job.check()
        self.job.report(Progress(round(_THOUSAND * self._done()), _THOUSAND, self._told()))

    def _told(self) -> str:
        """One line; it changes once per epoch, so that logs stay short."""
        counters = self.counters
        told = f"epoch {min(counters.epoch + 1, self.optimise.epochs)}/{self.optimise.epochs}"
        if counters.points and counters.best is not None:
            last = counters.points[-1]
            done = share_done(self.optimise, epochs=counters.epoch, seconds=last.seconds)
            left = last.seconds * (1 - done) / (60 * max(done, 1e-9))
            best = counters.best.mp
            told += f", loss {last.validation_loss:.4g}, best MP {best:.3g} %, {left:.0f} min left"
        return told
