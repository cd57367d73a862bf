"""From structures to a tested model that makes grey planes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import torch
from torch.nn import functional

from core import __version__
from core.job import Job
from core.learn.export import export_onnx
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.grey.source import GreyPatches
from core.learn.inpainting.grey.trial import tested
from core.learn.networks import SegmentationNetwork
from core.learn.networks.inpainting_grey import GreyNetwork, WholeGreyPlanes
from core.learn.training.device import Machine
from core.learn.training.epochs import Fitted, OnPoint, nobody
from core.learn.training.loop import fit
from core.learn.training.place import claimed
from core.learn.training.start import CHECKPOINT, MODEL
from core.learn.training.state import weights_of, write_arrays
from core.learn.training.summary import identity_of
from core.models.card import Model, write_model
from core.models.session import open_session
from core.models.spec import Known, ModelSpec
from core.models.texts import Measured
from core.rebuild.network import Filling
from core.rebuild.network_grey_input import CHANNELS, RULE

_ANY = Machine()
_EXPORT_PX = 24
_PARTS = 1000
TRAINED_ON = (
    "Drawn grey images, no simulated ones: porous structures (leveled waves with one and two levels, "
    "spheres, pores) with bright edges, signal from some depth and open pores, and surfaces of such "
    "structures as membranes; features of 4.5 to 20 px, slices 1.5 to 20 px apart, noise of none to 0.6 of "
    "the contrast."
)
LIMITS = (
    "For grey values and square pixels of slices that are registered. Planes that it makes are smoother than "
    "measured ones where these are noisy; gaps much wider than what they show cannot be filled by anything."
)


@dataclass(frozen=True)
class TrainedGrey:
    """A model that makes grey planes, and how its training went."""

    model: Model
    fitted: Fitted
    measured: tuple[Measured, ...]


def new_network(recipe: GreyFillingRecipe) -> GreyNetwork:
    """The network before its training; weights follow from the seed."""
    size = recipe.network
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return GreyNetwork(size.width, size.first_px, size.steps)


def train_grey(
    recipe: GreyFillingRecipe,
    folder: Path,
    *,
    job: Job,
    machine: Machine = _ANY,
    on_point: OnPoint = nobody,
) -> TrainedGrey:
    """Train, export and test; goes on where an earlier run in the folder was stopped or killed.

    Parameters
    ----------
    recipe : GreyFillingRecipe
    folder : Path
        New, empty, or of the same recipe; gets ``recipe.toml``, the state and ``model``.
    job : Job
    machine : Machine
    on_point : callable
        Called after every epoch with a `CurvePoint`; its MP is the squared error in percent of the spline's.

    Raises
    ------
    TruesliceError
        As `core.learn.inpainting.train.train_filling`.
    Cancelled
        If the user asked to stop; what is done is kept.
    """
    with claimed(recipe, folder, _identity):
        source = GreyPatches(recipe, job)
        fitted = fit(
            new_network(recipe),
            source,
            recipe.optimise,
            folder,
            job=job,
            seed=recipe.seed,
            identity=recipe.identity(),
            machine=machine,
            loss=squared_error,
            count=error_share,
            on_point=on_point,
        )
        return _finished(recipe, source, fitted, folder, job, machine)


def squared_error(found: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the pixels, in float32; 1 is about that of the spline."""
    return functional.mse_loss(found.float(), target)


def error_share(found: torch.Tensor, target: torch.Tensor) -> tuple[int, int]:
    """Squared error in thousandths, and thousandths of pixels, so that the state with the least is kept."""
    total = float(torch.sum((found.float() - target).double() ** 2))
    return round(_PARTS * total), _PARTS * target.numel()


def spec_of(recipe: GreyFillingRecipe, known: Known) -> ModelSpec:
    """How the model is run. A voxel stands for 1 nm: the network knows pixels only."""
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        task="fill",
        channels=CHANNELS,
        voxel_nm=(1.0, 1.0, 1.0),
        halo_px=recipe.network.reach_px,
        normalisation=RULE,
        known=known,
        trained_on=TRAINED_ON,
        limits=LIMITS,
    )


def _identity(recipe: GreyFillingRecipe) -> dict[str, Any]:
    return identity_of(recipe.optimise, recipe.seed, recipe.identity())


def _finished(
    recipe: GreyFillingRecipe, source: GreyPatches, fitted: Fitted, folder: Path, job: Job, machine: Machine
) -> TrainedGrey:
    """Export and test."""
    network = cast("GreyNetwork", fitted.network)
    whole = cast("SegmentationNetwork", WholeGreyPlanes(network))
    spec = spec_of(recipe, source.known())
    with TemporaryDirectory(dir=folder, prefix=".export-") as place:
        onnx = Path(place, "weights.onnx")
        export_onnx(whole, onnx, (1, len(CHANNELS), _EXPORT_PX, _EXPORT_PX))
        filling = Filling(open_session(onnx, "cpu", machine.threads or 0), spec.halo_px)
        measured = tested(filling, recipe, job)
        facts = _facts(recipe, fitted, source.describe())
        example = source.example()
        model = write_model(
            folder / MODEL, onnx, spec, recipe.card, measured, facts, example=example, replace=True, job=job
        )
    write_arrays(folder / MODEL / CHECKPOINT, weights_of(network))
    return TrainedGrey(model, fitted, measured)


def _facts(recipe: GreyFillingRecipe, fitted: Fitted, data: dict[str, Any]) -> dict[str, Any]:
    optimise = recipe.optimise
    return {
        "seed": recipe.seed,
        "network": recipe.network.model_dump(mode="json"),
        "weights": sum(weight.numel() for weight in fitted.network.parameters()),
        "data": data,
        "training_epochs": len(fitted.curve),
        "training_batch_size": optimise.batch_size,
        "initial_learning_rate": optimise.learning_rate,
        "learning_rate_schedule": optimise.schedule,
        "loss_function": "mean squared error by that of a cubic spline",
        "optimizer": optimise.optimiser,
        "training_duration": round(fitted.seconds, 1),
        "best_epoch": fitted.best.epoch,
        "averaged_weights": fitted.best.averaged,
        "validation_error_percent": fitted.best.mp,
        "ended_by": fitted.ended_by,
        "versions": {"trueslice": __version__, "torch": str(torch.__version__)},
    }
