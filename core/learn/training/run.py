"""A recipe from nothing to a tested model: simulate, train, export, test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import ProjectError, WriteError
from core.files import make_folder
from core.job import Job
from core.learn.params.data import DataParams
from core.learn.params.recipe import DATA, TrainingRecipe
from core.learn.training.cases import cases_of
from core.learn.training.deliver import delivered, example_of, spec_of, training_facts
from core.learn.training.device import Machine, chosen_device
from core.learn.training.epochs import OnPoint, nobody
from core.learn.training.ready import require_ready
from core.learn.training.report import REPORT, TABLE, report_of, write_report
from core.learn.training.start import MODEL
from core.learn.training.state import STATE
from core.learn.training.summary import refuse_another
from core.learn.training.trial import Trial, tried
from core.learn.training.whole import BRANCHES, FittedRecipe, fit_recipe
from core.models.card import Model
from core.simulate.acquisition import training_set
from core.simulate.sections.training import section_set

RECIPE = "recipe.toml"
_LOCK = ".lock"
_ANY = Machine()


@dataclass(frozen=True)
class Trained:
    """A model with what is known of it.

    Attributes
    ----------
    folder : Path
        With ``recipe.toml``, state and curve of the training, ``model``, ``report.json``, ``report.txt``.
    model : Model
    fitted : FittedRecipe
    trial : Trial
    report : dict
        Contents of ``report.json``.
    notes : tuple of str
    """

    folder: Path
    model: Model
    fitted: FittedRecipe
    trial: Trial
    report: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def was_done(self) -> bool:
        """Whether the training itself had been finished before."""
        return self.fitted.fitted.was_done


def train(
    recipe: TrainingRecipe,
    folder: Path,
    *,
    job: Job,
    machine: Machine = _ANY,
    on_point: OnPoint = nobody,
) -> Trained:
    """Make a model and test it; goes on where an earlier run was stopped or killed.

    Parameters
    ----------
    recipe : TrainingRecipe
    folder : Path
        New, empty, or of the same recipe; how long to train and the words of the card may have changed.
    job : Job
    machine : Machine
    on_point : callable
        Called after every epoch with a `CurvePoint`.

    Raises
    ------
    TruesliceError
        As `fit`; `ProjectError` if the folder belongs to another recipe or another run works on it.
    Cancelled
        If the user asked to stop; what is done is kept.
    """
    chosen_device(machine.device)
    require_ready(recipe)
    with _claimed(recipe, folder):
        data = _data(recipe, folder, job, machine)
        fitted = fit_recipe(recipe, data, folder, job=job, machine=machine, on_point=on_point)
        return _finished(recipe, data, fitted, folder, job, machine)


@contextlib.contextmanager
def _claimed(recipe: TrainingRecipe, folder: Path) -> Iterator[None]:
    """Keep other processes out, and the recipe in the folder."""
    _require_free(folder)
    make_folder(folder)
    lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProjectError(
            f"another run works on {folder}", remedy="wait for it, or choose another folder"
        ) from error
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror}") from error
    try:
        kept = folder / RECIPE
        if kept.is_file():
            found, own = TrainingRecipe.load(kept).identity(), recipe.identity()
            if found != own and _has_begun(folder):
                refuse_another(folder, found, own)
        recipe.save(kept)
        yield
    finally:
        lock.release()


def _has_begun(folder: Path) -> bool:
    """Whether there are weights; before, a recipe may be put right."""
    return (folder / STATE).is_file() or any(folder.glob(f"{BRANCHES}/*/{STATE}"))


def _require_free(folder: Path) -> None:
    """The model replaces what lies in its place, which must not be somebody else's."""
    taken = [name for name in (MODEL, REPORT, TABLE) if (folder / name).exists()]
    if taken and not (folder / RECIPE).is_file():
        raise ProjectError(
            f"{folder} holds {', '.join(taken)}, but no training",
            expected="a new or empty folder, or that of a training",
            remedy="choose another folder",
        )


def data_of(recipe: TrainingRecipe, folder: Path) -> DataParams:
    """The data of a recipe, with the place in the folder of what is simulated."""
    if recipe.simulate is None and recipe.sections is None:
        return recipe.data
    return recipe.data.model_copy(update={"path": str(folder / DATA)})


def _data(recipe: TrainingRecipe, folder: Path, job: Job, machine: Machine) -> DataParams:
    data = data_of(recipe, folder)
    if recipe.simulate is not None:
        where: Any = "cuda" if machine.device == "cuda" else "cpu"
        training_set(
            recipe.simulate, folder / DATA, job=job, threads=machine.threads, device=where, announce=True
        )
    if recipe.sections is not None:
        section_set(recipe.sections, folder / DATA, job=job)
    return data


def _finished(
    recipe: TrainingRecipe,
    data: DataParams,
    fitted: FittedRecipe,
    folder: Path,
    job: Job,
    machine: Machine,
) -> Trained:
    """Export and test; quick beside the training, so that it is done anew each time."""
    spec = spec_of(recipe, fitted.network, fitted.source.known(), data, job)
    facts = training_facts(recipe, fitted, fitted.source.describe(), machine)
    step = data.slices_step
    cases = list(cases_of(data, recipe.augment, recipe.network.channels, job))
    example = example_of(cases[0], spec, step) if cases else None
    place = folder / MODEL
    model = delivered(recipe, fitted, spec, place, job=job, training=facts, example=example)
    trial = tried(model, cases, job, slice_step=step, threads=machine.threads or 0)
    model = delivered(recipe, fitted, spec, place, job=job, training=facts, trial=trial, example=example)
    notes = [*fitted.notes, *_notes(recipe, trial)]
    report = report_of(trial, {"model": recipe.name, "training": facts, "notes": notes})
    write_report(folder, trial, report)
    return Trained(folder, model, fitted, trial, report, tuple(notes))


def _notes(recipe: TrainingRecipe, trial: Trial) -> Iterator[str]:
    if recipe.optimise.minutes:
        yield "The time for training was limited: another machine gives other weights."
    if not trial.rows:
        yield "There was no stack with a known truth to test on."
    elif trial.role != "test":
        yield (
            "There was no structure for tests: the numbers are those of the validation, by which the best "
            "state was chosen, and flatter."
        )
