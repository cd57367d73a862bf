"""Solid and pore from grey values, without a network."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from core.align.footprint import require_whole
from core.errors import ParameterError, VoxelError
from core.params import Params, param
from core.segment.histogram import counted, histogram_of
from core.segment.sauvola import sauvola
from core.segment.thresholds import as_binary, brighter, brightest_cluster, kmeans, otsu
from core.step import Block, Estimate, Observation, Stage, Step
from core.steps.voxels import inner_planes, require_finite, require_grey
from core.volume import Array, VolumeInfo

NAME = "segment"


class SegmentParams(Params):
    """How solid is told from pore; a voxel brighter than the threshold is solid."""

    method: Literal["threshold", "otsu", "kmeans", "sauvola"] = param(
        "otsu",
        label="Method",
        description="How the threshold is found.",
        choices={
            "threshold": "Typed-in threshold",
            "otsu": "Otsu",
            "kmeans": "k-means",
            "sauvola": "Sauvola (local)",
        },
    )
    threshold: float = param(
        127.0,
        label="Threshold",
        unit="grey",
        description="A voxel with a greater value is solid.",
        visible_when={"method": ["threshold"]},
    )
    clusters: Literal[2, 3] = param(
        2,
        label="Clusters",
        description="With 3 only the brightest is solid: the middle one takes up walls that shine through.",
        visible_when={"method": ["kmeans"]},
    )
    scope: Literal["stack", "slice"] = param(
        "stack",
        label="Threshold for",
        description="One threshold for the whole stack, or one for each slice.",
        choices={"stack": "the whole stack", "slice": "each slice"},
        visible_when={"method": ["otsu", "kmeans"]},
    )
    smoothing_px: float = param(
        1.0,
        ge=0,
        le=50,
        label="Gaussian first",
        unit="px",
        step=0.5,
        description="Standard deviation of the Gaussian filter applied before local thresholds; 0 = none.",
        visible_when={"method": ["sauvola"]},
    )
    window_px: int = param(
        51,
        ge=3,
        le=1001,
        step=2,
        label="Window",
        unit="px",
        description="Side of the square around each pixel, some pores wide; odd.",
        visible_when={"method": ["sauvola"]},
    )
    k: float = param(
        0.1,
        gt=0,
        lt=1,
        step=0.05,
        decimals=3,
        label="Weight k",
        description="How far the local threshold lies below the local mean where contrast is low.",
        visible_when={"method": ["sauvola"]},
    )
    dynamic_range: float = param(
        0.0,
        ge=0,
        label="Range R",
        unit="grey",
        advanced=True,
        description="Greatest local deviation expected; 0 = half the span of all values (0.1 to 99.9 %).",
        visible_when={"method": ["sauvola"]},
    )

    @field_validator("window_px")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("the window must be odd, so that it has a middle pixel")
        return value


class SegmentEstimate(Estimate):
    """What the grey values of the stack say about the border between solid and pore."""

    thresholds: tuple[float, ...] = Field(
        (),
        title="Thresholds",
        description="One for the stack or one for each slice, in grey values; none if local.",
    )
    centres: tuple[tuple[float, ...], ...] = Field(
        (), title="Cluster centres", description="k-means: mean grey value of each cluster, per threshold."
    )
    flagged: tuple[int, ...] = Field(
        (),
        title="Slices without a threshold of their own",
        description="Too few different values there: they use the median of the others.",
    )
    dynamic_range: float | None = Field(
        None, gt=0, title="Range R", description="Sauvola: greatest local deviation, in grey values."
    )


def _observes(params: SegmentParams) -> bool:
    if params.method == "sauvola":
        return params.dynamic_range == 0
    return params.method != "threshold"


def _found(
    counts: Array, dtype: np.dtype[np.generic], params: SegmentParams
) -> tuple[float, tuple[float, ...]]:
    """Threshold and (for k-means) cluster centres of one histogram."""
    histogram = histogram_of(counts, dtype)
    if params.method == "otsu":
        return otsu(histogram), ()
    centres = kmeans(histogram, params.clusters)
    return brightest_cluster(centres), centres


def _observe(block: Block, params: SegmentParams) -> Observation:
    if params.method != "sauvola" and params.scope == "slice":
        return _observe_slices(block, params)
    total: Array | None = None
    for _, plane in inner_planes(block, NAME):
        counts = counted(plane)
        total = counts if total is None else np.add(total, counts, out=total)
    return Observation() if total is None else Observation(total={"counts": total})


def _observe_slices(block: Block, params: SegmentParams) -> Observation:
    clusters = params.clusters if params.method == "kmeans" else 0
    rows = []
    for _, plane in inner_planes(block, NAME):
        try:
            threshold, centres = _found(counted(plane), plane.dtype, params)
        except VoxelError:
            # One blank slice must not end the run: it is flagged and gets the median of the others.
            threshold, centres = np.nan, (np.nan,) * clusters
        rows.append((threshold, *centres))
    table = np.array(rows, dtype=np.float64).reshape(-1, 1 + clusters)
    return Observation(per_slice={"threshold": table[:, 0], "centres": table[:, 1:]})


def _estimate(observation: Observation, info: VolumeInfo, params: SegmentParams) -> SegmentEstimate:
    if params.method == "threshold":
        return SegmentEstimate(thresholds=(params.threshold,))
    if params.method == "sauvola":
        return _range_estimate(observation, info, params)
    if params.scope == "slice":
        return _slice_estimate(observation)
    threshold, centres = _found(observation.total["counts"], info.dtype, params)
    return SegmentEstimate(thresholds=(threshold,), centres=(centres,) if centres else ())


def _range_estimate(observation: Observation, info: VolumeInfo, params: SegmentParams) -> SegmentEstimate:
    if params.dynamic_range > 0:
        return SegmentEstimate(dynamic_range=params.dynamic_range)
    histogram = histogram_of(observation.total["counts"], info.dtype)
    half = (histogram.quantile(0.999) - histogram.quantile(0.001)) / 2
    if half <= 0:
        raise VoxelError(
            "segment: the values of the stack span no range, so there is no contrast for local thresholds",
            got=f"99.8 % of the values are {histogram.quantile(0.5):g}",
            remedy="type in the range R or use method threshold",
        )
    return SegmentEstimate(dynamic_range=half)


def _slice_estimate(observation: Observation) -> SegmentEstimate:
    thresholds = observation.per_slice["threshold"]
    centres = observation.per_slice["centres"]
    known = np.isfinite(thresholds)
    if not known.any():
        raise VoxelError(
            "segment: no slice has enough different grey values for a threshold",
            got=f"{len(thresholds)} blank slices",
            remedy="use method threshold with a typed-in value",
        )
    filled = np.where(known, thresholds, np.median(thresholds[known]))
    full = (
        np.where(known[:, None], centres, np.median(centres[known], axis=0)) if centres.size else centres[:0]
    )
    return SegmentEstimate(
        thresholds=tuple(filled.tolist()),
        centres=tuple(tuple(row) for row in full.tolist()),
        flagged=tuple(np.flatnonzero(~known).tolist()),
    )


def _apply(block: Block, params: SegmentParams, estimate: SegmentEstimate | None) -> Array:
    if estimate is None:
        raise ValueError("segment needs its estimate")
    result = np.empty(block.data.shape, dtype=np.uint8)
    for place, number in enumerate(block.numbers):
        require_finite(block.data[place], number, NAME)
        if params.method == "sauvola":
            result[place] = _local(block.data[place], params, estimate)
        else:
            result[place] = brighter(block.data[place], _threshold_of(estimate, number, block.info.shape[0]))
    return result


def _local(plane: Array, params: SegmentParams, estimate: SegmentEstimate) -> Array:
    if estimate.dynamic_range is None:
        raise ParameterError(
            "segment: the estimate lacks the range R that method sauvola needs", expected="> 0"
        )
    bright = sauvola(
        plane,
        smoothing_px=params.smoothing_px,
        window_px=params.window_px,
        k=params.k,
        dynamic_range=estimate.dynamic_range,
    )
    return as_binary(bright)


def _threshold_of(estimate: SegmentEstimate, number: int, slices: int) -> float:
    given = len(estimate.thresholds)
    if given not in (1, slices):
        raise ParameterError(
            "segment: the thresholds do not fit the stack", expected=f"1 or {slices} of them", got=given
        )
    return estimate.thresholds[0 if given == 1 else number]


def _output(info: VolumeInfo, params: SegmentParams) -> VolumeInfo:
    if params.method != "threshold":  # a typed-in one depends on no other voxel
        require_whole(info, NAME)
    return require_grey(info, NAME).with_(dtype=np.dtype(np.uint8), content="binary")


SEGMENT = Step(
    name=NAME,
    version=1,
    label="Segment",
    stage=Stage.SEGMENT,
    summary="Tell solid (255) from pore (0) by a typed-in, Otsu, k-means or local threshold.",
    params=SegmentParams,
    apply=_apply,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=SegmentEstimate,
    observes=_observes,
    bytes_per_pixel=36,
    reference=(
        "Otsu 1979, doi 10.1109/TSMC.1979.4310076; exact one-dimensional k-means, Wang and Song 2011, "
        "doi 10.32614/RJ-2011-015; Sauvola and Pietikäinen 2000, doi 10.1016/S0031-3203(99)00055-2"
    ),
)
