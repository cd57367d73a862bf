"""All channels onto one of them: corresponding slices show the same face."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.align.channels import register_channels
from core.align.moves import rows_of
from core.align.options import AlignOptions
from core.align.params import RegisterChannelsParams
from core.align.results import ChannelMoves, RegisterChannelsEstimate
from core.boxes import boxes_of
from core.errors import ParameterError
from core.job import Job
from core.step import Room
from core.volume import Volume

_SAME_PIXEL = 1e-4


def between_channels(
    volumes: Mapping[str, Volume], params: RegisterChannelsParams, job: Job, room: Room | None = None
) -> RegisterChannelsEstimate:
    """Register every channel with the reference channel.

    Raises
    ------
    ParameterError
        If there is only one channel, no such reference, or the channels are not of the same slices.
    """
    reference = _reference(volumes, params)
    fixed = volumes[reference]
    count = fixed.info.shape[0]
    moves = [
        ChannelMoves(
            channel=reference,
            shape_yx=fixed.info.shape[1:],
            transforms=rows_of(np.tile(np.eye(3), (count, 1, 1))),
            confidence=(1.0,) * count,
        )
    ]
    notes = []
    for name, volume in volumes.items():
        if name != reference:
            one, said = _moves(name, volume, fixed, params, job, room)
            moves.append(one)
            notes += [f"{name}: {note}" for note in said]
    return RegisterChannelsEstimate(reference=reference, moves=tuple(moves), notes=tuple(notes))


def _reference(volumes: Mapping[str, Volume], params: RegisterChannelsParams) -> str:
    if len(volumes) < 2:
        raise ParameterError(
            "register-channels needs several channels",
            got=", ".join(volumes) or "one",
            remedy="add the channels as --input 1kV=PATH 2kV=PATH, or leave the step out",
        )
    reference = params.reference_channel or next(iter(volumes))
    if reference not in volumes:
        raise ParameterError(
            "register-channels: there is no such channel", expected=", ".join(volumes), got=reference
        )
    infos = {name: volume.info for name, volume in volumes.items()}
    slices = {name: (info.shape[0], info.slice_numbers) for name, info in infos.items()}
    if len(set(slices.values())) > 1:
        counts = ", ".join(f"{name}: {info.shape[0]}" for name, info in infos.items())
        raise ParameterError(
            "the channels are not of the same slices",
            expected="the same slice numbers in each",
            got=counts,
            remedy="drop the slices that are not in all channels",
        )
    pixels = [info.voxel_nm[1:] for info in infos.values()]
    if not all(_alike(one, pixels[0]) for one in pixels):
        raise ParameterError(
            "the channels have different pixel sizes",
            expected="one pixel size",
            got=", ".join(f"{name}: {info.voxel_nm[1:]} nm" for name, info in infos.items()),
            remedy="state the size where it is unknown (--voxel-nm-zyx), or bring them to one with resample",
        )
    return reference


def _alike(one: tuple[float | None, ...], other: tuple[float | None, ...]) -> bool:
    """Whether pixel sizes are the same up to the rounding of file formats, or both unknown."""
    return all(
        a == b or (a is not None and b is not None and abs(a - b) <= _SAME_PIXEL * b)
        for a, b in zip(one, other, strict=True)
    )


def _moves(
    name: str, volume: Volume, fixed: Volume, params: RegisterChannelsParams, job: Job, room: Room | None
) -> tuple[ChannelMoves, tuple[str, ...]]:
    options = AlignOptions(
        model=params.transform, region=boxes_of(params.region), exclude=boxes_of(params.exclude)
    )
    found = register_channels(fixed, volume, options, job, room, follow=params.follow)
    notes = list(found.notes)
    if found.flagged:
        count = len(found.flagged)
        notes.append(f"{count} of {volume.info.shape[0]} slices did not lock and follow their neighbours.")
    moves = ChannelMoves(
        channel=name,
        shape_yx=volume.info.shape[1:],
        transforms=rows_of(found.matrices),
        confidence=tuple(float(value) for value in found.confidence),
        flagged=tuple(int(number) for number in found.flagged),
        correlation=tuple(float(value) for value in found.correlation),
    )
    return moves, tuple(notes)
