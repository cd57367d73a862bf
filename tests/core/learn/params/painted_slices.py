"""Slices painted with a brush: some of each phase, most of it left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.labels import LabelledStack, LabelStore


def paint(folder: Path, slices: tuple[int, ...] = (2, 5, 9), side: int = 64) -> LabelStore:
    """A folder of labels: upright bars of solid, labelled in the upper and lower quarter."""
    store = LabelStore(folder)
    stack = LabelledStack(shape=(12, side, side), dtype="uint8", voxel_nm=(10.0, 5.0, 5.0))
    rng = np.random.default_rng(1)
    solid = np.broadcast_to(np.arange(side) % 16 < 8, (side, side))
    for z in slices:
        grey = np.clip(np.where(solid, 170, 70) + rng.normal(0, 15, solid.shape), 0, 255).astype(np.uint8)
        labels = np.where(solid, 2, 1).astype(np.uint8)
        labels[side // 4 : -side // 4] = 0
        store.write(z, labels, stack, grey)
    return store
