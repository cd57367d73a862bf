"""Marks whose places somebody has shown: which rows they occupy, and where they are in further slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.job import Job
from core.thickness.marks_bands import (
    FACTORS,
    HEIGHTS,
    LOWER_COUNTS_LESS,
    MOST_PIXELS,
    WIDTHS,
    Band,
    bar_response,
    noise_of,
    reduced,
)
from core.volume import Array

WITHIN = 0.75
"""How far a place may be off, in widths of a mark; 2 px more are always allowed."""
LEAST = 3.0
"""Response to the weakest mark in the first slice, in units of its noise."""
_GROUND_PX = 2  # beside a mark near the border
_ALIKE = 0.6
_APART = 1.3  # widths of a mark, at least, from one to the next
_SHARE = 0.45  # of the way to the next mark that a mark may move between two slices

Kind = tuple[int, int, int]
"""Reduction, height and width in reduced px."""


def band_at(planes: Sequence[Array], at_px: Sequence[float], job: Job) -> Band | None:
    """Rows and width of the marks at given places of the first slice, and their places in all slices.

    Parameters
    ----------
    planes : sequence of ndarray, shape (y, x)
        One slice, or a few that lie some slices apart.
    at_px : sequence of float
        Centres of the marks in the first of them, in px.
    job : Job
        For cancelling.

    Returns
    -------
    Band or None
        None where no bars stand there.
    """
    at = np.sort(np.asarray(at_px, dtype=np.float64))
    found = _first(planes[0], at, job)
    if found is None:
        return None
    weakest, kind, bright, start, centres = found
    factor, height, width = kind
    places, firsts = [centres], [start]
    for plane in planes[1:]:
        job.check()
        guess = 2 * places[-1] - places[-2] if len(places) > 1 else places[-1]
        start, centres = _next(plane, kind, bright, firsts[-1], guess)
        places.append(centres)
        firsts.append(start)
    return Band(
        tuple(start * factor for start in firsts),
        height * factor,
        width * factor,
        bright,
        len(at),
        weakest,
        weakest,
        tuple(tuple(row.tolist()) for row in places),
    )


def _first(plane: Array, at: Array, job: Job) -> tuple[float, Kind, bool, int, Array] | None:
    """The kind of bar that stands out most, and alike, at all of the places at once."""
    best: tuple[float, Kind, bool, int, Array] | None = None
    room = _SHARE * _room(at)
    for kind in _kinds(plane):
        job.check()
        wide = kind[0] * kind[2]
        reach = np.minimum(WITHIN * wide + 2, room)
        for bright, response, sigma in _responses(plane, kind):
            values, centres = _peaks_near(response, at, reach, kind[0])
            least, most = np.maximum(values.min(axis=1), 0), np.maximum(values.max(axis=1), 1e-9)
            weakest = least / sigma
            merit = weakest * np.sqrt(least / most)
            merit *= 1 - LOWER_COUNTS_LESS * np.arange(len(merit)) / len(merit)
            merit[(np.diff(centres, axis=1) < _APART * wide).any(axis=1)] = 0.0
            start = int(np.argmax(merit))
            if weakest[start] > LEAST and (best is None or merit[start] > best[0]):
                best = float(merit[start]), kind, bright, _start(kind, start), centres[start]
    return best


def _room(at: Array) -> Array:
    """Distance of each mark to the nearer of its neighbours."""
    apart = np.concatenate([[np.inf], np.diff(at), [np.inf]])
    nearer: Array = np.minimum(apart[:-1], apart[1:])
    return nearer


def _next(plane: Array, kind: Kind, bright: bool, start: int, guess: Array) -> tuple[int, Array]:
    """First row and places in a further slice, near where they were."""
    reach = np.clip(_SHARE * _room(guess), 2.0, 8.0 * kind[0] * kind[2])
    response = next(found for which, found, _ in _responses(plane, kind) if which == bright)
    values, centres = _peaks_near(response, guess, reach, kind[0])
    band = start // _step(kind)
    low, high = max(0, band - 2), min(len(values), band + 3)
    place = low + int(np.argmax(values[low:high].sum(axis=1)))
    return _start(kind, place), centres[place]


def _kinds(plane: Array) -> Iterator[Kind]:
    for factor in FACTORS:
        if plane.size > MOST_PIXELS * factor * factor:
            continue
        for height in HEIGHTS:
            for width in WIDTHS:
                if height * factor < plane.shape[0] and 4 * width * factor < plane.shape[1]:
                    yield factor, height, width


def _step(kind: Kind) -> int:
    return max(1, kind[1] // 3)


def _start(kind: Kind, band: int) -> int:
    return band * _step(kind)


def _responses(plane: Array, kind: Kind) -> Iterator[tuple[bool, Array, float]]:
    """For bright and dark: response (band, x) to bars of a kind, and its noise."""
    factor, height, width = kind
    small = reduced(plane, factor)
    total = np.pad(np.cumsum(small, axis=0, dtype=np.float64), ((1, 0), (0, 0)))
    starts = np.arange(0, total.shape[0] - height, _step(kind))
    profiles = (total[starts + height] - total[starts]) / height
    noise = max(noise_of(small), 1e-6)
    sigma = noise * float(np.sqrt(1 / (height * width) + 1 / (height * max(2, width // 2))))
    for bright, response in zip(
        (True, False), bar_response(profiles, width, least_ground=_GROUND_PX), strict=True
    ):
        yield bright, response, sigma


def _peaks_near(response: Array, at: Array, reach: Array, factor: int) -> tuple[Array, Array]:
    """Greatest response near each place, and where: both of shape (band, mark), places in px."""
    middles = np.arange(response.shape[1]) * factor + (factor - 1) / 2
    values, places = [], []
    for x, within in zip(at, reach, strict=True):
        near = np.flatnonzero(np.abs(middles - x) <= max(within, 0.5 * factor))
        if near.size == 0:
            values.append(np.zeros(len(response)))
            places.append(np.full(len(response), x))
            continue
        best = np.argmax(response[:, near], axis=1)
        values.append(response[np.arange(len(response)), near[best]])
        places.append(middles[near[best]])
    return np.stack(values, axis=1), np.stack(places, axis=1)


def completed(planes: Sequence[Array], band: Band) -> Band:
    """The band with a fourth mark, if one near the border was not counted for want of ground beside it.

    Three marks tell the rows, the width and the contrast of the fourth: then little ground will do.
    """
    if band.count != 3:
        return band
    places = []
    for plane, first, centres in zip(planes, band.firsts, band.centres_px, strict=True):
        profile = plane[first : first + band.height].mean(axis=0, dtype=np.float64)[None]
        bright, dark = bar_response(profile, int(band.width_px), least_ground=_GROUND_PX)
        response = (bright if band.bright else dark)[0]
        known = np.array(centres)
        x = np.arange(response.size)
        own = [response[np.abs(x - centre) <= 2].max(initial=0.0) for centre in known]
        others = np.where(np.abs(x[:, None] - known).min(axis=1) < _APART * band.width_px, 0.0, response)
        at = int(np.argmax(others))
        if others[at] < _ALIKE * min(own):
            return band
        places.append(tuple(sorted([*centres, float(at)])))
    return replace(band, count=4, centres_px=tuple(places))
