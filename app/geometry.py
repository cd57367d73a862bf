"""Where voxels lie on the screen: true aspect, uneven slices, gaps where slices are missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.volume import VolumeInfo

Z, Y, X = 0, 1, 2
AXIS_NAMES = ("z", "y", "x")

# Rows and columns of the cut across an axis: xy, xz and yz as a user reads them.
CUT_AXES: dict[int, tuple[int, int]] = {Z: (Y, X), Y: (Z, X), X: (Y, Z)}
CUT_NAMES = {Z: "xy", Y: "xz", X: "yz"}

GAP = 1.5  # where slice numbers are left out, a distance of more usual distances than this is a hole
WIDE = 3.0  # elsewhere: slices are cut thicker and thinner, which is none


@dataclass(frozen=True)
class Frame:
    """Position and size of every voxel along each axis.

    Attributes
    ----------
    info : VolumeInfo
        What is drawn.

    Notes
    -----
    Lengths are in nm where the size along y and x is known, else in pixels. An unknown slice distance
    is drawn equal to x, and `note` says so: drawn, never measured.
    """

    info: VolumeInfo

    @property
    def unit(self) -> str:
        """``nm``, or ``px`` where nobody has stated the pixel size."""
        return "px" if None in self.info.voxel_nm[1:] else "nm"

    @cached_property
    def size(self) -> tuple[float, float, float]:
        """Voxel size (z, y, x) in `unit`; for uneven slices z is the usual (median) distance."""
        if self.unit == "px":
            return 1.0, 1.0, 1.0
        y, x = float(self.info.voxel_nm[Y] or 1.0), float(self.info.voxel_nm[X] or 1.0)
        if self.info.z_nm is not None and len(self.info.z_nm) > 1:
            return float(np.median(np.diff(self.info.z_nm))), y, x
        return float(self.info.voxel_nm[Z] or x), y, x

    @property
    def z_known(self) -> bool:
        """Whether distances along z mean something."""
        return self.unit == "nm" and self.info.positions_nm() is not None

    @property
    def note(self) -> str:
        """What a reader of the picture has to know about its proportions; empty if all is well."""
        if self.unit == "px":
            return "voxel size unknown: drawn as cubes"
        return "" if self.z_known else "slice distance unknown: drawn equal to x"

    @cached_property
    def z_centres(self) -> npt.NDArray[np.float64]:
        """Where each slice was taken along z, from the zero of `z_edges`; the middle of even slices."""
        count, pitch = self.info.shape[0], self.size[Z]
        positions = self.info.positions_nm() if self.unit == "nm" else None
        if positions is None:
            numbers = self.info.slice_numbers or range(count)
            positions = tuple(number * pitch for number in numbers)
        places = np.asarray(positions, dtype=np.float64)
        from_first: npt.NDArray[np.float64] = places - places[0] + pitch / 2
        return from_first

    @cached_property
    def z_edges(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Begin and end of each slice along z, from 0; between slices that are far apart a hole is left."""
        count, pitch, centres = self.info.shape[0], self.size[Z], self.z_centres
        steps = np.diff(centres)
        left_out = np.diff(self.info.slice_numbers or range(count)) > 1
        half = np.where(steps > np.where(left_out, GAP, WIDE) * pitch, pitch / 2, steps / 2)
        ends = np.append(half, half[-1] if count == 2 else pitch / 2)
        begins = np.insert(half, 0, pitch / 2)
        return centres - begins, centres + ends

    @cached_property
    def even(self) -> bool:
        """Whether slices follow each other at one distance, without holes."""
        begins, ends = self.z_edges
        pitch = self.size[Z]
        return bool(np.allclose(begins[1:], ends[:-1]) and np.allclose(ends - begins, pitch, rtol=1e-6))

    def length(self, axis: int) -> float:
        """Extent of the whole volume along an axis."""
        if axis == Z:
            return float(self.z_edges[1][-1])
        return self.info.shape[axis] * self.size[axis]

    def centre(self, axis: int, index: int) -> float:
        """Position of the middle of a voxel."""
        if axis == Z:
            begins, ends = self.z_edges
            return float(begins[index] + ends[index]) / 2
        return (index + 0.5) * self.size[axis]

    def index_at(self, axis: int, position: float) -> int:
        """Nearest voxel to a position, always inside the volume."""
        last = self.info.shape[axis] - 1
        if axis != Z:
            return int(np.clip(np.floor(position / self.size[axis]), 0, last))
        begins, ends = self.z_edges
        return int(np.argmin(np.abs((begins + ends) / 2 - position)))

    def slices_at(self, positions: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Slice lying at each position along z, -1 in holes and outside.

        Parameters
        ----------
        positions : ndarray, shape (n,)
            In `unit`.
        """
        begins, ends = self.z_edges
        found = np.searchsorted(begins, positions, side="right") - 1
        inside = (found >= 0) & (positions < ends[np.clip(found, 0, None)])
        return np.where(inside, found, -1)


@dataclass
class Lens:
    """Which part of a volume the three cuts show: one centre and one scale for all of them.

    Attributes
    ----------
    centre : list of float
        (z, y, x) in the frame's unit.
    scale : float
        Length of one screen pixel.
    """

    centre: list[float]
    scale: float = 1.0

    def fit(self, frame: Frame, panes: dict[int, tuple[float, float]]) -> None:
        """Show everything.

        Parameters
        ----------
        panes : mapping of int to (height, width)
            Size in screen pixels of the visible cuts, by the axis they cut across.
        """
        self.centre = [frame.length(axis) / 2 for axis in (Z, Y, X)]
        wanted = [
            frame.length(axis) / max(1.0, size)
            for cut, sizes in panes.items()
            for axis, size in zip(CUT_AXES[cut], sizes, strict=True)
        ]
        if wanted:
            self.scale = max(wanted) * 1.04  # a narrow margin shows where the volume ends

    def zoom(self, factor: float, frame: Frame, cut: int, at: tuple[float, float]) -> None:
        """Change the scale, keeping a position (rows, columns) of a cut in place."""
        coarsest = 4 * max(frame.length(axis) for axis in (Z, Y, X)) / 100
        finest = min(frame.size) / 80
        scale = min(max(self.scale * factor, finest), coarsest)
        for axis, position in zip(CUT_AXES[cut], at, strict=True):
            self.centre[axis] = position + (self.centre[axis] - position) * scale / self.scale
        self.scale = scale

    def pan(self, cut: int, moved: tuple[float, float], frame: Frame) -> None:
        """Move along the rows and columns of a cut; the centre stays inside the volume."""
        for axis, distance in zip(CUT_AXES[cut], moved, strict=True):
            self.centre[axis] = min(max(self.centre[axis] + distance, 0.0), frame.length(axis))


def readable_length(length_nm: float) -> str:
    """A length with the unit a reader expects: ``250 nm``, ``1.5 µm``, ``2 mm``."""
    for limit, factor, unit in ((1e3, 1.0, "nm"), (1e6, 1e3, "µm"), (math.inf, 1e6, "mm")):
        if abs(length_nm) < limit:
            return f"{length_nm / factor:.4g} {unit}"
    raise ValueError(f"not a length: {length_nm}")
