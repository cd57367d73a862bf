"""The mask beside a volume whose slices do not cover the whole canvas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.align.footprint import mask_of
from core.io.writers.names import split_suffix
from core.io.writers.request import Request
from core.volume import ALL, Array, Polygon, Shape, Volume, extent

SUFFIX = "_measured"


@dataclass(frozen=True)
class MaskSource:
    """255 where a slice was measured, 0 elsewhere.

    Attributes
    ----------
    areas : tuple of tuple
        Area of each slice, see `VolumeInfo.footprint`.
    shape_yx : tuple of int
        Size of the slices.
    """

    areas: tuple[Polygon, ...]
    shape_yx: tuple[int, int]

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return (len(self.areas), *self.shape_yx)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint8."""
        return np.dtype(np.uint8)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Draw the asked range."""
        start, stop = extent(z, self.shape[0])
        rows, columns = extent(y, self.shape[1]), extent(x, self.shape[2])
        planes = [mask_of(self.areas[index], self.shape_yx) for index in range(start, stop)]
        found = np.stack(planes)[:, slice(*rows), slice(*columns)]
        return np.where(found, np.uint8(255), np.uint8(0))


def with_mask(request: Request) -> Request:
    """The request to write the mask of a volume, beside it."""
    info = request.volume.info
    if info.footprint is None:
        raise ValueError("a volume that is covered wholly needs no mask")
    source = MaskSource(info.footprint, info.shape[1:])
    described = info.with_(dtype=source.dtype, content="binary", footprint=None)
    stem, suffix = split_suffix(request.target.name)
    target = request.target.with_name(f"{stem}{SUFFIX}{suffix}")
    return replace(request, volume=Volume(described, source), target=target)
