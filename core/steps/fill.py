"""Fill the planes between measured slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.block import Block
from core.errors import ParameterError, TruesliceError, VoxelError
from core.job import Job
from core.rebuild.blend import blend_into, blend_phases_into
from core.rebuild.fill_params import FillParams
from core.rebuild.gaps import Gaps, solid_value, two_valued
from core.rebuild.holes import without_small_holes
from core.rebuild.network import network_into
from core.rebuild.network_choice import (
    filling_model,
    filling_of,
    fit_notes,
    makes_grey,
    planes_between,
    require_grey,
)
from core.rebuild.network_grey import network_grey_into
from core.rebuild.results import FillEstimate
from core.rebuild.signed import fitting_cap, shape_into
from core.rebuild.weights import BYTE_TAIL, TAIL, Row
from core.step import Room, Stage, Step
from core.steps.voxels import require_finite
from core.volume import Array, Origin, Volume, VolumeInfo

NAME = "fill"
_SEGMENT_FIRST = (
    "segment the stack before it is repositioned, or use --method linear, cubic-spline or model:fill-grey"
)


def _settled(params: FillParams, info: VolumeInfo, solid: float | None) -> FillParams:
    """The parameters with the method that is meant."""
    if params.method != "auto":
        return params
    measured = info.shape[0] if info.origin is None else info.shape[0] - info.origin.count(Origin.GAP)
    if info.content == "labels" or measured < 2:
        method = "nearest"
    else:
        method = "cubic-spline" if solid is None else "signed-distance"
    return params.model_copy(update={"method": method})


def _gaps(info: VolumeInfo, params: FillParams) -> Gaps:
    """What is to be filled; refuses what the method cannot fill."""
    if info.content == "labels" and params.method != "nearest":
        raise ParameterError(
            f"fill: numbers of labels cannot be interpolated by {params.method}",
            expected="grey or binary voxels",
            got="labels",
            remedy="use --method nearest, or fill before the labelling",
        )
    if params.model:
        filling_model(params.model)  # refuses what is no such model, before anything is read
    gaps = Gaps.of(info)
    if gaps.count == 0:
        return gaps
    if info.footprint is not None:
        raise ParameterError(
            "fill: slices do not cover the same area, and what lies outside would leak into filled planes",
            expected="slices that are measured everywhere",
            remedy="crop to the common area: register with the canvas that shrinks to it, or a crop step",
        )
    least = 1 if params.method == "nearest" else 2
    if len(gaps.known) < least:
        raise ParameterError(
            f"fill: {params.method} needs measured planes",
            expected=f"at least {least}",
            got=len(gaps.known),
            remedy="use --method nearest" if len(gaps.known) else "load the stack that was measured",
        )
    return gaps


def _survey(volume: Volume, params: FillParams, job: Job, _room: Room | None = None) -> FillEstimate:
    gaps = _gaps(volume.info, _settled(params, volume.info, None))
    if gaps.count == 0:
        note = "No plane is a gap, so nothing was filled; reposition makes gaps where slices are uneven."
        return FillEstimate(measured=len(gaps.known), notes=(note,))
    solid = _solid(volume, gaps, params, job)
    params = _settled(params, volume.info, solid)
    cap_px: float | None = None
    fit: tuple[str, ...] = ()
    if params.method == "signed-distance":
        seen = job.track(gaps.sample(volume), min(24, len(gaps.known)), "Looking at distances")
        cap_px = params.cap_px or fitting_cap(plane > 0 for _, plane in seen)
    elif params.model:
        fit = fit_notes(filling_model(params.model), volume.info, gaps, force=params.force)
    notes = [
        f"{gaps.count} of {len(gaps.z)} planes were filled in by {params.method}; the widest gap is "
        f"{gaps.widest} planes.",
        *fit,
    ]
    if solid is not None and volume.info.content != "binary":
        notes.append(f"The voxels hold 0 and {solid:g} only and were taken for two phases.")
    if gaps.outside:
        notes.append(f"{gaps.outside} planes beyond the outermost measured ones repeat these.")
    return FillEstimate(
        measured=len(gaps.known),
        filled=gaps.count,
        widest_gap=gaps.widest,
        solid=solid,
        cap_px=cap_px,
        notes=tuple(notes),
    )


def _solid(volume: Volume, gaps: Gaps, params: FillParams, job: Job) -> float | None:
    """Value of the solid, None for grey values."""
    plain = params.method == "nearest" or params.voxels == "grey"
    if plain or volume.info.content == "labels":
        solid = None
    elif volume.info.content == "binary":
        solid = 255.0
    else:
        seen = job.track(gaps.sample(volume), min(24, len(gaps.known)), "Looking at voxels")
        solid = solid_value(plane for _, plane in seen)
    by_grey = bool(params.model) and makes_grey(filling_model(params.model))
    if by_grey:
        require_grey(params.method, volume.info, solid)
    asked = (params.by_shapes and not by_grey) or params.voxels == "two-phases"
    if solid is None and asked and params.method != "nearest":
        raise VoxelError(
            f"fill: {params.method} of two phases needs voxels that are solid or pore",
            expected="two values, pore 0",
            got="grey values" if params.voxels != "grey" else "voxels stated to be grey values",
            remedy="use --voxels auto or grey" if by_grey else _SEGMENT_FIRST,
        )
    return solid


def _output(info: VolumeInfo, params: FillParams) -> VolumeInfo:
    params = _settled(params, info, None)
    if _gaps(info, params).count == 0 or info.origin is None:
        return info
    made = int(Origin.INPAINTED if params.model else Origin.INTERPOLATED)
    filled = tuple(made if value == Origin.GAP else value for value in info.origin)
    return info.with_(origin=filled)


def _refine(info: VolumeInfo, params: FillParams, estimate: FillEstimate) -> VolumeInfo:
    result = _output(info, params)
    if estimate.solid == 255 and info.dtype == np.uint8 and info.content == "grey":
        return result.with_(content="binary")
    return result


def _gather(
    info: VolumeInfo, params: FillParams, estimate: FillEstimate | None, wanted: range
) -> Sequence[int]:
    params = _settled(params, info, None if estimate is None else estimate.solid)
    gaps = _gaps(info, params)
    if gaps.count == 0:
        return wanted
    needed: list[Any] = list(_rows(gaps, wanted, info, params))
    if params.model:
        needed += planes_between(info, gaps, wanted, _tail(info))
    indices: list[int] = gaps.needed(needed).tolist()
    return indices


def _rows(gaps: Gaps, wanted: Sequence[int], info: VolumeInfo, params: FillParams) -> list[Row]:
    return gaps.rows(wanted, params.kind, _tail(info))


def _tail(info: VolumeInfo) -> float:
    return BYTE_TAIL if info.dtype.itemsize == 1 else TAIL


def _halo(params: FillParams) -> int:
    reach = {"nearest": 1, "linear": 1, "signed-distance": 4}
    return reach.get(params.method, 4 if params.model else 12)


def _apply(block: Block, params: FillParams, estimate: FillEstimate | None) -> Array:
    if estimate is None:
        raise ValueError("fill needs its estimate")
    params = _settled(params, block.info, estimate.solid)
    gaps = _gaps(block.info, params)
    if gaps.count == 0:
        return block.data
    for number, plane in zip(block.planes, block.data, strict=True):
        require_finite(plane, number, NAME)
        if estimate.solid is not None and not two_valued(plane, estimate.solid):
            raise VoxelError(
                f"fill: slice {number} is not of two phases",
                expected=f"the values 0 and {estimate.solid:g}",
                remedy=f"state --voxels grey if these are grey values; else {_SEGMENT_FIRST}",
            )
    result = np.empty((len(block.wanted), *block.data.shape[1:]), dtype=block.data.dtype)
    for place, number in enumerate(block.planes):
        if number in block.wanted:
            result[number - block.wanted.start] = block.data[place]  # bit for bit what was measured
    empty = [plane for plane in block.wanted if not gaps.there[plane]]
    if empty:
        first_knot = int(np.searchsorted(gaps.known, block.planes[0]))
        places = [plane - block.wanted.start for plane in empty]
        if params.model:
            _inpaint(result, places, empty, block, gaps, params, estimate)
            return result
        rows = _rows(gaps, empty, block.info, params)
        _fill(result, places, block.data, rows, first_knot, params, estimate)
    return result


def _fill(
    result: Array,
    places: Sequence[int],
    data: Array,
    rows: Sequence[Row],
    first_knot: int,
    params: FillParams,
    estimate: FillEstimate,
) -> None:
    """Fill some planes of the result in place."""
    if params.method == "nearest":
        for place, row in zip(places, rows, strict=True):
            result[place] = data[row.first - first_knot]
    elif params.method == "signed-distance":
        if estimate.cap_px is None or estimate.solid is None:
            raise ParameterError(
                "fill: the estimate lacks the greatest distance or the value of the solid",
                expected="cap_px and solid, both above 0",
                got=(estimate.cap_px, estimate.solid),
            )
        distances = {"cap_px": estimate.cap_px, "smoothing_px": params.smoothing_px}
        shape_into(result, places, data, rows, first_knot, estimate.solid, **distances)
    elif estimate.solid is None:
        blend_into(result, places, data, rows, first_knot)
    else:
        blend_phases_into(result, places, data, rows, first_knot, estimate.solid)
        if params.method == "cubic-spline" and params.hole_px > 1:
            for place in places:
                result[place][without_small_holes(result[place] > 0, params.hole_px)] = estimate.solid


def _inpaint(
    result: Array,
    places: Sequence[int],
    empty: Sequence[int],
    block: Block,
    gaps: Gaps,
    params: FillParams,
    estimate: FillEstimate,
) -> None:
    """Fill some planes of the result in place by a network."""
    model = filling_model(params.model)
    made_from = planes_between(block.info, gaps, empty, _tail(block.info))
    first_knot = int(np.searchsorted(gaps.known, block.planes[0]))
    network = filling_of(model, len(gaps.z), block.job)
    if makes_grey(model):
        network_grey_into(result, places, block.data, made_from, first_knot, network=network)
        return
    if estimate.solid is None:
        raise ParameterError("fill: the estimate lacks the value of the solid", expected="above 0")
    network_into(result, places, block.data, made_from, first_knot, estimate.solid, network=network)


def _identity(params: FillParams) -> Mapping[str, Any]:
    from core.models.memory import fingerprint

    try:
        return {"model": fingerprint(params.model)} if params.model else {}
    except TruesliceError:  # `output` says what is wrong
        return {}


FILL = Step(
    name=NAME,
    version=1,
    label="Fill",
    stage=Stage.REBUILD,
    summary="Fill the planes between repositioned slices; measured slices stay as they are.",
    params=FillParams,
    apply=_apply,
    halo=_halo,
    output=_output,
    refine=_refine,
    gather=_gather,
    survey=_survey,
    estimate_type=FillEstimate,
    identity=_identity,
    model=lambda params: params.model,
    bytes_per_pixel=16,
    reference=(
        "Shape-based interpolation, Raya and Udupa 1990, doi 10.1109/42.52980; Herman et al. 1992, doi "
        "10.1109/38.135915; cubic spline and holes as in article II of the thesis"
    ),
)

__all__ = ["FILL", "FillEstimate", "FillParams"]
