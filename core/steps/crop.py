"""Keep a box of the stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.align.footprint import shifted, simplified
from core.align.warp import Warp, shift_matrix
from core.block import Block
from core.errors import ParameterError
from core.params import Params, param
from core.step import Estimate, Stage, Step
from core.volume import Array, VolumeInfo


class CropParams(Params):
    """The box that stays; each range counts from 0, its end is the first one cut off, 0 = to the end."""

    z_start: int = param(0, ge=0, label="First slice", unit="slices", description="First slice that stays.")
    z_stop: int = param(
        0,
        ge=0,
        label="Stop before slice",
        unit="slices",
        description="First slice cut off again; 0 = to the end.",
    )
    y_start: int = param(0, ge=0, label="First row", unit="px", description="Topmost row that stays.")
    y_stop: int = param(
        0, ge=0, label="Stop before row", unit="px", description="First row cut off again; 0 = to the end."
    )
    x_start: int = param(0, ge=0, label="First column", unit="px", description="Leftmost column that stays.")
    x_stop: int = param(
        0,
        ge=0,
        label="Stop before column",
        unit="px",
        description="First column cut off again; 0 = to the end.",
    )


def kept_range(start: int, stop: int, length: int, *, what: str) -> range:
    """Range from `start` to before `stop` (0 = the end) within ``0..length``.

    Raises
    ------
    ParameterError
        If it is empty or leaves the image.
    """
    end = stop or length
    if not start < end <= length:
        raise ParameterError(
            f"crop: the range of {what}s {start} to {stop or 'the end'} does not lie within the input",
            expected=f"0 <= start < stop <= {length} (or stop = 0: to the end)",
            got=(start, stop),
        )
    return range(start, end)


def kept_info(info: VolumeInfo, rows: range, columns: range) -> VolumeInfo:
    """Describe what stays of every slice."""
    shape = (len(rows), len(columns))
    seen = info.footprint
    if seen is not None:
        seen = simplified([shifted(area, -rows.start, -columns.start) for area in seen], shape)
    return info.with_(shape=(info.shape[0], *shape), footprint=seen)


def kept_warp(info: VolumeInfo, rows: range, columns: range) -> Warp:
    """The same cut as a move, to follow another one."""
    matrix = shift_matrix(-rows.start, -columns.start)
    return Warp(np.tile(matrix, (info.shape[0], 1, 1)), (len(rows), len(columns)))


def kept_part(block: Block, rows: range, columns: range) -> Array:
    """Voxels of what stays."""
    cut: Array = block.data[:, rows.start : rows.stop, columns.start : columns.stop].copy()
    return cut


def _slices(info: VolumeInfo, params: CropParams) -> Sequence[int]:
    return kept_range(params.z_start, params.z_stop, info.shape[0], what="slice")


def _box(info: VolumeInfo, params: CropParams) -> tuple[range, range]:
    rows = kept_range(params.y_start, params.y_stop, info.shape[1], what="row")
    columns = kept_range(params.x_start, params.x_stop, info.shape[2], what="column")
    return rows, columns


def _output(info: VolumeInfo, params: CropParams) -> VolumeInfo:
    return kept_info(info, *_box(info, params))


def _warp(info: VolumeInfo, params: CropParams, _estimate: Estimate | None) -> Warp:
    return kept_warp(info, *_box(info, params))


def _apply(block: Block, params: CropParams, _estimate: Estimate | None) -> Array:
    return kept_part(block, *_box(block.info, params))


CROP = Step(
    name="crop",
    version=1,
    label="Crop",
    stage=Stage.IMPORT,
    summary="Keep a box of the stack: a range of slices, rows and columns.",
    params=CropParams,
    apply=_apply,
    warp=_warp,
    select=_slices,
    output=_output,
    stored=False,
    bytes_per_pixel=1,
)
