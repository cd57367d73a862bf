"""One image of one face, at each voltage: nothing is kept on disk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.simulate.acquisition.delivery import face_labels, formed_image
from core.simulate.acquisition.imaging import Camera, Device, relative_cost
from core.simulate.acquisition.pace import Pace
from core.simulate.acquisition.prepare import Prepared, prepare
from core.simulate.acquisition.windows import Windows
from core.simulate.electrons.world import Balance, Expected
from core.simulate.image.drawn import draw
from core.simulate.image.form import Formed
from core.simulate.image.scale import scale_of
from core.simulate.plan import Plan
from core.volume import Array


@dataclass(frozen=True)
class Picture:
    """One channel of one face.

    Attributes
    ----------
    channel : str
    expected : Expected
    formed : Formed
        What the microscope's file would hold.
    labels : ndarray of uint8, shape (y, x)
        What the face shows in each pixel.
    balance : Balance or None
        None for the fast approximation.
    """

    channel: str
    expected: Expected
    formed: Formed
    labels: Array
    balance: Balance | None


def take_pictures(
    plan: Plan, *, job: Job, threads: int | None = None, device: Device = "cpu", index: int = 0
) -> tuple[Picture, ...]:
    """Image one slice of a plan in all its channels; grey scales are chosen from this slice alone.

    Raises
    ------
    TruesliceError
        As `acquire`.
    """
    return pictures_of(prepare(plan, job), job=job, threads=threads, device=device, index=index)


def pictures_of(
    prepared: Prepared, *, job: Job, threads: int | None = None, device: Device = "cpu", index: int = 0
) -> tuple[Picture, ...]:
    """Image one slice of a prepared plan; see `take_pictures`."""
    plan, schedule, scene = prepared.plan, prepared.schedule, prepared.scene
    world = Windows(scene, prepared.reach).world(float(schedule.z_nm[index]), job)
    camera = Camera(scene, world, job, threads, device)
    seen: list[tuple[Expected, Balance | None]] = []
    costs = [relative_cost(kv) for kv in plan.voltages_kv]
    pace = Pace(job, total=sum(costs), done=0)
    for voltage, cost in enumerate(costs):
        images, balance = camera.image(voltage, index, schedule.raster(voltage, index), pace.part(cost))
        pace.finish(cost)
        seen += [(expected, balance) for expected in images]
    signals = [np.asarray(expected.signal) for expected, _balance in seen]
    pictures = []
    for number, (channel, (expected, balance)) in enumerate(zip(plan.channels, seen, strict=True)):
        some = signals if plan.image.scale == "shared" else [signals[number]]
        drawn = draw(plan.artefacts, slices=plan.field.slices, seed=plan.seed, channel=number)
        labels = face_labels(scene, schedule.raster(plan.origin(channel)[0], index))
        scale = scale_of(plan.image, some)
        formed = formed_image(scene, channel, index, expected, scale, drawn, labels)
        pictures.append(Picture(channel, expected, formed, labels, balance))
    return tuple(pictures)
