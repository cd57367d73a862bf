"""A tiny recipe, and stacks with gaps."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from core.learn.inpainting.recipe import FillingRecipe
from core.volume import Array, Volume, volume_of


def recipe(**gaps: object) -> FillingRecipe:
    small = {
        "structures": 2,
        "validation": 1,
        "depth_px": 24,
        "side_px": 64,
        "windows": 16,
        "ligament_px": [4.5, 8.0],
    } | gaps
    return FillingRecipe.parse(
        {
            "gaps": small,
            "network": {"reach_px": 2, "widths": [8, 4]},
            "optimise": {"batch_size": 32, "epochs": 1, "precision": "float32"},
        },
        owner="recipe",
    )


def gapped(planes: Array, places: Array, content: str = "binary") -> Volume:
    """The planes at these places, and gaps between them."""
    depth = int(places[-1]) + 1
    stack = np.zeros((depth, *planes.shape[1:]), planes.dtype)
    stack[places] = planes
    origin = tuple(np.isin(np.arange(depth), places).astype(int).tolist())
    return volume_of(stack, voxel_nm=(2.5, 2.5, 2.5), origin=origin, content=content)


def blobs(count: int, *, binary: bool) -> Array:
    """Planes that change slowly."""
    field = gaussian_filter(np.random.default_rng(1).normal(size=(count, 24, 31)), (1, 3, 3))
    field /= field.std()
    return (field > 0.2) * np.uint8(255) if binary else np.clip(128 + 40 * field, 0, 255).astype(np.float32)
