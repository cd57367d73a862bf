"""Slices moved within their plane: consecutive moves are composed, and pixels interpolated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.align.resample import resampled
from core.align.warp import Warp
from core.volume import ALL, Array, Content, Shape, Source, extent


@dataclass(frozen=True)
class WarpedSource:
    """Slices of another source, each at the place its matrix says.

    Attributes
    ----------
    upstream : Source
        What is interpolated.
    kept : tuple of int
        For every slice here, its slice there.
    warp : Warp
        All moves together.
    content : str
        Binary images and labels are never mixed between pixels.
    """

    upstream: Source
    kept: tuple[int, ...]
    warp: Warp
    content: Content

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns of the canvas."""
        return (len(self.kept), *self.warp.shape_yx)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.upstream.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Interpolate whole planes and return the asked range of them."""
        start, stop = extent(z, self.shape[0])
        planes = np.stack([self._plane(index) for index in range(start, stop)])
        return planes[:, slice(*extent(y, self.shape[1])), slice(*extent(x, self.shape[2]))]

    def _plane(self, index: int) -> Array:
        there = self.kept[index]
        plane = self.upstream.read(slice(there, there + 1))[0]
        how = self.warp.interpolation if self.content in ("grey", "probability") else "nearest"
        return resampled(plane, self.warp.matrices[index], self.warp.shape_yx, how)
