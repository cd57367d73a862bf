"""Every image of an acquisition, slice by slice: what lies before a face is gone, below shines through."""

from __future__ import annotations

from typing import Literal, TypeAlias

from core.job import Job
from core.simulate.acquisition.approximation import cards_of, simulated_detectors
from core.simulate.acquisition.expected import ExpectedStore, Image
from core.simulate.acquisition.pace import Pace
from core.simulate.acquisition.scene import Scene
from core.simulate.acquisition.schedule import Schedule
from core.simulate.acquisition.windows import Reach, Windows
from core.simulate.electrons.cells import pack
from core.simulate.electrons.shoot import shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Balance, Expected, Raster, World
from core.simulate.image.secondary import secondary
from core.simulate.surrogate.predict import apply

Device: TypeAlias = Literal["cpu", "cuda"]


def relative_cost(kv: float) -> float:
    """Time per electron in one arbitrary unit: nearly proportional to the voltage (number of collisions)."""
    return kv


def image_all(
    scene: Scene,
    schedule: Schedule,
    reach: Reach,
    store: ExpectedStore,
    *,
    job: Job,
    threads: int | None = None,
    device: Device = "cpu",
) -> None:
    """Make every image that the store does not have yet.

    Raises
    ------
    Cancelled
        If the user asked to stop; finished images are kept.
    """
    plan, done = scene.plan, store.done()
    costs = [relative_cost(kv) for kv in plan.voltages_kv]
    images = [Image(v, s) for s in range(len(schedule.kept)) for v in range(len(costs))]
    missing = [image for image in images if image not in done]
    if not missing:
        return
    total = sum(costs[image.voltage] for image in images)
    pace = Pace(job, total=total, done=total - sum(costs[image.voltage] for image in missing))
    windows = Windows(scene, reach)

    def image_slice(position: int, voltages: list[int]) -> None:
        # A function of its own: what one slice needed is gone before the next window is read.
        index = schedule.kept[position]
        camera = Camera(scene, windows.world(float(schedule.z_nm[index]), job), job, threads, device)
        for voltage in voltages:
            part = pace.part(costs[voltage])
            expected, balance = camera.image(voltage, index, schedule.raster(voltage, index), part)
            store.write(Image(voltage, position), expected, balance, device)
            pace.finish(costs[voltage])

    for position in range(len(schedule.kept)):
        voltages = [image.voltage for image in missing if image.slice == position]
        if voltages:
            image_slice(position, voltages)


class Camera:
    """Takes the images of one face at any voltage; the voxels are packed once."""

    def __init__(
        self, scene: Scene, world: World, job: Job, threads: int | None = None, device: Device = "cpu"
    ) -> None:
        self._scene, self._world, self._threads, self._device = scene, world, threads, device
        self._cells = pack(world, job) if scene.plan.electrons == "monte-carlo" else None

    def image(
        self, voltage: int, index: int, raster: Raster, job: Job, *, electrons_per_pixel: int | None = None
    ) -> tuple[tuple[Expected, ...], Balance | None]:
        """Expected signal of every detector at one of the plan's voltages, and where the electrons went.

        Parameters
        ----------
        voltage, index : int
            Number of the voltage and of the slice; each pair has random numbers of its own.
        raster : Raster
            The pixels.
        job : Job
            Progress and cancelling.
        electrons_per_pixel : int, optional
            In place of the plan's number.
        """
        plan = self._scene.plan
        beam = plan.beam(plan.voltages_kv[voltage])
        if self._cells is None:
            images, balance = apply(cards_of(self._scene, beam.kv), self._world, raster, beam, job), None
        else:
            shot = shoot(
                self._cells,
                transport_tables(self._scene.materials, beam.kv, plan.physics),
                raster,
                beam,
                simulated_detectors(plan),
                electrons_per_pixel=electrons_per_pixel or plan.electrons_per_pixel,
                seed=plan.seed,
                stream=(voltage, index),
                job=job,
                threads=self._threads,
                device=self._device,
                merge_soft=plan.merge_soft,
            )
            images, balance = shot.images, shot.balance
        if plan.secondary is None:
            return images, balance
        *seen, all_back = images
        return (*seen, secondary(self._world, raster, all_back, beam.kv, plan.secondary)), balance
