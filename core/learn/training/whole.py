"""The network of a recipe, fitted to its data: at once, or branch by branch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.job import Job, Progress
from core.learn.data import open_source
from core.learn.data.batch import PatchSource
from core.learn.networks import SegmentationNetwork, from_branches
from core.learn.params.data import DataParams
from core.learn.params.network import NetworkParams
from core.learn.params.optimise import OptimiseParams
from core.learn.params.recipe import TrainingRecipe
from core.learn.training.cases import stacks_of
from core.learn.training.device import Machine
from core.learn.training.epochs import Fitted, OnPoint, nobody
from core.learn.training.examples import with_examples
from core.learn.training.loop import fit
from core.learn.training.start import begin_with, read_start, seeded_build

BRANCHES = "branches"
ENSEMBLE = "ensemble"
_ENSEMBLE_SHARE = 0.1
"""Share of the minutes that joining the branches gets, a few weights beside half a million each."""


@dataclass(frozen=True)
class FittedRecipe:
    """What a recipe has given.

    Attributes
    ----------
    network : SegmentationNetwork
    fitted : Fitted
        The training of the whole, or of what joins the branches.
    branches : mapping of str to Fitted
        By channel, those that were trained here.
    source : PatchSource
        The data of the whole network.
    """

    network: SegmentationNetwork
    fitted: Fitted
    branches: dict[str, Fitted]
    source: PatchSource

    @property
    def seconds(self) -> float:
        """Time of all trainings."""
        return self.fitted.seconds + sum(branch.seconds for branch in self.branches.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said, of which network."""
        of_branches = [f"{name}: {note}" for name, branch in self.branches.items() for note in branch.notes]
        return (*of_branches, *self.fitted.notes)


@dataclass(frozen=True)
class _Setting:
    recipe: TrainingRecipe
    data: DataParams
    job: Job
    machine: Machine
    on_point: OnPoint
    examples: bool


def fit_recipe(
    recipe: TrainingRecipe,
    data: DataParams,
    folder: Path,
    *,
    job: Job,
    machine: Machine,
    on_point: OnPoint = nobody,
    examples: bool = False,
) -> FittedRecipe:
    """Train the network of a recipe in a folder; goes on where it was stopped.

    Parameters
    ----------
    recipe : TrainingRecipe
    data : DataParams
        Those of the recipe, with the place of what was simulated.
    folder, job, machine, on_point
        As `fit`.
    examples : bool
        As `train`.

    Raises
    ------
    TruesliceError, Cancelled
        As `fit`; `ParameterError` for data or weights that do not fit.
    """
    setting = _Setting(recipe, data, job, machine, on_point, examples)
    stacks_of(
        data, recipe.network.channels, job
    )  # a channel that is not there is said before the others train
    if recipe.trains_branches:
        return _late(setting, folder)
    network = seeded_build(recipe.network, recipe.seed)
    if recipe.start:
        begin_with(network, read_start(recipe.start), recipe.start)
    source = _source(setting, recipe.network, recipe.optimise)
    return FittedRecipe(network, _fitted(setting, network, source, recipe.optimise, folder), {}, source)


def _late(setting: _Setting, folder: Path) -> FittedRecipe:
    recipe = setting.recipe
    trained: dict[str, SegmentationNetwork] = {}
    branches: dict[str, Fitted] = {}
    todo = [channel for channel in recipe.network.channels if channel not in recipe.branch_from]
    optimise = _with_share(recipe.optimise, (1 - _ENSEMBLE_SHARE) / max(1, len(todo)))
    for number, channel in enumerate(recipe.network.channels):
        network = seeded_build(recipe.branch_network(channel), recipe.seed, channel)
        if channel in recipe.branch_from:
            name = recipe.branch_from[channel]
            begin_with(network, read_start(name), name)
        else:
            told = _part(setting, channel, number, len(recipe.network.channels) + 1)
            source = _source(setting, network.spec, optimise)
            place = folder / BRANCHES / channel
            branches[channel] = _fitted(told, network, source, optimise, place, channel)
        trained[channel] = network
    network = from_branches(recipe.network, trained, freeze=True)
    ensemble = recipe.ensemble
    if recipe.optimise.minutes and not ensemble.minutes:
        ensemble = ensemble.model_copy(update={"minutes": recipe.optimise.minutes * _ENSEMBLE_SHARE})
    count = len(recipe.network.channels)
    told = _part(setting, ENSEMBLE, count, count + 1)
    source = _source(setting, recipe.network, ensemble)
    fitted = _fitted(told, network, source, ensemble, folder, ENSEMBLE)
    return FittedRecipe(network, fitted, branches, source)


def _source(setting: _Setting, spec: NetworkParams, optimise: OptimiseParams) -> PatchSource:
    return open_source(
        setting.data, setting.recipe.augment, spec, setting.recipe.seed, optimise.batch_size, job=setting.job
    )


def _fitted(
    setting: _Setting,
    network: SegmentationNetwork,
    source: PatchSource,
    optimise: OptimiseParams,
    folder: Path,
    part: str = "",
) -> Fitted:
    identity = {
        "network": network.spec.model_dump(mode="json"),
        "recipe": setting.recipe.identity(),
        "structures": _fingerprint(source),
    }
    on_point = setting.on_point
    if setting.examples:
        on_point = with_examples(folder, network, source, on_point)
    return fit(
        network,
        source,
        optimise,
        folder,
        job=setting.job,
        seed=setting.recipe.seed,
        identity=identity,
        machine=setting.machine,
        part=part,
        on_point=on_point,
    )


def _fingerprint(source: PatchSource) -> dict[str, object]:
    """Which structures are trained with, wherever they lie: a training goes on with the same ones only."""
    said = source.describe()
    stacks = {
        split: [
            {key: value for key, value in facts.items() if key != "name"} for facts in said.get(split, [])
        ]
        for split in ("train", "validation")
    }
    text = json.dumps(stacks, sort_keys=True, default=str)
    counts: dict[str, object] = {split: len(facts) for split, facts in stacks.items()}
    return counts | {"sha256": hashlib.sha256(text.encode()).hexdigest()}


def _with_share(optimise: OptimiseParams, share: float) -> OptimiseParams:
    return optimise.model_copy(update={"minutes": optimise.minutes * share})


def _part(setting: _Setting, name: str, number: int, count: int) -> _Setting:
    """The same with a job that reports the progress of one of several trainings."""
    return replace(setting, job=Job(_shifted(setting.job.report, name, number, count), setting.job.stop))


def _shifted(
    report: Callable[[Progress], None], name: str, number: int, count: int
) -> Callable[[Progress], None]:
    def shifted(progress: Progress) -> None:
        done = round(1000 * (number + progress.fraction) / count)
        report(Progress(done, 1000, f"{name}: {progress.message}"))

    return shifted
