"""Where in an image narrow upright bars stand side by side: the band of rows that a ruler occupies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.job import Job
from core.volume import Array

MOST = 6
"""Peaks kept per band: four marks and two that have to be much weaker."""
MOST_PIXELS = 1 << 23
"""Larger images are looked at only in reduced form."""
WIDTHS = (3, 4, 6)
HEIGHTS = (4, 7, 12, 20)
FACTORS = (1, 2, 4, 8, 16)
SIGNIFICANT = 4.5
ENOUGH = 25.0
CANDIDATES = 6
HALF, LITTLE, ALIKE = 0.65, 0.4, 0.8
NEXT = (0, -1, 1, -2, 2)
LOWER_COUNTS_LESS = 0.3
LEAST_SCORE = {2: 11.0, 3: 7.0, 4: 4.0}
"""What chance and structure reach too: the fewer bars, the more often."""


@dataclass(frozen=True)
class Band:
    """Rows that hold marks.

    Attributes
    ----------
    firsts : tuple of int
        First row in each slice, in px.
    height : int
        Number of rows.
    width_px : float
        Width of the marks.
    bright : bool
        Whether they are brighter than their surroundings.
    count : int
        Marks side by side.
    score : float
        How far they stand out; comparable between bands.
    weakest : float
        Response to the weakest of them, in units of the noise.
    centres_px : tuple of tuple of float
        Per slice the centres, left to right.
    """

    firsts: tuple[int, ...]
    height: int
    width_px: float
    bright: bool
    count: int
    score: float
    weakest: float
    centres_px: tuple[tuple[float, ...], ...]


def noise_of(plane: Array) -> float:
    """Standard deviation of the noise, from second differences along x, robustly."""
    x = plane.astype(np.float32)
    off = x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]
    middle = float(np.median(np.abs(off))) if off.size else 0.0
    return 1.4826 * middle / float(np.sqrt(6.0))


def bar_response(profiles: Array, width: int, *, least_ground: int | None = None) -> tuple[Array, Array]:
    """How much a window of some width is above, and below, both its sides.

    Parameters
    ----------
    profiles : ndarray of float, shape (n, x)
    width : int
        Of the window, in px. Its sides are half as wide, one px away.
    least_ground : int, optional
        Px that have to be there beside the window, the rest of the side being like the border; the
        whole side if not given, or whatever the border cuts off would be a bar.

    Returns
    -------
    tuple of ndarray, shape (n, x)
        Bright and dark response at the middle of the window: the lesser of the steps to the left and to the
        right, so that a single edge is no bar. 0 where there is less ground than asked for.
    """
    side = max(2, width // 2)
    bright = np.zeros(profiles.shape, np.float32)
    dark = np.zeros(profiles.shape, np.float32)
    length = profiles.shape[1] - width
    if length < 2 * width:
        return bright, dark
    few = max(2, width // 4)
    ends = [
        np.repeat(part.mean(axis=1, keepdims=True), side + 1, axis=1)
        for part in (profiles[:, :few], profiles[:, -few:])
    ]
    wide = np.concatenate([ends[0], profiles, ends[1]], axis=1)
    total = np.pad(np.cumsum(wide, axis=1, dtype=np.float64), ((0, 0), (1, 0)))

    def mean(start: int, size: int) -> Array:
        found: Array = (
            total[:, start + size : start + size + length] - total[:, start : start + length]
        ) / size
        return found

    inner = mean(side + 1, width)
    left, right = inner - mean(0, side), inner - mean(side + width + 2, side)
    middle = width // 2
    away = side + 1 if least_ground is None else min(least_ground, side + 1)
    own, place = slice(away, length - away), slice(middle + away, middle + length - away)
    bright[:, place] = np.minimum(left, right)[:, own]
    dark[:, place] = np.minimum(-left, -right)[:, own]
    return bright, dark


def reduced(plane: Array, factor: int) -> Array:
    """Means of blocks of `factor` x `factor` px; what is left over at the ends is left out."""
    y, x = (size // factor * factor for size in plane.shape)
    blocks = plane[:y, :x].reshape(y // factor, factor, x // factor, factor)
    found: Array = blocks.mean(axis=(1, 3), dtype=np.float32)
    return found


Kind = tuple[int, int, int, bool]
"""Reduction, height and width in reduced px, and whether bright."""


@dataclass(frozen=True)
class Peaks:
    """The strongest bars of every band of rows of one slice, for one height and width.

    Attributes
    ----------
    starts : ndarray of int, shape (band,)
        First rows, in reduced px.
    places, values : ndarray, shape (band, k)
        Centres in reduced px and responses in grey, strongest first.
    sigma : float
        Noise of a response, in grey.
    """

    starts: Array
    places: Array
    values: Array
    sigma: float


def _peaks(total: Array, noise: float, height: int, width: int) -> tuple[Peaks, Peaks]:
    """Bright and dark."""
    from core.thickness.kernels.bars import strongest

    starts = np.arange(0, total.shape[0] - height, max(1, height // 3))
    half = height // 2
    # A bar has to show in the upper and in the lower half: a blob or a slanting edge does not.
    upper = (total[starts + half] - total[starts]) / half
    lower = (total[starts + height] - total[starts + half]) / (height - half)
    sigma = noise * float(np.sqrt(1 / (half * width) + 1 / (half * max(2, width // 2))))
    found = []
    for part in bar_response(np.concatenate([upper, lower]), width):
        at = np.empty((len(starts), MOST), np.int64)
        value = np.empty((len(starts), MOST), np.float32)
        strongest(np.minimum(*np.split(part, 2)), max(3, int(1.5 * width)), at, value)
        found.append(Peaks(starts, at, value.astype(np.float64), sigma))
    return found[0], found[1]


def look(plane: Array, job: Job) -> dict[Kind, Peaks]:
    """Find the strongest bars of all bands of rows of one slice, at several scales.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
    job : Job
        For cancelling.
    """
    found: dict[Kind, Peaks] = {}
    for factor in FACTORS:
        if min(plane.shape) // factor < max(HEIGHTS[0] + 1, 6 * WIDTHS[0]):
            break
        if plane.size > MOST_PIXELS * factor * factor:
            continue  # marks of so large an image are wide enough for the next scale
        small = reduced(plane, factor)
        noise = max(noise_of(small), 1e-6)
        total = np.pad(np.cumsum(small, axis=0, dtype=np.float64), ((1, 0), (0, 0)))
        for height in HEIGHTS:
            if height >= small.shape[0]:
                break
            for width in WIDTHS:
                job.check()
                bright, dark = _peaks(total, noise, height, width)
                found[factor, height, width, True] = bright
                found[factor, height, width, False] = dark
    return found


def _judged(slices: Sequence[Peaks], count: int) -> tuple[Array, Array, Array]:
    """Score of every band, how significant the weakest bar is, and the band of each slice (slice, band).

    The image moves along y from slice to slice: each slice takes the best of the bands next to the asked one.
    """
    values = np.array([peaks.values for peaks in slices])
    sigma = np.array([peaks.sigma for peaks in slices])
    last = values[:, :, count - 1]
    weakest = last / sigma[:, None]
    gap = 1 - np.maximum(values[:, :, count], 0) / np.maximum(last, 1e-9)
    even = last / np.maximum(values[:, :, 0], 1e-9)
    score = np.minimum(weakest, ENOUGH) * np.maximum(gap, 0) ** 2 * np.sqrt(even)
    score = np.where(weakest > SIGNIFICANT, score, 0.0)
    bands = np.arange(score.shape[1])
    near = np.clip(bands[:, None] + np.array(NEXT), 0, bands[-1])
    chosen = near[bands, np.argmax((score * np.sqrt(np.maximum(weakest, 0)))[:, near], axis=2)]
    rows = np.arange(len(slices))[:, None]
    return np.median(score[rows, chosen], axis=0), np.median(weakest[rows, chosen], axis=0), chosen


def steadiness(centres: Array, width: float) -> float:
    """How steadily bars move against each other: 1 along straight lines, to 0.

    Parameters
    ----------
    centres : ndarray of float, shape (slices, marks)
    width : float
        Of a bar, in px; what counts as far from the line.
    """
    n = len(centres)
    if n < 3:
        return 1.0
    apart = centres[:, 1:] - centres[:, :1]
    i, j = np.triu_indices(n, 1)
    slope = np.median((apart[j] - apart[i]) / (j - i)[:, None], axis=0)
    off = apart - slope * np.arange(n)[:, None]
    far = float(np.max(np.median(np.abs(off - np.median(off, axis=0)), axis=0)))
    return 1.0 / (1.0 + (far / (0.5 * width + 2.0)) ** 2)


def _band_at(slices: Sequence[Peaks], kind: Kind, count: int, own: Array, merit: tuple[float, float]) -> Band:
    """One band, its score lowered by as much as its bars do not move steadily."""
    factor, height, width, bright = kind
    firsts = tuple(int(peaks.starts[b]) * factor for peaks, b in zip(slices, own, strict=True))
    centres = np.array([np.sort(peaks.places[b, :count]) for peaks, b in zip(slices, own, strict=True)])
    centres = centres * factor + (factor - 1) / 2
    score = merit[0] * steadiness(centres, width * factor)
    places = tuple(tuple(row) for row in centres.tolist())
    return Band(firsts, height * factor, width * factor, bright, count, score, merit[1], places)


def bands_of(looks: Sequence[dict[Kind, Peaks]], rows: int, counts: Sequence[int] = (2, 3, 4)) -> list[Band]:
    """Rows in which a few bars stand out in most of some slices; best first.

    Every band is judged by how much its k-th strongest bar exceeds the next: a ruler is a few equal bars with
    nothing between them, a structure is bars of all strengths. Bands further down count a little less.

    Parameters
    ----------
    looks : sequence
        What `look` has found in a few slices of the same place.
    rows : int
        Height of the slices in px.
    counts : sequence of int
        How many bars may stand side by side.
    """
    found = []
    for kind in looks[0]:
        factor = kind[0]
        slices = [seen[kind] for seen in looks]
        for count in counts:
            score, weakest, chosen = _judged(slices, count)
            score *= 1 - LOWER_COUNTS_LESS * slices[0].starts * factor / rows
            least = LEAST_SCORE.get(count, LEAST_SCORE[4])
            order = np.argsort(-score * np.sqrt(np.maximum(weakest, 0)))[:CANDIDATES]
            bands = [
                _band_at(slices, kind, count, chosen[:, at], (float(score[at]), float(weakest[at])))
                for at in order
                if score[at] >= least
            ]
            found += sorted(bands, key=lambda band: -band.score * band.weakest**0.5)[:1]
    return sorted(found, key=lambda band: -band.score)


def best_band(bands: Sequence[Band]) -> Band | None:
    """The band to trust: four marks before three before two, unless far weaker; then the best-fitting."""
    bands = [band for band in bands if band.score >= LEAST_SCORE.get(band.count, LEAST_SCORE[4])]
    if not bands:
        return None
    for count in sorted({band.count for band in bands}, reverse=True):
        same = [band for band in bands if band.count == count]
        # Three of four marks stand out more than all four, when one of them is near the border.
        fewer = max((band.score for band in bands if band.count < count and band.count < 3), default=0.0)
        if same[0].score > HALF * fewer and same[0].score > LITTLE * bands[0].score:
            good = [band for band in same if band.score > ALIKE * same[0].score]
            return max(good, key=lambda band: band.score * band.weakest)
    return bands[0]
