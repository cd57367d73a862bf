"""What a training may begin with: models and trainings that keep trainable weights; read without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import ParameterError, TruesliceError
from core.learn.params.network import NetworkParams

CHECKPOINT, BEST, SUMMARY, MODEL = "checkpoint.npz", "best.npz", "state.json", "model"
_SPEC = "network"


@dataclass(frozen=True)
class Beginning:
    """Weights to start from.

    Attributes
    ----------
    start : str
        As `TrainingRecipe.start` names it.
    name : str
        For people.
    network : NetworkParams
        The network that the weights belong to.
    """

    start: str
    name: str
    network: NetworkParams


def beginnings() -> tuple[Beginning, ...]:
    """Models at hand that tell solid from pore and keep trainable weights, by name."""
    return tuple(_of_library())


def _of_library() -> Iterator[Beginning]:
    from core.models.library import PREFIX, models

    for model in models():
        try:
            network = _network_in(model.folder)
        except TruesliceError:  # a model of another kind, or of another program
            continue
        yield Beginning(f"{PREFIX}{model.name}", model.name, network)


def beginning_in(folder: Path) -> Beginning:
    """Weights in the folder of a training or of a model.

    Raises
    ------
    ParameterError
        If there are none.
    """
    return Beginning(str(folder), folder.name, _network_in(folder))


def _network_in(folder: Path) -> NetworkParams:
    """The network that the weights in a folder belong to.

    Raises
    ------
    ParameterError
        If there are none, or of another kind.
    """
    try:
        for place in (folder, folder / MODEL):
            if (place / CHECKPOINT).is_file():
                with (place / CHECKPOINT).open("rb") as stream, np.load(stream, allow_pickle=False) as found:
                    return NetworkParams.model_validate_json(str(found[_SPEC]))
        if (folder / BEST).is_file():
            table = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
            return NetworkParams.model_validate(table["identity"]["network"])
    except Exception as error:  # zipfile, zlib and numpy raise their own kinds for damaged bytes
        raise _none(folder) from error
    raise _none(folder)


def _none(folder: Path) -> ParameterError:
    return ParameterError(
        f"{folder.name} holds no weights to train on",
        expected="the folder of a training, or of a model that was trained with this program",
        remedy="choose another folder, or start from nothing",
    )
