"""Stacks, channels and recipes for tests of what a network is asked; its models: ``conftest.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from core.io import ReadOptions
from core.project import InputSpec, Project
from core.recipe import RecipeStep
from core.steps import step_named
from core.volume import Array, VolumeInfo

VOXEL_NM = (10, 2.5, 2.5)
MEAN5 = [0.1, 0.1, 0.6, 0.1, 0.1]
"""Weights of the slices in the answer of the model ``five``."""


def stack(slices: int = 7, seed: int = 0, shape: tuple[int, int] = (40, 44), noise: float = 5) -> Array:
    rng = np.random.default_rng(seed)
    solid = rng.normal(size=(slices, *shape)).cumsum(axis=1).cumsum(axis=2) > 0
    return (60 + 90 * solid + rng.normal(scale=noise, size=solid.shape)).clip(0, 255).astype(np.uint8)


def info_of(data: Array, voxel_nm: Any = VOXEL_NM, **rest: Any) -> VolumeInfo:
    return VolumeInfo(data.shape, data.dtype, voxel_nm=voxel_nm, **{"channel": "2kV-TLD"} | rest)


def entry(name: str, **values: object) -> RecipeStep:
    step = step_named(name)
    return RecipeStep(step, step.params.parse(values, owner=name))


def two_channels(folder: Path, *names: str) -> Project:
    specs = {}
    for seed, name in enumerate(names):
        tifffile.imwrite(folder / f"{name}.tif", stack(4, seed), photometric="minisblack")
        options = ReadOptions(voxel_nm_zyx=VOXEL_NM)
        specs[name] = InputSpec(paths=(folder / f"{name}.tif",), options=options)
    return Project.create(folder / "project", specs)
