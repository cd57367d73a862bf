"""A plan with everything that follows from it, checked before work starts."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import ParameterError, WriteError
from core.execute.preflight import check_disk
from core.job import Job
from core.simulate.acquisition.approximation import cards_of
from core.simulate.acquisition.marks import mark_materials
from core.simulate.acquisition.scene import Scene, check_materials, require_contents, scene_of, truth_shape
from core.simulate.acquisition.schedule import Schedule, schedule_of
from core.simulate.acquisition.windows import Reach, check_memory, least_reach, reach_of
from core.simulate.electrons.materials import material_of
from core.simulate.image.secondary import flat_yields
from core.simulate.plan import Plan
from core.volume import Shape

MOST_ELECTRONS = 10**14


@dataclass(frozen=True)
class Prepared:
    """A plan with everything that follows from it, checked: work may start."""

    plan: Plan
    schedule: Schedule
    scene: Scene
    reach: Reach

    @property
    def stack_shape(self) -> Shape:
        """Shape of each channel (kept slices, rows, columns)."""
        return stack_shape(self.schedule)

    @property
    def disk_bytes(self) -> int:
        """What all results take at most: signals and errors, images, truth."""
        return disk_bytes(self.plan, self.schedule)


def prepare(plan: Plan, job: Job, folder: Path | None = None) -> Prepared:
    """Make the sample of a plan and refuse what cannot be done, the cheapest checks first.

    Parameters
    ----------
    plan : Plan
    job : Job
        Making the structure may take a while.
    folder : Path, optional
        Where results will go: its disk is checked.

    Raises
    ------
    ParameterError
        If parts of the plan do not fit together, or it is absurdly large.
    WriteError
        If the folder cannot be written.
    VoxelError
        If the structure is empty.
    NotEnoughMemoryError, NotEnoughDiskError
        If one slice does not fit into memory, or the results not on the disk.
    """
    schedule = check_plan(plan)
    if folder is not None:
        check_writable(folder)
        check_disk(folder, disk_bytes(plan, schedule), "the images and what is known of them")
    scene = scene_of(plan, schedule, job)
    check_approximation(scene)
    reach = reach_of(scene, schedule)
    check_memory(reach, plan)
    require_contents(scene, job)
    return Prepared(plan, schedule, scene, reach)


def check_writable(folder: Path) -> None:
    """Refuse a folder, there or still to be made, that nothing can be written to.

    Raises
    ------
    WriteError
        Saying what the system answers.
    """
    whole = folder.absolute()
    existing = next(place for place in (whole, *whole.parents) if os.path.exists(place))
    try:
        # Permissions do not tell of every reason, and count for nobody who may do everything.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise WriteError(
            f"{folder} cannot be written: {error.strerror or error}",
            got=f"no file can be made in {existing}",
            remedy="choose another folder, or change its permissions",
        ) from error


def check_plan(plan: Plan) -> Schedule:
    """Refuse what can be refused before the structure is made.

    Raises
    ------
    TruesliceError
        As `prepare`.
    """
    schedule = schedule_of(plan)
    check_materials(plan)
    check_size(plan, schedule)
    if plan.secondary is not None:
        every = {**plan.materials, **mark_materials(plan)}.values()
        flat_yields([material_of(text) for text in every], plan.voltages_kv[0], plan.secondary)
    check_memory(least_reach(plan, schedule), plan)
    return schedule


def check_approximation(scene: Scene) -> None:
    """Refuse the fast approximation where it is not calibrated.

    Raises
    ------
    ParameterError
        Saying for what it is.
    """
    if scene.plan.electrons == "surrogate":
        for kv in scene.plan.voltages_kv:
            cards_of(scene, kv)


def check_size(plan: Plan, schedule: Schedule) -> None:
    """Refuse more electrons than any machine follows in years.

    Raises
    ------
    ParameterError
        With the number.
    """
    slices, rows, columns = stack_shape(schedule)
    electrons = slices * rows * columns * plan.electrons_per_pixel * len(plan.voltages_kv)
    if electrons > MOST_ELECTRONS:
        raise ParameterError(
            f"this acquisition has {electrons:.2g} electrons; it would take years",
            expected=f"at most {MOST_ELECTRONS:.0e}",
            remedy="take fewer slices, pixels, voltages or electrons per pixel",
        )


def stack_shape(schedule: Schedule) -> Shape:
    """Shape of each channel (kept slices, rows, columns)."""
    return (len(schedule.kept), *schedule.shape)


def disk_bytes(plan: Plan, schedule: Schedule) -> int:
    """What all results take at most: signals and errors, images, truth."""
    slices, rows, columns = stack_shape(schedule)
    pixels = slices * rows * columns * len(plan.channels)
    z, y, x = truth_shape(plan, schedule)
    return pixels * (8 + plan.image.bits // 8) + z * y * x
