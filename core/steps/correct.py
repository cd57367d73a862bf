"""A segmentation with what was corrected by hand."""

from __future__ import annotations

from core.block import Block, Observation
from core.errors import ParameterError
from core.labels.corrections import CorrectEstimate, corrected
from core.params import Params
from core.step import Stage, Step
from core.volume import Array, VolumeInfo

NAME = "correct"


class CorrectParams(Params):
    """No parameters: what is corrected is the user's own value of what is found."""


def _nothing(_observation: Observation, _info: VolumeInfo, _params: CorrectParams) -> CorrectEstimate:
    return CorrectEstimate()


def _output(info: VolumeInfo, _params: CorrectParams) -> VolumeInfo:
    if info.content != "binary":
        raise ParameterError(
            "correct: only solid and pore can be corrected by hand",
            expected="a segmentation",
            got=info.content,
            remedy="put the step after Segment",
        )
    return info


def _apply(block: Block, _params: CorrectParams, estimate: CorrectEstimate | None) -> Array:
    there = block.real or block
    if estimate is None or not estimate.slices:
        return block.data.copy()
    if estimate.shape != there.info.shape:
        raise ParameterError(
            "correct: the corrections are of another stack",
            expected=there.info.shape,
            got=estimate.shape,
            remedy="paint them again, or take the step out",
        )
    by_slice = {one.index: one for one in estimate.slices}
    result = block.data.copy()
    for place, number in enumerate(there.numbers):
        if number in by_slice:
            result[place] = corrected(result[place], by_slice[number])
    return result


CORRECT = Step(
    name=NAME,
    version=1,
    label="Correct",
    stage=Stage.SEGMENT,
    summary="Replace the voxels of a segmentation that were corrected by hand; says how many these are.",
    params=CorrectParams,
    apply=_apply,
    output=_output,
    estimate=_nothing,
    estimate_type=CorrectEstimate,
    observes=lambda _params: False,
    stored=False,
    bytes_per_pixel=2,
)

__all__ = ["CORRECT", "CorrectEstimate", "CorrectParams"]
