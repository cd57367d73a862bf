"""Colours over a stack, by component or by thickness: an index per voxel and a table of colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from app.region import PaddedSource, Region, cropped, whole
from core.errors import NotEnoughMemoryError, VoxelError
from core.job import Job
from core.volume import Array, Volume

Pixels = npt.NDArray[np.uint8]
ColourBy: TypeAlias = Literal["none", "component", "thickness"]
WAYS: dict[ColourBy, str] = {"none": "None", "component": "Component", "thickness": "Local thickness"}

ENTRIES = 256  # of a table; 0 is transparent
USABLE_SHARE = 0.7  # of the free memory
# Bytes per voxel at the same time: the mask, labels or diameters, what they are computed from, indices.
BYTES_PER_VOXEL: dict[ColourBy, int] = {"none": 0, "component": 18, "thickness": 16}
SLAB_BYTES = 32 << 20
LARGEST = (94, 148, 198)  # the largest component keeps in the background: what hangs loose stands out


@dataclass(frozen=True)
class Legend:
    """What the colours mean.

    Attributes
    ----------
    title : str
        Quantity with its unit.
    low, high : float
        Values of the first and the last colour of a bar; equal where there is no bar.
    table : ndarray, shape (256, 3)
        Colours; the bar shows entries 1 to 255.
    names : tuple of (str, int)
        Where there is no bar: what some entries stand for.
    """

    title: str
    low: float
    high: float
    table: Pixels
    names: tuple[tuple[str, int], ...] = ()

    def meaning(self, entry: int) -> str:
        """What an entry of the table stands for, in words; empty for no colour."""
        if entry == 0:
            return ""
        if self.names:
            return "largest component" if entry == 1 else "another component"
        value = self.low + (entry - 1) * (self.high - self.low) / (ENTRIES - 2)
        quantity, _, unit = self.title.rpartition(" (")
        return f"{quantity.lower()} about {value:.3g} {unit.rstrip(')')}"


@dataclass(frozen=True, eq=False)
class Tint:
    """Colours of the voxels of a stack.

    Attributes
    ----------
    volume : Volume
        uint8 of the shape of the stack: entry of the table, 0 where there is no colour.
    legend : Legend
        Table, and what it means.
    region : Region
        Where colours were computed.
    note : str
        What the user has to know.
    """

    volume: Volume
    legend: Legend
    region: Region
    note: str


@dataclass(frozen=True)
class Phase:
    """Which voxels are coloured; `value` None: the solid, or all labels."""

    value: float | None = None
    connectivity: Literal[6, 26] = 6


def tint_of(volume: Volume, region: Region, way: ColourBy, phase: Phase, job: Job) -> Tint:
    """Compute colours.

    Raises
    ------
    VoxelError
        If the volume is not segmented.
    NotEnoughMemoryError
        Before anything is computed.
    """
    from core import machine

    check_segmented(cropped(volume, region))
    check_memory(region, way, machine.free_bytes())
    make = _component_tint if way == "component" else _thickness_tint
    return make(volume, region, phase, job)


def check_segmented(volume: Volume) -> None:
    """Refuse grey values, seen on one slice in the middle, before the rest is read.

    Raises
    ------
    VoxelError
        With what to do.
    """
    if volume.info.content != "grey":
        return
    plane = volume.slice(volume.info.shape[0] // 2)
    low, high = plane.min(), plane.max()
    if bool(((plane != low) & (plane != high)).any()):
        raise VoxelError(
            "grey values cannot be measured",
            expected="a segmented volume: two values, or labels",
            got=f"grey values from {low:g} to {high:g}",
            remedy="segment first: add a Segment step, run it, and choose it or a step after it; "
            "if the values are labels, add a Measure step and say so in its settings",
        )


def check_memory(region: Region, way: ColourBy, free_bytes: int) -> None:
    """Refuse what would not fit into memory.

    Raises
    ------
    NotEnoughMemoryError
        With the numbers.
    """
    needed, usable = region.voxels * BYTES_PER_VOXEL[way], int(free_bytes * USABLE_SHARE)
    if needed > usable:
        raise NotEnoughMemoryError(
            f"colours by {WAYS[way].lower()} would need {needed >> 20:,} MiB for {region.voxels:,} voxels",
            expected=f"at most {usable >> 20:,} MiB (of {free_bytes >> 20:,} MiB free)",
            remedy="mark a smaller region and colour that",
        )


def phase_mask(volume: Volume, region: Region, value: float | None, job: Job) -> Array:
    """Where one phase is.

    Parameters
    ----------
    volume : Volume
        Binary, or labels.
    region : Region
        Which part of it.
    value : float or None
        Value of the phase; None: the greater value of a binary volume, or all labels but 0.

    Returns
    -------
    ndarray of bool, shape of the region

    Raises
    ------
    VoxelError
        If the volume is not segmented.
    """
    part = cropped(volume, region)
    labels = volume.info.content == "labels"
    found = np.empty(region.shape, np.bool_ if labels else part.info.dtype)
    at_once = max(1, SLAB_BYTES // max(1, part.info.nbytes // region.shape[0]))
    for first in range(0, region.shape[0], at_once):
        job.progress(first, region.shape[0], "reading")
        last = min(region.shape[0], first + at_once)
        data = part.read(slice(first, last))
        found[first:last] = ((data != 0) if value is None else (data == value)) if labels else data
    return found if labels else _of_two_values(found, value, job)


def _of_two_values(data: Array, value: float | None, job: Job) -> Array:
    """Phase of a binary volume: the greater value is solid; a volume of one value is solid unless it is 0."""
    low, high = data.min(), data.max()
    for plane in data:
        job.check()
        if not np.array_equal(plane == low, plane != high) and low != high:
            raise VoxelError(
                "only segmented volumes have components and thickness",
                expected="at most 2 different values, or labels",
                got=f"more values, {low:g} to {high:g}",
                remedy="segment the stack first, and choose the step that shows the result",
            )
    solid: Array = data == high if high != 0 or low != high else np.zeros(data.shape, np.bool_)
    pore = value is not None and (value == 0 or (low != high and value == low))
    return ~solid if pore else solid


def _component_tint(volume: Volume, region: Region, phase: Phase, job: Job) -> Tint:
    from core.measure.components import label_components

    mask = phase_mask(volume, region, phase.value, job)
    return tint_of_components(
        volume, region, label_components(mask, connectivity=phase.connectivity, job=job)
    )


def _thickness_tint(volume: Volume, region: Region, phase: Phase, job: Job) -> Tint:
    from core.measure.thickness import local_thickness

    mask = phase_mask(volume, region, phase.value, job)
    known = None not in volume.info.voxel_nm
    voxel = volume.info.require_voxel_nm() if known else (1.0, 1.0, 1.0)
    diameters = local_thickness(mask, voxel_nm=voxel, job=job)
    return tint_of_thickness(volume, region, diameters, "nm" if known else "px")


def tint_of_components(volume: Volume, region: Region, labels: Array) -> Tint:
    """Colours from numbers of components (1 is the largest, 0 none), shape of the region."""
    count = int(labels.max(initial=0))
    index = np.empty(labels.shape, np.uint8)
    for z, plane in enumerate(labels):  # slice by slice: no second array of 64-bit numbers
        index[z] = np.where(plane > 1, (plane - 2) % (ENTRIES - 2) + 2, plane)
    names = [("largest component", 1)] if count else [("no voxels of this phase", 0)]
    if count > 1:
        names.append(("1 other" if count == 2 else f"{count - 1:,} others", 2))
    legend = Legend("Components", 0.0, 0.0, component_colours(), tuple(names))
    return _tint(volume, region, index, legend)


def tint_of_thickness(volume: Volume, region: Region, diameters: Array, unit: str) -> Tint:
    """Colours from diameters (0 outside the phase), shape of the region."""
    high = float(diameters.max(initial=0))
    index = np.zeros(diameters.shape, np.uint8)
    if high > 0:
        for z, plane in enumerate(diameters):
            index[z] = np.where(plane > 0, 1 + np.rint(plane * ((ENTRIES - 2) / high)), 0).astype(np.uint8)
    legend = Legend(f"Local thickness ({unit})", 0.0, high, thickness_colours())
    return _tint(volume, region, index, legend)


def _tint(volume: Volume, region: Region, index: Pixels, legend: Legend) -> Tint:
    info = volume.info.with_(dtype=np.dtype(np.uint8), content="labels")
    shown = Volume(info, PaddedSource(index, region.low, info.shape))
    part = region != whole(volume.info)
    return Tint(shown, legend, region, "colours for the region only" if part else "")


def component_colours() -> Pixels:
    """Colours of components: 1 the largest, then hues that lie far apart."""
    numbers = np.arange(ENTRIES)
    hue = (0.02 + numbers * 0.61803398875) % 1.0  # golden ratio
    channel = np.stack([(hue + shift) % 1.0 for shift in (0.0, 2 / 3, 1 / 3)], axis=1)
    strength = np.clip(np.abs(channel * 6 - 3) - 1, 0.12, 1)
    table: Pixels = (255 * strength).astype(np.uint8)
    table[0] = 0
    table[1] = LARGEST
    return table


def thickness_colours() -> Pixels:
    """Dark to light, told apart also by readers who do not see all colours; entry 0 is black."""
    # Between these colours straight lines run; they follow the course of "viridis" (CC0) closely enough.
    stops = np.array(
        [(68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137),
         (53, 183, 121), (109, 205, 89), (180, 222, 44), (253, 231, 37)], dtype=np.float64,
    )  # fmt: skip
    at = np.linspace(0, len(stops) - 1, ENTRIES - 1)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    table: Pixels = np.zeros((ENTRIES, 3), np.uint8)
    table[1:] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table
