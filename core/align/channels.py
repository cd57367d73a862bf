"""The same slices under two imaging conditions, brought onto each other.

Contrast may differ or be inverted, and the deeper looking channel shows what lies below. A few slices tell
which picture of them locks: the grey values, those of one channel inverted, or the steepness of both. As the
two pictures of a slice are taken one after the other, their shift hardly changes from slice to slice: then
one shift for all, or a smooth curve, is surer than each slice alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from core.align.feed import in_order, pool_of, prepared_slice, room_within, threads_of
from core.align.options import AlignOptions, Model, Picture
from core.align.pair import NOT_FOUND, PairResult, refine
from core.align.prepare import box_mask, field_of
from core.align.search import search
from core.align.trend import slow_part
from core.errors import ParameterError
from core.job import Job
from core.step import Room
from core.volume import Array, Volume

Follow: TypeAlias = Literal["slices", "constant", "smooth"]

SMOOTH_SLICES = 31
_TRIED = 9
_MESSAGE = "matching channels"
_WORDS: dict[Picture, str] = {
    "grey": "the grey values",
    "inverted": "the grey values, those of one channel inverted",
    "gradient": "the steepness of the grey values",
}


@dataclass(frozen=True)
class ChannelResult:
    """How the slices of one channel lie to those of another.

    Attributes
    ----------
    matrices : ndarray of float64, shape (n, 3, 3)
        Moving to fixed, on (x, y, 1) in px, one per slice.
    shifts_px_yx : ndarray of float64, shape (n, 2)
        How far the content of the moving channel lies from that of the fixed one, in the middle of the slice.
    confidence : ndarray of float64, shape (n,)
        0-1, of each slice's own measurement; 0 where it did not lock.
    flagged : tuple of int
        Slices that did not lock; they follow the others.
    correlation : ndarray of float64, shape (n,)
        Of what was matched, filtered, where each slice alone fits best.
    picture : {'grey', 'inverted', 'gradient'}
        What was matched.
    notes : tuple of str
        What the user has to see.
    """

    matrices: Array
    shifts_px_yx: Array
    confidence: Array
    flagged: tuple[int, ...]
    correlation: Array
    picture: Picture
    notes: tuple[str, ...]


def register_channels(
    fixed: Volume,
    moving: Volume,
    options: AlignOptions | None = None,
    job: Job | None = None,
    room: Room | None = None,
    *,
    follow: Follow = "slices",
    smooth_slices: int = SMOOTH_SLICES,
) -> ChannelResult:
    """How the slices of one channel lie to the same slices of another.

    Parameters
    ----------
    fixed, moving : Volume
        Two channels of the same slices.
    options : AlignOptions, optional
        Model, region and filters; `reference` and window do not matter here.
    follow : {'slices', 'constant', 'smooth'}
        Each slice its own transform; one for all, the median; or a smooth curve.
    smooth_slices : int
        Slices over which the curve is smoothed.

    Raises
    ------
    ParameterError
        If the shapes differ, or an option does not fit.
    VoxelError
        If a value is not finite.
    """
    options, job = options or AlignOptions(), job or Job()
    if fixed.info.shape != moving.info.shape:
        raise ParameterError(
            "register-channels: the channels have to be of one shape",
            expected=fixed.info.shape,
            got=moving.info.shape,
            remedy="crop both to the same slices and pixels first",
        )
    count, height, width = fixed.info.shape
    options.check(count, (height, width))
    room = room_within(room, height * width, 4, 4)
    picture = _picture(fixed, moving, options, job, room)
    pairs = _pairs(fixed, moving, range(count), _options(options, picture), job, room)
    locked = np.array([pair.locked for pair in pairs], bool)
    matrices = _followed(pairs, locked, options.model, (height, width), follow, smooth_slices)
    middle = np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
    away = np.linalg.inv(matrices) @ middle - middle
    return ChannelResult(
        matrices=matrices,
        shifts_px_yx=away[:, 1::-1].copy(),
        confidence=np.array([pair.confidence for pair in pairs]),
        flagged=tuple(np.flatnonzero(~locked).tolist()),
        correlation=np.array([pair.correlation for pair in pairs]),
        picture=picture,
        notes=_notes(locked, picture),
    )


def _options(options: AlignOptions, picture: Picture) -> tuple[AlignOptions, AlignOptions]:
    ours: Picture = "gradient" if picture == "gradient" else "grey"
    return replace(options, picture=ours), replace(options, picture=picture)


def _picture(fixed: Volume, moving: Volume, options: AlignOptions, job: Job, room: Room | None) -> Picture:
    """What locks on most of a few slices; grey values where others are not clearly better."""
    tried = sorted({int(i) for i in np.linspace(0, fixed.info.shape[0] - 1, _TRIED)})
    best: Picture = "grey"
    most = -1.0
    pictures: tuple[Picture, ...] = ("grey", "inverted", "gradient")
    for picture in pictures:
        pairs = _pairs(fixed, moving, tried, _options(options, picture), job, room)
        strength = float(sum(pair.confidence for pair in pairs)) / len(tried)
        if strength > most + 0.05:
            best, most = picture, strength
        if strength > 0.9:
            break
    return best


def _pairs(
    fixed: Volume,
    moving: Volume,
    indices: range | list[int],
    options: tuple[AlignOptions, AlignOptions],
    job: Job,
    room: Room | None,
) -> list[PairResult]:
    with pool_of(room) as pool:
        tasks = [partial(_pair, fixed, moving, index, options) for index in indices]
        return list(job.track(in_order(tasks, pool, threads_of(room), job), len(indices), _MESSAGE))


def _pair(
    fixed: Volume, moving: Volume, index: int, options: tuple[AlignOptions, AlignOptions]
) -> PairResult:
    one, two = prepared_slice(fixed, index, options[0]), prepared_slice(moving, index, options[1])
    _, height, width = fixed.info.shape
    counting = field_of(one, box_mask(options[0], (height, width), (0, 0)))
    start, _ = search(one, two, counting, [np.eye(3)])
    return NOT_FOUND if start is None else refine(one, two, counting, start, options[0].model)


def _followed(
    pairs: list[PairResult],
    locked: Array,
    model: Model,
    shape_yx: tuple[int, int],
    follow: Follow,
    smooth_slices: int,
) -> Array:
    """A transform for every slice, from those that locked."""
    count = len(pairs)
    if not locked.any():
        return np.tile(np.eye(3), (count, 1, 1))
    height, width = shape_yx
    half = 0.5 * max(shape_yx)
    norm = np.array([[half, 0, (width - 1) / 2], [0, half, (height - 1) / 2], [0, 0, 1]])
    back = np.linalg.inv(norm)
    values = np.array([(back @ pair.matrix @ norm)[:2].ravel() for pair in pairs])
    kept = np.flatnonzero(locked)
    if follow == "constant":
        values[:] = np.median(values[kept], axis=0)
    elif follow == "smooth":
        for first in range(0, 6, 2):
            values[:, first : first + 2] = slow_part(values[:, first : first + 2], smooth_slices, locked)
    else:
        for column in values.T:
            column[:] = np.interp(np.arange(count), kept, column[kept])
    if model == "translation":
        values[:, [0, 1, 3, 4]] = 1.0, 0.0, 0.0, 1.0
    elif model == "rigid":
        turn = np.arctan2(values[:, 3] - values[:, 1], values[:, 0] + values[:, 4])
        values[:, 0] = values[:, 4] = np.cos(turn)
        values[:, 3], values[:, 1] = np.sin(turn), -np.sin(turn)
    out = np.tile(np.eye(3), (count, 1, 1))
    out[:, :2] = values.reshape(-1, 2, 3)
    found: Array = norm @ out @ back
    return found


def _notes(locked: Array, picture: Picture) -> tuple[str, ...]:
    if not locked.any():
        return ("the channels could not be matched in any slice: nothing was moved",)
    return (f"matched by {_WORDS[picture]}",)
