"""From parameters to a pattern."""

from __future__ import annotations

import math

from core.errors import ParameterError
from core.job import Job
from core.simulate.structures import kinds
from core.simulate.structures.pattern import Pattern
from core.volume import Shape

_LONGEST, _MOST_VOXELS = 1 << 20, 1 << 42
_SMALLEST_VOXEL_NM, _LARGEST_VOXEL_NM = 0.01, 100_000.0


def pattern_of(structure: kinds.Structure, *, shape: Shape, voxel_nm: float, seed: int, job: Job) -> Pattern:
    """Make a structure.

    Parameters
    ----------
    structure : Structure
        One of the kinds of `core.simulate.structures.kinds`.
    shape : tuple of int
        Nominal slices, rows, columns; solid fractions are exact within it.
    voxel_nm : float
        Edge of the cubic voxels.
    seed : int
        0 or more. The same seed gives the same voxels.
    job : Job
        Progress and cancelling; the voxels of the shape may have to be gone through once or twice.

    Raises
    ------
    ParameterError
        If the structure would be empty or full, is not resolved by the voxels, or the shape is absurd.
    ReadError, MissingMetadataError, VoxelError
        If a stack is part of it and does not fit.
    Cancelled
        If the user asked to stop.
    """
    _check(shape, voxel_nm, seed)
    return _made(structure, shape, voxel_nm, seed, job)


def _made(structure: kinds.Structure, shape: Shape, voxel_nm: float, seed: int, job: Job) -> Pattern:
    from core.simulate.structures.analytic import cuboids, stretched_spheres
    from core.simulate.structures.boolean import boolean_model
    from core.simulate.structures.leveled_wave import leveled_wave
    from core.simulate.structures.polycrystal import polycrystal
    from core.simulate.structures.self_similar import self_similar
    from core.simulate.structures.stack import label_file

    match structure:
        case kinds.LeveledWave():
            return leveled_wave(structure, shape=shape, voxel_nm=voxel_nm, seed=seed, job=job)
        case kinds.SelfSimilar():
            return self_similar(structure, shape=shape, voxel_nm=voxel_nm, seed=seed, job=job)
        case kinds.RandomPores() | kinds.Spheres() | kinds.Fibres():
            return boolean_model(structure, shape=shape, voxel_nm=voxel_nm, seed=seed, job=job)
        case kinds.Polycrystal():
            return polycrystal(structure, shape=shape, voxel_nm=voxel_nm, seed=seed, job=job)
        case kinds.Cuboids():
            return cuboids(structure, shape=shape, voxel_nm=voxel_nm)
        case kinds.StretchedSpheres():
            return stretched_spheres(structure, shape=shape, voxel_nm=voxel_nm)
        case kinds.LabelFile():
            return label_file(structure, shape=shape, voxel_nm=voxel_nm, job=job)


def _check(shape: Shape, voxel_nm: float, seed: int) -> None:
    if min(shape) < 1 or max(shape) > _LONGEST or math.prod(shape) > _MOST_VOXELS:
        raise ParameterError(
            "impossible shape of a structure",
            expected=f"slices, rows, columns, each 1-{_LONGEST}, together at most {_MOST_VOXELS} voxels",
            got=shape,
        )
    if math.prod(shape) == 1:
        raise ParameterError("a structure of a single voxel is empty or full", expected="a larger shape")
    if not _SMALLEST_VOXEL_NM <= voxel_nm <= _LARGEST_VOXEL_NM:
        raise ParameterError(
            "impossible voxel size", expected=f"{_SMALLEST_VOXEL_NM:g}-{_LARGEST_VOXEL_NM:g} nm", got=voxel_nm
        )
    if seed < 0:
        raise ParameterError("a seed is a whole number", expected="0 or more", got=seed)
