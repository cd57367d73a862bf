"""A user's stack, mirrored beyond its borders and read on the grid of a structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import ParameterError, VoxelError
from core.io import ReadOptions, open_stack
from core.job import Job
from core.simulate.electrons.world import MOST_MATERIALS
from core.simulate.structures.kinds import LabelFile
from core.simulate.structures.pattern import Continues, Range, check_ranges
from core.volume import Array, Shape, Volume


def open_labels(path: str, voxel_nm_zyx: tuple[float, float, float] | None, job: Job) -> Volume:
    """Open a segmented stack of known voxel size.

    Raises
    ------
    ReadError
        If it cannot be read.
    MissingMetadataError
        If nobody states its voxel size.
    ParameterError
        If the voxel size is impossible, or its slices lie at uneven distances.
    """
    known = {} if voxel_nm_zyx is None else {"voxel_nm_zyx": voxel_nm_zyx}
    options = ReadOptions.parse(known, owner=path)
    volume = open_stack(Path(path), options, job)
    volume.info.require_voxel_nm()
    if volume.info.z_nm is not None or volume.info.slice_numbers is not None:
        raise ParameterError(
            f"the slices of {path} do not lie at even distances", remedy="put them on an even grid first"
        )
    return volume


def values_of(volume: Volume, name: str, job: Job) -> Array:
    """The different values of a stack, in order.

    Raises
    ------
    VoxelError
        If there are more than the materials a structure may have, or only one.
    """
    found = np.zeros(0)
    for plane in job.track(volume.slices(), volume.info.shape[0], "Reading labels"):
        found = np.union1d(found, np.unique(plane))
        if len(found) > MOST_MATERIALS or not np.isfinite(found).all():
            break
    if not np.isfinite(found).all() or not 2 <= len(found) <= MOST_MATERIALS:
        raise VoxelError(
            f"{name} is no segmented stack with pore and solid",
            expected=f"2-{MOST_MATERIALS} different values",
            got=f"{len(found)}{' or more' if len(found) > MOST_MATERIALS else ''}",
            remedy="segment the stack first",
        )
    return found


def folded(indices: Array, length: int) -> Array:
    """Indices mirrored into 0 to `length` - 1; the border voxel comes twice (c b a | a b c | c b a)."""
    inside = indices % (2 * length)
    return np.where(inside < length, inside, 2 * length - 1 - inside)


@dataclass(frozen=True)
class StackPattern:
    """A file of labels; each voxel is that of the file in which its middle lies."""

    volume: Volume
    values: tuple[float, ...]
    shape: Shape
    voxel_nm: float
    labels: tuple[str, ...]
    continues: Continues = "mirrored"
    notes: tuple[str, ...] = ()

    def read(self, z: Range, y: Range, x: Range) -> Array:
        """Labels of any block; see `Pattern`."""
        out = np.empty(check_ranges((z, y, x), bytes_per_voxel=4), dtype=np.uint8)
        for plane, values in zip(out, self._planes(z, y, x), strict=True):
            plane[:] = np.searchsorted(self.values, values)
        return out

    def _planes(self, z: Range, y: Range, x: Range) -> Iterator[Array]:
        planes, rows, columns = (self._indices(axis, part) for axis, part in enumerate((z, y, x)))
        part_y = slice(int(rows.min()), int(rows.max()) + 1)
        part_x = slice(int(columns.min()), int(columns.max()) + 1)
        last, values = -1, np.zeros((0, 0))
        for index in planes.tolist():
            if index != last:
                found = self.volume.read(slice(index, index + 1), part_y, part_x)[0]
                last, values = index, found[np.ix_(rows - part_y.start, columns - part_x.start)]
            yield values

    def _indices(self, axis: int, part: Range) -> Array:
        size = self.volume.info.require_voxel_nm()[axis]
        places = (np.arange(*part) + 0.5) * self.voxel_nm / size
        return folded(np.floor(places + 1e-9).astype(np.int64), self.volume.info.shape[axis])


def label_file(params: LabelFile, *, shape: Shape, voxel_nm: float, job: Job) -> StackPattern:
    """Open the stack and look at its values.

    Raises
    ------
    ReadError, MissingMetadataError, ParameterError, VoxelError
        As `open_labels` and `values_of`.
    """
    volume = open_labels(params.path, params.voxel_nm_zyx, job)
    values = values_of(volume, params.path, job)
    labels = ("pore", "solid", "second phase", *(f"phase {index}" for index in range(3, len(values))))
    sides = [
        count * size for count, size in zip(volume.info.shape, volume.info.require_voxel_nm(), strict=True)
    ]
    notes: tuple[str, ...] = ()
    if any(side * voxel_nm > have + voxel_nm for side, have in zip(shape, sides, strict=True)):
        notes = (f"{params.path} is smaller than the structure asked for: it is mirrored at its borders",)
    return StackPattern(volume, tuple(values.tolist()), shape, voxel_nm, labels[: len(values)], notes=notes)
