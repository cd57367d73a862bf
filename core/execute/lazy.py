"""A step's result as a volume that is computed when it is read. Storing it is a separate matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from core.block import Block, Observation
from core.errors import ParameterError, StepFailedError
from core.execute.calls import guarded
from core.execute.planes import CachedSource
from core.execute.warped import WarpedSource
from core.job import Job
from core.params import Params
from core.recipe import RecipeStep
from core.step import Estimate
from core.steps import step_named
from core.volume import ALL, Array, Shape, Source, Volume, VolumeInfo, extent


@dataclass(frozen=True)
class StepSource:
    """The output voxels of one step, computed block by block from its input.

    Attributes
    ----------
    upstream : Source
        Voxels of the step's input.
    kept : tuple of int or None
        Slices of the input that the step sees; None for all.
    info : VolumeInfo
        The step's input after selection.
    result : VolumeInfo
        The step's output.
    name, params, estimate
        The step (by name, so that the object can be sent to another process) and its values.
    peers : mapping of str to Source, or None
        For steps that fuse channels: the input of every channel; None where only descriptions are asked for.
    peer_infos : mapping of str to VolumeInfo
        These inputs after selection.
    job : Job
        Handed to the step with every block; not sent to other processes, which finish their blocks.
    """

    upstream: Source
    kept: tuple[int, ...] | None
    info: VolumeInfo
    result: VolumeInfo
    name: str
    params: Params
    estimate: Estimate | None
    peers: Mapping[str, Source] | None = None
    peer_infos: Mapping[str, VolumeInfo] = field(default_factory=dict)
    job: Job = field(default_factory=Job, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "job"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, job=Job())

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns of the result."""
        return self.result.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the result."""
        return self.result.dtype

    def block(self, start: int, stop: int) -> Block:
        """Input of the slices start..stop with what the step needs around them."""
        if step_named(self.name).gather is not None:
            return self._gathered(range(start, stop))
        halo = step_named(self.name).around(self.info, self.params)
        first, last = max(0, start - halo), min(self.info.shape[0], stop + halo)
        inner = slice(start - first, stop - first)
        if not step_named(self.name).fuses(self.params):
            planes = read_planes(self.upstream, self.kept, first, last)
            return Block(planes, first, inner, self.info, job=self.job)
        if self.peers is None:
            raise TypeError(f"step {self.name} needs the voxels of all channels")
        read = {name: read_planes(peer, self.kept, first, last) for name, peer in self.peers.items()}
        own = read[self.info.channel]
        return Block(own, first, inner, self.info, peers=read, peer_infos=self.peer_infos, job=self.job)

    def _gathered(self, wanted: range) -> Block:
        gather = step_named(self.name).gather
        if gather is None:
            raise TypeError(f"step {self.name} gathers nothing")
        planes = tuple(gather(self.info, self.params, self.estimate, wanted))
        kept = planes if self.kept is None else [self.kept[index] for index in planes]
        data = read_planes(self.upstream, kept, 0, len(kept))
        return Block(data, 0, slice(None), self.info, planes, wanted, job=self.job)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Compute whole planes and return the asked range of them."""
        start, stop = extent(z, self.shape[0])
        step = step_named(self.name)
        block = self.block(start, stop)
        if step.apply is None or (self.estimate is None and step.surveys):
            planes = block.data[block.inner]
        else:
            planes = guarded(step.apply, block, self.params, self.estimate, name=self.name)[block.inner]
        self._check(planes, stop - start)
        return planes[:, slice(*extent(y, self.shape[1])), slice(*extent(x, self.shape[2]))]

    def observe(self, start: int, stop: int) -> Observation:
        """First pass of a two-pass step over the slices start..stop."""
        observe = step_named(self.name).observe
        if observe is None:
            raise TypeError(f"step {self.name} has no first pass")
        seen: Observation = guarded(observe, self.block(start, stop), self.params, name=self.name)
        return seen

    def _check(self, planes: Array, count: int) -> None:
        expected = ((count, *self.shape[1:]), self.dtype)
        if (planes.shape, planes.dtype) != expected:
            raise StepFailedError(
                f"step {self.name} broke its promise about its result",
                expected=expected,
                got=(planes.shape, planes.dtype),
                remedy="this is a fault of the program: please report it with the recipe",
            )


def read_planes(source: Source, kept: Sequence[int] | None, start: int, stop: int) -> Array:
    """Planes start..stop of the kept slices, read in contiguous runs."""
    if kept is None:
        return source.read(slice(start, stop))
    if start == stop:
        return np.empty((0, *source.shape[1:]), dtype=source.dtype)
    wanted = kept[start:stop]
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(wanted)) if b != a + 1), len(wanted)]
    if len(breaks) == 2:
        return source.read(slice(wanted[0], wanted[-1] + 1))
    planes = np.empty((len(wanted), *source.shape[1:]), dtype=source.dtype)
    for a, b in pairwise(breaks):  # one run at a time: all of them beside their copy would double the memory
        planes[a:b] = source.read(slice(wanted[a], wanted[b - 1] + 1))
    return planes


def step_source(
    volume: Volume,
    entry: RecipeStep,
    estimate: Estimate | None,
    peers: Mapping[str, Volume] | None = None,
    job: Job | None = None,
) -> StepSource:
    """Bind a recipe entry to its input; one that fuses channels to those of all (`peers`, by name).

    With a job, a step that takes long can be stopped within a block.

    Raises
    ------
    ParameterError
        If the parameters do not fit the input, or channels that are fused are not of the same slices.
    TruesliceError
        If the step itself refuses these channels.
    """
    step = entry.step
    info, kept = step.selected(volume.info, entry.params)
    whole = len(kept) == volume.info.shape[0]
    fused = peers if entry.fuses and peers is not None else {}
    for peer in fused.values():
        _require_alike(volume.info, peer.info, step.name)
    seen = {name: step.selected(peer.info, entry.params)[0] for name, peer in fused.items()}
    if seen:
        step.agree(seen, entry.params)
    return StepSource(
        upstream=volume.source,
        kept=None if whole else tuple(kept),
        info=info,
        result=step.outcome(info, entry.params, estimate),
        name=step.name,
        params=entry.params,
        estimate=estimate,
        peers={name: peer.source for name, peer in fused.items()} or None,
        peer_infos=seen,
        job=job or Job(),
    )


def input_of(volume: Volume, entry: RecipeStep) -> Volume:
    """What a step sees: its input after `select`."""
    source = step_source(volume, replace(entry, estimate=None), None)
    if source.kept is None:
        return volume
    seen = replace(source, result=source.info)
    return Volume(source.info, seen, volume.metadata, volume.notes)


def _require_alike(info: VolumeInfo, peer: VolumeInfo, name: str) -> None:
    """Refuse channels whose voxels do not lie at the same places."""
    for what, own, other in (
        ("size", info.shape, peer.shape),
        ("voxel size", info.voxel_nm, peer.voxel_nm),
        ("slice numbers", info.slice_numbers, peer.slice_numbers),
        ("slice positions", info.z_nm, peer.z_nm),
        ("seen area", info.footprint, peer.footprint),
    ):
        if own != other:
            raise ParameterError(
                f"{name}: the channels {info.channel} and {peer.channel} differ in {what}",
                expected=_brief(own),
                got=_brief(other),
                remedy="register the channels on each other and crop them to the area they share",
            )


def _brief(value: object) -> str:
    return f"{value}"[:80]


def applied(
    volume: Volume,
    entry: RecipeStep,
    estimate: Estimate | None,
    peers: Mapping[str, Volume] | None = None,
    job: Job | None = None,
) -> Volume:
    """The step's result as a volume that computes itself when read; see `step_source`."""
    source = step_source(volume, entry, estimate, peers, job)
    moved = warped(source)
    return Volume(source.result, moved or source, volume.metadata, volume.notes)


def warped(source: StepSource) -> WarpedSource | None:
    """The result of a step that moves slices, with the moves right before it; None for other steps."""
    step = step_named(source.name)
    if step.warp is None or (source.estimate is None and step.surveys):
        return None
    before = _moves(source.upstream)
    if before is None and step.apply is not None:
        return None  # whole pixels of what was not moved: nothing to interpolate
    warp = step.warp(source.info, source.params, source.estimate)
    kept = source.kept if source.kept is not None else tuple(range(source.upstream.shape[0]))
    if before is None:
        return WarpedSource(source.upstream, kept, warp, source.info.content)
    there = tuple(before.kept[index] for index in kept)
    return WarpedSource(before.upstream, there, warp.after(before.warp, kept), source.info.content)


def _moves(source: Source) -> WarpedSource | None:
    """The moves that a source consists of, seen through what leaves voxels as they are."""
    while True:
        if isinstance(source, CachedSource):
            source = source.source
        elif isinstance(source, StepSource) and source.kept is None and _leaves_voxels(source):
            source = source.upstream
        else:
            return source if isinstance(source, WarpedSource) else None


def _leaves_voxels(source: StepSource) -> bool:
    step = step_named(source.name)
    return step.apply is None and step.warp is None
