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

from core.simulate.electrons.kernels.places import cleared, folded, voxels_away

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
ROW = I(OCTAVES << PART_BITS)

BACK, ABSORBED, LOST = 0, 1, 2
MATERIAL_SHIFT, HALF_WIDTH = 5, 31
LEAP = 4  # from this half-width on, boxes are crossed at once
WIDEST, OUTSIDE = 30, 31  # half-widths of boxes; the second marks the cells around the block
MOST_TURNS = 100_000  # over the edges of the block; who flies along it for ever is taken as lost
_NEVER = F(1e30)
_TINY = F(1e-20)  # instead of 0 in a direction, which is divided by
_ZERO, _HALF, _F1, _F2 = F(0), F(0.5), F(1), F(2)


@njit(nogil=True, error_model="numpy")
def mixed(word):
    """A 64-bit hash."""
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    return word ^ (word >> _S31)


@njit(nogil=True, error_model="numpy")
def quantile(table, row, bits_24):
    """Value of the distribution whose quantiles stand in the given row of `table`."""
    bits = F(I(bits_24 | _ONE)).view(np.int32)
    place = U(row * ROW + I((bits >> _SHIFT) - _FIRST_PART)) * _TWO
    return table[place] + table[place + _ONE] * F(bits & _ALONG)


@njit(nogil=True, error_model="numpy")
def energy_left(slowing, scales, steps, material, left):
    """Energy with which the range is `left`; the table has even steps of the root of the range."""
    at = math.sqrt(left * scales[material * 4 + 1])
    step = min(I(at), steps)
    place = U(material * (steps + 1) + step) * _TWO
    return slowing[place] + slowing[place + _ONE] * (at - F(step))


@njit(nogil=True, error_model="numpy")
def entering(entry, steps, material, at):
    """Value of tau and range against energy, in steps of the table."""
    step = min(I(at), steps)
    place = U(material * (steps + 1) + step) * _FOUR
    rest = at - F(step)
    tau = entry[place] + entry[place + _ONE] * rest
    return tau, entry[place + _TWO] + entry[place + _THREE] * rest


@njit(nogil=True, error_model="numpy", forceinline=True)
def follow(
    cells, nz, ny, nx, size_z, size_y, size_x, periodic, clearance, clear_nm,
    flight, deflection, slowing, entry, scales, reach, azimuths, exponential, tau_steps, rows, steps,
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
    per_z, per_y, per_x = _F1 / size_z, _F1 / size_y, _F1 / size_x
    mid_z, mid_y, mid_x = _HALF * size_z, _HALF * size_y, _HALF * size_x
    row_cells, plane_cells = nx + 2, (ny + 2) * (nx + 2)
    side = -_F1 if mirrored else _F1
    dz, dy, dx = slope_z, side * slope_y + _TINY, _TINY
    iz, z = face_z, face
    cell = I(cells[U((iz + 1) * plane_cells + (iy + 1) * row_cells + ix + 1)])
    width = cell & HALF_WIDTH
    material = cell >> MATERIAL_SHIFT
    void = scales[material * 4 + 3] > _ZERO
    tau = left = next_tau = next_left = next_row = per_tau = _ZERO
    beyond = _F1
    rest = _NEVER
    word = _ONE
    turns = 0
    hit = False
    if not void:
        tau, left = entering(entry, steps, material, energy * scales[material * 4 + 2])
        per_tau = scales[material * 4]
        beyond = reach[material]
    while True:
        if not void:
            if clear_nm > _ZERO:
                # As long as vacuum or the end of the block is within reach, no depth is enough to give up.
                clear = min(F(cleared(clearance, ny, nx, iz, iy, ix)) * clear_nm, F(nz - 1 - iz) * size_z)
                beyond = _NEVER
                if clear >= left * reach[material]:
                    beyond, clear_nm = reach[material], _ZERO
            half = F(width) + _HALF
            half_z, half_y, half_x = half * size_z, half * size_y, half * size_x
            depth = F(iz - face_z) * size_z - face
            at_face = iz - width <= face_z
            top = -depth if at_face else -half_z
            while True:
                if hit:
                    row = (I(next_row) + I(word & _CHOICE)) >> 6
                    mu = quantile(deflection, material * rows + row, word >> _DEFLECTION)
                    cosine = _F1 - _F2 * mu
                    sine = _F2 * math.sqrt(max(mu - mu * mu, _ZERO))
                    place = U((word >> _AZIMUTH) & _MASK_10) * _TWO
                    # The plane that mirrors -z or +z (the farther one) into d takes the new direction along.
                    ay, ax = sine * azimuths[place], sine * azimuths[place + _ONE]
                    pole = math.copysign(_F1, dz)
                    shift = (dy * ay + dx * ax) / (_F1 + abs(dz)) - cosine
                    dz, dy, dx = -pole * cosine - (dz + pole) * shift, ay - dy * shift, ax - dx * shift
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
                hit = True
                new_z, new_y, new_x = z + rest * dz, y + rest * dy, x + rest * dx
                margin = min(min(half_z - new_z, new_z - top), min(half_y - abs(new_y), half_x - abs(new_x)))
                if margin < _ZERO:
                    break
                if next_left <= margin or next_left * beyond <= depth + new_z:
                    return ABSORBED, _ZERO, dz, dy
                z, y, x = new_z, new_y, new_x
                tau, left = next_tau, next_left
            # A collision on the very border of the box, by rounding, is still in it.
            away = min(max(voxels_away(z, per_z), -width), width)
            iz += away
            z -= F(away) * size_z
            away = min(max(voxels_away(y, per_y), -width), width)
            iy += away
            y -= F(away) * size_y
            away = min(max(voxels_away(x, per_x), -width), width)
            ix += away
            x -= F(away) * size_x
            # Boxes reach beyond a mirrored edge.
            if iy < 0 or iy >= ny:
                iy, flip = folded(iy, ny, periodic)
                if flip:
                    y, dy, side = -y, -dy, -side
            if ix < 0 or ix >= nx:
                ix, flip = folded(ix, nx, periodic)
                if flip:
                    x, dx = -x, -dx
        # A direction can be exactly 0 along an axis (some electrons in ten millions); it is divided by.
        dz = _TINY if dz == _ZERO else dz
        dy = _TINY if dy == _ZERO else dy
        dx = _TINY if dx == _ZERO else dx
        # From voxel to voxel along d; t is the length of the way, to the next border of each kind.
        per_dz, per_dy, per_dx = _F1 / dz, _F1 / dy, _F1 / dx
        tz = (math.copysign(mid_z, dz) - z) * per_dz
        ty = (math.copysign(mid_y, dy) - y) * per_dy
        tx = (math.copysign(mid_x, dx) - x) * per_dx
        gap_z, gap_y, gap_x = abs(per_dz) * size_z, abs(per_dy) * size_y, abs(per_dx) * size_x
        rate_z, rate_y, rate_x = abs(dz) * per_z, abs(dy) * per_y, abs(dx) * per_x
        sz = I(1) if dz > _ZERO else I(-1)
        sy = I(1) if dy > _ZERO else I(-1)
        sx = I(1) if dx > _ZERO else I(-1)
        to_face = _NEVER if dz > _ZERO else (F(iz - face_z) * size_z - face + z) * -per_dz
        end = min(rest, to_face)
        t = _ZERO
        while turns <= MOST_TURNS:
            t_next = min(tz, min(ty, tx))
            if t_next >= end:
                if to_face <= rest:
                    if not void:
                        energy = energy_left(slowing, scales, steps, material, max(left - end, _ZERO))
                    return BACK, energy, dz, side * dy
                t = end
                depth = F(iz - face_z) * size_z - face + math.copysign(mid_z, dz) - (tz - t) * dz
                if next_left <= _ZERO or next_left * beyond <= depth:
                    return ABSORBED, _ZERO, dz, dy
                tau, left = next_tau, next_left
                cell = I(cells[U((iz + 1) * plane_cells + (iy + 1) * row_cells + ix + 1)])  # after a leap
                break
            t = t_next
            go_z, go_y, go_x = tz <= t, ty <= t, tx <= t
            tz = tz + gap_z if go_z else tz
            ty = ty + gap_y if go_y else ty
            tx = tx + gap_x if go_x else tx
            iz = iz + sz if go_z else iz
            iy = iy + sy if go_y else iy
            ix = ix + sx if go_x else ix
            cell = I(cells[U((iz + 1) * plane_cells + (iy + 1) * row_cells + ix + 1)])
            width = cell & HALF_WIDTH
            if cell >> MATERIAL_SHIFT == material and width != OUTSIDE:
                if width >= LEAP:
                    # To the last voxels of the box, or as far as the flight goes.
                    wide = F(width)
                    t = min(min(tz + wide * gap_z, end), min(ty + wide * gap_y, tx + wide * gap_x))
                    away = min(max(I((t - tz) * rate_z + _F1), I(0)), width)
                    tz += F(away) * gap_z
                    iz += away * sz
                    away = min(max(I((t - ty) * rate_y + _F1), I(0)), width)
                    ty += F(away) * gap_y
                    iy += away * sy
                    away = min(max(I((t - tx) * rate_x + _F1), I(0)), width)
                    tx += F(away) * gap_x
                    ix += away * sx
                    if iy < 0 or iy >= ny or ix < 0 or ix >= nx:
                        turns += 1
                        iy, flip = folded(iy, ny, periodic)
                        if flip:
                            dy, sy, side = -dy, -sy, -side
                        ix, flip = folded(ix, nx, periodic)
                        if flip:
                            dx, sx = -dx, -sx
                continue
            if width == OUTSIDE:
                turns += 1
                if iz < 0 or iz >= nz:
                    if not void:
                        energy = energy_left(slowing, scales, steps, material, max(left - t, _ZERO))
                    return (BACK if iz < 0 else LOST), energy, dz, side * dy
                iy, flip = folded(iy, ny, periodic)
                if flip:
                    dy, sy, side = -dy, -sy, -side
                ix, flip = folded(ix, nx, periodic)
                if flip:
                    dx, sx = -dx, -sx
                cell = I(cells[U((iz + 1) * plane_cells + (iy + 1) * row_cells + ix + 1)])
                if cell >> MATERIAL_SHIFT == material:
                    continue
            if not void:
                energy = energy_left(slowing, scales, steps, material, max(left - t, _ZERO))
            material = cell >> MATERIAL_SHIFT
            void = scales[material * 4 + 3] > _ZERO
            if void:
                rest = _NEVER
                end = to_face
                continue
            tau, left = entering(entry, steps, material, energy * scales[material * 4 + 2])
            per_tau = scales[material * 4]
            beyond = reach[material]
            hit = False
            break
        if turns > MOST_TURNS:
            return (
                LOST,
                energy if void else energy_left(slowing, scales, steps, material, left),
                dz,
                side * dy,
            )
        width = cell & HALF_WIDTH
        z = math.copysign(mid_z, dz) - (tz - t) * dz
        y = math.copysign(mid_y, dy) - (ty - t) * dy
        x = math.copysign(mid_x, dx) - (tx - t) * dx
