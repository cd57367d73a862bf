"""The models that are at hand: those that came with the program and the user's own."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import resources
from core import machine
from core.errors import ParameterError, ReadError, TruesliceError, WriteError
from core.files import make_folder, writing
from core.job import Job
from core.models.card import Model, put, read_model, write_model
from core.models.check import CheckReport, check_folder, check_model
from core.models.package import KEPT, unpacked
from core.models.rdf import FILE_NAMES
from core.models.spec import ModelSpec
from core.models.texts import CardTexts
from core.places import data_folder

VARIABLE = machine.MODELS
"""Environment variable that names another folder for the user's models."""
PREFIX = "model:"


@dataclass(frozen=True)
class Library:
    """What was found.

    Attributes
    ----------
    models : tuple of Model
        By name; a user's model hides a bundled one of the same name.
    notes : tuple of str
        Folders that are no models, and models that are hidden.
    """

    models: tuple[Model, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """A model that was added, and what the check found."""

    model: Model
    report: CheckReport


def user_folder() -> Path:
    """Where the user's own models are."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else data_folder() / "models"


def bundled_folder() -> Path:
    """Where the models that came with the program are; it need not exist."""
    return Path(resources.__file__).parent / "models"


def survey() -> Library:
    """Every model by name; nothing but cards is read."""
    found: dict[str, Model] = {}
    notes: list[str] = []
    for place, bundled in ((user_folder(), False), (bundled_folder(), True)):
        for folder in _folders(place):
            try:
                model = replace(_read(folder), bundled=bundled)
            except TruesliceError as error:
                notes.append(f"{folder}: {error.what}")
                continue
            if model.name in found:
                notes.append(f"{folder} is hidden by {found[model.name].folder}, which has the same name")
            else:
                found[model.name] = model
    return Library(tuple(found[name] for name in sorted(found)), tuple(notes))


def models() -> tuple[Model, ...]:
    """Every model by name."""
    return survey().models


def model_named(name: str) -> Model:
    """The model that ``model:NAME``, ``NAME``, or the path of a model's folder refers to.

    Raises
    ------
    ParameterError
        If there is none; it lists those there are.
    """
    plain = name.removeprefix(PREFIX).strip()
    place = Path(plain)
    if len(place.parts) > 1 and os.path.isdir(place):  # which raises nothing, whatever was typed
        return _read(place)
    found = models()
    for model in found:
        if model.name == plain:
            return model
    if plain and any(os.path.isfile(place / card) for card in FILE_NAMES):
        return _read(place)
    names = ", ".join(model.name for model in found)
    raise ParameterError(
        f"there is no model {plain!r}",
        expected=names or "no model is there yet",
        remedy="`trueslice models list` shows the models; `trueslice models add` brings one of your own",
    )


def add(
    path: Path,
    *,
    spec: ModelSpec | None = None,
    texts: CardTexts | None = None,
    replace: bool = False,
    job: Job | None = None,
) -> Added:
    """Check a model and copy it to the user's folder.

    Parameters
    ----------
    path : Path
        A model's folder, its card, a ZIP archive of it, or an ONNX file.
    spec : ModelSpec, optional
        How to run it; needed for an ONNX file alone, otherwise in place of what the card says.
    texts : CardTexts, optional
        For the new card, where `spec` is given.
    replace : bool
        Whether a model of the same name gives way.

    Raises
    ------
    ParameterError
        If an ONNX file comes without `spec`.
    DamagedFileError
        If it does not pass the check.
    WriteError
        If there is a model of this name already, or the folder cannot be written.
    """
    job = job or Job()
    if path.suffix.lower() == ".onnx":
        if spec is None:
            raise ParameterError(f"{path.name}: an ONNX file alone does not say how to run it", remedy=_SAY)
        report = check_model(path, spec, job)
        report.require(path.name)
        return Added(_write(path, spec, texts, replace=replace, job=job), report)
    with unpacked(path) as folder:
        model = read_model(folder)
        chosen = model if spec is None else _with(model, spec)
        report = check_folder(chosen, job)
        report.require(chosen.name)
        if spec is not None:
            return Added(_write(model.weights, spec, texts, replace=replace, job=job), report)
        return Added(_copy(model, replace=replace), report)


_SAY = (
    "say what the card would: --name NAME --channels 2kV --slices 7 --voxel-nm 10 2.5 2.5 (z y x); a model "
    "folder with rdf.yaml needs nothing"
)


def remove(name: str) -> Path:
    """Delete one of the user's models; give the folder that is gone.

    Raises
    ------
    ParameterError
        If there is no such model, or it came with the program.
    WriteError
        If it cannot be deleted.
    """
    plain = name.removeprefix(PREFIX).strip()
    model = next((item for item in models() if item.name == plain), None) or model_named(plain)
    if model.bundled or model.folder.absolute().parent != user_folder().absolute():
        raise ParameterError(
            f"{model.name} is not one of your own models",
            expected=f"a model in {user_folder()}",
            got=str(model.folder),
            remedy="models that came with the program stay; delete other folders by hand",
        )
    gone = Path(tempfile.mkdtemp(prefix=".", suffix=".old", dir=model.folder.parent))
    with writing(model.folder):
        os.replace(model.folder, gone / "model")  # at once, so that nobody sees half of it
    shutil.rmtree(gone, ignore_errors=True)
    return model.folder


def state_of(file: Path) -> tuple[int, int]:
    """Time and size of a file; it may be gone since it was last seen.

    Raises
    ------
    ReadError
        If it is.
    """
    try:
        state = file.stat()
    except OSError as error:
        raise ReadError(f"cannot read {file}: {error.strerror or error}") from error
    return state.st_mtime_ns, state.st_size


def _with(model: Model, spec: ModelSpec) -> Model:
    return Model(model.folder, spec, model.weights, model.sha256)


def _write(weights: Path, spec: ModelSpec, texts: CardTexts | None, *, replace: bool, job: Job) -> Model:
    target = _target(spec.name, replace=replace)
    return write_model(target, weights, spec, texts, training={}, replace=replace, job=job)


def _copy(model: Model, *, replace: bool) -> Model:
    """Copy card, weights and what belongs to them; programs and other weights stay behind."""
    target = _target(model.name, replace=replace)
    make_folder(target.parent)
    fresh = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=target.parent))
    try:
        with writing(target):
            for file in sorted(model.folder.iterdir()):
                if file.is_file() and (file == model.weights or file.suffix.lower() in KEPT):
                    shutil.copyfile(file, fresh / file.name)
            fresh.chmod(0o755)
        put(fresh, target, replace=replace)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return read_model(target)


def _target(name: str, *, replace: bool) -> Path:
    """Where a model of this name goes.

    Raises
    ------
    WriteError
        If the name is taken.
    """
    taken = next((model for model in models() if model.name == name), None)
    if taken is None:
        return user_folder() / name
    if not replace:
        raise WriteError(
            f"there is a model {name} already: {taken.folder}",
            remedy="choose another --name, or --replace it",
        )
    return user_folder() / name if taken.bundled else taken.folder


def _folders(place: Path) -> Iterator[Path]:
    try:
        inside = sorted(place.iterdir())
    except OSError:  # nobody has made it yet
        return
    for folder in inside:
        if os.path.isdir(folder) and not folder.name.startswith((".", "_")):
            yield folder


def _read(folder: Path) -> Model:
    """A model's card, read once for each state of the file."""
    file = next((folder / name for name in FILE_NAMES if os.path.isfile(folder / name)), folder)
    return _read_once(folder, state_of(file))


@functools.lru_cache(maxsize=256)
def _read_once(folder: Path, _state: tuple[int, int]) -> Model:
    return read_model(folder)
