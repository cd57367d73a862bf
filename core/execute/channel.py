"""The run of one channel: what its steps find, its results block by block, its exports."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from core.block import Observation, merged
from core.errors import ProjectError
from core.execute.calls import estimated, reviewed, surveyed
from core.execute.exports import exported, mark_exported, sink_params
from core.execute.lazy import StepSource, applied, input_of, step_source
from core.execute.pace import Pace, Stopwatch, Timed
from core.execute.pools import Pool
from core.execute.preflight import cut_blocks
from core.files import make_folder
from core.job import Job, Progress
from core.recipe import Recipe, RecipeStep
from core.step import Estimate, Room
from core.store import ResultStore, StoredSource, load_observation, missing_ranges
from core.volume import Volume

if TYPE_CHECKING:
    from core.project import Project  # which imports core.execute

Peers: TypeAlias = Mapping[str, Volume]


@dataclass(frozen=True)
class Limits:
    """How much of the machine a run may use; none of it changes the result.

    Attributes
    ----------
    scheduler : str or None
        See `open_pool`.
    workers : int or None
        Blocks at once; None for one per processor.
    block_slices : int or None
        Slices per block; None chooses by memory.
    memory_mb : float or None
        Memory for blocks in flight, in MiB; None for most of what is free.
    """

    scheduler: str | None = None
    workers: int | None = None
    block_slices: int | None = None
    memory_mb: float | None = None


@dataclass
class ChannelReport:
    """What a run has made of one channel.

    Attributes
    ----------
    volume : Volume
        The last volume of the recipe.
    estimates : dict
        By step number (from 1) and name, ``"3 segment"``, what the step has found; before channels were
        fused, of each of them: ``"1 crop (2kV)"``.
    files : list of Path
        Exported files.
    notes : list of str
        Sentences the user has to see.
    """

    volume: Volume
    estimates: dict[str, Estimate] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ChannelRun:
    """The run of one channel; its methods are the parts of a run that know the step they are at."""

    project: Project
    recipe: Recipe
    places: tuple[int, ...]
    channel: str
    keys: tuple[str, ...]
    pool: Pool
    limits: Limits
    job: Job
    report: ChannelReport

    def __post_init__(self) -> None:
        self.report.notes[:] = self.report.volume.notes

    def number(self, index: int) -> int:
        """Number (from 1) that the user's recipe gives to an entry, or to what stands on it."""
        return bisect_left(self.places, index) + 1

    def label(self, index: int) -> str:
        """What progress says of an entry."""
        return f"{self.number(index)}/{len(self.places)} {self.recipe.steps[index].step.label}"

    def _whose(self, index: int) -> str:
        """The channel, for progress; nothing where there is only one, or all have become one."""
        alone = len(self.project.specs) == 1 or any(one.fuses for one in self.recipe.steps[: index + 1])
        return "" if alone else f" ({self.channel})"

    def run(self, index: int, entry: RecipeStep, peers: Peers) -> None:
        """Take the channel through one entry: find what it has to find, compute what is missing."""
        self.job.check()
        report, label = self.report, f"{self.label(index)}{self._whose(index)}"
        self._require_same_names(label)
        if entry.step.sink:
            self._export(report, entry, index, label)
            return
        store = self.project.store(self.keys[index + 1])
        findings = self.project.findings(self.channel, self.recipe, index)
        estimate = self._estimate(report.volume, entry, findings, label, peers)
        report.volume = self._volume(report.volume, entry, estimate, store, label, peers)
        if estimate is not None:
            estimate = self._reviewed(entry, estimate, findings, label)
            report.estimates[f"{self.number(index)} {entry.step.name}"] = estimate
            report.notes += [note for note in estimate.remarks() if note not in report.notes]

    def _reviewed(self, entry: RecipeStep, estimate: Estimate, store: ResultStore, label: str) -> Estimate:
        """The estimate with what the finished result shows; looked at once, unless the user stated it."""
        stated = entry.estimate is not None
        if entry.step.review is None or (estimate.reviewed and not stated):
            return estimate
        found = reviewed(entry, self.report.volume, estimate, self.job_of(label))
        if found.reviewed and not stated:
            store.save_estimate(found.model_dump(mode="json"))
        return found

    def _require_same_names(self, label: str) -> None:
        """Refuse to store under a name that is not right any more: a model was replaced since the start."""
        if self.project.keys(self.channel, self.recipe) != self.keys:
            raise ProjectError(
                f"{label}: what the result depends on was changed while the run lasted",
                remedy="run again: what is finished is kept, the rest is computed with what is there now",
            )

    def job_of(self, label: str) -> Job:
        """The job, its messages under the label of a step."""

        def report(progress: Progress) -> None:
            message = f"{label}: {progress.message[:1].lower()}{progress.message[1:]}"
            self.job.report(replace(progress, message=message))

        return Job(report, self.job.stop)

    def _estimate(
        self, volume: Volume, entry: RecipeStep, store: ResultStore, label: str, peers: Peers
    ) -> Estimate | None:
        step = entry.step
        if step.estimate_type is None or entry.estimate is not None:
            return entry.estimate
        stored: Estimate | None = store.load_estimate(step.estimate_type)
        if stored is not None:
            return stored
        if step.survey is not None:
            return self._survey(volume, entry, store, label)
        source = step_source(volume, entry, None, peers, self.job)
        seen = Observation()
        if step.observe is not None and step.observes(entry.params):
            seen = self._observe(source, store, f"{label}: looking")
        found = estimated(entry, seen, source.info)
        store.save_estimate(found.model_dump(mode="json"))
        return found

    @property
    def room(self) -> Room:
        """What the limits leave to a survey."""
        return Room(self.limits.workers, self.limits.memory_mb)

    def _survey(self, volume: Volume, entry: RecipeStep, store: ResultStore, label: str) -> Estimate:
        found = surveyed(entry, input_of(volume, entry), self.job_of(label), self.room)
        store.save_estimate(found.model_dump(mode="json"))
        return found

    def _observe(self, source: StepSource, store: ResultStore, label: str) -> Observation:
        count = source.info.shape[0]
        done = list(store.observations())
        self._blocks(source, partial(observe_part, source), done, count, store.add_observation, label)
        return merged(load_observation(path) for path in store.observations().values())

    def _volume(
        self,
        volume: Volume,
        entry: RecipeStep,
        estimate: Estimate | None,
        store: ResultStore,
        label: str,
        peers: Peers,
    ) -> Volume:
        result = applied(volume, entry, estimate, peers)
        if not entry.step.keeps:
            return result
        if not store.is_done():
            target = store.open_for_writing(result.info)
            source = step_source(volume, entry, estimate, peers, self.job)
            count = result.info.shape[0]
            work = partial(write_part, source, target)
            self._blocks(source, work, store.done_ranges(), count, lambda p, _: store.add_range(p), label)
            store.finish(entry.table())
        return store.volume(result.info, volume)

    def _blocks(
        self, source: StepSource, work: Any, done: list[range], count: int, finished: Any, label: str
    ) -> None:
        cut = cut_blocks(
            source,
            self.pool.workers,
            memory_mb=self.limits.memory_mb,
            block_slices=self.limits.block_slices,
        )
        steady = self.limits.block_slices is not None
        pace = Pace(cut.slices, cut.slices if steady else 1, steady)
        gaps = missing_ranges(count, done, count)
        slices_done = count - sum(map(len, gaps))
        self.job.progress(slices_done, count, label)

        def one_finished(part: range, result: Timed[Any]) -> None:
            nonlocal slices_done
            finished(part, result.value)
            pace.learn(part, result.seconds)
            slices_done += len(part)
            if not self.job.stop.is_set():
                self.job.progress(slices_done, count, label)

        self.pool.at_most(cut.workers).run(
            Stopwatch(work), pace.parts(gaps), job=self.job, finished=one_finished
        )

    def _export(self, report: ChannelReport, entry: RecipeStep, index: int, label: str) -> None:
        store = self.project.store(entry.key(self.keys[index]))
        many = len(self.project.specs) > 1 and not any(one.fuses for one in self.recipe.steps[:index])
        params = sink_params(entry)
        target = self.project.exports / params.target_name(self.channel if many else "")
        written = exported(store, self.project.exports)
        if written is None:
            make_folder(self.project.exports)
            written = params.export(report.volume, target, self.job, label)
            lasting = [note for found in report.estimates.values() for note in found.lasting()]
            written = replace(written, notes=(*written.notes, *lasting))
            mark_exported(store, self.project.exports, written)
        report.files += written.files
        report.notes += [note for note in written.notes if note not in report.notes]


def observe_part(source: StepSource, part: range) -> Observation:
    """First pass over one block; runs in a worker thread or process."""
    return source.observe(part.start, part.stop)


def write_part(source: StepSource, target: StoredSource, part: range) -> None:
    """Compute and store one block; runs in a worker thread or process."""
    target.write(part.start, source.read(slice(part.start, part.stop)))
