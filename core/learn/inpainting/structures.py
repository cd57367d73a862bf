"""Structures with slices drawn through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.learn.inpainting.recipe import GOLD_SLICES_PX, GapParams
from core.rebuild.draws import drawn_planes
from core.rebuild.network_input import CAP_PX, SMOOTHING_PX
from core.rebuild.signed import signed_distances
from core.simulate.structures import PatternSource, Structure, pattern_of
from core.simulate.structures.kinds import LeveledWave, RandomPores, Spheres
from core.volume import Array

GOLD_PX = 6.0
_GOLD = LeveledWave(ligament_nm=(44.0, GOLD_PX), solid_fraction=(0.35, 0.35))
_MOST_DRAWS = 1000


@dataclass(frozen=True)
class Solid:
    """One structure of cubic voxels.

    Attributes
    ----------
    solid : ndarray of bool, shape (z, y, x)
    distances : ndarray of float16, shape (z, y, x)
        From the edge within each plane, in px; any plane may be a slice.
    size_px : float
        Ligament size of its finest level.
    gold : bool
        Whether it is as in article II.
    """

    solid: Array
    distances: Array
    size_px: float
    gold: bool


def made(gaps: GapParams, seed: int, number: int, job: Job) -> Solid:
    """Structure `number` of a training; a pure function of all that is given.

    Parameters
    ----------
    gaps : GapParams
    seed, number : int
        From 0; those for validation follow on those to train with.
    job : Job
    """
    rng = np.random.default_rng((seed, number))
    gold = bool((number + 1) * gaps.gold // 1 > number * gaps.gold // 1)  # evenly among the others
    structure, size_px = (_GOLD, GOLD_PX) if gold else _other(gaps, rng)
    shape = (gaps.depth_px, gaps.side_px, gaps.side_px)
    pattern = pattern_of(structure, shape=shape, voxel_nm=1.0, seed=int(rng.integers(1 << 31)), job=job)
    solid = PatternSource(pattern).read(slice(0, gaps.depth_px)) > 0
    distances = signed_distances(solid, CAP_PX, SMOOTHING_PX).astype(np.float16)
    return Solid(solid, distances, size_px, gold)


def _other(gaps: GapParams, rng: np.random.Generator) -> tuple[Structure, float]:
    """One of many kinds; its lengths are in px."""
    low, high = np.log(gaps.ligament_px)
    size = float(np.exp(rng.uniform(low, high)))
    kind = rng.choice(["one level", "two levels", "spheres", "pores"], p=[0.4, 0.3, 0.15, 0.15])
    if kind == "one level":
        fraction = float(rng.uniform(0.15, 0.75))
        return LeveledWave(ligament_nm=(size,), solid_fraction=(fraction,)), size
    if kind == "two levels":
        coarse = size * float(rng.uniform(4, 8))
        both = float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.25, 0.6))
        return LeveledWave(ligament_nm=(coarse, size), solid_fraction=both), size
    common: dict[str, Any] = {"radius_nm": 0.75 * size, "radius_sd_nm": 0.15 * size}
    if kind == "spheres":
        return Spheres(solid_fraction=float(rng.uniform(0.15, 0.5)), **common), size
    return RandomPores(solid_fraction=float(rng.uniform(0.4, 0.8)), **common), size


def drawn_slices(solid: Solid, gaps: GapParams, rng: np.random.Generator) -> Array:
    """Planes of a structure that are slices, with at least one gap; half of the time counted from its end.

    Returns
    -------
    ndarray of int64, shape (n,)
        Increasing.

    Raises
    ------
    ParameterError
        If the structure is too thin for slices so far apart.
    """
    depth = len(solid.solid)
    for _ in range(_MOST_DRAWS):
        mean, sd = GOLD_SLICES_PX
        if not solid.gold:
            mean = gaps.mean_slice_px(solid.size_px, float(rng.uniform(*gaps.distance)))
            sd = mean * float(rng.uniform(*gaps.spread))
        ahead = min(depth - 1, int(rng.integers(0, max(1, round(mean)))))  # the first slice may lie anywhere
        try:
            planes = ahead + drawn_planes(depth - ahead, 1.0, mean_nm=mean, sd_nm=sd, rng=rng)
        except ParameterError:  # the second slice fell beyond the end
            continue
        if rng.random() < 0.5:
            planes = depth - 1 - planes[::-1]
        if planes[-1] - planes[0] >= len(planes):
            return np.asarray(planes)
    raise ParameterError(
        "no slices with a gap between them fit a structure",
        expected=f"gaps.depth_px of several distances of slices, here about {mean:.3g} px",
        got=depth,
        remedy="state deeper structures, smaller ligaments or distances (gaps)",
    )
