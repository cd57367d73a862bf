"""Volumes the tests of the writers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.volume import ALL, Array, Shape, Volume, VolumeInfo, volume_of

SHAPE = (5, 7, 9)
VOXEL_NM = (8.1, 4.3, 4.7)
PRESET_NAMES = {
    "fiji": "volume.tif",
    "dragonfly": "volume",
    "ome-zarr": "volume.zarr",
    "bigtiff": "volume.ome.tif",
    "nrrd": "volume.nrrd",
    "mhd": "volume.mhd",
    "raw": "volume.raw",
    "stl": "volume.stl",
    "ply": "volume.ply",
}


def values(dtype: str, shape: Shape = SHAPE) -> Array:
    """Voxels that use the range of their type: ends, middle, and for floats fractions."""
    rng = np.random.default_rng(7)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        data = rng.normal(0, 1e3, shape).astype(kind)
        data.flat[:3] = np.nan, -np.inf, np.finfo(np.float32).max
        return data
    limits = np.iinfo(kind)
    data = rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
    data.flat[:2] = limits.min, limits.max
    return data


def volume(dtype: str = "uint8", **info: Any) -> Volume:
    """Volume of `values` with a voxel size that no two axes share."""
    return volume_of(values(dtype), **{"voxel_nm": VOXEL_NM, **info})


def solid(**info: Any) -> Volume:
    """Binary volume that touches its own border, with three different voxel sizes."""
    data = np.zeros(SHAPE, np.uint8)
    data[1:4, 2:6, 0:5] = 255
    return volume_of(data, **{"voxel_nm": VOXEL_NM, "content": "binary", **info})


@dataclass(frozen=True)
class MadeSource:
    """Voxels computed when asked for; `visit` is told the index of each plane."""

    shape: Shape
    plane: Array
    visit: Callable[[int], None]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.plane.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        first, stop = z.start or 0, self.shape[0] if z.stop is None else z.stop
        for index in range(first, stop):
            self.visit(index)
        return np.repeat(self.plane[None, y, x], stop - first, axis=0)


def made(visit: Callable[[int], None], shape: Shape = (12, 64, 64)) -> Volume:
    """Binary volume that tells which plane is read."""
    plane = np.zeros(shape[1:], np.uint8)
    plane[8:40, 8:40] = 255
    source = MadeSource(shape, plane, visit)
    return Volume(VolumeInfo(shape, source.dtype, voxel_nm=VOXEL_NM, content="binary"), source)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its bytes, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
