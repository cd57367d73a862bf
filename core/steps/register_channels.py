"""Bring several channels of the same slices into register with one of them."""

from __future__ import annotations

from collections.abc import Mapping

from core.align.moves import areas_of, moved_info, require_one_per_slice
from core.align.params import RegisterChannelsParams
from core.align.results import RegisterChannelsEstimate
from core.align.warp import Warp, canvas_of, onto, stacked
from core.job import Job
from core.step import Room, Stage, Step
from core.steps.voxels import require_grey
from core.volume import Volume, VolumeInfo

NAME = "register-channels"


def _joint(
    volumes: Mapping[str, Volume], params: RegisterChannelsParams, job: Job, room: Room | None
) -> Mapping[str, RegisterChannelsEstimate]:
    from core.align.between import between_channels  # every command starts sooner without it

    return dict.fromkeys(volumes, between_channels(volumes, params, job, room))


def _warp(info: VolumeInfo, params: RegisterChannelsParams, estimate: RegisterChannelsEstimate) -> Warp:
    own = estimate.moves_of(info.channel)
    reference = estimate.moves_of(estimate.reference)
    require_one_per_slice(own.transforms, info)
    areas = [area for moves in estimate.moves for area in areas_of(stacked(moves.transforms), moves.shape_yx)]
    box = canvas_of(areas, params.canvas, reference.shape_yx)
    return onto(stacked(own.transforms), box, params.interpolation)


def _refine(
    info: VolumeInfo, params: RegisterChannelsParams, estimate: RegisterChannelsEstimate
) -> VolumeInfo:
    return moved_info(info, _warp(info, params, estimate))


def _output(info: VolumeInfo, _params: RegisterChannelsParams) -> VolumeInfo:
    return require_grey(info, NAME)


REGISTER_CHANNELS = Step(
    name=NAME,
    version=1,
    label="Register channels",
    stage=Stage.ALIGN,
    summary="Bring the slices of other voltages or detectors into register with those of one channel.",
    params=RegisterChannelsParams,
    joint=_joint,
    output=_output,
    refine=_refine,
    warp=_warp,
    late=frozenset({"canvas", "interpolation"}),
    estimate_type=RegisterChannelsEstimate,
    stored=False,
    bytes_per_pixel=64,
    reference="Article III, 2.1.1: corresponding slices, with a fiducial that shows no shine-through",
)

__all__ = ["REGISTER_CHANNELS", "RegisterChannelsEstimate", "RegisterChannelsParams"]
