"""All slices of a stack registered: each is measured against some before it, all measurements are balanced.

A fast search on reduced slices goes along the stack, catches jumps and finds the slices that can be used.
Each of these is then matched at full resolution to the last few usable ones, so that the stack goes on across
blank or spoilt slices. Where measurements across several slices disagree, they say so (`core.align.poses`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.align.chain import Chain, Located
from core.align.feed import in_order, pool_of, prepared_slice, room_within, threads_of
from core.align.options import AlignOptions
from core.align.pair import PairResult, refine, refine_quickly
from core.align.poses import Edge, Poses, solve
from core.align.prepare import Prepared
from core.align.quality import Agreement, agreement_of
from core.job import Job
from core.step import Room
from core.volume import Array, Volume

_MESSAGE = "matching slices"
_NAMED = 12


@dataclass(frozen=True)
class StackResult:
    """Where the content of every slice lies.

    Attributes
    ----------
    shifts_px_yx : ndarray of float64, shape (n, 2)
        How far the content of each slice lies from that of the first, in px; with turns and strains, that
        of the middle of the slice.
    transforms : ndarray of float64, shape (n, 3, 3)
        Of each slice, to the first, on (x, y, 1) in px.
    confidence : ndarray of float64, shape (n,)
        0-1; 0 where nothing was found.
    flagged : tuple of int
        Slices that did not lock; they follow their neighbours.
    residual_px : ndarray of float64, shape (n,)
        How much the measurements of a slice disagree, in px.
    correlation_before, correlation_after, information_before, information_after : ndarray, shape (n,)
        With the slice before, of unfiltered grey values; 1 for the first; after: under the transform that was
        measured between the two.
    notes : tuple of str
        What the user has to see.
    """

    shifts_px_yx: Array
    transforms: Array
    confidence: Array
    flagged: tuple[int, ...]
    residual_px: Array
    correlation_before: Array
    correlation_after: Array
    information_before: Array
    information_after: Array
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Measured:
    """What was measured of one slice."""

    index: int
    against: tuple[int, ...]
    pairs: tuple[PairResult, ...]
    before: Agreement
    after: Agreement


def register_stack(
    volume: Volume, options: AlignOptions | None = None, job: Job | None = None, room: Room | None = None
) -> StackResult:
    """Where the content of every slice of a stack lies.

    Slices are read once and in order (with a fixed reference, that one twice). Memory depends on the size of
    a slice, the window and the threads, not on the number of slices.

    Raises
    ------
    ParameterError
        If options do not fit the stack.
    VoxelError
        If a value is not finite.
    NotEnoughMemoryError
        If the slices that are compared do not fit.
    """
    options, job = options or AlignOptions(), job or Job()
    count, *size = volume.info.shape
    shape = (size[0], size[1])
    options.check(count, shape)
    measured = list(_measure(volume, options, shape, job, room))
    edges = [edge for one in measured for edge in _edges(one)]
    poses = solve(count, edges, options.model, shape)
    job.progress(count, count, _MESSAGE)
    return _result(measured, edges, poses, shape, options)


def _measure(
    volume: Volume, options: AlignOptions, shape: tuple[int, int], job: Job, room: Room | None
) -> Iterator[_Measured]:
    count = volume.info.shape[0]
    room = room_within(room, shape[0] * shape[1], options.reach + 4, 2)
    threads = threads_of(room)
    chain = Chain(options, shape)
    if options.reference == "fixed":
        chain.fixed = chain.located(
            options.reference_slice, prepared_slice(volume, options.reference_slice, options)
        )
    with pool_of(room) as readers, pool_of(room) as pool:
        reads = (partial(prepared_slice, volume, index, options) for index in range(count))
        ready = in_order(reads, readers, threads, job)
        tasks = _tasks(ready, chain, options)
        yield from job.track(in_order(tasks, pool, threads + 1, job), count, _MESSAGE)


def _tasks(
    ready: Iterator[Prepared], chain: Chain, options: AlignOptions
) -> Iterator[Callable[[], _Measured]]:
    for index, one in enumerate(ready):
        last = chain.last
        slice_, against = chain.take(index, one)
        yield partial(_measured, slice_, against, last, options)


def _measured(
    slice_: Located, against: list[Located], last: Located | None, options: AlignOptions
) -> _Measured:
    pairs = []
    others = [one for one in against if one.index != slice_.index]
    for one in others:
        start = np.eye(3)
        start[:2, 2] = slice_.place - one.place
        # The nearest neighbour tells most; those further away guard it: half the resolution does for them.
        fit = refine if one is others[-1] else refine_quickly
        pairs.append(fit(one.ready, slice_.ready, one.field, start, options.model))
    before = after = Agreement(1.0, 1.0)
    if last is not None:
        before = agreement_of(last.ready, slice_.ready, np.eye(3))
        after = agreement_of(last.ready, slice_.ready, _between(slice_, others, pairs, last))
    return _Measured(slice_.index, tuple(one.index for one in others), tuple(pairs), before, after)


def _between(slice_: Located, others: list[Located], pairs: list[PairResult], last: Located) -> Array:
    """Matrix from the slice before to this one, as measured, else as the search found it."""
    for one, pair in zip(others, pairs, strict=True):
        if one.index == last.index and pair.locked:
            found: Array = np.linalg.inv(pair.matrix)
            return found
    found = np.eye(3)
    found[:2, 2] = slice_.place - last.place
    return found


def _edges(one: _Measured) -> list[Edge]:
    return [
        Edge(fixed, one.index, pair.matrix, pair.sigma_px, pair.confidence)
        for fixed, pair in zip(one.against, one.pairs, strict=True)
        if pair.locked
    ]


def _result(
    measured: list[_Measured], edges: list[Edge], poses: Poses, shape: tuple[int, int], options: AlignOptions
) -> StackResult:
    count = len(measured)
    flagged, notes = _verdict(count, edges, poses, options)
    confidence = _confidence(count, edges, poses, flagged)
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1.0])
    seen = np.linalg.inv(poses.transforms) @ middle - middle
    result = StackResult(
        shifts_px_yx=seen[:, 1::-1].copy(),
        transforms=poses.transforms,
        confidence=confidence,
        flagged=flagged,
        residual_px=poses.residual_px,
        correlation_before=np.array([one.before.correlation for one in measured]),
        correlation_after=np.array([one.after.correlation for one in measured]),
        information_before=np.array([one.before.information for one in measured]),
        information_after=np.array([one.after.information for one in measured]),
        notes=notes,
    )
    return replace(result, notes=(*notes, *_jumps(result)))


def _verdict(
    count: int, edges: list[Edge], poses: Poses, options: AlignOptions
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Slices that did not lock, and what is to be said."""
    if count == 1:
        return (), ("there is one slice only: nothing to register",)
    parts = poses.parts
    sizes = np.bincount(parts)
    main = int(np.argmax(sizes))
    if sizes[main] == 1:
        return tuple(range(count)), ("no two slices could be matched: nothing was registered",)
    flagged = {int(i) for i in np.flatnonzero(sizes[parts] == 1)} | set(poses.given_up)
    notes = []
    for part in np.flatnonzero(sizes > 1):
        first = int(np.flatnonzero(parts == part)[0])
        if part != parts[min(set(range(count)) - flagged)]:
            flagged.add(first)
            notes.append(
                f"nothing connects slice {first} and those after it with the slices before: the shift across "
                "is not known and taken as 0"
            )
    if options.model != "translation" and options.reference != "fixed":
        notes.append("turns and strains are added up from slice to slice: check them against a fixed mark")
    return tuple(sorted(flagged)), tuple(notes)


def _jumps(result: StackResult) -> tuple[str, ...]:
    """Say where the content jumps, so that it can be looked at."""
    steps = np.abs(np.diff(result.shifts_px_yx, axis=0)).max(axis=1, initial=0)
    if not steps.size:
        return ()
    limit = max(20.0, 10 * float(np.median(steps)))
    found = [int(i) + 1 for i in np.flatnonzero(steps > limit)]
    return (f"the content jumps by more than {limit:.0f} px at slices {_listed(found)}",) if found else ()


def _listed(slices: list[int]) -> str:
    shown = ", ".join(str(i) for i in slices[:_NAMED])
    return shown if len(slices) <= _NAMED else f"{shown} and {len(slices) - _NAMED} more"


def _confidence(count: int, edges: list[Edge], poses: Poses, flagged: tuple[int, ...]) -> Array:
    """Mean confidence of the measurements of each slice, less where they disagree."""
    if count == 1:
        return np.ones(1)
    total, number = np.zeros(count), np.zeros(count)
    for edge in edges:
        for end in (edge.fixed, edge.moving):
            total[end] += edge.confidence
            number[end] += 1
    confidence: Array = total / np.maximum(number, 1) / (1 + (2 * poses.residual_px) ** 2)
    confidence[list(flagged)] = 0.0
    return confidence
