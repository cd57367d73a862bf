"""Go through the stages of the guided run and decide each from a sample of the slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.execute.lazy import applied
from core.job import Job
from core.propose.aligning import at_align, lead
from core.propose.cleaning import Faults, at_clean, cleaned, faults_of, repairs, worst
from core.propose.importing import at_import
from core.propose.look import Look, kept, look_at
from core.propose.marks import marks_in
from core.propose.placing import DISTANCE, Spacing, at_thickness
from core.propose.proposal import Proposal
from core.propose.rebuilding import at_export, at_measure, at_rebuild
from core.propose.segmenting import Segmenting, at_segment
from core.propose.trimming import face_alone, with_trim
from core.recipe import RecipeStep
from core.step import Stage
from core.volume import Volume, VolumeInfo


def proposed(inputs: Mapping[str, Volume], job: Job) -> tuple[Proposal, ...]:
    """One proposal for each stage, in order.

    About a dozen slices are read, fewer where they are large; the job is asked between them.

    Parameters
    ----------
    inputs : mapping of str to Volume
        Channels by name, at least one.
    job : Job

    Returns
    -------
    tuple of Proposal
        One per stage. Their steps make a recipe that fits the inputs, once what they ask is answered.

    Raises
    ------
    Cancelled
        If the job was stopped.
    TruesliceError
        If slices cannot be read.
    """
    job.check()
    volumes = {name: kept(volume, name) for name, volume in inputs.items()}
    first = at_import(volumes, job)
    if len({volume.info.shape for volume in volumes.values()}) > 1:
        return (first, *_unlike_channels())
    volumes = {name: _after(volume, first.steps, job) for name, volume in volumes.items()}
    looks = {name: look_at(name, volume, job) for name, volume in volumes.items()}
    grey = {look.content for look in looks.values()} == {"grey"}
    marks = marks_in(volumes, job) if grey else None
    align = at_align(volumes, marks, job) if grey else _segmented(Stage.ALIGN)
    thickness, spacing = at_thickness(volumes, marks, grey=grey, job=job)
    if marks is not None and marks.ruler:
        faces = face_alone(volumes, marks, job)
        looks = {name: look_at(name, volume, job) for name, volume in faces.items()}
    clean, segmenting = _grey_stages(looks, spacing, job)
    clean = with_trim(clean, marks, volumes)
    rebuild, cubes = at_rebuild(volumes[lead(volumes)].info, spacing, segmenting.content)
    together = len(volumes) == 1 or segmenting.fused
    export = at_export(segmenting.content, 1 if together else len(volumes), cubes=cubes)
    found = (first, align, thickness, clean, segmenting.proposal, rebuild, at_measure(segmenting.content))
    return (_asking(found[0], thickness), *found[1:], export)


def _asking(first: Proposal, thickness: Proposal) -> Proposal:
    """Import asks for the distance of slices, too, where nothing measures it."""
    if DISTANCE not in thickness.asks:
        return first
    return replace(first, sure=False, asks=f"{first.asks}, {DISTANCE}" if first.asks else DISTANCE)


def _segmented(stage: Stage) -> Proposal:
    return Proposal(stage, (), "The stack is segmented already: slices are taken to be in register.")


def _unlike_channels() -> tuple[Proposal, ...]:
    """Nothing can be said of channels that do not belong together."""
    why = "Nothing is proposed until the channels show the same slices."
    return tuple(Proposal(stage, (), why, sure=False) for stage in Stage if stage is not Stage.IMPORT)


def _after(volume: Volume, steps: Sequence[RecipeStep], job: Job) -> Volume:
    for step in steps:
        volume = applied(volume, step, None, job=job)
    return volume


def _grey_stages(looks: Mapping[str, Look], spacing: Spacing, job: Job) -> tuple[Proposal, Segmenting]:
    """Clean and Segment: noise is filtered only before thresholds, thresholds are judged after cleaning."""
    faults = [
        faults_of(look, look.levels)
        for look in looks.values()
        if look.content == "grey" and look.levels is not None
    ]
    if len(faults) < len(looks):
        why = "There are no grey values with a contrast that could be mended."
        clean = Proposal(Stage.CLEAN, (), why)
        return clean, at_segment(looks, _known(looks, spacing), {}, job)
    all_faults: Faults = worst(faults)
    steps = repairs(all_faults)
    planes = {name: cleaned(look, [step for step, _ in steps], job) for name, look in looks.items()}
    segmenting = at_segment(looks, _known(looks, spacing), planes, job)
    return at_clean(all_faults, steps, classical=segmenting.classical), segmenting


def _known(looks: Mapping[str, Look], spacing: Spacing) -> VolumeInfo:
    """What is known of the voxels after the thickness was found."""
    info = looks[next(iter(looks))].volume.info
    return replace(info, voxel_nm=(spacing.mean_nm, *info.voxel_nm[1:]), z_nm=None)
