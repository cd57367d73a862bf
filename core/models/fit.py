"""Whether a model fits the data: which channel is which, and how far the data lie from the training data.

Within the range a model was trained on nothing is said; up to half as far again there is a note with the
numbers; what lies further is refused, because a network gives an answer to everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.models.intensity import Levels
from core.models.neighbours import places_of
from core.models.spec import ModelSpec, Range
from core.volume import Origin, VolumeInfo

TOLERANCE = 1.5
"""How far beyond the range of the training data is only noted."""
MOST_AUTOMATIC_STEP = 8
"""Slices between those that are taken as adjacent without being told so; more has to be stated."""
_VOLTAGE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*kv(?![a-z])", re.IGNORECASE)
_FORCE = "use another model, or --force (window: Use it anyway) if you know that it works"


@dataclass(frozen=True)
class Finding:
    """One thing in which data and model differ.

    Attributes
    ----------
    text : str
        A sentence with the numbers.
    refused : bool
        Whether it is too much.
    expected, got, remedy : str
        For the error.
    """

    text: str
    refused: bool = False
    expected: str = ""
    got: str = ""
    remedy: str = ""


def refuse(findings: Sequence[Finding], spec: ModelSpec, *, force: bool) -> tuple[str, ...]:
    """The notes that findings come to.

    Raises
    ------
    VoxelError
        If one of them is too much and nobody has insisted; it names all that are.
    """
    wrong = [finding for finding in findings if finding.refused]
    if wrong and not force:
        raise VoxelError(
            f"the model {spec.name} does not fit the data: " + " ".join(finding.text for finding in wrong),
            expected="; ".join(finding.expected for finding in wrong),
            got="; ".join(finding.got for finding in wrong),
            remedy="; ".join(dict.fromkeys(finding.remedy for finding in wrong)),
        )
    return tuple(
        f"{finding.text} It was used all the same, as asked for." if finding.refused else finding.text
        for finding in findings
    )


# ---------------------------------------------------------------------------------- channels
def voltage_kv(name: str) -> float | None:
    """Accelerating voltage that the name of a channel states, in kV: 1 for ``1kV-TLD``."""
    found = _VOLTAGE.search(name)
    return float(found[1]) if found else None


def paired(spec: ModelSpec, names: Sequence[str], *, force: bool = False) -> dict[str, str]:
    """Which channel of the data is which of the model's: by name, else by accelerating voltage.

    A single channel goes with a model of a single one, unless both state voltages that differ.

    Raises
    ------
    ParameterError
        If a channel of the model is missing, or two channels could be it, or one would be two of them.
    """
    if len(spec.channels) == 1 and len(names) == 1:
        _require_same_voltage(spec, names[0], force=force)
        return {spec.channels[0]: names[0]}
    pairs: dict[str, str] = {}
    for wanted in spec.channels:
        fitting = [name for name in names if name == wanted]
        if not fitting:
            own = voltage_kv(wanted)
            fitting = [name for name in names if own is not None and voltage_kv(name) == own]
        if len(fitting) != 1 or fitting[0] in pairs.values():
            raise _unpaired(spec, wanted, names, fitting)
        pairs[wanted] = fitting[0]
    return pairs


def _require_same_voltage(spec: ModelSpec, name: str, *, force: bool) -> None:
    known, own = voltage_kv(spec.channels[0]), voltage_kv(name)
    if force or known is None or own is None or known == own:
        return
    raise ParameterError(
        f"the model {spec.name} is for {known:g} kV, and the channel {name} was taken at {own:g} kV",
        expected=f"{known:g} kV",
        got=f"{own:g} kV",
        remedy=f"segment the channel of {known:g} kV alone; {_FORCE}",
    )


def _unpaired(spec: ModelSpec, wanted: str, names: Sequence[str], fitting: Sequence[str]) -> ParameterError:
    there = ", ".join(name or "one without a name" for name in names)
    what = ("no channel is", "no further channel is", "several channels could be")[min(2, len(fitting))]
    return ParameterError(
        f"the model {spec.name} looks at {len(spec.channels)} channels, and {what} its '{wanted}'",
        expected=", ".join(spec.channels),
        got=there,
        remedy="name the channels as the model does: --input "
        + " ".join(f"{name}=PATH" for name in spec.channels),
    )


def channel_notes(spec: ModelSpec, pairs: Mapping[str, str], names: Sequence[str]) -> list[Finding]:
    """What has to be said of the channels that were chosen."""
    found = []
    for wanted, name in pairs.items():
        if name != wanted and (voltage_kv(name) is None or voltage_kv(name) != voltage_kv(wanted)):
            given = f"channel {name}" if name else "stack, which states no imaging condition,"
            found.append(Finding(f"The {given} was taken for the {wanted} of the model {spec.name}."))
    unused = [name for name in names if name not in pairs.values()]
    if unused:
        found.append(Finding(f"The model {spec.name} does not look at {', '.join(unused)}."))
    return found


# ---------------------------------------------------------------------------------- voxels
def slice_nm_of(info: VolumeInfo) -> float | None:
    """Mean distance of slices in nm; None where it is not known."""
    if info.z_nm is None or len(info.z_nm) < 2:
        return info.voxel_nm[0]
    # Over the places of slices: missing ones, and a sample of a stack, leave the distance as it is.
    return (info.z_nm[-1] - info.z_nm[0]) / int(places_of(info)[-1])


def slice_step_for(spec: ModelSpec, info: VolumeInfo, asked: int = 0) -> int:
    """Distance in slices of the planes that the model sees as adjacent.

    Parameters
    ----------
    spec : ModelSpec
    info : VolumeInfo
    asked : int
        What the user wants; 0 finds it from the distance of slices.

    Raises
    ------
    ParameterError
        If it would be more than `MOST_AUTOMATIC_STEP`.
    """
    slice_nm = slice_nm_of(info)
    if asked or not sees_along_z(spec) or slice_nm is None:
        return max(1, asked)
    step = max(1, round(spec.voxel_nm[0] / slice_nm))
    if step > MOST_AUTOMATIC_STEP:
        raise ParameterError(
            f"the model {spec.name} was trained on slices {spec.voxel_nm[0]:g} nm apart, and these are "
            f"{slice_nm:.3g} nm apart: it would have to look at every {step}th",
            expected=f"every slice to every {MOST_AUTOMATIC_STEP}th",
            got=f"every {step}th",
            remedy=f"state it: trueslice probability --slice-step {step}, then segment the probabilities",
        )
    return step


def sees_along_z(spec: ModelSpec) -> bool:
    """Whether the model looks at more than one slice."""
    return spec.volume or spec.slices > 1


def require_ready(spec: ModelSpec, info: VolumeInfo, slice_step: int, *, force: bool) -> None:
    """Refuse data that cannot be segmented by the model, before anything is computed.

    Raises
    ------
    MissingMetadataError
        If the voxel size is not known and nobody has insisted.
    ParameterError
        If slices are gaps.
    VoxelError
        If the voxel size is far from the training data's and nobody has insisted.
    """
    if info.origin is not None and Origin.GAP in info.origin:
        raise ParameterError(
            f"the model {spec.name} looks at slices, and {info.origin.count(Origin.GAP)} planes are gaps",
            expected="measured slices",
            remedy="segment before the slices are repositioned, or fill the gaps first",
        )
    needed = [*info.voxel_nm[1:], *([slice_nm_of(info)] if sees_along_z(spec) else [])]
    if None in needed and not force:
        raise MissingMetadataError(
            f"the model {spec.name} was trained on voxels of {_shape(spec)}; those of the data are unknown",
            expected="a voxel size along z, y and x" if sees_along_z(spec) else "a pixel size",
            got=info.voxel_nm,
            remedy="type it in (window: Import form; command line: --voxel-nm-zyx Z Y X)",
        )
    refuse(voxel_findings(spec, info, slice_step), spec, force=force)


def _shape(spec: ModelSpec) -> str:
    return " x ".join(f"{side:g}" for side in spec.voxel_nm) + " nm (z, y, x)"


def voxel_findings(spec: ModelSpec, info: VolumeInfo, slice_step: int) -> list[Finding]:
    """In what pixels and distances of slices differ from the training data."""
    found = []
    _, y_nm, x_nm = info.voxel_nm
    resample = f"resample --pixel-nm {spec.voxel_nm[2]:g} first"
    if y_nm is None or x_nm is None:
        found.append(Finding(f"The pixel size is not known; the model {spec.name} expects {_shape(spec)}."))
    else:
        for axis, side_nm in (("y", y_nm), ("x", x_nm)):
            beyond = _beyond("pixels of", f" along {axis}", side_nm, spec.known.pixel_nm, "nm", resample)
            found += [beyond] if beyond and (axis == "y" or y_nm != x_nm) else []
    slice_nm = slice_nm_of(info)
    if sees_along_z(spec) and slice_nm is None:
        found.append(Finding(f"The distance of slices is not known; {spec.name} expects {_shape(spec)}."))
    elif sees_along_z(spec) and slice_nm is not None and spec.known.slice_nm is not None:
        what = "slices" if slice_step == 1 else f"every {slice_step}th slice"
        seen_nm = slice_nm * slice_step
        state = "--slice-step says which slices are taken as adjacent"
        beyond = _beyond(what, " apart", seen_nm, spec.known.slice_nm, "nm", state)
        found += [beyond] if beyond else []
    return found


def _beyond(
    what: str, where: str, value: float, known: Range, unit: str, remedy: str, *, above: bool = True
) -> Finding | None:
    """What is to be said of a number beside the range of the training data; nothing within it.

    `above` False: too great a number is noted but never refused.
    """
    low, high = known
    # A range may be a single number, and files round: a hundredth is no difference.
    if low * 0.99 <= value <= high * 1.01:
        return None
    far = value < low / TOLERANCE or (above and value > high * TOLERANCE)
    trained = f"{low:.4g} {unit}" if low == high else f"{low:.4g} to {high:.4g} {unit}"
    own = f"{value:.4g} {unit}".strip()
    return Finding(
        f"The data have {what} {own}{where}; the model was trained on {trained.strip()}.",
        refused=far,
        expected=f"{trained.strip()}{where}",
        got=f"{value:.4g} {unit}{where}".strip(),
        remedy=f"{remedy}; {_FORCE}",
    )


def gap_findings(spec: ModelSpec, lacking: NDArray[np.bool_]) -> list[Finding]:
    """What has to be said where slices that the network would look at are missing."""
    count = int(np.count_nonzero(lacking))
    if not count:
        return []
    return [
        Finding(
            f"{count} of {len(lacking)} slices have a neighbour missing: the model {spec.name} is shown the "
            "nearest slice in its place."
        )
    ]


# ---------------------------------------------------------------------------------- grey values
def contrast_findings(spec: ModelSpec, levels: Mapping[str, Levels]) -> list[Finding]:
    """Where the contrast by noise differs from the training data."""
    found = []
    for name, known in spec.known.contrast_to_noise.items():
        if name not in levels:
            continue
        # Images clearer than any of the training are no danger: they are noted.
        beyond = _beyond(
            "a contrast by noise of",
            f" in channel {name}",
            levels[name].contrast_to_noise,
            known,
            "",
            "denoise first, or take images with a longer dwell time",
            above=False,
        )
        found += [beyond] if beyond else []
    return found
