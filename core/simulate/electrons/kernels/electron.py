# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""One electron on its way through the voxels, as small functions of numbers and arrays.

All numbers of the electron are float32. Lengths are in nm, energies in eV. Everything random of an electron
comes from a stream of its own: a counter that goes up by an odd step, hashed (SplitMix64 [1]_). Start and
step are hashes of seed, stream, pixel and number of the electron, so that no result depends on who computes
what, and two electrons share numbers only if both the start and the step of 64 bits meet by chance.

One hashed word of 64 bits serves a whole collision: 24 bits the deflection, 24 the free flight (the lowest
bit of both is set: never 0), 10 the azimuth, 6 the choice between two rows of deflections.

.. [1] G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, doi:10.1145/2660193.2660195
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

F = np.float32
I = np.int64  # noqa: E741 - beside F and U
U = np.uint64

_MIX_1, _MIX_2 = U(0xBF58476D1CE4E5B9), U(0x94D049BB133111EB)
_S30, _S27, _S31 = U(30), U(27), U(31)
_ONE, _TWO, _THREE, _FOUR = U(1), U(2), U(3), U(4)
_DEFLECTION, _FLIGHT, _AZIMUTH, _CHOICE = U(40), U(16), U(6), U(63)
_MASK_24, _MASK_10 = U(0xFFFFFF), U(0x3FF)
_PER_CHOICE = F(1 / 64)

# Parts of a quantile table (see `tables`): leading bits of a float count them, the others go along a part.
PART_BITS, OCTAVES = 5, 24
_SHIFT = np.int32(23 - PART_BITS)
_FIRST_PART = np.int32(127 << PART_BITS)
_ALONG = np.int32((1 << (23 - PART_BITS)) - 1)
_ROW = I(OCTAVES << PART_BITS)

BACK, ABSORBED, LOST = 0, 1, 2
MATERIAL_SHIFT, HALF_WIDTH = 5, 31
_MOST_LEAPS = 1_000_000
_NEVER = F(1e30)
_ZERO, _HALF, _F1, _F2 = F(0), F(0.5), F(1), F(2)


@njit(nogil=True)
def mixed(word):
    """A 64-bit hash."""
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    return word ^ (word >> _S31)


@njit(nogil=True)
def quantile(table, row, bits_24):
    """Value of the distribution whose quantiles stand in the given row of `table`."""
    bits = F(I(bits_24 | _ONE)).view(np.int32)
    place = U(row * _ROW + I((bits >> _SHIFT) - _FIRST_PART)) * _TWO
    return table[place] + table[place + _ONE] * F(bits & _ALONG)


@njit(nogil=True)
def on_line(table, steps, material, at):
    """Energy (of `slowing`) against range, both in steps of the table."""
    step = min(max(I(at), I(0)), steps)
    place = U(material * (steps + I(1)) + step) * _TWO
    return table[place] + table[place + _ONE] * (at - F(step))


@njit(nogil=True)
def entering(entry, steps, material, at):
    """Value of tau and range against energy, in steps of the table."""
    step = min(max(I(at), I(0)), steps)
    place = U(material * (steps + I(1)) + step) * _FOUR
    rest = at - F(step)
    tau = entry[place] + entry[place + _ONE] * rest
    return tau, entry[place + _TWO] + entry[place + _THREE] * rest


@njit(nogil=True)
def exit_time(place, low, high, speed):
    """Length of the way until one coordinate leaves low-high."""
    if speed > _ZERO:
        return (high - place) / speed
    if speed < _ZERO:
        return (low - place) / speed
    return _NEVER


@njit(nogil=True)
def voxel_shift(place, per_voxel, half_width):
    """How many voxels the coordinate, counted from the middle of a voxel, is away; within a box."""
    return min(max(I(math.floor(place * per_voxel + _HALF)), -half_width), half_width)


@njit(nogil=True)
def follow(
    cells, nz, ny, nx, size_z, size_y, size_x, periodic,
    flight, deflection, slowing, entry, scales, reach, azimuths, exponential,
    face_z, face, iy, ix, y, x, slope_z, slope_y, mirrored, energy, state, gamma,
):  # fmt: skip
    """Follow one electron to its end.

    The milled face lies in plane `face_z` of voxels, `face` from their middle. The electron starts on it in
    voxel (iy, ix) at (y, x) from its middle, in the direction (slope_z, slope_y, 0); in a mirror image of the
    block, (slope_z, -slope_y, 0).

    Returns
    -------
    fate, energy, direction z, direction y
        At the face (BACK), at the end of the block (LOST), or energy 0 (ABSORBED).
    """
    tau_steps = flight.size // (scales.size // 4 * 4) - 1
    range_steps = slowing.size // (scales.size // 4 * 2) - 1
    energy_steps = entry.size // (scales.size // 4 * 4) - 1
    rows = deflection.size // (scales.size // 4 * _ROW * 2)
    per_z, per_y, per_x = _F1 / size_z, _F1 / size_y, _F1 / size_x
    # The direction d and two directions p, q at right angles to it and each other.
    side = -_F1 if mirrored else _F1
    dz, dy, dx = slope_z, side * slope_y, _ZERO
    pz, py, px = -side * slope_y, slope_z, _ZERO
    qz, qy, qx = _ZERO, _ZERO, _F1
    iz, z = face_z, face
    material = I(-1)
    void = True
    tau = left = _ZERO
    next_tau = next_left = next_row = _ZERO
    rest = -_F1
    word = _ONE
    per_tau = _ZERO
    beyond = _F1
    for _ in range(_MOST_LEAPS):
        cell = I(cells[U((iz * ny + iy) * nx + ix)])
        width = cell & HALF_WIDTH
        here = cell >> MATERIAL_SHIFT
        if here != material:
            if not void:
                energy = on_line(slowing, range_steps, material, left * scales[material * 4 + 1])
            material = here
            void = scales[material * 4 + 3] > _ZERO
            rest = -_F1
            if void:
                rest = _NEVER
            else:
                tau, left = entering(entry, energy_steps, material, energy * scales[material * 4 + 2])
                per_tau = scales[material * 4]
                beyond = reach[material]
        half = F(width) + _HALF
        half_z, half_y, half_x = half * size_z, half * size_y, half * size_x
        depth = F(iz - face_z) * size_z - face
        at_face = iz - width <= face_z
        top = -depth if at_face else -half_z
        if not void:
            while True:
                if rest < _ZERO:
                    state += gamma
                    word = mixed(state)
                    next_tau = max(tau - quantile(exponential, I(0), (word >> _FLIGHT) & _MASK_24), _ZERO)
                    at = next_tau * per_tau
                    step = I(at)
                    at -= F(step)
                    place = U(material * (tau_steps + 1) + step) * _FOUR
                    next_left = flight[place] + flight[place + _ONE] * at
                    next_row = flight[place + _TWO] + flight[place + _THREE] * at
                    rest = left - next_left
                new_z, new_y, new_x = z + rest * dz, y + rest * dy, x + rest * dx
                margin = min(min(half_z - new_z, new_z - top), min(half_y - abs(new_y), half_x - abs(new_x)))
                if margin < _ZERO:
                    break
                if next_left <= margin or next_left * beyond <= depth + new_z:
                    return ABSORBED, _ZERO, dz, dy
                z, y, x = new_z, new_y, new_x
                tau, left = next_tau, next_left
                rest = -_F1
                row = I(next_row + F(I(word & _CHOICE)) * _PER_CHOICE)
                mu = quantile(deflection, material * rows + row, word >> _DEFLECTION)
                cosine = _F1 - _F2 * mu
                sine = _F2 * math.sqrt(max(mu - mu * mu, _ZERO))
                place = U((word >> _AZIMUTH) & _MASK_10) * _TWO
                cos_a, sin_a = azimuths[place], azimuths[place + _ONE]
                rz, ry, rx = cos_a * pz + sin_a * qz, cos_a * py + sin_a * qy, cos_a * px + sin_a * qx
                qz, qy, qx = cos_a * qz - sin_a * pz, cos_a * qy - sin_a * py, cos_a * qx - sin_a * px
                pz, py, px = cosine * rz - sine * dz, cosine * ry - sine * dy, cosine * rx - sine * dx
                dz, dy, dx = cosine * dz + sine * rz, cosine * dy + sine * ry, cosine * dx + sine * rx
        # Out of the box, along d.
        to_z = exit_time(z, top, half_z, dz)
        to_y = exit_time(y, -half_y, half_y, dy)
        to_x = exit_time(x, -half_x, half_x, dx)
        way = max(min(min(to_z, to_y), to_x), _ZERO)
        if not void:
            left = max(left - way, _ZERO)
            rest = max(rest - way, _ZERO)
        z, y, x = z + way * dz, y + way * dy, x + way * dx
        if to_z <= to_y and to_z <= to_x:
            shift_y, shift_x = voxel_shift(y, per_y, width), voxel_shift(x, per_x, width)
            if dz < _ZERO:
                if at_face:
                    if not void:
                        energy = on_line(slowing, range_steps, material, left * scales[material * 4 + 1])
                    return BACK, energy, dz, side * dy
                shift_z = -width - 1
                z = _HALF * size_z
            else:
                shift_z = width + 1
                z = -_HALF * size_z
                if iz + shift_z >= nz:
                    if not void:
                        energy = on_line(slowing, range_steps, material, left * scales[material * 4 + 1])
                    return LOST, energy, dz, side * dy
            y -= F(shift_y) * size_y
            x -= F(shift_x) * size_x
        elif to_y <= to_x:
            shift_z, shift_x = voxel_shift(z, per_z, width), voxel_shift(x, per_x, width)
            shift_y = width + 1 if dy > _ZERO else -width - 1
            y = -_HALF * size_y if dy > _ZERO else _HALF * size_y
            z -= F(shift_z) * size_z
            x -= F(shift_x) * size_x
        else:
            shift_z, shift_y = voxel_shift(z, per_z, width), voxel_shift(y, per_y, width)
            shift_x = width + 1 if dx > _ZERO else -width - 1
            x = -_HALF * size_x if dx > _ZERO else _HALF * size_x
            z -= F(shift_z) * size_z
            y -= F(shift_y) * size_y
        iz += shift_z
        iy += shift_y
        ix += shift_x
        if iy < 0 or iy >= ny:
            if periodic:
                iy = iy + ny if iy < 0 else iy - ny
            else:
                iy = -1 - iy if iy < 0 else 2 * ny - 1 - iy
                y, dy, py, qy, side = -y, -dy, -py, -qy, -side
        if ix < 0 or ix >= nx:
            if periodic:
                ix = ix + nx if ix < 0 else ix - nx
            else:
                ix = -1 - ix if ix < 0 else 2 * nx - 1 - ix
                x, dx, px, qx = -x, -dx, -px, -qx
    return LOST, energy, dz, side * dy
