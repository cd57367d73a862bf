"""Bring the slices of a stack into register."""

from __future__ import annotations

from collections.abc import Mapping

from core.align.moves import moved_info, require_one_per_slice, shared_boxes, warp_of
from core.align.params import RegisterParams
from core.align.results import RegisterEstimate
from core.align.warp import Warp
from core.errors import ParameterError
from core.job import Job
from core.step import Room, Stage, Step
from core.steps.voxels import require_grey
from core.volume import Volume, VolumeInfo

NAME = "register"


def _joint(
    volumes: Mapping[str, Volume], params: RegisterParams, job: Job, room: Room | None
) -> Mapping[str, RegisterEstimate]:
    from core.align.registering import registered  # every command starts sooner without it

    if params.from_channel:
        if params.from_channel not in volumes:
            raise ParameterError(
                "register: there is no such channel", expected=", ".join(volumes), got=params.from_channel
            )
        one = registered(volumes[params.from_channel], params, job, room)
        return dict.fromkeys(volumes, one)
    found = {name: registered(volume, params, job, room) for name, volume in volumes.items()}
    if len(found) == 1:
        return found
    boxes = shared_boxes(list(found.values()), [volume.info.shape[1:] for volume in volumes.values()])
    return {name: one.model_copy(update={"shared_boxes": boxes}) for name, one in found.items()}


def _warp(info: VolumeInfo, params: RegisterParams, estimate: RegisterEstimate) -> Warp:
    require_one_per_slice(estimate.transforms, info)
    return warp_of(
        estimate,
        info.shape[1:],
        trend=params.trend,
        canvas=params.canvas,
        interpolation=params.interpolation,
    )


def _refine(info: VolumeInfo, params: RegisterParams, estimate: RegisterEstimate) -> VolumeInfo:
    return moved_info(info, _warp(info, params, estimate))


def _output(info: VolumeInfo, params: RegisterParams) -> VolumeInfo:
    if params.reference_slice >= info.shape[0]:
        raise ParameterError(
            "register: there is no such reference slice",
            expected=f"0-{info.shape[0] - 1}",
            got=params.reference_slice,
        )
    return require_grey(info, NAME)


REGISTER = Step(
    name=NAME,
    version=1,
    label="Register",
    stage=Stage.ALIGN,
    summary="Bring the slices of a stack into register, and say of each how well it locked.",
    params=RegisterParams,
    joint=_joint,
    output=_output,
    refine=_refine,
    warp=_warp,
    late=frozenset({"trend", "canvas", "interpolation"}),
    estimate_type=RegisterEstimate,
    stored=False,
    bytes_per_pixel=64,
    reference=(
        "Article III, 2.1.1: translation that maximises the correlation. Enhanced correlation: Evangelidis "
        "and Psarakis 2008, doi 10.1109/TPAMI.2008.113"
    ),
)

__all__ = ["REGISTER", "RegisterEstimate", "RegisterParams"]
