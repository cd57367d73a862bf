"""What the electrons of one slice can reach: windows of the sample that slide into the depth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import NotEnoughMemoryError, ParameterError
from core.execute.preflight import memory_budget
from core.job import Job
from core.simulate.acquisition.scene import Range, Scene, field_nm, plane_of
from core.simulate.acquisition.schedule import Schedule
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.tables import range_nm
from core.simulate.electrons.world import World
from core.simulate.plan import Plan
from core.volume import Array

BYTES_PER_VOXEL = 6
"""Memory per voxel while a slice is made ready: two windows, materials, packed cells."""
STRUCTURE_BYTES = 2**28
"""Memory that structures keep so as not to compute themselves anew for every plane."""
BYTES_PER_PIXEL = 200
"""Memory per pixel while an image is made or formed: signal, error and copies in double precision."""
_EMPTY_REACH = 2.0
_MOST_PLANES = 64
_ROUNDING = 1e-6
MOST_VOXELS = 2**33


@dataclass(frozen=True)
class Reach:
    """How much of the sample has to be there for one slice.

    Attributes
    ----------
    margin_nm : float
        How far it goes on below the face and beside the field.
    planes : int
        Planes of a window.
    rows, columns : tuple of int
        First voxel and the one after the last, in the frame of the sample.
    """

    margin_nm: float
    planes: int
    rows: Range
    columns: Range

    @property
    def voxels(self) -> int:
        """Voxels of one window."""
        return self.planes * (self.rows[1] - self.rows[0]) * (self.columns[1] - self.columns[0])


def reach_of(scene: Scene, schedule: Schedule) -> Reach:
    """Size of the window around every image of a plan, whatever its shift.

    Raises
    ------
    ParameterError
        If a window has more voxels than any machine holds.
    """
    return _reach(scene.plan, schedule, margin_nm(scene))


def least_reach(plan: Plan, schedule: Schedule) -> Reach:
    """What a window needs at least; known before the structure is made.

    Raises
    ------
    ParameterError
        As `reach_of`.
    """
    if plan.field.margin_nm is not None:
        return _reach(plan, schedule, plan.field.margin_nm)
    kv = max(plan.voltages_kv)
    phases = [material_of(text) for text in plan.materials.values()]
    finite = [range_nm(material, kv, plan.physics) for material in phases if not material.is_vacuum]
    return _reach(plan, schedule, min(finite, default=0.0))


def _reach(plan: Plan, schedule: Schedule, margin: float) -> Reach:
    voxel = plan.field.voxel_nm
    shifts = schedule.shifts_px_yx[:, list(schedule.kept)].reshape(-1, 2)
    sides = []
    for axis, (pixel, size) in enumerate(zip(schedule.pixel_nm_yx, field_nm(schedule), strict=True)):
        moves = -shifts[:, axis] * pixel
        first = math.floor((float(moves.min()) - margin) / voxel)
        last = math.ceil((size + float(moves.max()) + margin) / voxel)
        sides.append((first, last))
    # One plane more: a face lies within its plane, not on the border of it.
    reach = Reach(margin, max(1, math.ceil(margin / voxel)) + 1, sides[0], sides[1])
    if reach.voxels > MOST_VOXELS:
        raise ParameterError(
            f"electrons of {max(plan.voltages_kv):g} kV reach {margin:,.0f} nm, so that one slice needs "
            f"{reach.voxels:.2g} voxels",
            expected=f"at most {MOST_VOXELS:.2g}",
            remedy="take larger voxels, a smaller field, lower voltages, less drift, or state a margin",
        )
    return reach


def margin_nm(scene: Scene) -> float:
    """How far electrons get at the highest voltage.

    The range (continuous slowing down, to the cut-off) in the lightest phase. Where a phase is empty space,
    at least twice the range in the mean of all phases, from the volume each has in some planes spread over
    the depth; electrons that get farther are counted as lost.
    """
    plan = scene.plan
    if plan.field.margin_nm is not None:
        return plan.field.margin_nm
    kv = max(plan.voltages_kv)
    ranges = [range_nm(material, kv, plan.physics) for material in scene.materials]
    phases = scene.material_index[: len(scene.pattern.labels)]
    finite = [length for length in ranges if math.isfinite(length)]
    if not finite:
        raise ParameterError("every phase is vacuum", expected="at least one phase of matter")
    longest = max(finite)
    if all(math.isfinite(ranges[index]) for index in phases):
        return longest
    shares = _shares(scene)
    density = sum(share / ranges[index] for share, index in zip(shares, phases, strict=True))
    return max(longest, _EMPTY_REACH / density) if density > 0 else longest


def _shares(scene: Scene) -> list[float]:
    """Share of each phase in some planes of the imaged field."""
    first, (planes, rows, columns) = scene.first_plane, scene.shape
    counts = np.zeros(len(scene.pattern.labels), dtype=np.int64)
    for plane in sorted(set(np.linspace(0, planes - 1, min(planes, _MOST_PLANES)).astype(int).tolist())):
        block = scene.pattern.read((first + plane, first + plane + 1), (0, rows), (0, columns))
        counts += np.bincount(block.ravel(), minlength=len(counts))[: len(counts)]
    return [float(count) / float(counts.sum()) for count in counts]


def memory_bytes(reach: Reach, plan: Plan) -> int:
    """Memory for one slice with all that its electrons reach."""
    pixels = plan.field.rows * plan.field.columns * len(plan.detector_names)
    return reach.voxels * BYTES_PER_VOXEL + pixels * BYTES_PER_PIXEL + STRUCTURE_BYTES


def check_memory(reach: Reach, plan: Plan) -> None:
    """Refuse if one window does not fit into memory.

    Raises
    ------
    NotEnoughMemoryError
        With the numbers.
    """
    needed, budget = memory_bytes(reach, plan), memory_budget(None)
    if needed > budget:
        raise NotEnoughMemoryError(
            f"one slice with all that its electrons reach ({reach.margin_nm:,.0f} nm) needs "
            f"{needed / 2**20:,.0f} MiB",
            expected=f"at most {budget / 2**20:,.0f} MiB",
            remedy="take larger voxels, a smaller field, lower voltages, or close other programs",
        )


def _top_nm(plane: int, face_nm: float, voxel_nm: float) -> float:
    """Upper border of the plane that a face lies in; rounding must not put the face into another plane."""
    top = (plane - 0.5) * voxel_nm
    return min(max(top, face_nm - (1 - _ROUNDING) * voxel_nm), face_nm)


class Windows:
    """Windows of the sample below one face after the other; planes that two share are read once."""

    def __init__(self, scene: Scene, reach: Reach) -> None:
        self._scene, self._reach = scene, reach
        self._first = 0
        self._planes: Array | None = None
        self._lut = np.array(scene.material_index, dtype=np.uint8)

    def world(self, face_nm: float, job: Job) -> World:
        """Everything that electrons reach from a face."""
        scene, reach, voxel = self._scene, self._reach, self._scene.plan.field.voxel_nm
        first = plane_of(face_nm, voxel)
        cuts = scene.plan.milling.faces == "inside"
        top_nm = _top_nm(first, face_nm, voxel) if cuts else face_nm
        self._planes = self._slid(first, job)
        self._first = first
        return World(
            labels=self._lut[self._planes],
            voxel_nm=(voxel, voxel, voxel),
            materials=scene.materials,
            origin_nm=(top_nm, reach.rows[0] * voxel, reach.columns[0] * voxel),
        )

    def _slid(self, first: int, job: Job) -> Array:
        reach, old = self._reach, self._planes
        kept = None
        if old is not None and 0 <= first - self._first < reach.planes:
            kept = old[first - self._first :]
        have = 0 if kept is None else len(kept)
        planes = np.empty(
            (reach.planes, reach.rows[1] - reach.rows[0], reach.columns[1] - reach.columns[0]), dtype=np.uint8
        )
        if kept is not None:
            planes[:have] = kept
        # A few planes at a time: a cancel is heard soon, and the structure needs little memory beside them.
        step = max(1, 2**21 // planes[0].size)
        for start in range(have, reach.planes, step):
            job.check()
            stop = min(start + step, reach.planes)
            planes[start:stop] = self._scene.read((first + start, first + stop), reach.rows, reach.columns)
        return planes
