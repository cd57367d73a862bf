"""One step of electrons along discrete directions, from one layer to the next."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.volume import Array

_THIN = np.float32(0.02)
_HALF, _SIXTH, _ONE = np.float32(0.5), np.float32(1 / 6), np.float32(1)


@njit(nogil=True, cache=True)
def _mean(thickness: np.float32, passes: np.float32) -> np.float32:
    """Mean of exp(-t) for t from 0 to `thickness`, where `passes` is exp(-thickness)."""
    series = _ONE - thickness * (_HALF - thickness * _SIXTH)
    return series if abs(thickness) < _THIN else (_ONE - passes) / thickness


@njit(nogil=True, cache=True)
def shares(
    beam: Array, left: Array, slant: Array, passes: Array, upward: bool, even: Array, early: Array
) -> None:
    """Shares of electrons that leave a layer along one slope without another turn.

    Parameters
    ----------
    beam, left : ndarray of float32, shape (y, x)
        Optical thickness of the layer for the beam, and the share of the beam that passes, exp(-beam).
    slant, passes : ndarray of float32, shape (y, x)
        The same along the slope for electrons that were turned.
    upward : bool
        Toward the face.
    even, early : ndarray of float32, shape (y, x)
        Are written: for electrons from anywhere in the layer, and from where the beam is turned: after free
        paths from the upper side on, so nearer to that side.
    """
    height, width = beam.shape
    for y in range(height):
        own, kept, steep, through = beam[y], left[y], slant[y], passes[y]
        first, second = even[y], early[y]
        for x in range(width):
            first[x] = _mean(steep[x], through[x])
            turns = _mean(own[x], kept[x])
            if upward:
                second[x] = _mean(own[x] + steep[x], kept[x] * through[x]) / turns
            else:
                # Mean of exp(-own t) exp(-steep (1 - t)) over the layer.
                more = own[x] - steep[x]
                near = through[x] * (_ONE - more * (_HALF - more * _SIXTH))
                second[x] = (near if abs(more) < _THIN else (through[x] - kept[x]) / more) / turns


@njit(nogil=True, cache=True)
def _moved(upper: Array, lower: Array, part_y: np.float32, right: float, out: Array) -> None:
    """A row between two rows, seen `right` cells away; linear between cells, the border going on."""
    width = len(out)
    beside = int(np.floor(right))
    part_x = np.float32(right - beside)
    start = min(max(0, -beside), width)
    stop = max(min(width, width - 1 - beside), start)
    lower_right, upper_right = part_y * part_x, (_ONE - part_y) * part_x
    lower_left, upper_left = part_y - lower_right, _ONE - part_y - upper_right
    inner, begin = out[start:stop], start + beside
    first, second = upper[begin : begin + stop - start], upper[begin + 1 : begin + 1 + stop - start]
    third, fourth = lower[begin : begin + stop - start], lower[begin + 1 : begin + 1 + stop - start]
    for x in range(stop - start):
        above = first[x] * upper_left + second[x] * upper_right
        inner[x] = above + third[x] * lower_left + fourth[x] * lower_right
    if start > 0:
        out[:start] = upper[0] * (_ONE - part_y) + lower[0] * part_y
    if stop < width:
        out[stop:] = upper[width - 1] * (_ONE - part_y) + lower[width - 1] * part_y


@njit(nogil=True, cache=True)
def step(
    flights: Array,
    sideways: Array,
    passes: Array,
    even: Array,
    early: Array,
    emitted: Array,
    groups: Array,
    weights: Array,
    moved: Array,
    found: Array,
) -> None:
    """Move what is met along each direction to the next layer, and through it.

    Parameters
    ----------
    flights : ndarray of float32, shape (direction, y, x)
        What electrons that set out here would meet.
    sideways : ndarray of float64, shape (direction, 2)
        Cells (y, x) gone to the side on the way between the centres of the layers.
    passes, even, early : ndarray of float32, shape (group, y, x)
        Shares that pass the whole layer, and the results of `shares`.
    emitted : ndarray of float32, shape (y, x)
        What is met where a flight ends in this layer.
    groups, weights : ndarray, shape (direction,)
        Steepness of the direction, and how much it counts.
    moved : ndarray of float32, shape (direction, y, x)
        Is written: the flights beyond the layer.
    found : ndarray of float32, shape (2, y, x)
        Sums over directions for electrons from anywhere in the layer, and from where the beam is turned; is
        added to.
    """
    directions, height, width = flights.shape
    for y in range(height):
        own, anywhere, by_beam = emitted[y], found[0, y], found[1, y]
        for direction in range(directions):
            source, value = flights[direction], moved[direction, y]
            below = int(np.floor(sideways[direction, 0]))
            upper = source[min(max(y + below, 0), height - 1)]
            lower = source[min(max(y + below + 1, 0), height - 1)]
            part_y = np.float32(sideways[direction, 0] - below)
            _moved(upper, lower, part_y, sideways[direction, 1], value)
            group, share = groups[direction], np.float32(weights[direction])
            through, all_over, near = passes[group, y], even[group, y], early[group, y]
            for x in range(width):
                beyond = value[x] - own[x]
                anywhere[x] += share * (own[x] + beyond * all_over[x])
                by_beam[x] += share * (own[x] + beyond * near[x])
                value[x] = own[x] + beyond * through[x]
