"""Small virtual samples that the approximation is calibrated with, and others that it is checked with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Raster, World
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.simulate.surrogate.model import Model
from core.volume import Array

SIDE_PX = 32
_VOXEL_NM = 2.5
_PIXELS_NM = (2.5, 5.0)
_PATH_NM = 10.0  # from this transport path on, everything grows with it
_DEEPER, _WIDER = 1.2, 1.3
_NOMINAL = 96
_STACK_NM = (3.0, 40.0)
_STACK_VOXEL_NM = 0.5
_STACK_PLANES = 4000
_STACK_PIXEL_NM = 20.0

Levels = tuple[tuple[float, ...], tuple[float, ...]]
# Ligament sizes in nm and solid fractions, level by level.
TRAINING: tuple[Levels, ...] = (
    ((110.0, 15.0), (0.35, 0.35)),
    ((15.0,), (0.35,)),
    ((30.0,), (0.2,)),
    ((60.0,), (0.5,)),
    ((110.0,), (0.35,)),
    ((60.0, 12.0), (0.4, 0.4)),
    ((25.0,), (0.65,)),
    ((130.0, 20.0), (0.3, 0.4)),
)
CHECKS: tuple[Levels, ...] = (
    ((110.0, 15.0), (0.35, 0.35)),
    ((40.0,), (0.3,)),
    ((80.0, 20.0), (0.35, 0.35)),
    ((20.0,), (0.5,)),
)


@dataclass(frozen=True)
class Sample:
    """Something to shoot at."""

    world: World
    raster: Raster


def scale_of(model: Model) -> float:
    """How many times larger than for gold at a few kV everything is made, at least 1."""
    return max(1.0, 1 / (max(model.down_per_nm) * _PATH_NM))


def sizes(model: Model) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Least and greatest ligament size in nm, total solid fraction, and pixel in nm of the training set."""
    scale = scale_of(model)
    ligaments = [size * scale for levels, _ in TRAINING for size in levels]
    solid = [math.prod(parts) for _, parts in TRAINING]
    pixels = [pixel * scale for pixel in _PIXELS_NM]
    return (min(ligaments), max(ligaments)), (min(solid), max(solid)), (min(pixels), max(pixels))


def porous(
    materials: tuple[Material, ...], model: Model, levels: Levels, number: int, seed: int, job: Job
) -> Sample:
    """A leveled-wave structure of the materials and where it is imaged.

    Parameters
    ----------
    number : int
        Every fifth sample of two materials has them exchanged; pixels are of two sizes. More materials take
        turns where two structures overlap.
    seed : int
        Of the structure.
    """
    scale = scale_of(model)
    voxel, pixel = _VOXEL_NM * scale, _PIXELS_NM[number.bit_count() % 2] * scale
    field = SIDE_PX * pixel
    margin = _WIDER * model.margin_nm
    side = math.ceil((field + 2 * margin) / voxel)
    depth = math.ceil(_DEEPER * model.depth_nm / voxel)
    labels = _labels(levels, scale, voxel, (depth, side, side), seed, job)
    if len(materials) > 2:
        labels = labels + 2 * _labels(TRAINING[2], scale, voxel, labels.shape, seed + 1, job)
    pair = len(materials) == 2
    table = (np.arange(2 if pair else 4) + (number % 5 == 4 if pair else number)) % len(materials)
    world = World(table.astype(np.uint8)[labels], (voxel,) * 3, materials)
    corner = 0.5 * (side * voxel - field)
    return Sample(world, Raster(0.0, (SIDE_PX, SIDE_PX), (pixel, pixel), (corner, corner)))


def _labels(levels: Levels, scale: float, voxel: float, shape: tuple[int, ...], seed: int, job: Job) -> Array:
    structure = LeveledWave(ligament_nm=tuple(size * scale for size in levels[0]), solid_fraction=levels[1])
    pattern = pattern_of(structure, shape=(_NOMINAL,) * 3, voxel_nm=voxel, seed=seed, job=job)
    depth, rows, columns = shape
    return pattern.read((0, depth), (0, rows), (0, columns))


def stack(materials: tuple[Material, ...], model: Model, number: int, seed: int) -> Sample:
    """Plane layers of random thickness; the first samples are each of one material alone."""
    scale = scale_of(model)
    rng = np.random.default_rng((seed, number))
    voxel = _STACK_VOXEL_NM * scale
    planes = min(_STACK_PLANES, math.ceil(_DEEPER * model.depth_nm / voxel))
    if number < len(materials):
        labels = np.full(planes, number)
    else:
        thickness = np.exp(rng.uniform(math.log(_STACK_NM[0]), math.log(_STACK_NM[1]), planes)) * scale
        thickness *= rng.choice([1.0, 4.0], planes)
        which = (np.arange(planes) + rng.integers(len(materials))) % len(materials)
        labels = np.repeat(which, np.ceil(thickness / voxel).astype(int))[:planes]
    world = World(labels.astype(np.uint8)[:, None, None], (voxel,) * 3, materials)
    return Sample(world, Raster(0.0, (1, 1), (_STACK_PIXEL_NM * scale,) * 2))
