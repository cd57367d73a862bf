"""Tiny training sets, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.simulate.acquisition.expected import SlicesArray, make_arrays
from core.simulate.acquisition.folder import write_group
from core.volume import Array

SHAPE = (9, 48, 40)


def labels_of(seed: int, shape: tuple[int, int, int] = SHAPE) -> Array:
    """Boxes of solid at random places (0, 1), nothing alike when mirrored or turned."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, dtype=np.uint8)
    for _ in range(40):
        z, y, x = (int(rng.integers(0, side)) for side in shape)
        labels[z : z + 2, y : y + 7, x : x + 5] = 1
    return labels


def make_structure(
    folder: Path, name: str, split: str, *, seed: int, noise_free: bool = False, **facts: Any
) -> Array:
    """Write one structure whose images show its labels; return the labels."""
    labels = labels_of(seed)
    arrays: dict[str, tuple[tuple[int, int, int], str]] = {"faces": (SHAPE, "uint8")}
    content: dict[str, Array] = {"faces": labels}
    for channel, bright in (("1kV", 200), ("2kV", 150)):
        arrays[f"images/{channel}"] = (SHAPE, "uint8")
        content[f"images/{channel}"] = np.where(labels, bright, 50).astype(np.uint8)
        arrays[f"expected/{channel}/signal"] = (SHAPE, "float32")
        content[f"expected/{channel}/signal"] = np.where(labels, 0.4, 0.1).astype(np.float32)
    group = folder / name
    make_arrays(group, arrays, {})
    for array, planes in content.items():
        writer = SlicesArray(group, array)
        for index, plane in enumerate(planes):
            writer.write(index, plane)
    attributes = {
        "split": split,
        "seed": seed,
        "structure": {"kind": "boxes"},
        "channels": ["1kV", "2kV"],
        "electrons": "surrogate" if noise_free else "monte-carlo",
        "voxel_nm_zyx": [10.0, 2.5, 2.5],
        "z_nm": [12.0 * index for index in range(SHAPE[0])],
        "tilt_deg": 0.0,
        "solid_fraction": float(labels.mean()),
        "complete": True,
    }
    write_group(group, attributes | facts)
    return labels


def make_set(folder: Path, *, finished: bool = True) -> Path:
    """Two structures for training (one noise-free), one for validation, one for tests."""
    make_structure(folder, "0000", "train", seed=1)
    make_structure(folder, "0001", "validation", seed=2)
    make_structure(folder, "0002", "test", seed=3)
    make_structure(folder, "0003", "train", seed=4, noise_free=True)
    if finished:
        write_group(folder, {"kind": "trueslice training set"})
    return folder
