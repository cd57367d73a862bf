"""What the trainings of all networks that fill gaps have in common: from data to a tested model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar, cast

import torch
from torch import nn

from core import __version__
from core.errors import TruesliceError
from core.job import Job
from core.learn.data.batch import PatchSource
from core.learn.export import export_onnx
from core.learn.inpainting.recipe import GapRecipe
from core.learn.networks import SegmentationNetwork
from core.learn.training.device import Machine
from core.learn.training.epochs import Fitted, OnPoint, nobody
from core.learn.training.evaluate import Misplaced, misplaced
from core.learn.training.loop import fit
from core.learn.training.place import claimed
from core.learn.training.start import CHECKPOINT, MODEL
from core.learn.training.state import CurvePoint, weights_of, write_arrays
from core.learn.training.steps import Loss
from core.learn.training.summary import identity_of
from core.models.card import Model, write_model
from core.models.session import open_session
from core.models.spec import Known, ModelSpec
from core.models.texts import Measured
from core.rebuild.network import Filling
from core.volume import Array

ANY_MACHINE = Machine()
_EXPORT_PX = 24
R = TypeVar("R", bound=GapRecipe)
S = TypeVar("S", bound=PatchSource)


@dataclass(frozen=True)
class TrainedFilling:
    """A model that fills gaps, and how its training went."""

    model: Model
    fitted: Fitted
    measured: tuple[Measured, ...]


@dataclass(frozen=True)
class Filler(Generic[R, S]):
    """In what one kind of network that fills gaps differs from the others.

    Attributes
    ----------
    source, network : callable
        Make the data and the network of a recipe; the first weights follow from torch's own generator.
    whole : callable
        ``(network)`` -> what is exported: as many pixels as it gets.
    tested : callable
        ``(filling, recipe, job)`` -> what is measured.
    example : callable
        ``(source)`` -> input for test tensor and cover, float32, (channel, y, x).
    trained_on : callable
        ``(recipe)`` -> what the network has seen, for the card.
    channels, normalisation, limits
        For the card.
    loss, loss_name, count, validated
        What is made small; what the state is chosen by, and its name in the card.
    """

    source: Callable[[R, Job], S]
    network: Callable[[R], nn.Module]
    whole: Callable[[Any], nn.Module]
    tested: Callable[[Filling, R, Job], tuple[Measured, ...]]
    example: Callable[[S], Array]
    channels: tuple[str, ...]
    normalisation: str
    trained_on: Callable[[R], str]
    limits: str
    loss: Loss
    loss_name: str
    count: Misplaced = misplaced
    validated: str = "validation_mp"

    def train(
        self,
        recipe: R,
        folder: Path,
        *,
        job: Job,
        machine: Machine = ANY_MACHINE,
        on_point: OnPoint = nobody,
    ) -> TrainedFilling:
        """Train, export and test; goes on where an earlier run in the folder was stopped or killed.

        Parameters
        ----------
        recipe : GapRecipe
        folder : Path
            New, empty, or of the same recipe; gets ``recipe.toml``, the state and ``model``.
        job : Job
        machine : Machine
        on_point : callable
            Called after every epoch with a `CurvePoint`.

        Raises
        ------
        TruesliceError
            As `core.learn.training.loop.fit` and `core.learn.export.export_onnx`; `ProjectError` if the
            folder belongs to another recipe or another run works on it.
        Cancelled
            If the user asked to stop; what is done is kept.
        """
        with claimed(recipe, folder, _identity):
            source = self.source(recipe, job)
            fitted = fit(
                self.new_network(recipe),
                source,
                recipe.optimise,
                folder,
                job=job,
                seed=recipe.seed,
                identity=recipe.identity(),
                machine=machine,
                loss=self.loss,
                count=self.count,
                on_point=on_point,
            )
            return self._finished(recipe, source, fitted, folder, job, machine)

    def new_network(self, recipe: R) -> nn.Module:
        """The network before its training; weights follow from the seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            return self.network(recipe)

    def _finished(
        self, recipe: R, source: S, fitted: Fitted, folder: Path, job: Job, machine: Machine
    ) -> TrainedFilling:
        """Export and test."""
        whole = cast("SegmentationNetwork", self.whole(fitted.network))
        spec = self._spec(recipe, source.known())
        with TemporaryDirectory(dir=folder, prefix=".export-") as place:
            onnx = Path(place, "weights.onnx")
            export_onnx(whole, onnx, (1, len(self.channels), _EXPORT_PX, _EXPORT_PX))
            filling = Filling(open_session(onnx, "cpu", machine.threads or 0), spec.halo_px)
            measured = self.tested(filling, recipe, job)
            model = write_model(
                folder / MODEL,
                onnx,
                spec,
                recipe.card,
                measured,
                self._facts(recipe, fitted, source.describe()),
                example=self.example(source),
                replace=True,
                job=job,
            )
        write_arrays(folder / MODEL / CHECKPOINT, weights_of(fitted.network))
        return TrainedFilling(model, fitted, measured)

    def _spec(self, recipe: R, known: Known) -> ModelSpec:
        """How the model is run. A voxel stands for 1 nm: the network knows pixels only."""
        return ModelSpec(
            name=recipe.name,
            version=recipe.version,
            task="fill",
            channels=self.channels,
            voxel_nm=(1.0, 1.0, 1.0),
            halo_px=recipe.reach_px,
            normalisation=self.normalisation,
            known=known,
            trained_on=self.trained_on(recipe),
            limits=self.limits,
        )

    def _facts(self, recipe: R, fitted: Fitted, data: dict[str, Any]) -> dict[str, Any]:
        optimise = recipe.optimise
        return {
            "seed": recipe.seed,
            "network": recipe.identity()["network"],
            "weights": sum(weight.numel() for weight in fitted.network.parameters()),
            "data": data,
            "training_epochs": len(fitted.curve),
            "training_batch_size": optimise.batch_size,
            "initial_learning_rate": optimise.learning_rate,
            "learning_rate_schedule": optimise.schedule,
            "loss_function": self.loss_name,
            "optimizer": optimise.optimiser,
            "training_duration": round(fitted.seconds, 1),
            "best_epoch": fitted.best.epoch,
            "averaged_weights": fitted.best.averaged,
            self.validated: fitted.best.mp,
            "ended_by": fitted.ended_by,
            "versions": {"trueslice": __version__, "torch": str(torch.__version__)},
        }


def _identity(recipe: GapRecipe) -> dict[str, Any]:
    return identity_of(recipe.optimise, recipe.seed, recipe.identity())


def command(
    filler: Filler[R, Any], kind: type[R], name: str, description: str, arguments: Sequence[str] | None
) -> int:
    """Train from the command line; 0 if all went well. Without a recipe, the bundled model."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument("recipe", nargs="?", type=Path, metavar="RECIPE.toml")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parsed = parser.parse_args(arguments)
    try:
        recipe = kind() if parsed.recipe is None else kind.load(parsed.recipe)
        machine = Machine(parsed.device, parsed.threads)
        found = filler.train(recipe, parsed.output, job=Job(), machine=machine, on_point=_told)
    except TruesliceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for measured in found.measured:
        values = ", ".join(f"{key} {value:.4g}" for key, value in measured.values.items())
        sys.stdout.write(f"{measured.condition_long}: {values}. {measured.remark}\n")
    sys.stdout.write(f"{found.model.folder}\n")
    return 0


def _told(point: CurvePoint) -> None:
    sys.stdout.write(f"{point}\n")
    sys.stdout.flush()
