"""What a plan costs before it starts: electrons, time on this machine, disk, memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import machine
from core.job import Job
from core.simulate.acquisition.imaging import Camera, Device
from core.simulate.acquisition.pace import Pace, about
from core.simulate.acquisition.prepare import Prepared, prepare
from core.simulate.acquisition.scene import Scene
from core.simulate.acquisition.schedule import Schedule
from core.simulate.acquisition.windows import Reach, Windows, memory_bytes
from core.simulate.electrons.world import Raster
from core.simulate.plan import Plan

_PROBE_SIDE = 24
_PROBE_ELECTRONS = 20_000
_PROBE_VOXELS = 2**24


@dataclass(frozen=True)
class Cost:
    """What an acquisition needs.

    Attributes
    ----------
    electrons : int
        Electrons to be followed; 0 for the fast approximation.
    seconds : float
        Estimated time with all threads, from a short measurement here; None if it was not measured.
    disk_bytes, memory_bytes : int
        At most.
    electrons_per_second : dict of str to float
        Measured rate of all threads, by voltage.
    """

    electrons: int
    seconds: float | None
    disk_bytes: int
    memory_bytes: int
    electrons_per_second: dict[str, float]

    def table(self) -> dict[str, Any]:
        """Values for the answer of a command."""
        return dict(vars(self))

    def __str__(self) -> str:
        """For people."""
        parts = [f"{self.electrons:.3g} electrons"] if self.electrons else []
        if self.seconds is not None:
            parts.append(about(self.seconds))
        parts += [
            f"{self.disk_bytes / 2**20:,.0f} MiB on disk",
            f"{self.memory_bytes / 2**20:,.0f} MiB memory",
        ]
        return ", ".join(parts)


def estimate_cost(
    plan: Plan,
    job: Job | None = None,
    *,
    folder: Path | None = None,
    threads: int | None = None,
    device: Device = "cpu",
    measure: bool = True,
) -> Cost:
    """Estimate what a plan costs; makes its sample, and follows some electrons to measure the rate.

    Raises
    ------
    TruesliceError
        As `acquire` before its work starts.
    """
    job = job or Job()
    return cost_of(prepare(plan, job, folder), job, threads=threads, device=device, measure=measure)


def cost_of(
    prepared: Prepared,
    job: Job,
    *,
    threads: int | None = None,
    device: Device = "cpu",
    measure: bool = True,
    slices: int | None = None,
) -> Cost:
    """Estimate what prepared work costs; of `slices` slices, if not of all."""
    plan = prepared.plan
    kept, rows, columns = prepared.stack_shape
    slices = kept if slices is None else slices
    disk = prepared.disk_bytes * slices // kept
    per_voltage = slices * rows * columns * plan.electrons_per_pixel
    memory = memory_bytes(prepared.reach, plan)
    if plan.electrons != "monte-carlo":
        return Cost(0, None, disk, memory, {})
    rates = _rates(prepared, job, threads, device) if measure else {}
    seconds = sum(per_voltage / rate for rate in rates.values()) if measure else None
    electrons = per_voltage * len(plan.voltages_kv)
    return Cost(electrons, seconds, disk, memory, rates)


def _rates(prepared: Prepared, job: Job, threads: int | None, device: Device) -> dict[str, float]:
    """Electrons per second at each voltage, on a small part in the middle of the first slice."""
    scene, schedule = prepared.scene, prepared.schedule
    index = schedule.kept[0]
    reach = _probe_reach(prepared.reach, scene, schedule)
    camera = Camera(
        scene, Windows(scene, reach).world(float(schedule.z_nm[index]), job), job, threads, device
    )
    rates, voltages = {}, scene.plan.voltages_kv
    pace = Pace(job, total=len(voltages), done=0, message="Measuring the speed of this computer")
    for voltage, kv in enumerate(voltages):
        told = pace.part(1.0)
        raster = _middle(schedule.raster(voltage, index))
        pixels = raster.shape[0] * raster.shape[1]
        per_pixel = max(1, _PROBE_ELECTRONS * (threads or machine.threads()) // pixels)
        # Once without the clock: compiling and making tables is not part of the rate.
        camera.image(voltage, index, raster, Job(stop=job.stop), electrons_per_pixel=1)
        start = time.perf_counter()
        camera.image(voltage, index, raster, told, electrons_per_pixel=per_pixel)
        rates[f"{kv:g}kV"] = pixels * per_pixel / (time.perf_counter() - start)
        pace.finish(1.0)
    return rates


def _middle(raster: Raster) -> Raster:
    rows, columns = (min(side, _PROBE_SIDE) for side in raster.shape)
    corner = tuple(
        start + (side - part) // 2 * pixel
        for start, side, part, pixel in zip(
            raster.corner_nm, raster.shape, (rows, columns), raster.pixel_nm, strict=True
        )
    )
    return replace(raster, shape=(rows, columns), corner_nm=(corner[0], corner[1]))


def _probe_reach(reach: Reach, scene: Scene, schedule: Schedule) -> Reach:
    """The window, cut to the middle where the whole would take long to make ready."""
    if reach.voxels <= _PROBE_VOXELS:
        return reach
    side = int((_PROBE_VOXELS / reach.planes) ** 0.5)
    voxel = scene.plan.field.voxel_nm

    def middle(part: tuple[int, int], size_nm: float) -> tuple[int, int]:
        centre = int(size_nm / 2 / voxel)
        return max(part[0], centre - side // 2), min(part[1], centre + max(1, side // 2))

    return replace(
        reach,
        rows=middle(reach.rows, scene.size_nm[0]),
        columns=middle(reach.columns, scene.size_nm[1]),
    )
