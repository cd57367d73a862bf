"""A plan like a sample: what its stack tells is taken over, and what it does not tell is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import TruesliceError
from core.job import Job
from core.simulate.like_imaging import beams, noise
from core.simulate.like_runs import runnable
from core.simulate.like_told import Teller, Told
from core.simulate.plan import Plan
from core.simulate.sizes import Sizes, sizes_of
from core.simulate.structures.kinds import HIGHEST_LEVEL, LOWEST_LEVEL
from core.thickness.results import ThicknessEstimate
from core.volume import Volume, VolumeInfo

MOST_PIXELS, MOST_SLICES = 256, 64
"""Of the field: structures to learn from are small and many."""
FINEST_NM, COARSEST_NM = 0.1, 1000.0
"""Pixels that a field may have."""
FEWEST_VOXELS = 4.0
"""Of a ligament; smaller voxels than the pixels are taken below."""
ADVICE = (
    "The stack is not segmented yet, so the structure stays as it was. Segment it, run the recipe, and ask "
    "again."
)
_PHASES = {"pore": "epoxy", "solid": "Au"}


@dataclass(frozen=True)
class Sample:
    """What is known of a sample.

    Attributes
    ----------
    stacks : mapping of str to Volume
        Slices as they were taken, by channel.
    segmented : Volume or None
        Pore and solid, voxel by voxel.
    segmented_by : str
        Where that comes from, in words.
    thickness : ThicknessEstimate or None
        Where the slices lie.
    """

    stacks: Mapping[str, Volume]
    segmented: Volume | None = None
    segmented_by: str = "the segmentation"
    thickness: ThicknessEstimate | None = None


@dataclass(frozen=True)
class Likeness:
    """A plan, and where its values come from.

    Attributes
    ----------
    plan : Plan
    told : tuple of Told
        What was taken from the stack.
    untold : tuple of str
        What it could not tell, and so stayed as it was.
    advice : str
        What the user can do to have more told; else empty.
    """

    plan: Plan
    told: tuple[Told, ...]
    untold: tuple[str, ...] = ()
    advice: str = ""


def like(sample: Sample, plan: Plan, job: Job) -> Likeness:
    """Make a plan whose structure and images are like a sample's.

    Parameters
    ----------
    sample : Sample
    plan : Plan
        Values for what the sample does not tell.
    job : Job
        Progress and cancelling.

    Raises
    ------
    TruesliceError
        If the stack cannot be read, or no plan follows from it.
    """
    teller = Teller(plan)
    info = next(iter(sample.stacks.values())).info
    _structure(teller, sample, job)
    _field(teller, info)
    _slices(teller, info, sample.thickness)
    _ruler(teller, sample.thickness)
    beams(teller, sample.stacks)
    noise(teller, sample.stacks, job)
    teller.leave("materials", f"stay {', '.join(f'{name}: {value}' for name, value in teller.materials())}")
    made, hindered = runnable(teller)
    advice = " ".join(filter(None, (ADVICE if sample.segmented is None else "", hindered)))
    return Likeness(made, tuple(teller.told), tuple(teller.untold), advice)


# ---------------------------------------------------------------------------------- structure
def _structure(teller: Teller, sample: Sample, job: Job) -> None:
    if sample.segmented is None:
        teller.leave("ligament size and solid fraction", "they need a segmentation of the stack first")
        return
    try:
        found = _measured(sample.segmented, job)
    except TruesliceError as error:
        teller.leave("ligament size and solid fraction", error.what)
        return
    teller.table["structure"] = {
        "kind": "leveled-wave",
        "ligament_nm": [float(f"{size:.4g}") for size in found.ligament_nm],
        "solid_fraction": [
            float(np.clip(round(share, 3), LOWEST_LEVEL, HIGHEST_LEVEL)) for share in found.solid_fraction
        ],
    }
    if set(teller.table["materials"]) != set(_PHASES):
        teller.table["materials"] = dict(_PHASES)
    _tell_structure(teller, found, sample.segmented_by)


def _measured(segmented: Volume, job: Job) -> Sizes:
    from core.errors import MissingMetadataError, VoxelError
    from core.measure.phases import phases_of

    info = segmented.info
    z_nm, y_nm, x_nm = info.voxel_nm
    if y_nm is None or x_nm is None:
        raise MissingMetadataError(
            "the pixel size is not known", remedy="type it in where the stack is opened"
        )
    phases = phases_of(segmented, "auto", job, slab_slices=16)
    if len(phases) != 2:
        raise VoxelError("the segmentation has more than two phases", expected="pore and solid")
    even = info.z_nm is None and info.slice_numbers is None
    return sizes_of(segmented, phases[-1], (z_nm if even else None, y_nm, x_nm), job)


def _tell_structure(teller: Teller, found: Sizes, origin: str) -> None:
    sizes = ", ".join(f"{size:.3g}" for size in found.ligament_nm)
    axes = "" if found.axes == "zyx" else " within the slices"
    notes = "".join(f"; {note}" for note in found.notes)
    teller.tell("Ligament size", f"{sizes} nm", f"lineal path{axes} in {origin}{notes}")
    shares = ", ".join(f"{share:.3g}" for share in found.solid_fraction)
    whole = f" ({found.whole_fraction:.3g} in all)" if len(found.solid_fraction) > 1 else ""
    teller.tell("Solid fraction", shares + whole, f"share of solid in {origin}")
    teller.tell("Levels", str(len(found.ligament_nm)), f"assumed: {found.why.partition(': ')[2]}")


# ---------------------------------------------------------------------------------- field and slices
def _field(teller: Teller, info: VolumeInfo) -> None:
    y_nm, x_nm = info.voxel_nm[1:]
    place = teller.table["field"]
    slices, rows, columns = info.shape
    place |= {
        "slices": min(slices, MOST_SLICES),
        "rows": min(rows, MOST_PIXELS),
        "columns": min(columns, MOST_PIXELS),
        "margin_nm": None,
    }
    teller.tell(
        "Field",
        f"{place['columns']} × {place['rows']} px, {place['slices']} slices",
        f"the stack has {columns} × {rows} px and {slices} slices"
        + (": a part of that is enough" if max(rows, columns) > MOST_PIXELS or slices > MOST_SLICES else ""),
    )
    if x_nm is None:
        teller.leave("pixel size", f"stays {place['pixel_nm']:g} nm: nobody has stated it")
        return
    if not FINEST_NM <= x_nm <= COARSEST_NM:
        teller.leave("pixel size", f"stays {place['pixel_nm']:g} nm: {x_nm:g} nm cannot be simulated")
        return
    place["pixel_nm"] = round(x_nm, 4)
    place["voxel_nm"] = _voxel_nm(teller, place["pixel_nm"])
    teller.tell("Pixel", f"{place['pixel_nm']:g} nm", "as the stack states it")
    if y_nm is not None and abs(y_nm / x_nm - 1) > 0.02:
        _foreshortened(teller, y_nm / x_nm)


def _foreshortened(teller: Teller, ratio: float) -> None:
    """Pixels that are longer along y: the face was seen at an angle."""
    tilt = float(np.degrees(np.arccos(1 / ratio))) if ratio > 1 else 0.0
    if not 1 <= tilt <= 85:
        teller.leave("tilt", f"pixels {ratio:.3g} times as high as wide are no tilt")
        return
    teller.table["tilt_deg"] = round(tilt, 2)
    teller.table["field"]["tilt_corrected"] = False
    teller.tell("Tilt", f"{tilt:.3g}°", f"pixels are {ratio:.3g} times as high as wide")


def _voxel_nm(teller: Teller, pixel_nm: float) -> float:
    """Side of the cubes of the sample: a pixel, or less where ligaments would have too few of them."""
    structure = teller.table["structure"]
    sizes = structure["ligament_nm"] if structure["kind"] == "leveled-wave" else ()
    parts = max(1, int(np.ceil(FEWEST_VOXELS * pixel_nm / min(sizes)))) if sizes else 1
    return float(max(0.1, round(pixel_nm / parts, 4)))


def _slices(teller: Teller, info: VolumeInfo, thickness: ThicknessEstimate | None) -> None:
    place = teller.table["milling"]
    place |= {
        "thickness": "even",
        "given_nm": [],
        "lost_slices": [],
        "lost_probability": 0.0,
        "first_nm": 0.0,
    }
    teller.table["artefacts"]["blank_slices"] = []
    steps, origin = _steps_nm(info, thickness)
    if steps.size:
        place["slice_nm"] = float(np.clip(round(float(steps.mean()), 3), 0.1, 10000))
        teller.tell("Slice thickness", f"{place['slice_nm']:g} nm", origin)
    elif info.voxel_nm[0] is not None:
        place["slice_nm"] = float(np.clip(round(info.voxel_nm[0], 3), 0.1, 10000))
        teller.tell("Slice thickness", f"{place['slice_nm']:g} nm", "as the stack states it")
    else:
        teller.leave("slice thickness", f"stays {place['slice_nm']:g} nm: nobody has stated it")
    _spread(teller, steps, thickness, origin)
    _lost(teller, info)


def _steps_nm(info: VolumeInfo, thickness: ThicknessEstimate | None) -> tuple[np.ndarray[Any, Any], str]:
    """Thicknesses that were measured one by one, without those across lost slices."""
    if thickness is not None and len(set(thickness.thickness_nm)) > 1:
        left_out = {*thickness.across, *thickness.implausible}
        kept = [nm for index, nm in enumerate(thickness.thickness_nm) if index not in left_out]
        return np.asarray(kept), "mean of the Thickness step"
    if thickness is not None and thickness.mean_nm:
        return np.asarray([thickness.mean_nm]), "of the Thickness step, the same for all"
    if info.z_nm is not None and len(info.z_nm) > 1:
        steps = np.diff(info.z_nm)
        if info.slice_numbers is not None:
            steps = steps[np.diff(info.slice_numbers) == 1]
        return steps, "mean of the positions that the stack states"
    return np.zeros(0), ""


def _spread(
    teller: Teller, steps: np.ndarray[Any, Any], thickness: ThicknessEstimate | None, origin: str
) -> None:
    if steps.size < 3:
        teller.leave("spread of the thickness", "slices are even: no thickness of each slice is known")
        return
    sigma = 0.0 if thickness is None else float(np.mean(np.square(thickness.sigma_nm or (0.0,))))
    sd = float(max(0.0, steps.var(ddof=1) - sigma) ** 0.5)
    if sd < 0.01 * steps.mean():
        teller.tell("Spread", "even", f"{origin}: no more than its errors")
        return
    teller.table["milling"] |= {"thickness": "gamma", "sd_nm": round(sd, 3)}
    teller.tell("Spread", f"{sd:.3g} nm", f"scatter of the same{' without its errors' if sigma else ''}")


def _lost(teller: Teller, info: VolumeInfo) -> None:
    numbers = info.slice_numbers
    if numbers is None or len(numbers) < 2:
        return
    lost = 1 - len(numbers) / (numbers[-1] - numbers[0] + 1)
    teller.table["milling"]["lost_probability"] = round(min(0.5, lost), 3)
    teller.tell("Lost slices", f"{100 * lost:.2g} %", "gaps in the numbers of the slices")


def _ruler(teller: Teller, thickness: ThicknessEstimate | None) -> None:
    marks = () if thickness is None else thickness.marks
    place = teller.table["ruler"]
    place["on"] = False
    if thickness is None or thickness.angle_deg is None or len(marks) < 4:
        teller.leave("ruler", "none was found: the field shows none")
        return
    pixel = thickness.pixel_nm or teller.table["field"]["pixel_nm"]
    inclined = [mark for mark in marks if mark.kind == "inclined"]
    ways = {bool(mark.x_px[-1] > mark.x_px[0]) for mark in inclined}
    width = float(np.clip(round(float(np.mean([mark.width_px for mark in marks])) * pixel, 1), 1, 100000))
    place |= {
        "on": True,
        "angle_deg": round(thickness.angle_deg, 3),
        "mark_width_nm": width,
        "inclined": "mirrored" if len(ways) == 2 else "same",
        "parallel_x_nm": None,
        "inclined_x_nm": None,
    }
    teller.tell(
        "Ruler", f"{thickness.angle_deg:.3g}°, marks {width:.3g} nm wide", "found by the Thickness step"
    )
    teller.leave("cap layer and materials of the ruler", "stay as they were")
