"""From structures to a tested model that fills gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional

from core import __version__
from core.job import Job
from core.learn.export import export_onnx
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.inpainting.source import GapWindows
from core.learn.inpainting.trial import tested
from core.learn.networks import SegmentationNetwork
from core.learn.networks.inpainting import ShapeNetwork, WholePlanes
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
from core.rebuild.network_input import CHANNELS, RULE, as_input, between, interpolated
from core.volume import Array

_ANY = Machine()
_EXPORT_PX = 24
TRAINED_ON = (
    "Virtual structures of two phases (leveled waves with one and two levels, spheres, pores), ligaments of "
    "4.5 to 16 px, cut into slices 1.5 to 16 px apart; half of them like nanoporous gold, ligaments of "
    "6 px, slices 4.06 +- 1.25 px apart."
)
LIMITS = (
    "For voxels of two phases and square pixels; not for grey values, nor for layered or aligned structures. "
    "Gaps much wider than a ligament cannot be filled by anything."
)


@dataclass(frozen=True)
class TrainedFilling:
    """A model that fills gaps, and how its training went."""

    model: Model
    fitted: Fitted
    measured: tuple[Measured, ...]


def new_network(recipe: FillingRecipe) -> ShapeNetwork:
    """The network before its training; weights follow from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return ShapeNetwork(recipe.network.reach_px, recipe.network.widths)


def train_filling(
    recipe: FillingRecipe,
    folder: Path,
    *,
    job: Job,
    machine: Machine = _ANY,
    on_point: OnPoint = nobody,
) -> TrainedFilling:
    """Train, export and test; goes on where an earlier run in the folder was stopped or killed.

    Parameters
    ----------
    recipe : FillingRecipe
    folder : Path
        New, empty, or of the same recipe; gets ``recipe.toml``, the state and ``model``.
    job : Job
    machine : Machine
    on_point : callable
        Called after every epoch with a `CurvePoint`.

    Raises
    ------
    TruesliceError
        As `core.learn.training.loop.fit` and `core.learn.export.export_onnx`; `ProjectError` if the folder
        belongs to another recipe or another run works on it.
    Cancelled
        If the user asked to stop; what is done is kept.
    """
    with claimed(recipe, folder, _identity):
        source = GapWindows(recipe, job)
        fitted = fit(
            new_network(recipe),
            source,
            recipe.optimise,
            folder,
            job=job,
            seed=recipe.seed,
            identity=recipe.identity(),
            machine=machine,
            loss=cross_entropy,
            on_point=on_point,
        )
        return _finished(recipe, source, fitted, folder, job, machine)


def _identity(recipe: FillingRecipe) -> dict[str, Any]:
    return identity_of(recipe.optimise, recipe.seed, recipe.identity())


def _finished(
    recipe: FillingRecipe, source: GapWindows, fitted: Fitted, folder: Path, job: Job, machine: Machine
) -> TrainedFilling:
    """Export and test."""
    network = cast("ShapeNetwork", fitted.network)
    whole = cast("SegmentationNetwork", WholePlanes(network))
    spec = spec_of(recipe, source.known())
    with TemporaryDirectory(dir=folder, prefix=".export-") as place:
        onnx = Path(place, "weights.onnx")
        export_onnx(whole, onnx, (1, len(CHANNELS), _EXPORT_PX, _EXPORT_PX))
        filling = Filling(open_session(onnx, "cpu", machine.threads or 0), spec.halo_px)
        measured = tested(filling, recipe.test_structures, job)
        facts = _facts(recipe, fitted, source.describe())
        example = example_of(source)
        model = write_model(
            folder / MODEL, onnx, spec, recipe.card, measured, facts, example=example, replace=True, job=job
        )
    write_arrays(folder / MODEL / CHECKPOINT, weights_of(network))
    return TrainedFilling(model, fitted, measured)


def cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean cross entropy of the pixels, in float32."""
    return functional.binary_cross_entropy_with_logits(logits.float(), target)


def spec_of(recipe: FillingRecipe, known: Known) -> ModelSpec:
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


def _facts(recipe: FillingRecipe, fitted: Fitted, data: dict[str, Any]) -> dict[str, Any]:
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
        "loss_function": "cross entropy",
        "optimizer": optimise.optimiser,
        "training_duration": round(fitted.seconds, 1),
        "best_epoch": fitted.best.epoch,
        "averaged_weights": fitted.best.averaged,
        "validation_mp": fitted.best.mp,
        "ended_by": fitted.ended_by,
        "versions": {"trueslice": __version__, "torch": str(torch.__version__)},
    }


def example_of(source: GapWindows, side_px: int = 48, knots: Sequence[int] = (0, 4, 8, 12)) -> Array:
    """Input of a plane of the first structure, for test tensor and cover; float32, (9, side, side)."""
    places = np.asarray(knots, dtype=np.float64)
    item = between(places, float(knots[1] + 2))
    distances = source.first.distances[list(knots), :side_px, :side_px].astype(np.float32)
    middle = interpolated(distances, item.row, 0)
    return as_input(distances[list(item.knots)], middle, item.offsets_px)
