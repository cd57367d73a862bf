# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""The loops over pixels and electrons."""

from __future__ import annotations

import math

from numba import njit

from core.simulate.electrons.kernels.electron import (
    ABSORBED,
    BACK,
    ROW,
    F,
    I,
    U,
    follow,
    mixed,
    quantile,
)
from core.simulate.electrons.kernels.places import folded, pixel_at
from core.simulate.electrons.kernels.stamp import source_stamp

UNIT = 1 << 20  # energies are added up in this part of the beam energy: sums do not depend on their order
_GOLDEN = U(0x9E3779B97F4A7C15)
_ONE, _TWO, _S40, _S16, _S6 = U(1), U(2), U(40), U(16), U(6)
_MASK_24, _MASK_10 = U(0xFFFFFF), U(0x3FF)
_PER_24 = F(2.0**-24)
_HALF, _F1, _F2 = F(0.5), F(1), F(2)


@njit(nogil=True, error_model="numpy")
def located(place, origin_voxel, size, per_size, count, periodic):
    """Voxel of a coordinate counted in nm from the border of a voxel, and the rest from its middle."""
    step = I(math.floor(place * per_size))
    rest = place - (F(step) + _HALF) * size
    voxel, mirrored = origin_voxel + step, False
    if voxel < 0 or voxel >= count:
        voxel, mirrored = folded(voxel, count, periodic)
    return voxel, -rest if mirrored else rest, mirrored


@njit(nogil=True, error_model="numpy")
def _shoot_pixels(
    first, last, begin, end, columns, key,
    cells, nz, ny, nx, sizes, periodic, clearance, clear_nm,
    flight, deflection, slowing, entry, scales, reach, azimuths, exponential,
    face_z, face, voxels_y, voxels_x, rests_y, rests_x, pixel_y, pixel_x, sigma_y, sigma_x,
    slope_z, slope_y, energy, windows, sums, squares, totals,
):  # fmt: skip
    """Shoot electrons `begin` to `end` at each of the pixels `first` to `last` (counted as by `pixel_at`).

    `clearance` and `clear_nm` are as of `Cells`.
    `voxels_y` and `rests_y` give, for every row, the voxel in which its border lies and how far (in nm) into
    it; the same for x. `windows` holds, per detector, lowest and highest energy, lowest and highest cosine of
    the polar angle, and whether the energy is weighed. Adds to `sums` and `squares` (int64; pixel from
    `first` on, detector) and to `totals` (int64: electrons back, absorbed, lost, then energies in `UNIT`).
    """
    detectors = windows.size // 5
    materials = scales.size // 4
    tau_steps = flight.size // (4 * materials) - 1
    rows = deflection.size // (2 * materials * ROW)
    unit = F(UNIT) / energy
    steps = slowing.size // (2 * materials) - 1
    size_z, size_y, size_x = sizes[0], sizes[1], sizes[2]
    for pixel in range(first, last):
        row, column = pixel_at(pixel, voxels_y.size, columns)
        own = mixed(mixed(key + U(row) * _GOLDEN) + U(column) * _GOLDEN)
        for electron in range(begin, end):
            state = mixed(own + U(electron) * _GOLDEN)
            gamma = mixed(state + _GOLDEN) | _ONE
            state += gamma
            word = mixed(state)
            y = rests_y[row] + pixel_y * (F(I(word >> _S40)) * _PER_24)
            x = rests_x[column] + pixel_x * (F(I((word >> _S16) & _MASK_24)) * _PER_24)
            state += gamma
            word = mixed(state)
            # Box and Muller: the square of the distance is exponential.
            away = math.sqrt(_F2 * quantile(exponential, I(0), (word >> _S16) & _MASK_24))
            place = U((word >> _S6) & _MASK_10) * _TWO
            y += sigma_y * away * azimuths[place]
            x += sigma_x * away * azimuths[place + _ONE]
            iy, y, mirrored = located(y, voxels_y[row], size_y, _F1 / size_y, ny, periodic)
            ix, x, _ = located(x, voxels_x[column], size_x, _F1 / size_x, nx, periodic)
            fate, left, dz, dy = follow(
                cells, nz, ny, nx, size_z, size_y, size_x, periodic, clearance, clear_nm,
                flight, deflection, slowing, entry, scales, reach, azimuths, exponential,
                tau_steps, rows, steps, face_z, face, iy, ix, y, x,
                slope_z, slope_y, mirrored, energy, state, gamma,
            )  # fmt: skip
            share = I(left * unit + _HALF)
            totals[fate] += 1
            totals[3 + fate] += share
            totals[3 + ABSORBED] += UNIT - share
            if fate == BACK:
                cosine = -(dz * slope_z + dy * slope_y)
                for d in range(detectors):
                    if (
                        windows[5 * d] <= left < windows[5 * d + 1]
                        and windows[5 * d + 2] < cosine <= windows[5 * d + 3]
                    ):
                        weight = share if windows[5 * d + 4] > _HALF else 1
                        place = U((pixel - first) * detectors + d)
                        sums[place] += weight
                        squares[place] += weight * weight


def _kept(stamp):
    @njit(nogil=True, error_model="numpy", cache=True)
    def shoot_pixels(arguments):
        """See `_shoot_pixels`; its arguments as one tuple."""
        if stamp >= 0:
            _shoot_pixels(*arguments)

    return shoot_pixels


shoot_pixels = _kept(source_stamp())
