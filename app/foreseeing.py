"""What a planned acquisition will look like; everything that takes time runs in worker threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.job import Job

if TYPE_CHECKING:
    from app.plots.still import Still
    from core.simulate.acquisition.scene import Scene
    from core.simulate.acquisition.schedule import Schedule
    from core.simulate.image.formation import ImageFormation
    from core.simulate.plan import Plan
    from core.volume import Array

Way: TypeAlias = Literal["noisy", "smooth", "monte-carlo"]
SIDES_PX: dict[Way, int] = {"noisy": 256, "smooth": 256, "monte-carlo": 128}
FEW_ELECTRONS = 20


@dataclass(frozen=True, eq=False)
class Foreseen:
    """One slice of a plan.

    Attributes
    ----------
    phases : tuple of str
        Names of the phases of the structure.
    labels : tuple of str
        Names of the labels: the phases, then what the marks add.
    truth : ndarray of uint8, shape (rows, columns), or None
        Labels at the face; None where phases and materials do not fit together yet.
    images : tuple of (str, ndarray or Exception)
        Name and picture of each channel, or why there is none.
    bits : int
        Of the pictures.
    pixel_nm : tuple of float
        (y, x).
    note : str
        What the user has to know about it.
    """

    phases: tuple[str, ...]
    labels: tuple[str, ...] = ()
    truth: Array | None = None
    images: tuple[tuple[str, Array | Exception], ...] = ()
    bits: int = 8
    pixel_nm: tuple[float, float] = (1.0, 1.0)
    note: str = ""

    @property
    def legend(self) -> tuple[str, ...]:
        """Names of the labels where they are told apart by colours."""
        return self.labels if self.truth is not None and len(self.labels) > 2 else ()


def foreseen(plan: Plan, index: int, way: Way, job: Job) -> Foreseen:
    """One slice of the plan: truth, and an image per channel.

    Parameters
    ----------
    plan : Plan
    index : int
        Slice, counted with the lost ones.
    way : {'noisy', 'smooth', 'monte-carlo'}
        By the fast approximation with or without the noise of the dose, or by following a few electrons.
    job : Job
        Cancelling.
    """
    from core.errors import ParameterError
    from core.simulate.acquisition.delivery import face_labels
    from core.simulate.acquisition.prepare import check_plan
    from core.simulate.acquisition.scene import scene_of

    whole = check_plan(plan)
    try:
        scene = scene_of(plan, whole, job)
    except ParameterError:
        phases = _phases(plan, whole, job)
        if set(phases) == set(plan.materials):
            raise
        return Foreseen(phases)
    part = middle_of(whole, index, SIDES_PX[way], from_top=plan.ruler.on)
    truth = face_labels(scene, part.raster(0, index))
    images = tuple(_images(scene, part, index, way, job))
    notes = [*scene.pattern.notes, *_remarks(whole, part, index)]
    return Foreseen(
        scene.pattern.labels, scene.labels, truth, images, plan.image.bits, whole.pixel_nm_yx, " ".join(notes)
    )


def middle_of(schedule: Schedule, index: int, side: int, *, from_top: bool) -> Schedule:
    """A smaller field about the middle of the image of one slice, `from_top` with its first rows."""
    shape = tuple(min(size, side) for size in schedule.shape)
    first = [(size - part) // 2 for size, part in zip(schedule.shape, shape, strict=True)]
    first[0] = 0 if from_top else first[0]
    # A content that is moved by so much is a field that begins so much later.
    return replace(
        schedule, kept=(index,), shape=(shape[0], shape[1]), shifts_px_yx=schedule.shifts_px_yx - first
    )


def _phases(plan: Plan, schedule: Schedule, job: Job) -> tuple[str, ...]:
    from core.simulate.structures import pattern_of

    voxel = plan.field.voxel_nm
    depth = float(schedule.z_nm[-1]) + plan.milling.first_nm
    sides = [size * pixel for size, pixel in zip(schedule.shape, schedule.pixel_nm_yx, strict=True)]
    z, y, x = (max(1, round(length / voxel)) for length in (depth + voxel, *sides))
    return pattern_of(plan.structure, shape=(z, y, x), voxel_nm=voxel, seed=plan.seed, job=job).labels


def _images(
    scene: Scene, schedule: Schedule, index: int, way: Way, job: Job
) -> Iterator[tuple[str, Array | Exception]]:
    """Voltage by voltage: where there is no approximation for one, the others are shown all the same."""
    from core.errors import TruesliceError
    from core.simulate.acquisition.prepare import Prepared
    from core.simulate.acquisition.single import pictures_of
    from core.simulate.acquisition.windows import reach_of

    plan = scene.plan
    changed = _changes(plan, way)
    for voltage, kv in enumerate(plan.voltages_kv):
        names = [name for name in plan.channels if plan.origin(name)[0] == voltage]
        one = plan.model_copy(update={"voltages_kv": (kv,), **changed})
        place = replace(schedule, shifts_px_yx=schedule.shifts_px_yx[voltage : voltage + 1])
        alone = replace(scene, plan=one)
        try:
            prepared = Prepared(one, place, alone, reach_of(alone, place))
            pictures = pictures_of(prepared, job=job, index=index)
        except TruesliceError as error:
            yield from ((name, error) for name in names)
        else:
            yield from ((name, picture.formed.grey) for name, picture in zip(names, pictures, strict=True))


def _changes(plan: Plan, way: Way) -> dict[str, Any]:
    """What of a plan is different for a preview."""
    if way == "monte-carlo":
        few = min(plan.electrons_per_pixel, FEW_ELECTRONS)
        return {"electrons": "monte-carlo", "electrons_per_pixel": few}
    noisy = way == "noisy"
    image = _as_noisy(plan.image, plan.electrons_per_pixel) if noisy else _noiseless(plan.image)
    return {"electrons": "surrogate", "image": image}


def _as_noisy(image: ImageFormation, electrons_per_pixel: int) -> ImageFormation:
    """Image formation that gives an expected signal the noise that a simulated one already has."""
    if image.noise != "as-simulated":
        return image
    from core.simulate.image.formation import ELEMENTARY_CHARGE_C

    dwell_us = electrons_per_pixel * ELEMENTARY_CHARGE_C / (1e-12 * 1e-6) / image.frames
    return image.model_copy(update={"noise": "dose", "current_pa": 1.0, "dwell_us": dwell_us})


def _noiseless(image: ImageFormation) -> ImageFormation:
    return image.model_copy(update={"noise": "as-simulated", "detector_noise_percent": 0.0})


def _remarks(whole: Schedule, part: Schedule, index: int) -> Iterator[str]:
    if part.shape != whole.shape:
        yield f"A part of the field is shown: {part.shape[1]} × {part.shape[0]} px."
    if index not in whole.kept:
        yield "This slice is lost: the stacks will not have it."


INSTEAD = "Choose “Monte Carlo” above for a preview; the acquisition itself does not need it."


def stills_of(made: Foreseen) -> list[Still]:
    """Truth and images, ready to be shown."""
    from app.plots.still import Still
    from app.problems import problem_of

    if made.truth is None:
        return []
    stills = [_truth(made, made.truth)]
    for channel, image in made.images:
        if isinstance(image, Exception):
            words = problem_of(image).what
            stills.append(Still(channel, None, message=f"{words[:1].upper()}{words[1:]}.\n\n{INSTEAD}"))
        else:
            white = 2.0**made.bits - 1
            stills.append(Still(channel, image, made.pixel_nm, contrast=(0.0, white)))
    return stills


def _truth(made: Foreseen, labels: Array) -> Still:
    from app.plots.still import Still

    if made.legend:
        return Still("Truth", labels, made.pixel_nm, "labels")
    white = labels.astype("uint8") * 255
    return Still("Truth", white, made.pixel_nm, "binary", remark=f"white: {made.labels[-1]}")
