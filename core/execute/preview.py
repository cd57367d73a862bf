"""One slice before and after a step, at once: what is not stored is computed for this slice alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from core.block import Observation, merged
from core.errors import ParameterError
from core.execute.calls import estimated, guarded
from core.execute.lazy import applied, step_source
from core.execute.planes import CachedSource, PlaneCache
from core.job import Job
from core.models.memory import of_project
from core.recipe import Recipe, RecipeStep
from core.step import Estimate
from core.volume import ALL, Array, Shape, Volume, VolumeInfo, extent

SAMPLE_SLICES = 12


@dataclass(frozen=True)
class Preview:
    """A step's effect on one slice.

    Attributes
    ----------
    before : ndarray, shape (y, x)
        The slice as it enters the step.
    after : ndarray, shape (y, x), or None
        The slice as it leaves; None if the step drops it.
    estimate : Estimate or None
        What the step has found.
    approximate : bool
        True if something was estimated from a sample of slices; the run may differ a little.
    """

    before: Array
    after: Array | None
    estimate: Estimate | None
    approximate: bool


class PreviewSource(Protocol):
    """What a preview asks of a `Project`; the window answers the same while there is none yet."""

    @property
    def channels(self) -> Sequence[str]:
        """Names of all channels."""
        ...

    def input(self, channel: str, job: Job | None = None) -> Volume:
        """The raw volume of one channel."""
        ...

    def volume(self, channel: str, count: int, recipe: Recipe | None = None) -> Volume | None:
        """Result after `count` steps, None where it is not stored."""
        ...

    def estimate(self, channel: str, index: int, recipe: Recipe | None = None) -> Estimate | None:
        """What step `index` has found, None where that is not known."""
        ...


def preview(
    project: PreviewSource,
    channel: str,
    recipe: Recipe,
    position: int,
    z_index: int,
    job: Job | None = None,
    cache: PlaneCache | None = None,
) -> Preview:
    """Show step number `position` (from 0) on slice `z_index` of that step's input.

    With the same `cache` from call to call, a changed parameter repeats no step before its own.

    Raises
    ------
    ParameterError
        If there is no such step or slice, or parameters do not fit.
    Cancelled
        If the job was stopped.
    """
    with of_project(getattr(project, "folder", None)):
        return _preview(project, channel, recipe, position, z_index, job or Job(), cache or PlaneCache())


def _preview(
    project: PreviewSource,
    channel: str,
    recipe: Recipe,
    position: int,
    z_index: int,
    job: Job,
    cache: PlaneCache,
) -> Preview:
    if not 0 <= position < len(recipe.steps):
        raise ParameterError("no such step", expected=f"0-{len(recipe.steps) - 1}", got=position)
    flat, places = recipe.flattened()
    there = _There(project, flat, cache, job)
    chain = there.chain(channel, places[position - 1] + 1 if position else 0)
    before = chain.volume
    if recipe.steps[position].ground() is not None:
        chain = there.chain(channel, places[position])
    position, recipe = places[position], flat
    entry = recipe.steps[position]
    _, kept = entry.step.selected(before.info, entry.params)
    own = project.estimate(channel, position, recipe)
    plane = before.slice(z_index)
    unknown = entry.step.surveys and own is None and entry.step.select is None
    if entry.step.passes or entry.step.gather is not None or unknown:
        return Preview(plane, plane, own, chain.approximate)
    if z_index not in kept:
        return Preview(plane, None, own, chain.approximate)
    chain.extend(entry, own, there.peers(position))
    after = chain.volume.slice(list(kept).index(z_index))
    return Preview(plane, after, own or chain.estimate_at(list(kept).index(z_index)), chain.approximate)


@dataclass(frozen=True)
class _There:
    """The way to any step of a (flattened) recipe, for any channel."""

    project: PreviewSource
    recipe: Recipe
    cache: PlaneCache
    job: Job

    def chain(self, channel: str, index: int) -> _Chain:
        """What enters step `index`."""
        raw = self.project.input(channel, self.job)
        self.cache.follow(channel, raw.source)
        count, volume = _last_stored(self.project, channel, self.recipe, index) or (0, raw)
        chain = _Chain(volume, self.recipe.keys(channel)[count], self.cache, self.job)
        for number in range(count, index):
            estimate = self.project.estimate(channel, number, self.recipe)
            chain.extend(self.recipe.steps[number], estimate, self.peers(number))
        return chain

    def peers(self, index: int) -> Mapping[str, Volume] | None:
        """What enters a step that fuses channels, by channel; None for other steps."""
        if not self.recipe.steps[index].fuses:
            return None
        return {name: self.chain(name, index).volume for name in self.project.channels}


def _last_stored(
    project: PreviewSource, channel: str, recipe: Recipe, position: int
) -> tuple[int, Volume] | None:
    for count in range(position, 0, -1):
        volume = project.volume(channel, count, recipe)
        if volume is not None:
            return count, volume
    return None


@dataclass
class _Chain:
    """Steps applied lazily one after the other; `approximate` once an estimate came from a sample."""

    volume: Volume
    key: str
    cache: PlaneCache
    job: Job
    approximate: bool = False
    sampled: SampledSource | None = None

    def extend(
        self, entry: RecipeStep, estimate: Estimate | None, peers: Mapping[str, Volume] | None = None
    ) -> None:
        self.job.check()
        self.sampled = None
        if entry.step.passes or (entry.step.surveys and estimate is None):
            return  # the voxels pass through, or nothing is known yet of where they go
        looks = entry.step.estimate is not None and entry.step.observes(entry.params)
        if estimate is not None or not looks:
            if entry.step.estimate is not None and estimate is None:
                info = entry.step.selected(self.volume.info, entry.params)[0]
                estimate = estimated(entry, Observation(), info)
            self._go_on(entry, estimate, applied(self.volume, entry, estimate, peers, self.job))
            return
        self.sampled = SampledSource.of(self.volume, entry, self.job, peers)
        self.approximate = self.approximate or self.sampled.info.shape[0] > SAMPLE_SLICES
        sampled = Volume(self.sampled.result, self.sampled, self.volume.metadata, self.volume.notes)
        self._go_on(entry, None, sampled)

    def _go_on(self, entry: RecipeStep, estimate: Estimate | None, volume: Volume) -> None:
        used = "sample" if estimate is None else estimate.model_dump_json()
        self.key = replace(entry, estimate=None).key(f"{self.key} {used}")
        self.volume = replace(volume, source=CachedSource(volume.source, self.key, self.cache))

    def estimate_at(self, index: int) -> Estimate | None:
        """The estimate that the last step used for one slice."""
        return None if self.sampled is None else self.sampled.estimated(index)[0]


@dataclass(frozen=True)
class SampledSource:
    """A two-pass step whose estimate comes from evenly spaced slices plus the one that is looked at.

    Steps with a halo get the estimate of their sample as well; their planes then come with their neighbours.
    """

    source: Any
    entry: RecipeStep
    info: VolumeInfo
    result: VolumeInfo
    job: Job
    _seen: dict[int, Observation] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, volume: Volume, entry: RecipeStep, job: Job, peers: Mapping[str, Volume] | None = None
    ) -> SampledSource:
        """Bind a two-pass entry to its input."""
        source = step_source(volume, entry, None, peers, job)
        return cls(source, entry, source.info, source.result, job)

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns of the result."""
        return self.result.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the result."""
        return self.result.dtype

    def estimated(self, index: int) -> tuple[Estimate, int, VolumeInfo]:
        """The estimate for one slice, the place of that slice in the sample, and the sample described."""
        count = self.info.shape[0]
        spread = np.linspace(0, count - 1, min(count, SAMPLE_SLICES)).round().astype(int).tolist()
        sample = sorted({*spread, index})
        for number in sample:
            if number not in self._seen:
                self.job.check()
                self._seen[number] = self.source.observe(number, number + 1)
        seen = merged([self._seen[number] for number in sample])
        info = self.info.selected(sample)
        found = estimated(self.entry, seen, info)
        return found, sample.index(index), info

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Compute whole planes one by one and return the asked range of them."""
        start, stop = extent(z, self.shape[0])
        planes = np.concatenate([self._plane(index) for index in range(start, stop)])
        return planes[:, slice(*extent(y, self.shape[1])), slice(*extent(x, self.shape[2]))]

    def _plane(self, index: int) -> Array:
        step = self.entry.step
        block = self.source.block(index, index + 1)
        estimate, place, info = self.estimated(index)
        if step.apply is None:
            return np.asarray(block.data[block.inner])
        # The estimate knows the sample's slices only, so the plane is presented at its place in the sample.
        moved = replace(block, first=place - block.inner.start, info=info, real=block)
        planes: Array = guarded(step.apply, moved, self.entry.params, estimate, name=step.name)[block.inner]
        return planes
