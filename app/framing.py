"""Slices laid into the canvas of a result, so that both can be compared; read when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.align.results import RegisterChannelsEstimate
from core.recipe import RecipeStep
from core.step import Estimate
from core.volume import ALL, Array, Polygon, Shape, Source, Volume, VolumeInfo, extent

Corner = tuple[int, int]


def canvas_corner(entry: RecipeStep, info: VolumeInfo, estimate: Estimate | None) -> Corner | None:
    """Row and column of the canvas at which a slice that is not moved begins; None for other steps.

    Takes long for stacks of many slices: to be called in a worker.

    Parameters
    ----------
    info : VolumeInfo
        What goes into the step.
    """
    step = entry.step
    if step.warp is None or (estimate is None and step.surveys):
        return None
    warp = step.warp(step.selected(info, entry.params)[0], entry.params, estimate)
    first = np.asarray(warp.matrices[0], np.float64)
    own: Any = estimate
    if isinstance(estimate, RegisterChannelsEstimate):
        own = estimate.moves_of(info.channel)
    moved = getattr(own, "transforms", ())
    if moved:  # the matrix is the move of the first slice, then that of the canvas
        first = first @ np.linalg.inv(np.asarray(moved[0], np.float64).reshape(3, 3))
    return round(float(first[1, 2])), round(float(first[0, 2]))


@dataclass(frozen=True, eq=False)
class FramedSource:
    """The slices of another source on a canvas: 0 around them, cut off where they reach beyond it."""

    upstream: Source
    corner: Corner
    shape_yx: tuple[int, int]

    @property
    def shape(self) -> Shape:
        """Slices, and rows and columns of the canvas."""
        return (self.upstream.shape[0], *self.shape_yx)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.upstream.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        asked = [extent(part, length) for part, length in zip((z, y, x), self.shape, strict=True)]
        result = np.zeros([stop - start for start, stop in asked], self.dtype)
        taken, put = [], []
        for (start, stop), low, length in zip(asked[1:], self.corner, self.upstream.shape[1:], strict=True):
            first, last = max(start, low), min(stop, low + length)
            if first >= last:
                return result
            taken.append(slice(first - low, last - low))
            put.append(slice(first - start, last - start))
        result[:, put[0], put[1]] = self.upstream.read(slice(*asked[0]), taken[0], taken[1])
        return result


def framed(volume: Volume, corner: Corner, shape_yx: tuple[int, int]) -> Volume:
    """A volume on a canvas; around it nothing was measured."""
    info = volume.info
    if corner == (0, 0) and info.shape[1:] == shape_yx:
        return volume
    (y, x), (_, rows, columns) = corner, info.shape
    whole: Polygon = ((y, x), (y, x + columns - 1), (y + rows - 1, x + columns - 1), (y + rows - 1, x))
    areas = [whole] * info.shape[0]
    if info.footprint is not None:
        areas = [tuple((row + y, column + x) for row, column in area) for area in info.footprint]
    changed = info.with_(shape=(info.shape[0], *shape_yx), footprint=tuple(areas))
    source = FramedSource(volume.source, corner, shape_yx)
    return Volume(changed, source, volume.metadata, volume.notes)


@dataclass(frozen=True, eq=False)
class PreviousSource:
    """In place of each slice of another source the one before it; the first stands for itself."""

    upstream: Source

    @property
    def shape(self) -> Shape:
        """As of the other source."""
        return self.upstream.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.upstream.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return a new array of the asked range."""
        start, stop = extent(z, self.shape[0])
        first = self.upstream.read(slice(max(0, start - 1), max(1, stop - 1)), y, x)
        return np.concatenate([first[:1], first]) if start == 0 and stop > 1 else first


def previous(volume: Volume) -> Volume:
    """A volume in which each slice is the one before it, to be compared with the volume itself."""
    areas = volume.info.footprint
    info = volume.info if areas is None else volume.info.with_(footprint=(areas[0], *areas[:-1]))
    return Volume(info, PreviousSource(volume.source), volume.metadata, volume.notes)
