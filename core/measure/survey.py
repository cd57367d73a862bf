"""Everything that is measured of a volume, in one pass through its slices where that is possible.

Memory is bounded by a few slices (and, per phase, the last slices that lags along z reach back to); results
do not depend on how the slices are cut into slabs. Local thickness, transport and representative size read
the volume again; the first two need it, or the part of it that fits, in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from core.errors import MissingMetadataError, ParameterError
from core.job import Job
from core.measure.frame import Frame, frame_of
from core.measure.isotropy import Errors
from core.measure.params import MeasureParams
from core.measure.phase_counter import PhaseCounter
from core.measure.phases import SOLID, Phase, phases_of, predicate, require_finite, require_two
from core.measure.results import IsotropyResult, Measured, PhaseResult, Slices
from core.measure.verdict import verdict
from core.measure.words import run_all, workers
from core.step import Room
from core.volume import Array, Volume

_SLAB_BYTES = 24 << 20
_LINES = ("fraction", "tpcf", "tpcf_plane", "lineal_path", "chords", "ligament_nm", "isotropy")
_THINNEST = 16
_CUT_SHARE = 0.02  # of L(0), at the longest distance; about what an integral to there lacks
_WHOLE = ("surface", "components", "thickness", "transport", "representative")


def survey(volume: Volume, params: MeasureParams, job: Job, room: Room | None = None) -> Measured:
    """Measure a segmented volume.

    Parameters
    ----------
    volume : Volume
        Binary (two values, the greater is solid) or labels.
    params : MeasureParams
        What is asked for.
    job : Job
        Progress and cancelling.
    room : Room, optional
        Threads and memory.

    Raises
    ------
    VoxelError
        If the volume is not segmented.
    ParameterError
        If the parameters do not fit the volume.
    NotEnoughMemoryError
        If what needs the volume in memory does not fit.
    """
    return _Survey(volume, params, job, room or Room()).run()


@dataclass
class _Survey:
    """One survey; its methods are the parts of `survey`."""

    volume: Volume
    params: MeasureParams
    job: Job
    room: Room
    notes: list[str] = field(default_factory=list)
    compared: list[tuple[str, IsotropyResult, Errors]] = field(default_factory=list)

    def run(self) -> Measured:
        _, height, width = self.volume.info.shape
        slab_slices = max(1, _SLAB_BYTES // (height * width))
        phases = phases_of(self.volume, self.params.values, self.job, slab_slices=slab_slices)
        frame = frame_of(self.volume, self.params)
        self.notes += frame.notes
        binary = phases[-1].name == SOLID
        counters = [
            # Of two phases, one says the same of directions as the other.
            PhaseCounter(phase, frame, self.params, compare=not (binary and phase is phases[0]))
            for phase in phases
        ]
        with workers(self.room.threads) as pool:
            self._stream(counters, slab_slices, pool, binary=binary)
        found = tuple(self._result(counter, frame, binary=binary) for counter in counters)
        lines: Slices = "all" if frame.used.all() else "measured"
        return Measured(
            shape_zyx=frame.shape,
            voxel_nm_zyx=self.volume.info.voxel_nm,
            step_nm=frame.step_nm or (None, None, None),
            slices=lines,
            slices_used=int(frame.used.sum()),
            slices_of={**dict.fromkeys(_LINES, lines), **dict.fromkeys(_WHOLE, "all")},
            verdict=verdict(self.compared),
            phases=found,
            notes=tuple(self.notes),
        )

    def _stream(
        self, counters: list[PhaseCounter], slab_slices: int, pool: Executor, *, binary: bool
    ) -> None:
        """Show every slab to every phase; the next is read while one is counted."""
        depth = self.volume.info.shape[0]
        slabs = _slabs(counters[0], depth, slab_slices)
        part = next(slabs, None)
        ahead = None if part is None else pool.submit(self.volume.read, part)
        while part is not None and ahead is not None:
            self.job.progress(part.start, depth, "Measuring")
            slab, following = ahead.result(), next(slabs, None)
            if following is not None:
                ahead = pool.submit(self.volume.read, following)
            masks = [counter.phase.of(slab) for counter in counters]
            _require_all(slab, part.start, masks, counters, binary=binary)
            # Packing is worth threads of its own, too.
            shown = pool.map(PhaseCounter.add, counters, masks)
            run_all(pool, [task for tasks in shown for task in tasks], self.job)
            for counter in counters:
                counter.settle(self.job)
            part = following
        self.job.progress(depth, depth, "Measuring")

    def _result(self, counter: PhaseCounter, frame: Frame, *, binary: bool) -> PhaseResult:
        result, errors = counter.finish()
        if result.isotropy is not None and errors is not None:
            self.compared.append(("" if binary else result.name, result.isotropy, errors))
        elif counter.compares and result.voxels:
            self.notes.append(
                f"{result.name}: no isotropy errors, because too few slices follow each other, or because "
                "the cubes that are compared hold nothing of it."
            )
        self.notes += _cut_off(result)
        changes = self._representative(counter.phase, frame)
        if result.voxels and (self.params.thickness or self.params.transport):
            try:
                changes |= self._in_memory(counter.phase, result, frame)
            except MissingMetadataError as error:
                self.notes.append(f"{result.name}: {error.what}: no local thickness and no transport.")
        return result.model_copy(update=changes)

    def _representative(self, phase: Phase, frame: Frame) -> dict[str, object]:
        if not self.params.representative or not frame.even or min(frame.shape) < _THINNEST:
            return {}
        from core.measure.representative import representative

        found = representative(self.volume.source, predicate(phase), voxel_nm=frame.step_nm, job=self.job)
        return {"representative": found}

    def _in_memory(self, phase: Phase, result: PhaseResult, frame: Frame) -> dict[str, object]:
        """What needs the volume, or the part of it that fits, in memory."""
        if frame.step_nm is None or not frame.even:
            raise MissingMetadataError("one voxel size for all slices is not known")
        found: dict[str, object] = {}
        source, is_phase = self.volume.source, predicate(phase)
        if self.params.thickness and result.fraction < 1:
            from core.measure.thickness import thickness_distribution

            found["thickness"] = thickness_distribution(
                source, is_phase, voxel_nm=frame.step_nm, job=self.job, memory_mb=self.room.memory_mb
            )
        if self.params.transport:
            from core.measure.transport import transport_of

            found["transport"], told = transport_of(
                source,
                is_phase,
                connectivity=phase.connectivity,
                voxel_nm=frame.step_nm,
                job=self.job,
                memory_mb=self.room.memory_mb,
            )
            self.notes += [f"{phase.name}: {note}" for note in told]
        return found


def _cut_off(result: PhaseResult) -> list[str]:
    """Whether runs are longer than the volume, so that sizes from the lineal path are too small."""
    path = result.lineal_path
    if path is None or result.ligament_nm is None:
        return []
    curves = {axis: getattr(path, axis) for axis in "zyx"}
    axes = [
        axis for axis, curve in curves.items() if len(curve) > 1 and curve[-1] > _CUT_SHARE * curve[0] > 0
    ]
    if not axes:
        return []
    return [
        f"{result.name}: runs along {', '.join(axes)} are as long as can be followed, so the sizes from the "
        "lineal path along there are lower bounds."
    ]


def _slabs(counter: PhaseCounter, depth: int, slab_slices: int) -> Iterator[slice]:
    first = 0
    while first < depth:
        stop = min(depth, counter.slab_end(first, slab_slices))
        yield slice(first, stop)
        first = stop


def _require_all(
    slab: Array, first: int, masks: list[Array], counters: list[PhaseCounter], *, binary: bool
) -> None:
    """Refuse a value that was not there when the phases were looked for."""
    if sum(int(np.count_nonzero(mask)) for mask in masks) == slab.size:
        return
    require_finite(slab, first)
    others = np.unique(slab[~np.logical_or.reduce(masks)])[:8].tolist()
    if binary:
        require_two({counter.phase.value for counter in counters} | set(others))
    raise ParameterError("the volume changed while it was measured", got=others)
