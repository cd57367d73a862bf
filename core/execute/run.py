"""Run a project's recipe: resume what is there, compute what is missing, keep every finished block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from core.execute.calls import surveyed_jointly
from core.execute.channel import ChannelReport, ChannelRun, Limits
from core.execute.exports import refuse_same_names, remove_torn
from core.execute.lazy import input_of
from core.execute.pools import open_pool
from core.execute.preflight import check_channels, check_disk, check_memory
from core.job import Job
from core.models.memory import of_project
from core.recipe import Recipe, RecipeStep
from core.volume import Volume

if TYPE_CHECKING:
    from core.project import Project  # which imports core.execute

Keys: TypeAlias = Mapping[str, tuple[str, ...]]


def run(
    project: Project,
    *,
    job: Job | None = None,
    limits: Limits | None = None,
    upto: int | None = None,
    recipe: Recipe | None = None,
) -> Mapping[str, ChannelReport]:
    """Compute a recipe, else the project's, for every channel, up to and without step number `upto`.

    Everything is checked first: the recipe against the data, the disk, the memory. Killed at any moment and
    started again, it repeats at most the blocks in flight and ends with the same bytes.

    Raises
    ------
    TruesliceError
        Whatever went wrong, with what to do about it.
    Cancelled
        When the job was stopped; finished blocks are kept.
    """
    job, limits = job or Job(), limits or Limits()
    written = project.recipe if recipe is None else recipe
    if upto is not None:
        written = Recipe(written.steps[:upto], written.name)
    flat, places = written.flattened()
    with project.locked(), of_project(project.folder):
        volumes = {channel: project.input(channel, job) for channel in project.specs}
        keys = _checked(project, written, volumes, limits, job)
        remove_torn(project.exports)
        project.remember_models(flat)
        with open_pool(limits.scheduler, limits.workers, job) as pool:
            channels: Sequence[ChannelRun] = [
                ChannelRun(
                    project, flat, places, channel, keys[channel], pool, limits, job, ChannelReport(volume)
                )
                for channel, volume in volumes.items()
            ]
            for index, entry in enumerate(flat.steps):
                channels = _one_step(channels, entry, index)
            return {one.channel: one.report for one in channels}


def _checked(
    project: Project, written: Recipe, volumes: Mapping[str, Volume], limits: Limits, job: Job
) -> Keys:
    """The names of all results by channel, when nothing speaks against the run.

    Raises
    ------
    TruesliceError
        If something does.
    """
    check_channels(written, {channel: volume.info for channel, volume in volumes.items()})
    recipe, _ = written.flattened()
    for volume in volumes.values():
        recipe.infos(volume.info)
        check_memory(recipe, volume, limits.memory_mb)
    refuse_same_names(recipe)
    for channel in volumes:
        project.root_key(channel, job)  # refuses files that have changed
    keys = {channel: project.keys(channel, recipe) for channel in volumes}
    check_disk(project.folder, _disk_bytes(project, recipe, volumes, keys), "the results")
    return keys


def _one_step(channels: Sequence[ChannelRun], entry: RecipeStep, index: int) -> Sequence[ChannelRun]:
    """Take all channels through one step; give those that go on."""
    if entry.step.joint is not None:
        _find_jointly(channels, entry, index)
    peers = {one.channel: one.report.volume for one in channels}
    if entry.fuses:
        channels = _joined(channels)
    for one in channels:
        one.run(index, entry, peers)
    return channels


def _joined(channels: Sequence[ChannelRun]) -> list[ChannelRun]:
    """The channel that goes on when all become one, with what the others have found, noted and written."""
    first = channels[0]
    if len(channels) == 1:
        return [first]
    names = list(first.report.estimates)  # the same of every channel
    found = {
        f"{name} ({one.channel})": one.report.estimates[name]
        for name in names
        for one in channels
        if name in one.report.estimates
    }
    first.report.estimates.clear()
    first.report.estimates |= found
    first.report.files += [path for one in channels[1:] for path in one.report.files]
    told = (note for one in channels[1:] for note in one.report.notes)
    first.report.notes += [note for note in dict.fromkeys(told) if note not in first.report.notes]
    return [first]


def _find_jointly(channels: Sequence[ChannelRun], entry: RecipeStep, index: int) -> None:
    """Let a step look at all channels together, unless what it finds is known."""
    stores = {one.channel: one.project.findings(one.channel, one.recipe, index) for one in channels}
    if entry.estimate is not None or all(store.has_estimate() for store in stores.values()):
        return
    first = channels[0]
    seen = {one.channel: input_of(one.report.volume, entry) for one in channels}
    found = surveyed_jointly(entry, seen, first.job_of(first.label(index)), first.room)
    for channel, store in stores.items():
        store.save_estimate(found[channel].model_dump(mode="json"))


def _disk_bytes(project: Project, recipe: Recipe, volumes: Mapping[str, Volume], keys: Keys) -> int:
    """Upper bound of what the run will write: stored results that are missing, and exports."""
    needed = 0
    for channel, volume in volumes.items():
        for index, (entry, info) in enumerate(zip(recipe.steps, recipe.infos(volume.info)[1:], strict=True)):
            if entry.step.sink:
                if not project.store(entry.key(keys[channel][index])).is_done():
                    needed += info.nbytes
            elif entry.step.keeps and not project.store(keys[channel][index + 1]).is_done():
                needed += info.nbytes
    return needed
