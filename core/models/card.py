"""A model is a folder: ONNX weights, a card in the format of the BioImage Model Zoo, and what it names."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from core.errors import DamagedFileError, ParameterError, ReadError, WriteError
from core.files import make_folder, sha256, write_text, writing
from core.job import Job
from core.models.plain import plain_spec, weights_entry
from core.models.rdf import FILE_NAMES, OWN, description, read_yaml, yaml_text
from core.models.readme import readme
from core.models.sample import cover, example_input, outputs_for
from core.models.spec import ModelSpec
from core.models.texts import CardTexts, Measured
from core.params import parameter_error

WEIGHTS = "weights.onnx"
_OUTPUTS = ("test_output.npy", "test_branches.npy")


@dataclass(frozen=True)
class Model:
    """A model on disk.

    Attributes
    ----------
    folder : Path
    spec : ModelSpec
    weights : Path
        The ONNX file.
    sha256 : str
        Of the weights, as the card states it.
    notes : tuple of str
        What was guessed, for cards of other programs.
    bundled : bool
        Whether it came with the program.
    gone : str
        For a model that is not there any more: the fingerprint of its results; see `core.models.memory`.
    """

    folder: Path
    spec: ModelSpec
    weights: Path
    sha256: str
    notes: tuple[str, ...] = ()
    bundled: bool = False
    gone: str = ""

    @property
    def name(self) -> str:
        """What ``model:NAME`` refers to."""
        return self.spec.name


def write_model(
    folder: Path,
    onnx_path: Path,
    spec: ModelSpec,
    texts: CardTexts | None = None,
    measured: Sequence[Measured] = (),
    training: Mapping[str, Any] | None = None,
    *,
    example: NDArray[Any] | None = None,
    when: datetime | None = None,
    replace: bool = False,
    job: Job | None = None,
) -> Model:
    """Write a model's folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Where it goes; its parent is made if needed.
    onnx_path : Path
        The network; it is copied.
    spec : ModelSpec
    texts : CardTexts, optional
    measured : sequence of Measured
        Results for the card.
    training : mapping, optional
        How it was trained: plain values of any names (``seed``, ``data``, ...); those that the BioImage Model
        Zoo knows (``training_epochs``, ``loss_function``, ``optimizer``, ...) go to its own fields, too.
    example : array of float, (channel, [z,] y, x), optional
        Normalised images for test tensor and cover; blobs with noise without it.
    when : datetime, optional
        Time in the card; now, without it.
    replace : bool
        Whether a model that is there already gives way.

    Raises
    ------
    ParameterError
        If the example, or the network's outputs, do not fit `spec`.
    WriteError
        If the folder exists, or cannot be written.
    """
    job, texts = job or Job(), texts or CardTexts()
    told = json.loads(json.dumps(dict(training or {}), default=str))  # plain values, as YAML wants them
    make_folder(folder.absolute().parent)
    fresh = folder.absolute().parent / f".{secrets.token_hex(6)}.part"
    try:
        with writing(folder):
            fresh.mkdir()
            shutil.copyfile(onnx_path, fresh / WEIGHTS)
        _write_samples(fresh, spec, example, job)
        write_text(fresh / "README.md", readme(spec, texts, measured, told))
        card = description(
            spec,
            texts,
            measured,
            told,
            files={place.name: sha256(place, job) for place in sorted(fresh.iterdir())},
            opset=_opset(fresh / WEIGHTS),
            when=when or datetime.now(UTC),
        )
        write_text(fresh / FILE_NAMES[0], yaml_text(card))
        put(fresh, folder, replace=replace)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return read_model(folder)


def put(fresh: Path, folder: Path, *, replace: bool) -> None:
    """Bring a finished folder to its place beside it.

    Raises
    ------
    WriteError
        If something is there that may not be replaced.
    """
    old = folder.absolute().parent / f".{secrets.token_hex(6)}.old"
    with writing(folder):
        if folder.exists():
            if not replace:
                raise WriteError(
                    f"{folder} exists already",
                    remedy="choose another name, or allow it to be replaced (--replace)",
                )
            os.replace(folder, old)
        try:
            os.replace(fresh, folder)
        except OSError:
            if old.exists():
                os.replace(old, folder)
            raise
    shutil.rmtree(old, ignore_errors=True)


def read_model(folder: Path) -> Model:
    """Read a model's card; the weights are not opened.

    Raises
    ------
    ReadError
        If the folder holds no card or no weights.
    DamagedFileError
        If the card is no card, names files outside the folder, or does not say enough to run the model.
    """
    file = next((folder / name for name in FILE_NAMES if os.path.isfile(folder / name)), None)
    if file is None:
        raise ReadError(
            f"{folder} is no model", expected=f"a folder with {FILE_NAMES[0]} and ONNX weights", got="no card"
        )
    card = read_yaml(file)
    source, stated = weights_entry(card, file)
    weights = folder / source
    if not os.path.isfile(weights):
        raise ReadError(
            f"{folder.name}: the weights {source} are missing", remedy="copy the whole folder again"
        )
    own = card.get("config", {}).get(OWN) if isinstance(card.get("config"), dict) else None
    notes: tuple[str, ...] = ()
    if isinstance(own, dict) and "model" in own:
        spec = _own_spec(own["model"], file)
    else:
        spec, notes = plain_spec(card, file)
    return Model(folder, spec, weights, stated, notes)


def _own_spec(values: object, file: Path) -> ModelSpec:
    try:
        return ModelSpec.model_validate(values)
    except ValidationError as error:
        told = parameter_error(error, ModelSpec, str(file))
        raise DamagedFileError(
            told.what, remedy="use the card as it was written, or a newer version of the program"
        ) from None


def _write_samples(folder: Path, spec: ModelSpec, example: NDArray[Any] | None, job: Job) -> None:
    images = example_input(spec, example)
    found = outputs_for(folder / WEIGHTS, images, job)
    if len(found) != 1 + spec.branches:
        raise ParameterError(
            "the network does not fit", expected=f"{1 + spec.branches} outputs", got=len(found)
        )
    with writing(folder):
        np.save(folder / "test_input.npy", images, allow_pickle=False)
        for name, values in zip(_OUTPUTS, found, strict=False):
            np.save(folder / name, values, allow_pickle=False)
        (folder / "cover.png").write_bytes(cover(images, found[0]))


def _opset(file: Path) -> int:
    import onnx

    model = onnx.load(str(file), load_external_data=False)
    return int(next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0))


def fingerprint_of(model: Model, weights_sha256: str) -> str:
    """What results depend on: the weights and how they are used, not names and words."""
    kept = model.spec.model_dump_json(
        exclude={"name", "version", "known", "trained_on", "limits", "weights", "task"}
    )
    return hashlib.sha256(f"{weights_sha256}\n{kept}".encode()).hexdigest()
