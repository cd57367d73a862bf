"""A recipe from nothing to a tested model: simulate, train, export, test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.job import Job
from core.learn.params.data import DataParams
from core.learn.params.recipe import DATA, TrainingRecipe
from core.learn.training.cases import cases_of
from core.learn.training.certainty import with_certainty
from core.learn.training.deliver import delivered, example_of, spec_of, training_facts
from core.learn.training.device import Machine, chosen_device
from core.learn.training.epochs import OnPoint, nobody
from core.learn.training.place import claimed
from core.learn.training.ready import require_ready
from core.learn.training.report import report_of, write_report
from core.learn.training.start import MODEL
from core.learn.training.trial import Trial, tried
from core.learn.training.whole import FittedRecipe, fit_recipe
from core.models.card import Model
from core.simulate.acquisition import training_set
from core.simulate.sections.training import section_set

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
    examples: bool = False,
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
    examples : bool
        Whether to show in the folder, after every epoch, what the network says to a few patches; see
        `core.learn.training.examples`.

    Raises
    ------
    TruesliceError
        As `fit`; `ProjectError` if the folder belongs to another recipe or another run works on it.
    Cancelled
        If the user asked to stop; what is done is kept.
    """
    chosen_device(machine.device)
    require_ready(recipe)
    with claimed(recipe, folder, TrainingRecipe.identity):
        data = _data(recipe, folder, job, machine)
        fitted = fit_recipe(
            recipe, data, folder, job=job, machine=machine, on_point=on_point, examples=examples
        )
        return _finished(recipe, data, fitted, folder, job, machine)


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
    known = with_certainty(fitted.source.known(), fitted.network, fitted.source, machine, job)
    spec = spec_of(recipe, fitted.network, known, data, job)
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
