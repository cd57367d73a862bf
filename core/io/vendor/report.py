"""What one source said, and how several sources become one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.metadata import Metadata

MATERIAL = 0.01  # sources are rounded differently; a difference beyond one per cent is a contradiction
LEAST_ANGLE_DEG = 1.0  # offsets such as 0.03° are left-overs of alignments, not a tilted face
FIT_DEG = 3.0
ION_NOTE = "This is an ion-beam image; it does not belong into a stack of electron images."

_LENGTH_NM = (1e-3, 1e7)
_LIMITS = {
    "voltage_kv": (1e-3, 1e3),
    "current_pa": (1e-6, 1e12),
    "dwell_us": (1e-6, 1e9),
    "slice_nm": _LENGTH_NM,
    "slice_count": (1, 1e9),
    "z_nm": (-1e9, 1e9),
    "stage_tilt_deg": (-360, 360),
    "stage_rotation_deg": (-1080, 1080),
    "specimen_tilt_deg": (-360, 360),
}


@dataclass(frozen=True)
class VendorReport:
    """Metadata of one image or one project, and the sentences a user must see about it."""

    metadata: Metadata
    notes: tuple[str, ...] = ()


def merged(parts: Sequence[Metadata], notes: list[str]) -> Metadata:
    """Union of several sources: the first that states a quantity wins, contradictions become notes."""
    values: dict[str, object] = {}
    origin: dict[str, str] = {}
    for part in parts:
        name = ", ".join(part.sources)
        for field, value in part:
            if field == "sources" or value is None or value == (None, None) or value == ():
                continue
            known = values.get(field)
            if known is None:
                values[field], origin[field] = value, name
            elif _contradicts(known, value):
                notes.append(
                    f"{origin[field]} and {name} disagree on {field} ({known}, {value}): the first is used."
                )
            elif field == "pixel_nm_yx":
                values[field] = _completed(known, value)
    sources = dict.fromkeys(source for part in parts for source in part.sources)
    return Metadata.model_validate({**values, "sources": tuple(sources)})


def combined(reports: Iterable[VendorReport | None]) -> VendorReport | None:
    """One report of several (image, sidecar, project), the most trusted first; None if there is none."""
    present = [report for report in reports if report is not None]
    if not present:
        return None
    notes = [note for report in present for note in report.notes]
    metadata = _plausible(merged([report.metadata for report in present], notes), notes)
    return VendorReport(metadata, tuple(dict.fromkeys(notes)))


def _plausible(metadata: Metadata, notes: list[str]) -> Metadata:
    """Leave out what no microscope of this field can have meant."""
    changes: dict[str, object] = {}
    for field, (least, most) in _LIMITS.items():
        value = getattr(metadata, field)
        if value is not None and not least <= value <= most:
            notes.append(f"{field} cannot be {value:g}; it was left out.")
            changes[field] = None
    least, most = _LENGTH_NM
    for value in metadata.pixel_nm_yx:
        if value is not None and not least <= value <= most:
            notes.append(f"A pixel cannot be {value:g} nm large; the pixel size was left out.")
            changes["pixel_nm_yx"] = (None, None)
    return metadata.model_copy(update=changes)


def _completed(first: object, second: object) -> object:
    """Each axis of the first, of the second where the first leaves it open."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return tuple(b if a is None else a for a, b in zip(first, second, strict=True))
    return first


def _contradicts(first: object, second: object) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first != second
    if isinstance(first, int | float) and isinstance(second, int | float):
        return abs(first - second) > MATERIAL * max(abs(first), abs(second), 1e-9)
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        return any(_contradicts(a, b) for a, b in zip(first, second, strict=True))
    # Names and dates are spelt differently by every source: no contradiction.
    return False


def settled_tilt(metadata: Metadata, notes: list[str]) -> Metadata:
    """Make tilt correction safe to use: keep an angle only where it says how the face was seen.

    With the correction on, the angle (made positive) is what the instrument applied. With it off, the
    stored angle is believed only if it is 90° minus the stage tilt, as for a cross-section; else it is a
    left-over setting: it goes into a note, and y stays as recorded.
    """
    angle = None if metadata.tilt_correction_angle_deg is None else abs(metadata.tilt_correction_angle_deg)
    if metadata.tilt_correction_on is True:
        return _settled_on(metadata, angle, notes)
    stage_deg, off = metadata.stage_tilt_deg, metadata.tilt_correction_on is False
    if off and angle is not None and stage_deg is not None and _fits_face(stage_deg, angle):
        notes.append(
            f"The image was recorded without tilt correction; the stored angle of {angle:.1f}° fits a"
            f" cross-section at the stage tilt of {stage_deg:.1f}°, so y is corrected by it."
        )
    elif off:
        left_over = angle is not None and LEAST_ANGLE_DEG <= angle < 90
        notes.append(
            "The image was recorded without tilt correction, and "
            + (
                f"the angle of {angle:.1f}° stored beside it was not applied"
                if left_over
                else "no angle between beam and imaged face is stated"
            )
            + "; the pixel size along y is left as recorded. If the face was inclined, give the"
            " tilt correction angle (38° for a face at 52° to the beam)."
        )
        angle = None
    elif angle is not None:
        if angle >= LEAST_ANGLE_DEG:
            notes.append(
                f"A tilt correction angle of {angle:.1f}° is stored, but not whether the correction was on;"
                " the pixel size along y is left as recorded."
            )
        angle = None
    return metadata.model_copy(update={"tilt_correction_angle_deg": angle})


def _fits_face(stage_deg: float, angle: float) -> bool:
    """Whether two independent statements agree that a milled face was seen at an angle."""
    inclined = LEAST_ANGLE_DEG <= angle < 90 and abs(stage_deg) >= LEAST_ANGLE_DEG
    return inclined and abs(90 - abs(stage_deg) - angle) <= FIT_DEG


def _settled_on(metadata: Metadata, angle: float | None, notes: list[str]) -> Metadata:
    if angle is None:
        notes.append("The tilt correction was on, but its angle is not stated.")
    elif angle >= 90:
        notes.append(f"The tilt correction was on with an impossible angle of {angle:.1f}°; it was left out.")
        angle = None
    else:
        _note_misfit(metadata.stage_tilt_deg, angle, notes)
    return metadata.model_copy(update={"tilt_correction_angle_deg": angle})


def _note_misfit(stage_deg: float | None, angle: float, notes: list[str]) -> None:
    """A cross-section needs 90° - stage tilt, a plain tilted surface needs the stage tilt itself."""
    if stage_deg is None:
        return
    if min(abs(90 - abs(stage_deg) - angle), abs(abs(stage_deg) - angle)) > FIT_DEG:
        notes.append(
            f"The tilt correction of {angle:.1f}° fits neither the stage tilt of {stage_deg:.1f}° nor its"
            " complement (a pre-tilted holder, or one of the two is wrong)."
        )
