"""Even out the brightness and contrast of slices."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from core.block import Block, Observation
from core.clean.normalise import lines_to, on_line, percentile_levels, phase_levels, target_levels
from core.clean.planes import as_float, as_type
from core.errors import ParameterError, VoxelError
from core.params import Params, param
from core.segment.histogram import counted, histogram_of
from core.step import Estimate, Stage, Step
from core.steps.voxels import as_grey, inner_planes, room_for_result
from core.volume import Array, VolumeInfo

NAME = "normalise"


class NormaliseParams(Params):
    """What is measured in each slice, and what it is brought to."""

    levels: Literal["phases", "percentiles"] = param(
        "phases",
        label="Measure",
        description="Phase levels hardly depend on the share of solid; percentiles do.",
        choices={"phases": "Mean of the dark and the bright phase", "percentiles": "Two percentiles"},
    )
    low_percent: float = param(
        5.0,
        ge=0,
        lt=100,
        label="Lower percentile",
        unit="%",
        description="Share of the voxels that are darker than the lower level.",
        visible_when={"levels": ["percentiles"]},
    )
    high_percent: float = param(
        95.0,
        gt=0,
        le=100,
        label="Upper percentile",
        unit="%",
        description="Share of the voxels that are darker than the upper level.",
        visible_when={"levels": ["percentiles"]},
    )
    target: Literal["stack", "running", "slice"] = param(
        "stack",
        label="Bring to",
        description="A running median removes flicker and keeps slow changes; the others remove both.",
        choices={
            "stack": "Median of the stack",
            "running": "Running median",
            "slice": "One reference slice",
        },
    )
    window_slices: int = param(
        25,
        ge=3,
        le=1001,
        step=2,
        label="Window",
        unit="slices",
        description="Slices whose median is the target of the one in the middle; odd.",
        visible_when={"target": ["running"]},
    )
    reference_slice: int = param(
        0,
        ge=0,
        label="Reference slice",
        description="Index of the slice that the others are brought to, counted from 0.",
        visible_when={"target": ["slice"]},
    )
    adjust: Literal["both", "brightness"] = param(
        "both",
        label="Adjust",
        description="Whether the contrast may change too.",
        choices={"both": "Brightness and contrast", "brightness": "Brightness only"},
    )
    greatest_gain: float = param(
        2.0,
        gt=1,
        le=100,
        advanced=True,
        label="Greatest gain",
        description="Slices that would need more contrast change are flagged and follow their neighbours.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low_percent >= self.high_percent:
            raise ValueError("the lower percentile must lie below the upper one")
        if self.window_slices % 2 == 0:
            raise ValueError("the window must be odd, so that it has a middle slice")
        return self


class NormaliseEstimate(Estimate):
    """The line ``new = gain * old + offset`` of each slice, and the levels it comes from."""

    gain: tuple[float, ...] = Field(title="Gain", description="Factor on the grey values, one per slice.")
    offset: tuple[float, ...] = Field(title="Offset", description="Added afterwards, in grey values.")
    dark: tuple[float | None, ...] = Field(
        (), title="Dark level", description="Found in each slice, in grey values; none in a blank slice."
    )
    bright: tuple[float | None, ...] = Field(
        (), title="Bright level", description="Found in each slice, in grey values; none in a blank slice."
    )
    flagged: tuple[int, ...] = Field(
        (), title="Slices without usable levels", description="Their line is that of their neighbours."
    )


def _observe(block: Block, params: NormaliseParams) -> Observation:
    rows = []
    for _, plane in inner_planes(block, NAME):
        histogram = histogram_of(counted(plane), plane.dtype)
        if params.levels == "phases":
            rows.append(phase_levels(histogram))
        else:
            rows.append(percentile_levels(histogram, params.low_percent, params.high_percent))
    start, stop, _ = block.inner.indices(block.data.shape[0])
    return Observation(
        per_slice={
            "levels": np.array(rows, dtype=np.float64).reshape(-1, 2),
            "number": np.arange(block.first + start, block.first + stop),
        }
    )


def _target(observation: Observation, params: NormaliseParams) -> int | Literal["stack", "running"]:
    if params.target != "slice":
        return params.target
    # A preview sees a sample of the slices: the nearest of them stands for the reference.
    distance = np.abs(observation.per_slice["number"] - params.reference_slice)
    place = int(np.argmin(distance))
    if distance[place] == 0 and np.isnan(observation.per_slice["levels"][place]).any():
        raise VoxelError(
            f"normalise: the reference slice {params.reference_slice} is blank",
            remedy="choose another reference slice",
        )
    return place


def _estimate(observation: Observation, _info: VolumeInfo, params: NormaliseParams) -> NormaliseEstimate:
    levels = observation.per_slice["levels"]
    target = _target(observation, params)
    lines = lines_to(
        levels,
        target_levels(levels, target=target, window=params.window_slices),
        brightness_only=params.adjust == "brightness",
        greatest_gain=params.greatest_gain,
    )
    dark, bright = (
        tuple(None if np.isnan(value) else float(value) for value in levels[:, i]) for i in (0, 1)
    )
    return NormaliseEstimate(
        gain=tuple(lines.gain.tolist()),
        offset=tuple(lines.offset.tolist()),
        dark=dark,
        bright=bright,
        flagged=tuple(np.flatnonzero(lines.flagged).tolist()),
    )


def _apply(block: Block, _params: NormaliseParams, estimate: NormaliseEstimate | None) -> Array:
    if estimate is None:
        raise ValueError("normalise needs its estimate")
    slices = block.info.shape[0]
    if not len(estimate.gain) == len(estimate.offset) == slices:
        raise ParameterError(
            "normalise: gains and offsets do not fit the stack",
            expected=f"{slices} of each",
            got=(len(estimate.gain), len(estimate.offset)),
        )
    result = room_for_result(block)
    for number, plane in inner_planes(block, NAME):
        values = on_line(as_float(plane), estimate.gain[number], estimate.offset[number])
        result[number - block.first] = as_type(values, plane.dtype)
    return result


def _output(info: VolumeInfo, params: NormaliseParams) -> VolumeInfo:
    if params.target == "slice" and params.reference_slice >= info.shape[0]:
        raise ParameterError(
            "normalise: there is no such reference slice",
            expected=f"0-{info.shape[0] - 1}",
            got=params.reference_slice,
        )
    return as_grey(info, NAME)


NORMALISE = Step(
    name=NAME,
    version=1,
    label="Normalise",
    stage=Stage.CLEAN,
    summary="Even out drift and flicker of brightness and contrast from slice to slice.",
    params=NormaliseParams,
    apply=_apply,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=NormaliseEstimate,
    bytes_per_pixel=24,
    reference="Linear matching of two levels per slice, from exact two-cluster k-means or percentiles",
)
