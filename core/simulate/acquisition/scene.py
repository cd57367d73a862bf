"""The whole sample, voxel by voxel: the structure with cap layer, ruler and fiducial painted over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ParameterError, VoxelError
from core.job import Job
from core.simulate.acquisition.marks import (
    RulerMarks,
    check_marks,
    mark_materials,
    paint_fiducial,
    paint_ruler,
    ruler_marks,
)
from core.simulate.acquisition.schedule import Schedule
from core.simulate.electrons.material import Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.world import MOST_MATERIALS, Pair
from core.simulate.plan import Plan
from core.simulate.structures import Pattern, pattern_of
from core.volume import ALL, Array, Shape, extent

Range = tuple[int, int]


@dataclass(frozen=True)
class Scene:
    """Labels of the sample in its frame: y and x from the outer corner of the field, z from the first image.

    Plane k stands for the depths around k voxels, from (k - 1/2) to (k + 1/2): a face at z shows the plane
    floor(z / voxel + 1/2), which is where repositioning puts its slice.

    Attributes
    ----------
    plan : Plan
    pattern : Pattern
        The structure.
    labels : tuple of str
        Name of each label value: the phases of the structure, then what the marks add.
    materials : tuple of Material
        Without repetition.
    material_index : tuple of int
        Place in `materials` of each label.
    shape : tuple of int
        Voxels (z, y, x) of the imaged field from the first imaged face to the last milled one.
    size_nm : tuple of float
        (y, x) size of the imaged field.
    first_plane : int
        Plane of the structure at which the first imaged face lies.
    """

    plan: Plan
    pattern: Pattern
    labels: tuple[str, ...]
    materials: tuple[Material, ...]
    material_index: tuple[int, ...]
    shape: Shape
    size_nm: Pair
    first_plane: int = 0

    @property
    def marks(self) -> RulerMarks | None:
        """The ruler, if there is one."""
        return ruler_marks(self.plan.ruler, self.size_nm[1]) if self.plan.ruler.on else None

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any ranges of voxels, also outside the field.

        Returns
        -------
        ndarray of uint8, shape (z, y, x)
        """
        first = self.first_plane
        block: Array = self.pattern.read((z[0] + first, z[1] + first), y, x)
        if not (self.plan.ruler.on or self.plan.fiducial.on):
            return block
        block = block.copy()  # a pattern may keep what it has handed out
        values = {name: value for value, name in enumerate(self.labels)}
        voxel = self.plan.field.voxel_nm
        z_nm = np.arange(*z) * voxel
        y_nm, x_nm = ((np.arange(*part) + 0.5) * voxel for part in (y, x))
        if self.plan.fiducial.on:
            paint_fiducial(block, self.plan.fiducial, values, y_nm, x_nm, size_nm=self.size_nm)
        if self.marks is not None:
            paint_ruler(block, self.marks, values, z_nm, y_nm, x_nm)
        return block

    def plane_at(self, z_nm: float, y_nm: Array, x_nm: Array) -> Array:
        """Labels that a face shows at the given places, shape (len(y_nm), len(x_nm))."""
        voxel = self.plan.field.voxel_nm
        rows, columns = (voxel_of(places, voxel) for places in (y_nm, x_nm))
        plane = plane_of(z_nm, voxel)
        corner = int(rows.min()), int(columns.min())
        block = self.read(
            (plane, plane + 1), (corner[0], int(rows.max()) + 1), (corner[1], int(columns.max()) + 1)
        )
        seen: Array = block[0][np.ix_(rows - corner[0], columns - corner[1])]
        return seen


@dataclass(frozen=True)
class TruthSource:
    """The labels of the imaged field as voxels of a volume."""

    scene: Scene

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x)."""
        return self.scene.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the labels."""
        return np.dtype(np.uint8)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return labels of three contiguous ranges."""
        parts = [extent(part, size) for part, size in zip((z, y, x), self.shape, strict=True)]
        return self.scene.read(parts[0], parts[1], parts[2])


def voxel_of(places_nm: Array, voxel_nm: float) -> Array:
    """Index of the voxel at each place; what lies on a border but for rounding belongs to the far voxel."""
    index: Array = np.floor(places_nm / voxel_nm + 1e-9).astype(np.int64)
    return index


def plane_of(z_nm: float, voxel_nm: float) -> int:
    """Plane that a face at this depth shows: the nearest, by the rule of repositioning."""
    return math.floor(z_nm / voxel_nm + 0.5)


def first_plane(plan: Plan, schedule: Schedule) -> int:
    """Plane of the structure at which the first imaged face lies.

    Positions are counted from there; where slices before it are lost, the structure is moved by less than a
    voxel so that this face, too, lies on a plane.
    """
    voxel = plan.field.voxel_nm
    return plane_of(plan.milling.first_nm, voxel) + plane_of(-float(schedule.z_nm[0]), voxel)


def field_nm(schedule: Schedule) -> Pair:
    """Size (y, x) of the imaged field."""
    (rows, columns), (y_nm, x_nm) = schedule.shape, schedule.pixel_nm_yx
    return rows * y_nm, columns * x_nm


def truth_shape(plan: Plan, schedule: Schedule) -> Shape:
    """Voxels (z, y, x) of the imaged field from the first imaged face to the last milled one."""
    voxel, (height_nm, width_nm) = plan.field.voxel_nm, field_nm(schedule)
    return (
        plane_of(float(schedule.z_nm[-1]), voxel) + 1,
        max(1, math.ceil(height_nm / voxel - 1e-9)),
        max(1, math.ceil(width_nm / voxel - 1e-9)),
    )


def scene_of(plan: Plan, schedule: Schedule, job: Job) -> Scene:
    """Build the sample of a plan, checked.

    Raises
    ------
    ParameterError
        If a phase has no material or an unknown one, or the marks do not fit the field.
    """
    field, size_nm, shape = plan.field, field_nm(schedule), truth_shape(plan, schedule)
    depth_nm = float(schedule.z_nm[-1])
    check_marks(plan, width_nm=size_nm[1], height_nm=size_nm[0], depth_nm=depth_nm)
    check_materials(plan)
    # What lies above the first slice belongs to the structure, whose fractions are exact over all of it.
    first = first_plane(plan, schedule)
    whole = (shape[0] + first, *shape[1:])
    pattern = pattern_of(plan.structure, shape=whole, voxel_nm=field.voxel_nm, seed=plan.seed, job=job)
    names = {**_phase_materials(plan, pattern.labels), **mark_materials(plan)}
    chosen = [material_of(text) for text in names.values()]
    materials = tuple(dict.fromkeys(chosen))
    if len(materials) > MOST_MATERIALS:
        raise ParameterError("too many materials", expected=f"at most {MOST_MATERIALS}", got=len(materials))
    index = tuple(materials.index(material) for material in chosen)
    return Scene(plan, pattern, tuple(names), materials, index, shape, size_nm, first)


def check_materials(plan: Plan) -> None:
    """Refuse unknown materials before anything costly is made.

    Raises
    ------
    ParameterError
        Naming the phase and what is wrong with its material.
    """
    for name, text in {**plan.materials, **mark_materials(plan)}.items():
        try:
            material_of(text)
        except ParameterError as error:
            error.about(f"material of {name}")
            raise


def require_contents(scene: Scene, job: Job) -> None:
    """Refuse a structure of one phase only: its images would show nothing.

    Raises
    ------
    VoxelError
        Naming the phase.
    """
    first = scene.first_plane
    found: set[int] = set()
    planes, rows, columns = scene.shape
    # Spread over the depth first: nearly always two planes are enough.
    order = sorted(range(planes), key=lambda plane: (plane * 7919) % planes)
    for plane in job.track(order, planes, "Looking at the structure"):
        block = scene.pattern.read((first + plane, first + plane + 1), (0, rows), (0, columns))
        found |= set(np.unique(block).tolist())
        if len(found) > 1:
            return
    raise VoxelError(
        "the structure is empty: all of the imaged field is one phase",
        expected="at least two of " + ", ".join(scene.pattern.labels),
        got=scene.pattern.labels[found.pop()],
        remedy="choose another structure, a larger field, or another first depth",
    )


def _phase_materials(plan: Plan, labels: tuple[str, ...]) -> dict[str, str]:
    missing = [name for name in labels if name not in plan.materials]
    # Pore and solid stand in every plan by default, whatever the phases of its structure are called.
    unknown = set(plan.materials) - set(labels) - {"pore", "solid"}
    if missing or unknown:
        raise ParameterError(
            "materials and phases of the structure do not match",
            expected="a material for each of " + ", ".join(labels),
            got=", ".join(f"{name} = {text}" for name, text in plan.materials.items()),
        )
    return {name: plan.materials[name] for name in labels}
