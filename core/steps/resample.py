"""Pixels of another size, so that voxels become cubes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.block import Block
from core.clean.planes import as_type
from core.errors import MissingMetadataError, ParameterError
from core.params import Params, param
from core.rebuild.resampling import Taps, commonest, new_length, resampled, taps
from core.step import Estimate, Stage, Step
from core.steps.voxels import inner_planes
from core.volume import Array, VolumeInfo

NAME = "resample"
_SAME = 1e-9
_LONGEST = 100_000


class ResampleParams(Params):
    """The pixel size of the result."""

    pixel_nm: float | None = param(
        None,
        gt=0,
        le=1e6,
        label="Pixel",
        unit="nm",
        description="Pixel size of the result along y and x; empty = the distance of the slices.",
    )
    finer: Literal["cubic", "linear"] = param(
        "cubic",
        label="Between pixels",
        description="How grey values are interpolated for finer pixels; coarser ones are means over areas.",
        choices={"cubic": "Cubic convolution", "linear": "Linear"},
    )


def _ratios(info: VolumeInfo, params: ResampleParams) -> tuple[float, float, float]:
    """New pixel size in nm, and the same divided by the old ones along y and x."""
    z_nm, y_nm, x_nm = info.voxel_nm
    if y_nm is None or x_nm is None:
        raise MissingMetadataError(
            "resample: the pixel size of the stack is not known",
            got=info.voxel_nm,
            remedy="type it in (window: Import form; command line: --voxel-nm-zyx Z Y X)",
        )
    pixel_nm = params.pixel_nm
    if pixel_nm is None:
        if z_nm is None or info.z_nm is not None:
            raise MissingMetadataError(
                "resample: the slices have no one distance that the pixels could get",
                got="uneven slices" if info.z_nm is not None else "an unknown distance",
                remedy="state the pixel size (--pixel-nm), or put a reposition step before it",
            )
        pixel_nm = z_nm
    return pixel_nm, pixel_nm / y_nm, pixel_nm / x_nm


def _lengths(info: VolumeInfo, ratios: tuple[float, float]) -> tuple[int, int]:
    rows, columns = (new_length(length, ratio) for length, ratio in zip(info.shape[1:], ratios, strict=True))
    if max(rows, columns) > _LONGEST:
        raise ParameterError(
            "resample: the pixels are too fine", expected=f"at most {_LONGEST:,} a side", got=(rows, columns)
        )
    return rows, columns


def _output(info: VolumeInfo, params: ResampleParams) -> VolumeInfo:
    pixel_nm, *ratios = _ratios(info, params)
    y, x = ratios
    footprint = info.footprint
    if footprint is not None:
        footprint = tuple(
            tuple(((row + 0.5) / y - 0.5, (column + 0.5) / x - 0.5) for row, column in corners)
            for corners in footprint
        )
    return info.with_(
        shape=(info.shape[0], *_lengths(info, (y, x))),
        voxel_nm=(info.voxel_nm[0], pixel_nm, pixel_nm),
        footprint=footprint,
    )


def _apply(block: Block, params: ResampleParams, _estimate: Estimate | None) -> Array:
    _, *ratios = _ratios(block.info, params)
    if all(abs(ratio - 1) < _SAME for ratio in ratios):
        return block.data
    exact = not block.info.continuous
    rows, columns = (
        _along(length, ratio, params, exact=exact)
        for length, ratio in zip(block.info.shape[1:], ratios, strict=True)
    )
    shape = (len(block.data), len(rows.index), len(columns.index))
    result = np.zeros(shape, dtype=block.data.dtype)
    for number, plane in inner_planes(block, NAME):
        if exact:
            result[number - block.first] = commonest(plane, rows, columns)
        else:
            result[number - block.first] = as_type(resampled(plane, rows, columns), plane.dtype)
    return result


def _along(length: int, ratio: float, params: ResampleParams, *, exact: bool) -> Taps:
    if not exact or ratio >= 1:
        return taps(length, ratio, params.finer)
    # Of two phases and labels the nearest pixel counts alone.
    near = taps(length, ratio, "linear")
    first = near.weight[:, 0] >= near.weight[:, 1]
    index = np.where(first, near.index[:, 0], near.index[:, 1])
    return Taps(index[:, None], np.ones((len(index), 1)), length)


RESAMPLE = Step(
    name=NAME,
    version=1,
    label="Resample",
    stage=Stage.REBUILD,
    summary="Give pixels another size within the slices, so that voxels become cubes.",
    params=ResampleParams,
    apply=_apply,
    output=_output,
    bytes_per_pixel=48,
    reference="Means over areas; cubic convolution, Keys 1981, doi 10.1109/TASSP.1981.1163711",
)

__all__ = ["RESAMPLE", "ResampleParams"]
