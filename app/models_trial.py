"""A network tried out on one slice: in a worker thread, in bounded memory, with what has to be said of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.previewing import Unsaved
from core.errors import ParameterError, TruesliceError
from core.job import Job
from core.recipe import Recipe, RecipeStep
from core.volume import Array, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.models.card import Model
    from core.models.choice import ProbabilityEstimate
    from core.models.fit import Finding

Weight: TypeAlias = Literal["good", "warn", "bad"]
MOST_PX = 1024
"""Sides of what is tried out; of a larger slice the middle is taken."""


@dataclass(frozen=True)
class Said:
    """A sentence, and how much it matters."""

    text: str
    weight: Weight


@dataclass(frozen=True, eq=False)
class Trial:
    """What came out.

    Attributes
    ----------
    name : str
        Of the model.
    image, probability, entropy : ndarray, shape (rows, columns)
        Grey values, 0-255, and bits.
    pixel_nm : tuple of float
        (y, x); 1 where it is not known.
    said : tuple of Said
    summary : str
        Which part of which slice, what computed, how long.
    """

    name: str
    image: Array
    probability: Array
    entropy: Array
    pixel_nm: tuple[float, float]
    said: tuple[Said, ...]
    summary: str


def tried(volumes: Mapping[str, Volume], channel: str, z_index: int, name: str, job: Job) -> Trial:
    """Ask a network of the library about one slice of the opened stack.

    Raises
    ------
    ParameterError
        If channels that the network needs are missing, or it is for something else.
    Cancelled
        If the user asked to stop.
    """
    from core.execute import preview
    from core.models.library import model_named
    from core.models.uncertainty import entropy_bits

    began = time.monotonic()
    model, info = model_named(name), volumes[channel].info
    rows, columns = middle(info.shape[1]), middle(info.shape[2])
    found = preview(Unsaved(volumes), channel, _recipe(model.name, rows, columns), 1, z_index, job)
    if found.after is None:
        raise ParameterError(f"the model {name} gave no answer for this slice")
    y_nm, x_nm = info.voxel_nm[1:]
    estimate: ProbabilityEstimate = found.estimate  # type: ignore[assignment]
    return Trial(
        name,
        found.before,
        found.after,
        entropy_bits(found.after / 255),
        (y_nm or 1.0, x_nm or 1.0),
        _said(model, info, estimate, found.after),
        _summary(info, z_index, found.after.shape, estimate, time.monotonic() - began),
    )


def middle(length: int) -> range:
    """What is taken of one axis."""
    taken = min(length, MOST_PX)
    start = (length - taken) // 2
    return range(start, start + taken)


def _recipe(name: str, rows: range, columns: range) -> Recipe:
    from core.steps import step_named
    from core.steps.crop import CropParams
    from core.steps.probability import ProbabilityParams

    box = CropParams(y_start=rows.start, y_stop=rows.stop, x_start=columns.start, x_stop=columns.stop)
    # Forced, because it is tried out: what would be refused is said in words.
    asked = ProbabilityParams(model=name, force=True)
    return Recipe((RecipeStep(step_named("crop"), box), RecipeStep(step_named("probability"), asked)))


def _said(model: Model, info: VolumeInfo, estimate: ProbabilityEstimate, codes: Array) -> tuple[Said, ...]:
    from core.models.answer import answer_of, states_answers, tallied, unlike

    spec = model.spec
    findings = _findings(model, info, estimate)
    said = [Said(_refusal(finding), "bad") for finding in findings if finding.refused]
    said += [Said(finding.text, "warn") for finding in findings if not finding.refused]
    if states_answers(spec.known):
        y_nm, x_nm = info.voxel_nm[1] or spec.voxel_nm[1], info.voxel_nm[2] or spec.voxel_nm[2]
        answer = answer_of(tallied(codes), (y_nm, x_nm), 1)
        said += [Said(text, "warn") for text in unlike(answer, spec)]
    if not said:
        what = "voxels, channels, contrast" + (" and answer" if states_answers(spec.known) else "")
        said.append(Said(f"The data are like those of the training: {what} are within its range.", "good"))
    return tuple(said)


def _findings(model: Model, info: VolumeInfo, estimate: ProbabilityEstimate) -> list[Finding]:
    """In what the data differ from those of the training."""
    from core.models import fit
    from core.models.intensity import Levels

    spec, names = model.spec, tuple(estimate.inputs.values())
    levels = {name: Levels(**found.model_dump()) for name, found in estimate.levels.items()}
    try:
        step = fit.slice_step_for(spec, info)
    except TruesliceError:
        step = estimate.slice_step
    return [
        *fit.channel_notes(spec, estimate.inputs, names),
        *fit.voxel_findings(spec, info, step),
        *fit.contrast_findings(spec, levels),
    ]


def _refusal(finding: Finding) -> str:
    return f"{finding.text} A run refuses this unless 'Use it anyway' is chosen."


def _summary(
    info: VolumeInfo, z_index: int, shape: tuple[int, ...], estimate: ProbabilityEstimate, seconds: float
) -> str:
    whole = shape == info.shape[1:]
    part = "" if whole else f"the middle {shape[0]} x {shape[1]} of {info.shape[1]} x {info.shape[2]} px of "
    computed = {"CPU": "the processor"}.get(estimate.provider, estimate.provider)
    sample = "; its grey levels are those of a dozen slices" if info.shape[0] > 1 else ""
    return f"{part}slice {z_index}, as it was opened{sample}. {seconds:.1f} s on {computed}.".capitalize()
