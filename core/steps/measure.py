"""Numbers of a segmented stack."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from core.errors import ParameterError
from core.measure.fraction import solid_counts, two_values
from core.params import Params
from core.step import Block, Estimate, Observation, Stage, Step
from core.steps.voxels import inner_planes
from core.volume import VolumeInfo

NAME = "measure"


class MeasureParams(Params):
    """No parameters."""


class MeasureEstimate(Estimate):
    """The measured numbers; counts are exact."""

    solid_fraction: float = Field(
        ge=0, le=1, title="Solid fraction", description="Solid voxels divided by all voxels."
    )
    solid_fraction_per_slice: tuple[float, ...] = Field(
        title="Solid fraction per slice", description="One value per slice, in slice order."
    )
    solid_voxels: int = Field(ge=0, title="Solid voxels", description="Counted in the whole stack.")
    voxels: int = Field(gt=0, title="Voxels", description="All voxels of the stack.")


def _observe(block: Block, _params: MeasureParams) -> Observation:
    found = [
        two_values(plane, name=f"measure: slice {number}") for number, plane in inner_planes(block, NAME)
    ]
    return Observation(
        per_slice={
            "low": np.array([values.low for values in found], dtype=np.float64),
            "high": np.array([values.high for values in found], dtype=np.float64),
            "high_count": np.array([values.high_count for values in found], dtype=np.int64),
        }
    )


def _estimate(observation: Observation, info: VolumeInfo, _params: MeasureParams) -> MeasureEstimate:
    seen = observation.per_slice
    slices, rows, columns = info.shape
    counts = solid_counts(seen["low"], seen["high"], seen["high_count"], rows * columns)
    solid = int(counts.sum())
    return MeasureEstimate(
        solid_fraction=solid / (slices * rows * columns),
        solid_fraction_per_slice=tuple((counts / (rows * columns)).tolist()),
        solid_voxels=solid,
        voxels=slices * rows * columns,
    )


def _output(info: VolumeInfo, _params: MeasureParams) -> VolumeInfo:
    if info.content == "labels":
        raise ParameterError(
            "measure counts solid and pore, and this volume holds labels",
            expected="a binary volume",
            got="labels",
            remedy="put measure before the labelling",
        )
    return info


MEASURE = Step(
    name=NAME,
    version=1,
    label="Measure",
    stage=Stage.MEASURE,
    summary="Count the share of solid voxels, in each slice and in the whole stack.",
    params=MeasureParams,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=MeasureEstimate,
    stored=False,
    bytes_per_pixel=2,
    reference="Solid fraction = solid voxels / all voxels, counted exactly",
)
