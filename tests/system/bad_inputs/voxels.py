"""Voxels no step was made for: NaN, infinity, no contrast, a single voxel, the ends of every type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from core.errors import TruesliceError, VoxelError
from core.execute import Limits, run
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep
from core.steps import STEPS, step_named
from tests.system.bad_inputs.case import Case, Outcome
from tests.system.bad_inputs.valid import grey

# Steps that look at no value, and the measure, whose own input is binary.
BLIND = ("crop", "drop-slices", "invert")

VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("crop", {"z_start": 0}),
    ("drop-slices", {"slices": ""}),
    ("invert", {}),
    ("normalise", {}),
    ("normalise", {"levels": "percentiles", "target": "running", "window_slices": 3}),
    ("normalise", {"target": "slice", "reference_slice": 0, "adjust": "brightness"}),
    ("flatten", {}),
    ("flatten", {"model": "offset", "scope": "slice", "direction": "y"}),
    ("destripe", {}),
    ("destripe", {"method": "wavelet"}),
    ("denoise", {}),
    ("denoise", {"method": "tv"}),
    ("denoise", {"method": "gaussian", "sigma_slices": 1.0}),
    ("denoise", {"method": "median", "radius_slices": 1}),
    ("segment", {}),
    ("segment", {"method": "otsu", "scope": "slice"}),
    ("segment", {"method": "kmeans", "clusters": 3}),
    ("segment", {"method": "sauvola"}),
    ("segment", {"method": "threshold", "threshold": 100.0}),
    ("measure", {}),
)

SMALL = (3, 36, 40)


def _with(value: float, where: tuple[Any, ...]) -> Callable[[], Any]:
    def make() -> Any:
        data = grey(np.float32, SMALL)
        data[where] = value
        return data

    return make


def _full(value: float, dtype: Any = np.uint8, shape: tuple[int, int, int] = SMALL) -> Callable[[], Any]:
    return lambda: np.full(shape, value, dtype)


def _ends(dtype: Any) -> Callable[[], Any]:
    """Half of the voxels at the lower end of the type, half at the upper one."""

    def make() -> Any:
        limits: Any = np.iinfo(dtype) if np.issubdtype(dtype, np.integer) else np.finfo(dtype)
        data = np.full(SMALL, limits.min, dtype)
        data[:, ::2] = limits.max
        return data

    return make


# What must be refused by every step that computes, and what may be refused.
NOT_FINITE: dict[str, Callable[[], Any]] = {
    "one-nan": _with(np.nan, (1, 5, 5)),
    "all-nan": _with(np.nan, (slice(None),)),
    "one-inf": _with(np.inf, (2, 0, 0)),
    "minus-inf-slice": _with(-np.inf, (0,)),
}
ODD: dict[str, Callable[[], Any]] = {
    "all-zero": _full(0),
    "all-255": _full(255),
    "all-equal-float": _full(0.1, np.float32),
    "one-voxel": _full(7, shape=(1, 1, 1)),
    "one-slice": lambda: grey(np.uint8, (1, 36, 40)),
    "one-row": lambda: grey(np.uint8, (3, 1, 40)),
    "one-column": lambda: grey(np.uint8, (3, 36, 1)),
    "two-by-two": lambda: grey(np.uint8, (2, 2, 2)),
    "blank-slice": lambda: _blanked(grey(np.uint8, SMALL)),
    "ends-of-int8": _ends(np.int8),
    "ends-of-uint16": _ends(np.uint16),
    "ends-of-int32": _ends(np.int32),
    "ends-of-uint32": _ends(np.uint32),
    "ends-of-float32": _ends(np.float32),
    "ends-of-float64": _ends(np.float64),
    "tiniest-floats": _full(1e-42, np.float32),
    "negative": lambda: -grey(np.int16, SMALL),
}


def _blanked(data: Any) -> Any:
    data[1] = 0
    return data


def cases() -> Iterator[Case]:
    """All of them."""
    known = {step.name for step in STEPS}
    for number, (name, values) in enumerate(VARIANTS):
        if name not in known:
            continue
        for label, make in NOT_FINITE.items():
            outcome: Outcome = "works" if name in BLIND else "error"
            kind = VoxelError if name != "measure" else TruesliceError
            yield Case(
                f"{name}-{number}-{label}", partial(_run, name, values, make), outcome, kind, name, ("out",)
            )
        for label, make in ODD.items():
            yield Case(
                f"{name}-{number}-{label}",
                partial(_run, name, values, make),
                "either",
                says=name,
                leaves=("out",),
            )


def _run(name: str, values: dict[str, Any], make: Callable[[], Any], folder: Path) -> Callable[[], object]:
    data = make()
    tifffile.imwrite(folder / "stack.tif", data, photometric="minisblack", metadata={"axes": "ZYX"})
    step = step_named(name)
    recipe = Recipe((RecipeStep(step, step.params.parse(values, owner=name)),))

    def call() -> object:
        project = Project.create(folder / "out", {"": InputSpec(paths=(folder / "stack.tif",))})
        project.save_recipe(recipe)
        [report] = run(project, limits=Limits(workers=1)).values()
        result = report.volume.read()
        finite = np.isfinite(result).all()
        assert finite or not np.isfinite(data).all(), "the result is not finite although the input was"
        return result.shape

    return call
