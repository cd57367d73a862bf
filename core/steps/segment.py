"""Solid and pore from grey values, by a threshold or by a network."""

from __future__ import annotations

import numpy as np

from core.align.footprint import require_whole
from core.block import Block, Observation
from core.errors import ParameterError, VoxelError
from core.models.choice import ProbabilityParams
from core.models.uncertainty import entropy_bits
from core.params import Params
from core.segment.histogram import counted, histogram_of
from core.segment.params import UNSURE, SegmentEstimate, SegmentParams
from core.segment.sauvola import sauvola
from core.segment.thresholds import as_binary, brighter, brightest_cluster, kmeans, otsu
from core.step import Stage, Step
from core.steps.voxels import inner_planes, require_finite, require_grey
from core.volume import Array, VolumeInfo

NAME = "segment"
PROBABILITY = "probability"


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
    if params.method in ("otsu", "kmeans") and params.scope == "slice":
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
    if params.model:
        return _network_estimate(observation, info, params)
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


def _network_estimate(observation: Observation, info: VolumeInfo, params: SegmentParams) -> SegmentEstimate:
    histogram = histogram_of(observation.total["counts"], info.dtype)
    whole = float(np.iinfo(info.dtype).max)
    probability = histogram.values / whole
    shares = histogram.counts / histogram.counts.sum()
    unsure = (probability > UNSURE[0]) & (probability < UNSURE[1])
    return SegmentEstimate(
        thresholds=(params.probability * whole,),
        model=params.model,
        mean_entropy_bits=min(1.0, float(entropy_bits(probability) @ shares)),
        unsure_fraction=min(1.0, float(shares[unsure].sum())),
    )


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


def _stands_on(params: SegmentParams) -> tuple[str, Params] | None:
    if not params.model:
        return None
    return PROBABILITY, ProbabilityParams(model=params.model, force=params.force)


def _output(info: VolumeInfo, params: SegmentParams) -> VolumeInfo:
    if params.model and info.content != "probability":
        raise ParameterError(
            "segment: a network's probabilities are needed", expected="probabilities", got=info.content
        )
    if params.method != "threshold":  # a typed-in one depends on no other voxel
        require_whole(info, NAME)
    return require_grey(info, NAME).with_(dtype=np.dtype(np.uint8), content="binary")


SEGMENT = Step(
    name=NAME,
    version=1,
    label="Segment",
    stage=Stage.SEGMENT,
    summary="Tell solid (255) from pore (0) by a threshold (typed-in, Otsu, k-means, local) or a network.",
    params=SegmentParams,
    apply=_apply,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=SegmentEstimate,
    observes=_observes,
    stands_on=_stands_on,
    bytes_per_pixel=36,
    reference=(
        "Otsu 1979, doi 10.1109/TSMC.1979.4310076; exact one-dimensional k-means, Wang and Song 2011, "
        "doi 10.32614/RJ-2011-015; Sauvola and Pietikäinen 2000, doi 10.1016/S0031-3203(99)00055-2"
    ),
)

__all__ = ["SEGMENT", "SegmentEstimate", "SegmentParams"]
