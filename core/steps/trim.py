"""Cut rows and columns off the border of every slice, once they have served: cap layer, ruler, mask."""

from __future__ import annotations

from core.align.warp import Warp
from core.block import Block
from core.errors import ParameterError
from core.params import Params, param
from core.step import Estimate, Stage, Step
from core.steps.crop import kept_info, kept_part, kept_warp
from core.volume import Array, VolumeInfo


class TrimParams(Params):
    """How much is cut off at each side."""

    top_px: int = param(
        0, ge=0, label="Top", unit="px", description="Rows cut off at the top, such as cap layer and ruler."
    )
    bottom_px: int = param(0, ge=0, label="Bottom", unit="px", description="Rows cut off at the bottom.")
    left_px: int = param(0, ge=0, label="Left", unit="px", description="Columns cut off on the left.")
    right_px: int = param(0, ge=0, label="Right", unit="px", description="Columns cut off on the right.")


def _left(length: int, before: int, after: int, *, what: str) -> range:
    if before + after >= length:
        raise ParameterError(
            f"trim: nothing would be left of the {length} {what}",
            expected=f"less than {length} {what} cut off in all",
            got=f"{before} + {after}",
            remedy="cut off less",
        )
    return range(before, length - after)


def _box(info: VolumeInfo, params: TrimParams) -> tuple[range, range]:
    rows = _left(info.shape[1], params.top_px, params.bottom_px, what="rows")
    return rows, _left(info.shape[2], params.left_px, params.right_px, what="columns")


def _output(info: VolumeInfo, params: TrimParams) -> VolumeInfo:
    return kept_info(info, *_box(info, params))


def _warp(info: VolumeInfo, params: TrimParams, _estimate: Estimate | None) -> Warp:
    return kept_warp(info, *_box(info, params))


def _apply(block: Block, params: TrimParams, _estimate: Estimate | None) -> Array:
    return kept_part(block, *_box(block.info, params))


TRIM = Step(
    name="trim",
    version=1,
    label="Trim",
    stage=Stage.CLEAN,
    summary="Cut off rows and columns that are no sample: cap layer and ruler, once they have been measured.",
    params=TrimParams,
    apply=_apply,
    warp=_warp,
    output=_output,
    stored=False,
    bytes_per_pixel=1,
)
