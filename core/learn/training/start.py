"""Weights to begin with: those of a finished training, or of a model that keeps them beside its ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError

from core.errors import ParameterError, ProjectError
from core.learn.networks import SegmentationNetwork, build
from core.learn.params.network import NetworkParams
from core.learn.params.words import settings_text
from core.learn.training.state import BEST, load_weights, read_arrays, weights_of, write_arrays
from core.learn.training.summary import read_summary
from core.volume import Array

CHECKPOINT = "checkpoint.npz"
"""Trainable weights beside an ONNX file, in which batch normalisation has vanished into the convolutions."""

MODEL = "model"
"""Folder of the model within that of its training."""

_SPEC = "network"


@dataclass(frozen=True)
class Start:
    """Weights and the network they belong to."""

    network: NetworkParams
    weights: Mapping[str, Array]


def seeded_build(spec: NetworkParams, seed: int, part: str = "") -> SegmentationNetwork:
    """A network with random weights that follow from the seed and the name of the part."""
    words = [seed, *part.encode()]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
        return build(spec)


def write_checkpoint(folder: Path, network: SegmentationNetwork) -> None:
    """Keep trainable weights in the folder of a model."""
    spec = np.array(network.spec.model_dump_json())
    write_arrays(folder / CHECKPOINT, {_SPEC: spec, **_prefixed(weights_of(network))})


def read_start(name: str) -> Start:
    """Find weights by the folder of a training or a model, or by the name of a model.

    Raises
    ------
    ParameterError
        If there are none.
    ProjectError
        If they are damaged.
    """
    folder = Path(name)
    if name.startswith("model:") or not folder.is_dir():
        from core.models.library import model_named

        folder = model_named(name).folder
    for place in (folder, folder / MODEL):
        if (place / CHECKPOINT).is_file():
            return _of_model(place)
    spec = read_summary(folder).get("identity", {}).get("network")
    if spec is not None and (folder / BEST).is_file():
        return Start(_spec(spec, folder), read_arrays(folder / BEST))
    raise ParameterError(
        f"{name} holds no weights to train on",
        expected=f"a folder with {CHECKPOINT} or {BEST}",
        remedy="name the folder of a finished training, or a model that was trained with this program",
    )


def begin_with(network: SegmentationNetwork, start: Start, name: str) -> None:
    """Put weights into a network.

    Raises
    ------
    ParameterError
        If they belong to another network, naming what differs.
    """
    own, found = network.spec.model_dump(mode="json"), start.network.model_dump(mode="json")
    if len(network.spec.channels) == 1:
        own["fusion"] = found["fusion"]
    differ = [key for key in own if own[key] != found[key]]
    if differ:
        raise ParameterError(
            f"{name} is of another network; {', '.join(differ)} differ",
            expected=settings_text({key: own[key] for key in differ}, ["network"]),
            got=settings_text({key: found[key] for key in differ}, ["network"]),
            remedy="state the network of the start in the recipe",
        )
    try:
        load_weights(network, start.weights)
    except RuntimeError as error:
        raise ProjectError(f"the weights of {name} do not fit", got=str(error)[:200]) from error


def _of_model(folder: Path) -> Start:
    arrays = read_arrays(folder / CHECKPOINT)
    spec = arrays.pop(_SPEC, None)
    if spec is None:
        raise ParameterError(
            f"{folder / CHECKPOINT} is of a network of another kind",
            expected="a network that tells solid from pore",
            remedy="name the folder of a training by `trueslice train`, or a model that it has made",
        )
    prefix = _SPEC + "/"
    return Start(_spec(str(spec), folder), {key.removeprefix(prefix): value for key, value in arrays.items()})


def _spec(stated: object, folder: Path) -> NetworkParams:
    try:
        if isinstance(stated, str):
            return NetworkParams.model_validate_json(stated)
        return NetworkParams.model_validate(stated)
    except ValidationError as error:
        raise ProjectError(f"{folder}: the network cannot be read", got=str(error)[:200]) from error


def _prefixed(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {f"{_SPEC}/{name}": value for name, value in arrays.items()}
