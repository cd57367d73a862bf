"""Rebuild steps the way execution runs them: survey, then whatever range is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.execute.calls import surveyed
from core.execute.lazy import applied
from core.job import Job
from core.recipe import RecipeStep
from core.step import AnyStep, Room
from core.volume import Array, Volume


def rebuilt(step: AnyStep, volume: Volume, **values: Any) -> Volume:
    """The step's result, not computed yet."""
    entry = RecipeStep(step, step.params(**values))
    estimate = None if step.survey is None else surveyed(entry, volume, Job(), Room())
    return applied(volume, entry, estimate)


def read_in_pieces(volume: Volume, planes: int) -> Array:
    """All voxels, so many planes at a time."""
    depth = volume.info.shape[0]
    return np.concatenate([volume.read(slice(z, min(z + planes, depth))) for z in range(0, depth, planes)])
