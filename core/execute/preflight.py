"""Refuse before hours are spent: is there enough memory and disk for the work, in numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core import machine
from core.errors import NotEnoughDiskError, NotEnoughMemoryError, RecipeError, TruesliceError
from core.execute.lazy import StepSource, applied, step_source
from core.execute.warped import WarpedSource
from core.recipe import Recipe
from core.steps import step_named
from core.store import StoredSource
from core.volume import Source, Volume, VolumeInfo

MEBI = 1 << 20
BLOCK_BYTES = 96 * MEBI
GATHERED_BYTES = 120 * MEBI
"""Steps that gather read many slices for each block: very small blocks would read them again and again."""
USABLE_SHARE = 0.7
_WARP_BYTES = 16  # spline coefficients and result in floating point, per pixel


@dataclass(frozen=True)
class Cut:
    """How a step's slices are dealt out: `slices` per block, `workers` blocks at once."""

    slices: int
    workers: int


def plane_bytes(source: Source) -> int:
    """Memory that each plane of a block costs while a source is read: its result and all its inputs."""
    _, y, x = source.shape
    own = y * x * source.dtype.itemsize
    if isinstance(source, StepSource) and source.peers:
        return own + sum(map(plane_bytes, source.peers.values()))
    return own + plane_bytes(source.upstream) if isinstance(source, StepSource | WarpedSource) else own


def working_bytes(source: Source) -> int:
    """Memory that a block costs beside its planes: steps work on one plane after the other."""
    if isinstance(source, WarpedSource):
        _, y, x = source.upstream.shape
        return max(y * x * _WARP_BYTES, working_bytes(source.upstream))
    if not isinstance(source, StepSource):
        return 0
    _, y, x = source.info.shape
    inputs = (source.peers or {"": source.upstream}).values()
    return max(y * x * step_named(source.name).bytes_per_pixel, *map(working_bytes, inputs))


def halo_of(source: Source) -> int:
    """Neighbouring planes needed on each side, the halos of lazily computed inputs included."""
    if isinstance(source, WarpedSource):
        return halo_of(source.upstream)
    if not isinstance(source, StepSource):
        return 0
    inputs = (source.peers or {"": source.upstream}).values()
    return step_named(source.name).around(source.info, source.params) + max(map(halo_of, inputs))


def cut_blocks(
    source: StepSource, workers: int, *, memory_mb: float | None = None, block_slices: int | None = None
) -> Cut:
    """Choose block size and number of workers so that the work fits into memory.

    Small blocks are as fast as large ones, so a block is small even where memory is plentiful; progress,
    cancelling and repeating after a crash then come in small pieces.

    Raises
    ------
    NotEnoughMemoryError
        If not even one block of one slice fits.
    """
    budget = memory_budget(memory_mb)
    room = _room_of(source)
    smallest = room.block(1)
    if smallest > budget:
        raise NotEnoughMemoryError(
            f"step {source.name} needs {_mebi(smallest)} for a single slice with its neighbours",
            expected=f"at most {_mebi(budget)} (of {_mebi(machine.free_bytes())} free)",
            remedy="crop the slices, close other programs, or raise the memory limit",
        )
    if block_slices is not None:
        return Cut(block_slices, max(1, min(workers, budget // room.block(block_slices))))
    fitting = min(workers, budget // smallest)
    wanted = (min(room.wanted + room.working, budget // fitting) - room.block(0)) // room.plane
    return Cut(max(1, wanted), max(1, fitting))


@dataclass(frozen=True)
class _Room:
    """Memory of a block in bytes: for each of its slices, for what is read around them, and to work in."""

    plane: int
    around: int
    working: int
    wanted: int

    def block(self, slices: int) -> int:
        return slices * self.plane + self.around + self.working


def _room_of(source: StepSource) -> _Room:
    halo, working = halo_of(source), working_bytes(source)
    if step_named(source.name).gather is None:
        plane = plane_bytes(source)
        return _Room(plane, 2 * halo * plane, working, BLOCK_BYTES)
    # Gathered planes are held once, whatever lies upstream; the result takes as many again.
    _, y, x = source.shape
    own = y * x * source.dtype.itemsize
    return _Room(2 * own, 2 * halo * own + plane_bytes(source.upstream), working, GATHERED_BYTES)


def check_channels(recipe: Recipe, infos: Mapping[str, VolumeInfo]) -> None:
    """Refuse a recipe that fuses channels which do not go together, before what comes first is computed.

    Parameters
    ----------
    recipe : Recipe
    infos : mapping of str to VolumeInfo
        The inputs by channel.

    Raises
    ------
    RecipeError
        Naming the step.
    """
    foreseen = {channel: recipe.infos(info) for channel, info in infos.items()}
    for index, entry in enumerate(recipe.steps):
        first = entry.ground() or entry  # what is asked of the recipe as the user wrote it
        if not first.fuses:
            continue
        try:
            seen = {name: first.step.selected(row[index], first.params)[0] for name, row in foreseen.items()}
            first.step.agree(seen, first.params)
        except TruesliceError as error:
            raise RecipeError(
                f"step {index + 1} ({entry.step.name}) does not fit its input: {error.what}",
                expected=error.expected,
                got=error.got,
                remedy=error.remedy,
            ) from error
        foreseen = dict([next(iter(foreseen.items()))])  # one channel goes on


def check_memory(recipe: Recipe, volume: Volume, memory_mb: float | None) -> None:
    """Refuse a recipe of which one step cannot work on a single slice in the memory there is.

    Raises
    ------
    NotEnoughMemoryError
        Naming the first such step, with the numbers.
    """
    for entry in recipe.flattened()[0].steps:
        if entry.step.sink:
            continue
        source = step_source(volume, entry, entry.estimate)
        cut_blocks(source, 1, memory_mb=memory_mb)
        result: Source = applied(volume, entry, entry.estimate).source
        if entry.step.keeps:
            result = StoredSource(Path(), source.shape, source.dtype)
        volume = Volume(source.result, result)


def memory_budget(memory_mb: float | None) -> int:
    """Bytes that blocks in flight may use together."""
    if memory_mb is not None:
        return int(memory_mb * MEBI)
    return machine.free_bytes(USABLE_SHARE)


def check_disk(folder: Path, needed: int, what: str) -> None:
    """Refuse if `needed` bytes do not fit on the disk of `folder`.

    Raises
    ------
    NotEnoughDiskError
        With both numbers.
    """
    existing = folder
    while not os.path.exists(existing) and existing != existing.parent:
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise NotEnoughDiskError(
            f"{what} need up to {_mebi(needed)} on the disk of {folder}",
            expected=f"at most the {_mebi(free)} that are free",
            remedy="free some space, choose another folder, or crop first",
        )


def _mebi(count: int) -> str:
    return f"{count / MEBI:,.0f} MiB"
