"""From what a reader found to the volume a user works with: vendor metadata, order, voxel size, sentences."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from core.io.found import Found, Picture
from core.io.options import ReadOptions
from core.metadata import Metadata, foreshortened_y_nm
from core.volume import ALL, Array, Shape, Source, Volume, VolumeInfo, VoxelSize, extent

_EVEN: Final = 1e-3  # steps that differ by less than this share are rounding
_AGREE: Final = 0.01


@dataclass(frozen=True)
class ReversedSource:
    """Another source, last slice first."""

    source: Source

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.source.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range."""
        z0, z1 = extent(z, self.shape[0])
        depth = self.shape[0]
        return np.ascontiguousarray(self.source.read(slice(depth - z1, depth - z0), y, x)[::-1])


def assembled(found: Found, options: ReadOptions) -> Volume:
    """Volume with everything that is known, and a note for everything that is not."""
    metadata, notes = _metadata(found)
    notes = [*found.notes, *notes]
    found, last_first = _ordered(found, metadata, options, notes)
    voxel_nm, z_nm = _voxel(found, metadata, options, notes)
    source = ReversedSource(found.source) if last_first else found.source
    rows = metadata.image_rows
    if rows is not None and rows < source.shape[1] and not any("data bar" in note for note in notes):
        notes.append(
            f"rows {rows} to {source.shape[1] - 1} are a data bar, not image; they are kept: crop them away."
        )
    info = VolumeInfo(
        source.shape, source.dtype, voxel_nm, z_nm, found.numbers,
        options.channel or found.channel or metadata.channel_name(), found.content,
        found.origin, found.footprint,
    )  # fmt: skip
    return Volume(info, source, metadata, tuple(dict.fromkeys(notes)))


def _metadata(found: Found) -> tuple[Metadata, list[str]]:
    """Metadata of first slice and project; what first and last slice state differently becomes a note."""
    from core.io.vendor import from_project

    metadata, notes = found.metadata, []
    first, last = _of_picture(found.first), _of_picture(found.last)
    if first is not None:
        notes += first.notes
        metadata = _united(metadata, first.metadata)
    if first is not None and last is not None and found.source.shape[0] > 1:
        notes += _changes(first.metadata, last.metadata)
        metadata = _with_mean_step(found, metadata, first.metadata, last.metadata, notes)
    if found.files:
        project = from_project(found.files[0].parent)
        strange = None if project is None else _of_other_frames(project.metadata, found)
        if strange:
            notes.append(strange)
        elif project is not None:
            notes += project.notes
            if metadata.pixel_nm_yx == (None, None) and project.metadata.pixel_nm_yx != (None, None):
                where = ", ".join(project.metadata.sources) or "the project file"
                notes.append(f"the pixel size is that of {where}; the images themselves state none.")
            metadata = _united(metadata, project.metadata)
            planned, there = project.metadata.slice_count, found.source.shape[0]
            if planned is not None and planned != there and there > 1:
                notes.append(f"the project planned {planned} slices; {there} are here.")
    return metadata, notes


def _of_other_frames(project: Metadata, found: Found) -> str:
    """Why a project is not believed to describe these images; empty if it may."""
    shape_yx = found.source.shape[1:]
    if project.frame_px_yx in (None, shape_yx) or found.metadata.pixel_nm_yx != (None, None):
        return ""
    told = ", ".join(project.sources) or "a project file"
    size = " x ".join(map(str, project.frame_px_yx or ()))
    stated = ", ".join("unknown" if value is None else f"{value:g}" for value in project.pixel_nm_yx)
    return (
        f"{told} beside the images is about frames of {size} px, these have {shape_yx[0]} x {shape_yx[1]}: "
        f"it is not used. If they were cut from its run, its pixel (y, x) is {stated} nm and its slice "
        f"{'unknown' if project.slice_nm is None else f'{project.slice_nm:g} nm'}."
    )


def _of_picture(picture: Picture | None) -> Any:
    from core.io.vendor import VendorReport, combined, from_sidecar, from_tiff

    if picture is None:
        return None
    if picture.metadata is not None:
        return VendorReport(picture.metadata)
    own = from_tiff(picture.path, picture.tags, picture.shape_yx) if picture.tags else None
    return combined((own, from_sidecar(picture.path, picture.shape_yx)))


def _united(metadata: Metadata, more: Metadata) -> Metadata:
    """Fill what `metadata` leaves open from `more`."""
    changes: dict[str, Any] = {}
    for name in type(metadata).model_fields:
        mine, theirs = getattr(metadata, name), getattr(more, name)
        if name == "sources":
            changes[name] = tuple(dict.fromkeys((*mine, *theirs)))
        elif name == "pixel_nm_yx":
            changes[name] = tuple(a if a is not None else b for a, b in zip(mine, theirs, strict=True))
        elif mine in (None, ()):
            changes[name] = theirs
    return metadata.model_copy(update=changes)


_STEADY: Final = {
    "pixel_nm_yx": "pixel size in nm", "voltage_kv": "voltage in kV",
    "detector": "detector", "beam": "beam",
    "stage_tilt_deg": "stage tilt in °", "tilt_correction_on": "tilt correction",
    "dwell_us": "dwell time in µs",
}  # fmt: skip


def _changes(first: Metadata, last: Metadata) -> list[str]:
    notes = []
    for name, words in _STEADY.items():
        one, other = getattr(first, name), getattr(last, name)
        if one is not None and other is not None and one != other:
            notes.append(f"the {words} differs between the first slice ({one}) and the last ({other}).")
    return notes


def _with_mean_step(
    found: Found, metadata: Metadata, first: Metadata, last: Metadata, notes: list[str]
) -> Metadata:
    """Mean slice thickness from the positions that the first and the last slice state."""
    if found.z_nm is not None or metadata.slice_nm is not None or first.z_nm is None or last.z_nm is None:
        return metadata
    if first.z_nm == last.z_nm:
        return metadata
    numbers = found.numbers or tuple(range(found.source.shape[0]))
    mean = abs(last.z_nm - first.z_nm) / (numbers[-1] - numbers[0])
    notes.append(f"slice thickness {mean:.4g} nm is the mean between first and last position.")
    return metadata.model_copy(update={"slice_nm": mean})


def _ordered(found: Found, metadata: Metadata, options: ReadOptions, notes: list[str]) -> tuple[Found, bool]:
    positions = found.z_nm
    last_first = options.reverse
    if last_first is None:
        last_first, why = _runs_backwards(found)
        if last_first:
            notes.append(f"the files run from last slice to first ({why}): the order has been reversed.")
    elif last_first:
        notes.append("the order of the slices has been reversed, as asked.")
    if not last_first:
        return found, False
    numbers = None
    if found.numbers is not None:
        numbers = tuple(found.numbers[-1] - number for number in reversed(found.numbers))
        notes.append(f"slice numbers are counted from {found.numbers[-1]} downwards.")
    z_nm = None if positions is None else tuple(reversed(positions))
    origin = None if found.origin is None else tuple(reversed(found.origin))
    footprint = None if found.footprint is None else tuple(reversed(found.footprint))
    return found.with_(numbers=numbers, z_nm=z_nm, origin=origin, footprint=footprint), True


def _runs_backwards(found: Found) -> tuple[bool, str]:
    """Whether positions or times of the slices say that the file order is reversed."""
    if found.z_nm is not None:
        return found.z_nm[0] > found.z_nm[-1], "positions in their names"
    first, last = _of_picture(found.first), _of_picture(found.last)
    if first is None or last is None or found.source.shape[0] == 1:
        return False, ""
    if first.metadata.z_nm is not None and last.metadata.z_nm is not None:
        return first.metadata.z_nm > last.metadata.z_nm, "positions in their metadata"
    begin, end = _time(first.metadata.acquired), _time(last.metadata.acquired)
    if begin is not None and end is not None and (begin.tzinfo is None) == (end.tzinfo is None):
        return begin > end, "times of acquisition"
    return False, ""


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _typed(typed: VoxelSize, stated: VoxelSize) -> list[str]:
    """What the user has typed, and instead of what."""
    if None not in typed and not any(
        _instead(old, new) for old, new in zip(stated, typed, strict=True) if new
    ):
        return ["voxel size {:g} x {:g} x {:g} nm (z, y, x), typed by the user.".format(*typed)]
    return [
        f"voxel size along {axis}: {size:g} nm, typed by the user{_instead(old, size)}."
        for axis, size, old in zip("zyx", typed, stated, strict=True)
        if size is not None
    ]


def _voxel(
    found: Found, metadata: Metadata, options: ReadOptions, notes: list[str]
) -> tuple[VoxelSize, tuple[float, ...] | None]:
    z, y, x = found.voxel_nm
    stated_y, stated_x = metadata.pixel_nm_yx
    for axis, mine, theirs in (("y", y, stated_y), ("x", x, stated_x)):
        if mine is not None and theirs is not None and abs(mine - theirs) > _AGREE * theirs:
            notes.append(
                f"along {axis} the file states {mine:g} nm, the microscope {theirs:g} nm: the file is used."
            )
    y, x = (stated_y if y is None else y), (stated_x if x is None else x)
    z = metadata.slice_nm if z is None else z
    z, z_nm = _positions(found, z, notes)
    typed = options.voxel_nm_zyx
    notes.extend(_typed(typed, (z, y, x)))
    if typed[0] is not None and z_nm is not None:
        notes.append("the stated positions of the slices are set aside for the typed thickness.")
        z_nm = None
    z, y, x = (known if size is None else size for size, known in zip(typed, (z, y, x), strict=True))
    if typed[1] is None or options.tilt_correction_angle_deg is not None:
        y = _corrected(x if y is None else y, metadata, options, notes)
    if z is None and z_nm is None and found.source.shape[0] > 1:
        notes.append("the slice thickness is not known: nothing states it.")
    unknown = [axis for axis, size in (("y", y), ("x", x)) if size is None]
    if unknown:
        notes.append(f"the pixel size along {' and '.join(unknown)} is not known: nothing states it.")
    return (z, y, x), z_nm


def _instead(old: float | None, new: float) -> str:
    return "" if old is None or abs(old - new) <= 1e-9 * new else f" (instead of {old:g} nm)"


def _positions(
    found: Found, thickness_nm: float | None, notes: list[str]
) -> tuple[float | None, tuple[float, ...] | None]:
    """Thickness and positions: even positions give a thickness, uneven ones are kept slice by slice."""
    if found.z_nm is None or found.source.shape[0] < 2:
        return thickness_nm, None
    start, end = found.z_nm[0], found.z_nm[-1]
    z_nm = tuple(position - start if end > start else start - position for position in found.z_nm)
    steps = [b - a for a, b in itertools.pairwise(z_nm)]
    if min(steps) <= 0:
        notes.append("the stated positions do not rise from slice to slice: they are ignored.")
        return thickness_nm, None
    counted = found.numbers or tuple(range(len(z_nm)))
    per_slice = [step / (b - a) for step, (a, b) in zip(steps, itertools.pairwise(counted), strict=True)]
    mean = z_nm[-1] / (counted[-1] - counted[0])
    if max(per_slice) - min(per_slice) <= _EVEN * mean:
        return mean, None
    against = "" if thickness_nm is None else f", nominally {thickness_nm:g} nm"
    notes.append(
        f"slices are uneven: {min(steps):.4g} to {max(steps):.4g} nm apart (mean {mean:.4g} nm"
        f"{against}); each keeps its own position."
    )
    return thickness_nm, z_nm


def _corrected(
    y_nm: float | None, metadata: Metadata, options: ReadOptions, notes: list[str]
) -> float | None:
    """Size along y of a face seen at an angle, where metadata or user say that images are not corrected."""
    angle, who = options.tilt_correction_angle_deg, "as typed"
    if angle is None and metadata.tilt_correction_on is False:
        angle, who = metadata.tilt_correction_angle_deg, "as stated by the microscope"
    if not angle or y_nm is None:
        return y_nm
    if metadata.tilt_correction_on:
        notes.append("tilt correction was on already; the typed angle corrects y once more.")
    corrected = foreshortened_y_nm(y_nm, correction_angle_deg=angle)
    notes.append(
        f"the face is seen at an angle ({angle:g}°, {who}): "
        f"the pixel is {corrected:.5g} nm along y instead of {y_nm:.5g} nm."
    )
    return corrected
