"""How good a network is at the task of article II, beside shape-based interpolation of the same slices."""

from __future__ import annotations

import numpy as np

from core.job import Job
from core.learn.inpainting.recipe import FillingRecipe
from core.models.texts import Measured
from core.rebuild.compare import compared
from core.rebuild.datasets import data_sets
from core.rebuild.draws import drawn_planes
from core.rebuild.network import Filling
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import ArraySource

VOXEL_NM, NOMINAL_NM = 2.5, 10.0
MEAN_NM, SD_NM = 10.16, 3.12
_SHAPE = (96, 192, 192)
_FIRST_SEED = 501
"""Structures of the benchmark have seeds from 1 to 25; these are others."""


def tested(network: Filling, recipe: FillingRecipe, job: Job) -> tuple[Measured, ...]:
    """Measure on hierarchical structures that were not trained with, one draw of slices each.

    Parameters
    ----------
    network : Filling
    recipe : FillingRecipe
        Of how many structures; nothing is measured with none.
    job : Job

    Returns
    -------
    tuple of Measured
        Over all voxels, and over those of filled planes alone.
    """
    rows = [_one(network, _FIRST_SEED + number, job) for number in range(recipe.test_structures)]
    if not rows:
        return ()
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    shapes = "Shape-based interpolation of the same slices: MP"
    return tuple(
        Measured(
            data="article-two",
            condition=condition,
            condition_long=words,
            values={name: mean[f"RML {name}{suffix}"] for name in ("mp", "mgp", "mds")},
            samples=len(rows),
            remark=f"{shapes} {mean[f'RSD mp{suffix}']:.3g} % ({condition}).",
        )
        for suffix, condition, words in (
            ("", "all", "all voxels"),
            ("_invented", "filled", "voxels of filled planes"),
        )
    )


def _one(network: Filling, seed: int, job: Job) -> dict[str, float]:
    structure = LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.35))
    pattern = pattern_of(structure, shape=_SHAPE, voxel_nm=VOXEL_NM, seed=seed, job=job)
    truth = ArraySource(PatternSource(pattern, solid_255=True).read(slice(0, _SHAPE[0])))
    rng = np.random.default_rng((seed, 0))
    planes = drawn_planes(_SHAPE[0], VOXEL_NM, mean_nm=MEAN_NM, sd_nm=SD_NM, rng=rng)
    sets = data_sets(
        truth.data[planes], (planes * VOXEL_NM).tolist(), VOXEL_NM, NOMINAL_NM, len(truth.data), network
    )
    found = compared({name: sets[name] for name in ("RSD", "RML")}, truth, job, isotropy=False)
    return {
        f"{name} {key}": value
        for name, score in found.items()
        for key, value in score.row().items()
        if value is not None
    }
