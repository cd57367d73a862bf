"""From a trained network to a model of the library: ONNX, card, weights to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from core import __version__
from core.job import Job
from core.learn.export import ExportReport, export_onnx
from core.learn.networks import SegmentationNetwork
from core.learn.params.data import DataParams
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.cases import Case, mean_voxel_nm
from core.learn.training.device import Machine
from core.learn.training.start import write_checkpoint
from core.learn.training.trial import Row, Trial
from core.learn.training.whole import FittedRecipe
from core.models.card import Model, write_model
from core.models.intensity import levels_of_planes, normalised
from core.models.layout import least_px
from core.models.spec import Known, ModelSpec
from core.models.texts import CardTexts, Measured
from core.volume import Array

ONNX = "weights.onnx"
_EXPORT_STRIDES = 4


def spec_of(
    recipe: TrainingRecipe, network: SegmentationNetwork, known: Known, data: DataParams, job: Job
) -> ModelSpec:
    """How the model is run, and what it fits."""
    halo_slices, halo_px = network.halo()
    branched = network.weights() is not None or (recipe.network.fuses and recipe.network.fusion == "late")
    return ModelSpec(
        name=recipe.name,
        version=recipe.version,
        channels=recipe.network.channels,
        slices=recipe.network.slices,
        volume=recipe.network.is_volume,
        voxel_nm=mean_voxel_nm(data, recipe.network.channels, job),
        stride=network.stride,
        halo_px=halo_px,
        halo_slices=halo_slices,
        branches=branched,
        weights=network.weights(),
        known=known,
        trained_on=recipe.trained_on,
        limits=recipe.limits,
    )


def exported(network: SegmentationNetwork, path: Path) -> ExportReport:
    """Write the network as ONNX, compared with what it was made from; see `export_onnx`."""
    spec = network.spec
    depth = [spec.slices] if spec.is_volume else []
    side = _EXPORT_STRIDES * network.stride
    return export_onnx(network, path, (1, spec.inputs, *depth, side, side))


def delivered(
    recipe: TrainingRecipe,
    fitted: FittedRecipe,
    spec: ModelSpec,
    folder: Path,
    *,
    job: Job,
    training: Mapping[str, Any],
    trial: Trial | None = None,
    example: Array | None = None,
) -> Model:
    """Write the folder of the model; one that is there gives way.

    Parameters
    ----------
    recipe, fitted, spec
    folder : Path
    job : Job
    training : mapping
        How it was trained; see `training_facts`.
    trial : Trial, optional
        What was measured.
    example : ndarray of float32, optional
        For test tensor and cover; see `example_of`.

    Raises
    ------
    TruesliceError
        If the exported network does not give what the trained one gives, or the folder cannot be written.
    """
    with TemporaryDirectory(dir=folder.parent, prefix=".export-") as place:
        onnx = Path(place, ONNX)
        exported(fitted.network, onnx)
        texts = _texts(recipe)
        results = () if trial is None else _measured(recipe, trial)
        model = write_model(
            folder, onnx, spec, texts, results, training, example=example, replace=True, job=job
        )
    write_checkpoint(folder, fitted.network)
    return model


def _texts(recipe: TrainingRecipe) -> CardTexts:
    if recipe.card.architecture:
        return recipe.card
    network = recipe.network
    joined = f", {network.fusion} fusion" if network.fuses else ""
    folded = f", folded {network.fold_px} x {network.fold_px} px" if network.fold_px > 1 else ""
    words = f"{network.kind}, depth {network.depth}, width {network.width}{folded}{joined}"
    return recipe.card.model_copy(update={"architecture": words})


def training_facts(
    recipe: TrainingRecipe, fitted: FittedRecipe, data: Mapping[str, Any], machine: Machine
) -> dict[str, Any]:
    """How the model was trained, for its card; plain values."""
    optimise, end = recipe.ensemble if recipe.trains_branches else recipe.optimise, fitted.fitted
    facts: dict[str, Any] = {
        "seed": recipe.seed,
        "network": recipe.network.model_dump(mode="json"),
        "weights": sum(weight.numel() for weight in fitted.network.parameters()),
        "data": _named_only(data),
        "augmentation": recipe.augment.model_dump(mode="json"),
        "training_epochs": len(end.curve),
        "training_batch_size": optimise.batch_size,
        "initial_learning_rate": optimise.learning_rate,
        "learning_rate_schedule": optimise.schedule,
        "loss_function": optimise.loss,
        "optimizer": optimise.optimiser,
        "training_duration": round(fitted.seconds, 1),
        "best_epoch": end.best.epoch,
        "averaged_weights": end.best.averaged,
        "validation_mp": end.best.mp,
        "ended_by": end.ended_by,
        "threads": machine.stated_threads or torch.get_num_threads(),
        "versions": {"trueslice": __version__, "torch": str(torch.__version__)},
    }
    if recipe.start:
        facts["start"] = _last_part(recipe.start)
    if recipe.trains_branches:
        facts["branches"] = _branch_facts(recipe, fitted)
    if recipe.optimise.minutes or optimise.minutes:
        facts["minutes"] = recipe.optimise.minutes or optimise.minutes
        facts["repeats"] = (
            "Ended by the clock: how many steps were made depends on the machine. State the epochs, and "
            "no minutes, for a training that repeats."
        )
    return facts


def _branch_facts(recipe: TrainingRecipe, fitted: FittedRecipe) -> dict[str, Any]:
    """How the network of each channel was trained, or where it was taken from."""
    made = recipe.optimise
    own = {
        "batch_size": made.batch_size,
        "learning_rate": made.learning_rate,
        "schedule": made.schedule,
        "loss": made.loss,
        "optimizer": made.optimiser,
    }
    trained = {
        name: {"epochs": len(one.curve), "validation_mp": one.best.mp, **own}
        for name, one in fitted.branches.items()
    }
    return trained | {name: {"taken_from": _last_part(place)} for name, place in recipe.branch_from.items()}


def _last_part(place: str) -> str:
    """Name of a folder or a model without the path, which means nothing on another machine."""
    return Path(place.removeprefix("model:")).resolve().name


def _named_only(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same with names in place of paths, which mean nothing on another machine."""
    stated = dict(data.get("data", {}))
    for key, value in stated.items():
        if key in _PATHS:
            stated[key] = Path(value).name if isinstance(value, str) else [Path(one).name for one in value]
    return {key: value for key, value in data.items() if key != "augment"} | (
        {"data": stated} if stated else {}
    )


_PATHS = frozenset({"path", "further", "images", "labels", "validation_images", "validation_labels"})


def _measured(recipe: TrainingRecipe, trial: Trial) -> tuple[Measured, ...]:
    own, classical = trial.network, trial.best_classical
    if own is None:
        return ()
    remark = f"True solid fraction {trial.phi:.4f}; {trial.voxels} voxels of {', '.join(trial.cases)}."
    if classical is not None:
        remark += f" Best method without a network: {told(classical)}, MP {classical.mp:.3g} %."
    simulated = recipe.data.kind == "simulated"
    return (
        Measured(
            data="simulated" if simulated else "labelled",
            values={name: value for name in _KEPT if (value := getattr(own, name)) is not None},
            role="test" if trial.role == "test" else "validation",
            samples=len(trial.cases),
            remark=remark,
        ),
    )


_KEPT = ("mp", "mgp", "mds", "phi", "precision", "recall", "iou")


def told(row: Row) -> str:
    """Name of a method with its channels."""
    return f"{row.method} ({', '.join(row.channels)})"


def example_of(case: Case, spec: ModelSpec, slice_step: int) -> Array | None:
    """Normalised images of the middle of a stack; None if it is smaller than what one answer depends on.

    Returns
    -------
    ndarray of float32, shape (channel, [z,] y, x)
    """
    count, height, width = case.truth.shape
    side = least_px(spec)
    if min(height, width) < side:
        return None
    half, middle = spec.slices // 2, count // 2
    seen = [min(max(middle + by * slice_step, 0), count - 1) for by in range(-half, spec.slices - half)]
    shown = []
    for channel in spec.channels:
        stack = case.channels[channel]
        shown.append(normalised(stack[seen], levels_of_planes(stack)))
    return np.stack(shown) if spec.volume else np.concatenate(shown)
