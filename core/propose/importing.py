"""What is left out at import: slices that show nothing, rows of a data bar; and what nobody has stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.propose.look import affordable, spread, thinned
from core.propose.proposal import Proposal, entry
from core.recipe import RecipeStep
from core.step import Stage
from core.volume import Array, Volume

ALL_BYTES, ALL_SLICES = 96 << 20, 400
"""Stacks of at most so much are looked at slice by slice; of others every n-th slice."""
SOME_SLICES = 24
BLANK = 0.1
"""A slice with less than this share of the usual range of grey values shows nothing."""
SATURATED = 0.5
MOST_DROPPED = 0.25
SAME, UNLIKE = 0.5, 0.3
"""Share of pixels of a row that keep their value from slice to slice: in a data bar, in an image at most."""
TALLEST = 0.25


@dataclass(frozen=True)
class _Seen:
    """What one slice is like."""

    number: int
    low: float
    high: float
    full: float
    flat: bool = False

    @property
    def range(self) -> float:
        return self.high - self.low


def at_import(inputs: Mapping[str, Volume], job: Job) -> Proposal:
    """What to leave out before anything else, and what is not known of the voxels."""
    first = next(iter(inputs.values()))
    asks = _unknown(inputs)
    if not _same_slices(inputs):
        why = "The channels differ in size (" + _sizes(inputs) + "), so they cannot be processed together."
        return Proposal(
            Stage.IMPORT, (), why, False, _joined("which slices of the channels belong together", asks)
        )
    bad: dict[int, str] = {}
    looked, doubts = 0, ""
    boxes = []
    for volume in inputs.values():
        if volume.info.content == "grey":
            found, looked = _bad_slices(volume, job)
            doubts = doubts or _too_many(found, looked)
            bad |= {} if _too_many(found, looked) else found
        boxes.append(_box(volume, job))
    steps: list[RecipeStep] = []
    words: list[str] = []
    if bad:
        _drop(bad, looked, first.info.shape[0], steps, words)
    _cut(boxes, first.info.shape[1:], steps, words)
    if doubts:
        words.append(doubts)
    elif not words:
        words.append(
            f"None of the {looked} slices looked at is blank or saturated."
            if looked
            else "Segmented slices are all kept."
        )
    words += [_size_words(inputs)]
    sure = not asks and not doubts and (not bad or looked == first.info.shape[0])
    return Proposal(Stage.IMPORT, tuple(steps), " ".join(words), sure, asks)


# ---------------------------------------------------------------------------------- what is known
def _unknown(inputs: Mapping[str, Volume]) -> str:
    volumes = list(inputs.values())
    pixel = any(None in volume.info.voxel_nm[1:] for volume in volumes)
    return "pixel size in nm" if pixel else ""


def slice_nm(volume: Volume) -> float | None:
    """Mean distance of slices in nm as stated; None where nobody has."""
    from core.models.fit import slice_nm_of

    return slice_nm_of(volume.info) or volume.metadata.slice_nm


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _size_words(inputs: Mapping[str, Volume]) -> str:
    volume = next(iter(inputs.values()))
    z, y, x = (slice_nm(volume), *volume.info.voxel_nm[1:])
    if z is None and y is None and x is None:
        return "Nobody has stated a voxel size."
    told = " x ".join("?" if size is None else f"{size:.4g}" for size in (z, y, x))
    return f"Voxels are stated to be {told} nm (z, y, x)."


def _same_slices(inputs: Mapping[str, Volume]) -> bool:
    return len({volume.info.shape for volume in inputs.values()}) == 1


def _sizes(inputs: Mapping[str, Volume]) -> str:
    return "; ".join(f"{name}: {' x '.join(map(str, volume.info.shape))}" for name, volume in inputs.items())


# ---------------------------------------------------------------------------------- bad slices
def _bad_slices(volume: Volume, job: Job) -> tuple[dict[int, str], int]:
    """Slices that show nothing, with the reason, and how many were looked at."""
    count = volume.info.shape[0]
    whole = volume.info.nbytes <= ALL_BYTES and count <= ALL_SLICES
    numbers = range(count) if whole else spread(count, affordable(volume, SOME_SLICES))
    track = job.track(numbers, len(numbers), "Looking for blank slices")
    seen = [_seen(thinned(volume.slice(number), 256), number) for number in track]
    ranges = [one.range for one in seen if np.isfinite(one.range)]
    usual = float(np.median(ranges)) if ranges else 0.0
    full = float(np.median([one.full for one in seen]))
    bad = {one.number: "blank" for one in seen if one.range <= BLANK * usual and (usual > 0 or one.flat)}
    bad |= {one.number: "saturated" for one in seen if one.full > SATURATED > 2 * full}
    bad |= {one.number: "not finite" for one in seen if not np.isfinite(one.range)}
    return bad, len(seen)


def _too_many(bad: Mapping[int, str], looked: int) -> str:
    """Why none of the bad slices is left out: where many are, this is no matter of single slices."""
    if len(bad) <= MOST_DROPPED * looked:
        return ""
    kinds = " or ".join(sorted(set(bad.values())))
    return f"{len(bad)} of the {looked} slices looked at are {kinds}, too many to be left out: look at them."


def _seen(plane: Array, number: int) -> _Seen:
    if plane.dtype.kind == "f" and not np.isfinite(plane).all():
        return _Seen(number, float("nan"), float("inf"), 0.0)
    low, high = np.percentile(plane, [1, 99])
    full = 0.0
    if plane.dtype.kind in "iu":
        full = float(np.mean(plane == np.iinfo(plane.dtype).max))
    return _Seen(number, float(low), float(high), full, bool(plane.min() == plane.max()))


def _drop(bad: Mapping[int, str], looked: int, count: int, steps: list[RecipeStep], words: list[str]) -> None:
    steps.append(entry("drop-slices", slices=", ".join(map(str, sorted(bad)))))
    kinds = sorted(set(bad.values()))
    told = ", ".join(f"{number}" for number in sorted(bad)[:8]) + (", ..." if len(bad) > 8 else "")
    words.append(f"{len(bad)} of {looked} slices are {' or '.join(kinds)} (slice {told}) and are left out.")
    if looked < count:
        words.append(f"Only {looked} of {count} slices were looked at: there may be more.")


# ---------------------------------------------------------------------------------- data bar
def _box(volume: Volume, job: Job) -> tuple[int, int, str]:
    """First row and row after the last that are image, and how that is known."""
    height = volume.info.shape[1]
    stated = volume.metadata.image_rows
    if stated is not None and stated < height:
        return 0, stated, f"the files state that only {stated} of {height} rows are image"
    if volume.info.content != "grey" or volume.info.shape[0] < 3:
        return 0, height, ""
    same = _same_rows(volume, job)
    if float(np.median(same)) > UNLIKE:
        return 0, height, ""
    top, bottom = _run(same), _run(same[::-1])
    if max(top, bottom) > TALLEST * height:
        return 0, height, ""
    why = "they are the same in slices far apart: a data bar or an empty border"
    return top, height - bottom, why if top or bottom else ""


def _same_rows(volume: Volume, job: Job) -> Array:
    """Share of the pixels of each row that keep their value between slices far apart."""
    count = volume.info.shape[0]
    shares = []
    before: Array | None = None
    for number in spread(count, 4):
        job.check()
        plane = volume.slice(number)
        if before is not None:
            shares.append(np.mean(plane == before, axis=1))
        before = plane
    found: Array = np.median(shares, axis=0)
    return found


def _run(same: Array) -> int:
    """Rows from the first on that are the same; single ones that change (a clock) do not end it."""
    held = np.convolve(same, np.ones(5) / 5, mode="same") > SAME
    if not (held[:3] | (same[:3] > SAME)).all():
        return 0
    length = int(np.argmin(held)) if not held.all() else len(held)
    while length > 0 and same[length - 1] <= SAME:
        length -= 1
    while length < len(same) and same[length] > SAME:
        length += 1
    return length if length >= 3 else 0


def _cut(
    boxes: list[tuple[int, int, str]], shape_yx: tuple[int, int], steps: list[RecipeStep], words: list[str]
) -> None:
    top, bottom = max(box[0] for box in boxes), min(box[1] for box in boxes)
    height = shape_yx[0]
    if (top == 0 and bottom == height) or bottom - top < height // 2:
        return
    why = next(box[2] for box in boxes if box[2])
    steps.append(entry("crop", y_start=top, y_stop=0 if bottom == height else bottom))
    cut = [f"0 to {top - 1}"] if top else []
    cut += [f"{bottom} to {height - 1}"] if bottom < height else []
    words.append(f"Rows {' and '.join(cut)} are cut off, because {why}.")
