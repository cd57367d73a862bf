"""Where the thickness of slices comes from: the ruler, the files, the images; nothing is invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.propose.aligning import lead
from core.propose.importing import slice_nm
from core.propose.look import middle, spread
from core.propose.marks import Marks
from core.propose.proposal import Proposal, entry
from core.step import Stage
from core.thickness.image_based import RELATIVE_ERROR, image_thickness
from core.volume import Volume, volume_of

PAIRS = 8
SIDE_PX = 512
UNEVEN = 0.2
"""Scatter of the distances, by their mean, from which one thickness for all would not do."""
UNLIKE = 2.0
"""Standard errors of the image-based scale by which a stated thickness may differ from it."""
ANGLE = "angle of the ruler's inclined trenches against the milling direction, in degrees"
DISTANCE = "distance of the slices in nm"


@dataclass(frozen=True)
class Spacing:
    """What is known of the distance of slices once the proposal is followed.

    Attributes
    ----------
    mean_nm : float or None
    uneven : bool
        Whether each slice has a place of its own.
    """

    mean_nm: float | None
    uneven: bool


def at_thickness(
    volumes: Mapping[str, Volume], marks: Marks | None, *, grey: bool, job: Job
) -> tuple[Proposal, Spacing]:
    """The best source that is there."""
    name = lead(volumes)
    volume = volumes[name]
    stated = slice_nm(volume)
    if volume.info.shape[0] < 2:
        return _nothing("There is one slice only.", stated)
    if marks is not None and marks.ruler:
        return _by_ruler(marks, volumes, stated)
    several = {"in_channel": name} if len(volumes) > 1 else {}
    if volume.info.z_nm is not None:
        return _by_files(volume, stated, several)
    distances = _from_images(volume, job) if grey else ()
    return _without_marks(volume, stated, distances, several)


def _nothing(why: str, stated: float | None, **more: object) -> tuple[Proposal, Spacing]:
    sure, asks = bool(more.get("sure", True)), str(more.get("asks", ""))
    return Proposal(Stage.THICKNESS, (), why, sure, asks), Spacing(stated, False)


def _by_ruler(marks: Marks, volumes: Mapping[str, Volume], stated: float | None) -> tuple[Proposal, Spacing]:
    several = {"in_channel": marks.channel} if len(volumes) > 1 else {}
    pixel = volumes[marks.channel].info.voxel_nm[2]
    asks = ANGLE + ("" if pixel is not None else ", pixel size in nm")
    why = (
        f"{marks.count} marks of a ruler were found, and the inclined ones move by {marks.advance_px:.2f} px "
        "per slice: it measures the thickness of every slice, once its angle is known."
    )
    step = entry("thickness", method="ruler", **several)
    return Proposal(Stage.THICKNESS, (step,), why, True, asks, "angle_deg"), Spacing(stated, True)


def _by_files(volume: Volume, stated: float | None, several: Mapping[str, str]) -> tuple[Proposal, Spacing]:
    steps = [b - a for a, b in pairwise(volume.info.z_nm or (0.0, 1.0))]
    scatter = float(np.std(steps) / np.mean(steps))
    why = (
        f"A position is stated for every slice: {np.mean(steps):.4g} nm apart on average, "
        f"{min(steps):.4g} to {max(steps):.4g} nm."
    )
    step = entry("thickness", method="metadata", **several)
    return Proposal(Stage.THICKNESS, (step,), why), Spacing(stated, scatter > 1e-3)


def _from_images(volume: Volume, job: Job) -> tuple[float, ...]:
    """Distances of some neighbours in nm, read from how alike they are; none where that cannot be told."""
    _, y_nm, x_nm = volume.info.voxel_nm
    if y_nm is None or x_nm is None or min(volume.info.shape[1:]) < 64:
        return ()
    part = middle(volume.info.shape[1:], SIDE_PX)
    found = []
    firsts = spread(volume.info.shape[0] - 1, PAIRS)
    for number in job.track(firsts, len(firsts), "Comparing neighbouring slices"):
        planes = np.stack([volume.slice(index)[part] for index in (number, number + 1)])
        try:
            pair = volume_of(planes, voxel_nm=(None, y_nm, x_nm))
            found.append(image_thickness(pair, None, Job(stop=job.stop)).z_nm[1])
        except (VoxelError, MissingMetadataError, ParameterError):
            continue
    # Slices that are the same picture again tell nothing.
    return tuple(found) if len(found) > len(firsts) / 2 and max(found) > 1e-3 else ()


def _without_marks(
    volume: Volume, stated: float | None, distances: tuple[float, ...], several: Mapping[str, str]
) -> tuple[Proposal, Spacing]:
    if not distances:
        if stated is None:
            why = "There is no ruler, nobody has stated a thickness, and the images do not tell it."
            return _nothing(why, None, sure=False, asks=DISTANCE)
        return _as_stated(volume, stated, "", several)
    mean, scatter = float(np.median(distances)), float(np.std(distances) / np.mean(distances))
    told = f"the likeness of neighbours says {mean:.3g} nm with a scatter of {100 * scatter:.0f} %"
    if stated is None:
        why = f"There is no ruler and nobody has stated a thickness; {told}, all ± {RELATIVE_ERROR:.0%}."
        step = entry("thickness", method="image", **several)
        return Proposal(Stage.THICKNESS, (step,), why, False, DISTANCE), Spacing(mean, True)
    if abs(mean / stated - 1) > UNLIKE * RELATIVE_ERROR:
        return _as_stated(volume, stated, f"but {told}: check it", several)
    if scatter > UNEVEN:
        return _as_stated(volume, stated, f"{told}: slices may be uneven, and nothing measures them", several)
    return _as_stated(
        volume,
        stated,
        f"and {told}, which agrees within {UNLIKE:g} times its error of ± {RELATIVE_ERROR:.0%}",
        several,
        True,
    )


def _as_stated(
    volume: Volume, stated: float, more: str, several: Mapping[str, str], sure: bool = False
) -> tuple[Proposal, Spacing]:
    why = f"Slices are stated to be {stated:.4g} nm thick" + (
        f", {more}." if more else ", and nothing measures them."
    )
    steps = () if volume.info.voxel_nm[0] is not None else (entry("thickness", method="constant", **several),)
    return Proposal(Stage.THICKNESS, steps, why, sure or not more), Spacing(stated, False)
