"""A training set of blobs, as the simulator lays it out, made in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr
from scipy.ndimage import gaussian_filter

SPLITS = ("train", "train", "validation", "test")


def make_set(
    path: Path, channels: tuple[str, ...] = ("2kV",), side: int = 48, splits: tuple[str, ...] = SPLITS
) -> Path:
    """Write a training set; every channel has noise of its own, and walls below shine through."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.attrs.update({"kind": "trueslice training set", "channels": list(channels)})
    for number, split in enumerate(splits):
        _make_member(group, f"{number:04d}", split, channels, side, number)
    return path


def _make_member(
    group: zarr.Group, name: str, split: str, channels: tuple[str, ...], side: int, number: int
) -> None:
    rng = np.random.default_rng(number)
    shape = (5, side, side)
    field = gaussian_filter(rng.standard_normal(shape), (1, 3, 3), mode="wrap")
    solid = field > np.quantile(field, 0.6)
    below = np.concatenate([solid[1:], solid[-1:]])
    member = group.create_group(name)
    for channel in channels:
        grey = 60 + 110 * solid + 45 * (below & ~solid) + rng.normal(0, 45, shape)
        _write(member, f"images/{channel}", np.clip(grey, 0, 255).astype(np.uint8))
    _write(member, "faces", solid.astype(np.uint8))
    member.attrs.update(
        {
            "channels": list(channels),
            "electrons": "monte-carlo",
            "split": split,
            "seed": number,
            "structure": {"kind": "blobs"},
            "voxel_nm_zyx": [10.0, 2.5, 2.5],
            "z_nm": [10.0 * place for place in range(shape[0])],
            "complete": True,
        }
    )


def _write(group: zarr.Group, name: str, data: np.ndarray) -> None:
    array = group.create_array(name, shape=data.shape, chunks=(1, *data.shape[1:]), dtype=data.dtype)
    array[:] = data
