"""Take smooth shading away."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from core.block import Block, Observation
from core.clean.planes import as_float, as_type, working_type
from core.clean.shading import fit_surface, shading_field, terms, tile_levels
from core.errors import ParameterError, VoxelError
from core.params import Params, param
from core.step import Estimate, Stage, Step
from core.steps.voxels import as_grey, inner_planes, room_for_result
from core.volume import Array, VolumeInfo

NAME = "flatten"


class FlattenParams(Params):
    """What the shading does to the image, and how it is found."""

    model: Literal["factor", "offset"] = param(
        "factor",
        label="Shading",
        description="Whether the shading dims the signal (divided by) or adds to it (subtracted).",
        choices={"factor": "Factor on the signal", "offset": "Added to the signal"},
    )
    direction: Literal["both", "y", "x"] = param(
        "both",
        label="Direction",
        description="y alone is the safest choice for a trench that darkens toward its bottom.",
        choices={"both": "Along y and x", "y": "Along y only (down the trench)", "x": "Along x only"},
    )
    order: int = param(
        2,
        ge=1,
        le=6,
        label="Order",
        description="Degree of the surface; higher orders follow more and may take structure for shading.",
    )
    follow: Literal["bright", "mean", "dark"] = param(
        "bright",
        label="Follow",
        description="The level of one phase is safe where the share of solid changes across the image.",
        choices={"bright": "The bright phase", "mean": "The mean brightness", "dark": "The dark phase"},
    )
    scope: Literal["stack", "slice"] = param(
        "stack",
        label="Shading of",
        description="One shading for the whole stack is safer; one per slice follows a deepening trench.",
        choices={"stack": "the whole stack", "slice": "each slice"},
    )
    black_grey: float = param(
        0.0,
        label="Black level",
        unit="grey",
        advanced=True,
        description="Grey value of no signal, which the factor leaves as it is.",
        visible_when={"model": ["factor"]},
    )


class FlattenEstimate(Estimate):
    """The shading: coefficients of products of Legendre polynomials over the image."""

    coefficients: tuple[tuple[float, ...], ...] = Field(
        title="Coefficients",
        description="One row for the stack or one per slice; of the logarithm of a factor, else in grey.",
    )
    degrees: tuple[tuple[int, int], ...] = Field(
        title="Degrees", description="Degrees along y and x of the term that each coefficient belongs to."
    )
    flagged: tuple[int, ...] = Field(
        (), title="Slices without a shading of their own", description="They use the median of the others."
    )


def _observe(block: Block, params: FlattenParams) -> Observation:
    levels = [tile_levels(plane, params.follow) for _, plane in inner_planes(block, NAME)]
    return Observation(per_slice={"levels": np.array(levels)})


def _relative(levels: Array, params: FlattenParams) -> Array:
    """Tile levels without the brightness of the slice itself; NaN where a factor cannot be told."""
    if params.model == "offset":
        return levels - np.median(levels, axis=(1, 2), keepdims=True)
    signal = levels - params.black_grey
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.where(signal > 0, np.log(signal), np.nan)
    usable = np.isfinite(logarithms).mean(axis=(1, 2)) > 0.5
    logarithms[~usable] = np.nan
    logarithms[usable] -= np.nanmedian(logarithms[usable], axis=(1, 2), keepdims=True)
    return logarithms


def _estimate(observation: Observation, info: VolumeInfo, params: FlattenParams) -> FlattenEstimate:
    relative = _relative(observation.per_slice["levels"], params)
    usable = np.isfinite(relative).any(axis=(1, 2))
    if not usable.any():
        raise VoxelError(
            "flatten: no slice is brighter than the black level, so its shading cannot be told",
            expected=f"grey values above {params.black_grey:g}",
            remedy="correct the black level, or use the additive model",
        )
    degrees = terms(params.order, params.direction)
    shape = info.shape[1:]
    if params.scope == "stack":
        rows = [fit_surface(_middle(relative[usable]), shape, degrees)]
        return FlattenEstimate(coefficients=_table(rows), degrees=degrees)
    fits = {int(place): fit_surface(relative[place], shape, degrees) for place in np.flatnonzero(usable)}
    usual = np.median(list(fits.values()), axis=0)
    rows = [fits.get(place, usual) for place in range(len(relative))]
    flagged = tuple(np.flatnonzero(~usable).tolist())
    return FlattenEstimate(coefficients=_table(rows), degrees=degrees, flagged=flagged)


def _middle(relative: Array) -> Array:
    """Median over the slices, tile by tile; NaN for a tile that no slice knows."""
    known = np.isfinite(relative).any(axis=0)
    middle = np.full(known.shape, np.nan)
    middle[known] = np.nanmedian(relative[:, known], axis=0)
    return middle


def _table(rows: list[Array]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row.tolist()) for row in rows)


def _apply(block: Block, params: FlattenParams, estimate: FlattenEstimate | None) -> Array:
    if estimate is None:
        raise ValueError("flatten needs its estimate")
    _check(estimate, block.info.shape[0])
    dtype = working_type(block.data.dtype)
    result = room_for_result(block)
    used, field = -1, np.empty(0)
    for number, plane in inner_planes(block, NAME):
        row = 0 if len(estimate.coefficients) == 1 else number
        if row != used:
            used, field = row, _field(estimate, row, plane, params, dtype)
        values = as_float(plane)
        if params.model == "factor":
            black = dtype.type(params.black_grey)
            values -= black
            values /= field
            values += black
        else:
            values -= field
        result[number - block.first] = as_type(values, plane.dtype)
    return result


def _field(
    estimate: FlattenEstimate, row: int, plane: Array, params: FlattenParams, dtype: np.dtype[np.generic]
) -> Array:
    rows, columns = plane.shape
    return shading_field(
        estimate.coefficients[row],
        estimate.degrees,
        (rows, columns),
        factor=params.model == "factor",
        dtype=dtype,
    )


def _check(estimate: FlattenEstimate, slices: int) -> None:
    given = len(estimate.coefficients)
    wrong = [len(row) for row in estimate.coefficients if len(row) != len(estimate.degrees)]
    if given not in (1, slices) or wrong:
        raise ParameterError(
            "flatten: the coefficients do not fit the stack",
            expected=f"1 or {slices} rows of {len(estimate.degrees)}",
            got=f"{given} rows" + (f", one of {wrong[0]}" if wrong else ""),
        )


def _output(info: VolumeInfo, _params: FlattenParams) -> VolumeInfo:
    return as_grey(info, NAME)


FLATTEN = Step(
    name=NAME,
    version=1,
    label="Flatten",
    stage=Stage.CLEAN,
    summary="Take away smooth shading, such as the darkening toward the bottom of a trench.",
    params=FlattenParams,
    apply=_apply,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=FlattenEstimate,
    bytes_per_pixel=20,
    reference="Robust (Huber) fit of a low-order Legendre surface to percentiles of 8 x 8 tiles",
)
