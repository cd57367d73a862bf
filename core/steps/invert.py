"""Exchange bright and dark."""

from __future__ import annotations

import numpy as np

from core.block import Block
from core.params import Params
from core.step import Estimate, Stage, Step
from core.steps.voxels import require_grey
from core.volume import Array, VolumeInfo


class InvertParams(Params):
    """No parameters."""


def inverted(data: Array, *, binary: bool = False) -> Array:
    """Exchange bright and dark without losing a value; twice gives the input again.

    Parameters
    ----------
    data : ndarray, any shape
        Whole numbers are mirrored within the range of their type (8 bits: 255 - value), floating-point
        numbers change their sign, since their range is not known.
    binary : bool
        The values are 0 and 255, whatever the type could hold.
    """
    if binary:
        return (255 - data.astype(np.int64)).astype(data.dtype)
    if np.issubdtype(data.dtype, np.integer):
        # In two's complement ~v is min + max - v for every whole-number type.
        return np.invert(data)
    return np.negative(data)


def _output(info: VolumeInfo, _params: InvertParams) -> VolumeInfo:
    return require_grey(info, "invert")


def _apply(block: Block, _params: InvertParams, _estimate: Estimate | None) -> Array:
    return inverted(block.data, binary=block.info.content == "binary" and block.data.dtype != np.uint8)


INVERT = Step(
    name="invert",
    version=1,
    label="Invert",
    stage=Stage.CLEAN,
    summary=(
        "Exchange bright and dark: whole numbers are mirrored within the range of their type "
        "(255 - value for 8 bits), floating-point numbers change their sign."
    ),
    params=InvertParams,
    apply=_apply,
    output=_output,
    stored=False,
    bytes_per_pixel=1,
)
