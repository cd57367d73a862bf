"""The `multiscales` block of OME-Zarr (0.4 with Zarr v2, 0.5 with v3, older ones): axes, levels, scale.

References
----------
OME-NGFF, https://ngff.openmicroscopy.org
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DamagedFileError
from core.io.axes import Selection
from core.io.calibration import positive, unit_nm
from core.io.choose import pick
from core.volume import VoxelSize


@dataclass(frozen=True)
class Level:
    """One array of an image, and its voxel size."""

    path: str
    voxel_nm: VoxelSize


@dataclass(frozen=True)
class Image:
    """An image in several sizes, the largest first; `axes` are its axis names in order."""

    version: str
    axes: tuple[str, ...]
    levels: tuple[Level, ...]
    channels: tuple[str, ...]
    notes: tuple[str, ...]


def images(attributes: Mapping[str, Any]) -> tuple[Image, ...]:
    """Images that the attributes of a group describe; empty if none.

    Raises
    ------
    DamagedFileError
        If the description is malformed.
    """
    ome = attributes.get("ome")
    block = ome if isinstance(ome, Mapping) and "multiscales" in ome else attributes
    entries = block.get("multiscales")
    if not isinstance(entries, list) or not entries:
        return ()
    try:
        return tuple(_image(entry, block) for entry in entries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFileError("the OME-Zarr description is malformed", got=error) from error


def _image(entry: Mapping[str, Any], block: Mapping[str, Any]) -> Image:
    axes = entry.get("axes", list("tczyx"))
    names = tuple(str(axis["name"] if isinstance(axis, Mapping) else axis).lower() for axis in axes)
    units = [axis.get("unit") if isinstance(axis, Mapping) else None for axis in axes]
    common = _scale(entry, len(names))
    levels = []
    for item in entry["datasets"]:
        own = _scale(item, len(names))
        sizes: dict[str, float | None] = {}
        for axis, unit, a, b in zip(names, units, common, own, strict=True):
            factor = unit_nm(unit)
            sizes[axis] = None if factor is None or a is None or b is None else a * b * factor
        levels.append(Level(str(item["path"]), (sizes.get("z"), sizes.get("y"), sizes.get("x"))))
    if not levels:
        raise ValueError("no datasets")
    bare = [axis for axis, unit in zip(names, units, strict=True) if axis in "zyx" and unit_nm(unit) is None]
    notes = (f"no unit of length is stated for {', '.join(bare)}: the size is not known.",) if bare else ()
    omero = block.get("omero") or {}
    labels = tuple(str(channel.get("label", "")) for channel in omero.get("channels", ()))
    version = str(entry.get("version") or block.get("version") or "")
    return Image(version, names, tuple(levels), labels, notes)


def _scale(holder: Mapping[str, Any], count: int) -> list[float | None]:
    """Product of the scale transformations; None where a number is senseless."""
    found: list[float | None] = [1.0] * count
    for transform in holder.get("coordinateTransformations") or ():
        if transform.get("type") == "scale":
            values = [positive(value) for value in transform["scale"]]
            if len(values) != count:
                raise ValueError(f"a scale of {len(values)} values for {count} axes")
            found = [None if a is None or b is None else a * b for a, b in zip(found, values, strict=True)]
    return found


def level_of(
    image: Image, shapes: Mapping[str, tuple[int, ...]], wanted: str | None, path: Path
) -> tuple[Level, Selection, str, tuple[str, ...]]:
    """Level, axes, channel and all channels; `wanted` is a level, a channel, or ``LEVEL:CHANNEL``.

    Raises
    ------
    AmbiguousInputError
        If there are several channels or times and none is asked for.
    """
    level, rest = image.levels[0], wanted
    for each in image.levels:
        if wanted is not None and (wanted == each.path or wanted.startswith(each.path + ":")):
            level, rest = each, wanted[len(each.path) + 1 :] or None
            break
    shape = shapes[level.path]
    if len(shape) != len(image.axes):
        raise DamagedFileError(
            f"{path.name}: array {level.path} does not fit its description",
            expected=f"{len(image.axes)} axes ({', '.join(image.axes)})",
            got=shape,
        )
    sizes = dict(zip(image.axes, shape, strict=True))
    extra = [axis for axis in image.axes if axis not in "zyx"]
    choices = [""]
    for axis in extra:
        choices = [f"{head}{tail}" for head in choices for tail in _labels(image, axis, sizes[axis])]
    at = 0 if len(choices) == 1 else pick(tuple(choices), rest, path, f"{len(choices)} channels")
    places: dict[str, int] = {}
    for axis in reversed(extra):
        at, places[axis] = divmod(at, sizes[axis])
    selection = Selection(tuple(places.get(axis) for axis in image.axes))
    name = "" if len(choices) == 1 else rest or ""
    return level, selection, name, tuple(choices) if len(choices) > 1 else ()


def _labels(image: Image, axis: str, count: int) -> list[str]:
    if count == 1:
        return [""]
    if axis == "c" and len(set(image.channels)) == count and all(image.channels):
        return list(image.channels)
    return [f"{axis}{number}" for number in range(count)]
