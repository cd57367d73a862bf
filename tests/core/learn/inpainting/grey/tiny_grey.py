"""A tiny recipe, and stacks of grey values with gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.volume import Array


def recipe(**images: Any) -> GreyFillingRecipe:
    return GreyFillingRecipe.parse(
        {
            "name": "tiny-grey",
            "gaps": {
                "structures": 2,
                "validation": 1,
                "depth_px": 20,
                "side_px": 64,
                "ligament_px": [4.5, 6.0],
            },
            "network": {"width": 4, "first_px": 3, "steps": [1, 2]},
            "images": {"patch_px": 12, "batches_per_epoch": 8} | images,
            "optimise": {"batch_size": 4, "epochs": 1, "precision": "float32"},
            "test_structures": 1,
        },
        owner="recipe",
    )


def blobs(count: int, dtype: str) -> Array:
    """Grey planes that change slowly, over most of the range of their type."""
    field = gaussian_filter(np.random.default_rng(1).normal(size=(count, 24, 31)), (1, 3, 3))
    grey = 0.5 + 0.15 * field / field.std()
    if dtype.startswith("float"):
        return (7 * grey - 2).astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(grey * limits.max, 0, limits.max).astype(dtype)
