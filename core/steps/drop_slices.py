"""Leave single slices out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import field_validator

from core.align.warp import Warp
from core.block import Block
from core.errors import ParameterError
from core.params import Params, param
from core.slice_list import numbers_of
from core.step import Estimate, Stage, Step
from core.volume import Array, VolumeInfo


class DropSlicesParams(Params):
    """Which slices go."""

    slices: str = param(
        "",
        label="Slices",
        description="Indices counted from 0 as in the slice view, for example 3, 7-9; empty = none.",
    )

    @field_validator("slices")
    @classmethod
    def _readable(cls, value: str) -> str:
        numbers_of(value)
        return value


def _kept(info: VolumeInfo, params: DropSlicesParams) -> Sequence[int]:
    dropped = numbers_of(params.slices)
    count = info.shape[0]
    beyond = sorted(number for number in dropped if number >= count)
    if beyond:
        raise ParameterError(
            "drop-slices: there are no such slices", expected=f"0-{count - 1}", got=beyond[:10]
        )
    if len(dropped) == count:
        raise ParameterError("drop-slices: no slice would be left", expected=f"fewer than {count} dropped")
    return [index for index in range(count) if index not in dropped]


def _apply(block: Block, _params: DropSlicesParams, _estimate: Estimate | None) -> Array:
    return block.data


def _warp(info: VolumeInfo, _params: DropSlicesParams, _estimate: Estimate | None) -> Warp:
    return Warp(np.tile(np.eye(3), (info.shape[0], 1, 1)), info.shape[1:])


DROP_SLICES = Step(
    name="drop-slices",
    version=1,
    label="Drop slices",
    stage=Stage.IMPORT,
    summary="Leave out slices that are blank or spoilt; the others keep their distances along z.",
    params=DropSlicesParams,
    apply=_apply,
    warp=_warp,
    select=_kept,
    stored=False,
    bytes_per_pixel=1,
)
