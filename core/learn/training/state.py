"""What a training keeps so that it can go on after a kill at any moment.

``state.npz`` alone decides: weights, moments of the optimiser, running mean, counters and curve, written
under a temporary name and renamed. ``state.json`` says what the training is of, ``curve.csv`` and
``best.npz`` follow from the state and are written anew where an epoch is repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import nn

from core.errors import ProjectError
from core.files import replacing, write_text
from core.learn.training.average import Average
from core.volume import Array

STATE, BEST, CURVE, SUMMARY = "state.npz", "best.npz", "curve.csv", "state.json"
_NETWORK, _MEAN, _MOMENTS, _COUNTERS = "network/", "mean/", "optimiser/", "counters"
_REMEDY = "delete the folder and train again"


class CurvePoint(BaseModel):
    """What one epoch has given.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    learning_rate : float
        Of the last step.
    train_loss, validation_loss : float
        Means over the patches; the first with augmentation, while the weights change.
    validation_mp : float
        Misplaced pixels of the validation patches in percent.
    averaged_loss, averaged_mp : float or None
        The same of the averaged weights.
    seconds : float
        Time since the start of the training.
    part : str
        Which network of several: a channel, ``ensemble``, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int
    learning_rate: float
    train_loss: float
    validation_loss: float
    validation_mp: float
    averaged_loss: float | None = None
    averaged_mp: float | None = None
    seconds: float
    part: str = ""


class Best(BaseModel):
    """The best state so far: least MP, then least loss, of the validation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int
    loss: float
    mp: float
    averaged: bool


class Counters(BaseModel):
    """How far a training is.

    Attributes
    ----------
    epoch, batch : int
        Finished epochs, and finished batches of the one under way.
    steps : int
        Steps of the optimiser.
    loss_sum : float
        Sum of the losses of the batches of the epoch under way.
    rate : float
        Learning rate of the last step.
    seconds : float
        Time spent.
    portion : int
        Patches calculated at once; 0: whole batches.
    lowered : float
        Product of the factors applied to the learning rate on plateaus.
    least_loss : float or None
        Least validation loss so far.
    waited, waited_plateau : int
        Epochs since then, and since the learning rate fell.
    """

    model_config = ConfigDict(extra="forbid")

    epoch: int = 0
    batch: int = 0
    steps: int = 0
    loss_sum: float = 0.0
    rate: float = 0.0
    seconds: float = 0.0
    portion: int = 0
    lowered: float = 1.0
    least_loss: float | None = None
    waited: int = 0
    waited_plateau: int = 0
    best: Best | None = None
    points: list[CurvePoint] = []
    notes: list[str] = []


@dataclass(frozen=True)
class Parts:
    """The parts of a training that change."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    average: Average | None


def save_state(folder: Path, parts: Parts, counters: Counters) -> None:
    """Write everything that is needed to go on from here to the same weights."""
    arrays = {_NETWORK + name: value for name, value in weights_of(parts.network).items()}
    if parts.average is not None:
        arrays |= {_MEAN + name: _array(value) for name, value in parts.average.values.items()}
    arrays |= {_MOMENTS + name: value for name, value in _moments(parts.optimiser)}
    arrays[_COUNTERS] = np.array(counters.model_dump_json())
    write_arrays(folder / STATE, arrays)


def load_state(folder: Path, parts: Parts) -> Counters | None:
    """Go on from what is kept in the folder; None if there is nothing.

    Raises
    ------
    ProjectError
        If it is damaged or of another network.
    """
    if not (folder / STATE).is_file():
        return None
    arrays = read_arrays(folder / STATE)
    try:
        counters = Counters.model_validate_json(str(arrays.pop(_COUNTERS)))
        load_weights(parts.network, _part(arrays, _NETWORK))
        if parts.average is not None:
            parts.average.load(
                {name: torch.from_numpy(value) for name, value in _part(arrays, _MEAN).items()}
            )
        _load_moments(parts.optimiser, _part(arrays, _MOMENTS))
    except (KeyError, RuntimeError, ValueError, ValidationError) as error:
        raise ProjectError(
            f"{folder / STATE} does not fit this training", got=str(error)[:200], remedy=_REMEDY
        ) from error
    return counters


def weights_of(network: nn.Module) -> dict[str, Array]:
    """Everything a network keeps, by name."""
    return {name: _array(value) for name, value in network.state_dict().items()}


def load_weights(network: nn.Module, arrays: Mapping[str, Array]) -> None:
    """Put weights into a network of the same make.

    Raises
    ------
    RuntimeError
        If names or shapes differ.
    """
    # from_numpy, not as_tensor of a scalar: whole numbers without axes keep their type.
    network.load_state_dict({name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()})


def write_arrays(target: Path, arrays: Mapping[str, Array]) -> None:
    """Write an archive of arrays, whole or not at all; equal arrays give equal bytes."""
    with replacing(target) as temporary, temporary.open("wb") as stream:
        # Names may hold '/' and '.': handed over as keyword arguments they are kept as they are.
        np.savez(stream, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, Array]:
    """All arrays of an archive; nothing in it is ever executed.

    Raises
    ------
    ProjectError
        If it cannot be read.
    """
    try:
        # Opened here: numpy leaves a file open whose archive is torn.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:  # zipfile, zlib and numpy raise their own kinds for damaged bytes
        raise ProjectError(f"{path} cannot be read", got=str(error)[:200], remedy=_REMEDY) from error


def write_curve(folder: Path, points: list[CurvePoint]) -> None:
    """Write the table of the epochs."""
    columns = [name for name in CurvePoint.model_fields if name != "part"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for point in points:
        row = [getattr(point, name) for name in columns]
        writer.writerow(["" if value is None else f"{value:.7g}" for value in row])
    write_text(folder / CURVE, text.getvalue())


def _array(tensor: torch.Tensor) -> Array:
    array: Array = tensor.detach().cpu().contiguous().numpy()
    return array


def _part(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _moments(optimiser: torch.optim.Optimizer) -> Iterator[tuple[str, Array]]:
    for number, values in optimiser.state_dict()["state"].items():
        for name, value in values.items():
            yield f"{number}/{name}", _array(value)


def _load_moments(optimiser: torch.optim.Optimizer, arrays: Mapping[str, Array]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for key, value in arrays.items():
        number, name = key.split("/")
        state.setdefault(int(number), {})[name] = torch.from_numpy(np.asarray(value))
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
