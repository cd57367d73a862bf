# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""Electrons in endless matter below a plane: only the depth and its direction matter."""

from __future__ import annotations

import math

from numba import njit

from core.simulate.electrons.kernels.electron import (
    ABSORBED,
    BACK,
    F,
    I,
    U,
    energy_left,
    mixed,
    quantile,
)
from core.simulate.electrons.kernels.shots import UNIT
from core.simulate.electrons.kernels.stamp import source_stamp

_GOLDEN = U(0x9E3779B97F4A7C15)
_ONE, _TWO, _THREE, _FOUR = U(1), U(2), U(3), U(4)
_DEFLECTION, _FLIGHT, _AZIMUTH, _CHOICE = U(40), U(16), U(6), U(63)
_MASK_24, _MASK_10 = U(0xFFFFFF), U(0x3FF)
_PER_CHOICE = F(1 / 64)
_ZERO, _HALF, _F1, _F2 = F(0), F(0.5), F(1), F(2)


@njit(nogil=True, error_model="numpy")
def _one(flight, deflection, slowing, scales, azimuths, exponential, tau, left, slope, state, gamma):
    """Energy of an electron as it comes back, or 0."""
    steps = flight.size // 4 - 1
    per_tau = scales[0]
    depth = _ZERO
    while True:
        state += gamma
        word = mixed(state)
        tau = max(tau - quantile(exponential, I(0), (word >> _FLIGHT) & _MASK_24), _ZERO)
        at = tau * per_tau
        step = min(I(at), steps)
        at -= F(step)
        place = U(step) * _FOUR
        next_left = flight[place] + flight[place + _ONE] * at
        new_depth = depth + (left - next_left) * slope
        if new_depth < _ZERO:
            left = max(left + depth / slope, _ZERO)
            return energy_left(slowing, scales, slowing.size // 2 - 1, I(0), left)
        if next_left <= new_depth:
            return _ZERO
        left, depth = next_left, new_depth
        row = (I(flight[place + _TWO] + flight[place + _THREE] * at) + I(word & _CHOICE)) >> 6
        mu = quantile(deflection, row, word >> _DEFLECTION)
        aside = max((mu - mu * mu) * (_F1 - slope * slope), _ZERO)
        place = U((word >> _AZIMUTH) & _MASK_10) * _TWO
        slope += _F2 * (azimuths[place] * math.sqrt(aside) - mu * slope)


@njit(nogil=True, error_model="numpy")
def _shoot_bulk(
    begin, end, key, flight, deflection, slowing, scales, azimuths, exponential, tau, left, slope, energy,
    histogram, totals,
):  # fmt: skip
    """Electrons `begin` to `end`; adds to `histogram` (int64: share of the energy that comes back)."""
    bins = histogram.size
    for electron in range(begin, end):
        state = mixed(key + U(electron) * _GOLDEN)
        gamma = mixed(state + _GOLDEN) | _ONE
        back = _one(
            flight, deflection, slowing, scales, azimuths, exponential, tau, left, slope, state, gamma
        )
        share = I(back / energy * F(UNIT) + _HALF)
        fate = BACK if back > _ZERO else ABSORBED
        totals[fate] += 1
        totals[3 + fate] += share
        totals[3 + ABSORBED] += UNIT - share
        if fate == BACK:
            histogram[min(share * bins // UNIT, bins - 1)] += 1


def _kept(stamp):
    @njit(nogil=True, error_model="numpy", cache=True)
    def shoot_bulk(arguments):
        """See `_shoot_bulk`; its arguments as one tuple."""
        if stamp >= 0:
            _shoot_bulk(*arguments)

    return shoot_bulk


shoot_bulk = _kept(source_stamp())
