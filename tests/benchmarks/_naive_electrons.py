"""The same physics as plainly as it can be written for numba: formulas, float64, voxel by voxel.

Mott cross-sections by interpolation between the energies and a search among the angles, the stopping power of
Joy and Luo by its formula. What the fast loops are measured against.
"""

# ruff: noqa: NPY002 - the generators that numba knows

from __future__ import annotations

from math import acos, cos, floor, log, pi, sin, sqrt

import numba
import numpy as np

from core.simulate.electrons.conditions import Physics
from core.simulate.electrons.elastic import elastic_of
from core.simulate.electrons.elements import atomic_mass, mean_excitation_ev
from core.simulate.electrons.material import Material
from core.simulate.electrons.stopping import mass_fractions

_MOST_ELEMENTS = 4
CUT_OFF_EV = 50.0


def elements_of(materials: tuple[Material, ...]) -> np.ndarray:
    """Per material and element: Z, mass share, A, J, density; Z 0 after the last."""
    table = np.zeros((len(materials), _MOST_ELEMENTS, 5))
    for at, material in enumerate(materials):
        for k, (z, share) in enumerate(mass_fractions(material).items()):
            table[at, k] = z, share, atomic_mass(z), mean_excitation_ev(z), material.density_g_cm3
    return table


def mott_of(materials: tuple[Material, ...], physics: Physics) -> tuple[np.ndarray, ...]:
    """Energies, inverse mean free paths, mu and its distribution, for all materials."""
    found = [elastic_of(material, physics) for material in materials]
    return (
        np.log(found[0].energies_ev),
        np.stack([one.inverse_path_per_nm for one in found]),
        np.array(found[0].mu),
        np.stack([np.array(one.cdf) for one in found]),
    )


@numba.njit
def _stopping(elements, material, energy):
    total = 0.0
    for k in range(_MOST_ELEMENTS):
        z, share, mass, j, density = elements[material, k]
        if z > 0:
            low = 0.731 + 0.0688 * log(z) / log(10.0)
            total += 7850.0 * density * share * z / mass * log(1.166 * (energy + low * j) / j)
    return total / energy


@numba.njit
def _row(mott, energy):
    at = (log(energy) - mott[0][0]) / (mott[0][1] - mott[0][0])
    row = min(int(at), mott[0].size - 2)
    return row, at - row


@numba.njit
def _collisions_per_nm(mott, material, energy):
    row, rest = _row(mott, energy)
    return mott[1][material, row] * (1 - rest) + mott[1][material, row + 1] * rest


@numba.njit
def _deflection(mott, material, energy):
    row, rest = _row(mott, energy)
    if np.random.random() < rest:
        row += 1
    cdf = mott[3][material, row]
    u = np.random.random()
    k = min(max(np.searchsorted(cdf, u), 1), cdf.size - 1)
    part = (u - cdf[k - 1]) / max(cdf[k] - cdf[k - 1], 1e-300)
    return acos(1 - 2 * (mott[2][k - 1] + part * (mott[2][k] - mott[2][k - 1])))


@numba.njit(nogil=True)
def shoot_naively(labels, voxel, elements, mott, pixels, pixel, energy_ev, electrons, seed):
    """Straight down onto a square raster. Returns electrons back, their energy share, and collisions."""
    np.random.seed(seed)
    back, share, collisions = 0, 0.0, 0
    depth, height, width = labels.shape
    for p in range(pixels * pixels):
        for _ in range(electrons):
            z, energy = 0.0, energy_ev
            y = (p // pixels + np.random.random()) * pixel
            x = (p % pixels + np.random.random()) * pixel
            dz, dy, dx = 1.0, 0.0, 0.0
            iz, iy, ix = 0, floor(y / voxel) % height, floor(x / voxel) % width
            y, x = y % (height * voxel), x % (width * voxel)
            alive = True
            while alive:
                material = labels[iz, iy, ix]
                rest = 1e9
                if elements[material, 0, 0] > 0:
                    rate = _collisions_per_nm(mott, material, energy)
                    rest = -log(1 - np.random.random()) / rate
                crossing = True
                while crossing:
                    to_z = ((iz + (dz > 0)) * voxel - z) / dz if dz != 0 else 1e9
                    to_y = ((iy + (dy > 0)) * voxel - y) / dy if dy != 0 else 1e9
                    to_x = ((ix + (dx > 0)) * voxel - x) / dx if dx != 0 else 1e9
                    way = max(min(to_z, to_y, to_x), 0.0)
                    crossing = way < rest
                    way = min(way, rest)
                    z, y, x, rest = z + way * dz, y + way * dy, x + way * dx, rest - way
                    if elements[material, 0, 0] > 0:
                        # Half way with the energy before, half with the one after: second order.
                        middle = max(energy - 0.5 * way * _stopping(elements, material, energy), 1.0)
                        energy -= way * _stopping(elements, material, middle)
                        if energy < CUT_OFF_EV:
                            alive = False
                            break
                    if not crossing:
                        break
                    if to_z <= to_y and to_z <= to_x:
                        iz += 1 if dz > 0 else -1
                        if iz < 0:
                            back += 1
                            share += energy / energy_ev
                            alive = False
                            break
                        if iz >= depth:
                            alive = False
                            break
                    elif to_y <= to_x:
                        iy += 1 if dy > 0 else -1
                        if iy < 0 or iy >= height:
                            iy, dy = min(max(iy, 0), height - 1), -dy
                    else:
                        ix += 1 if dx > 0 else -1
                        if ix < 0 or ix >= width:
                            ix, dx = min(max(ix, 0), width - 1), -dx
                    if labels[iz, iy, ix] != material:
                        break
                if alive and not crossing:
                    collisions += 1
                    theta = _deflection(mott, material, energy)
                    phi = 2 * pi * np.random.random()
                    s, c = sin(theta), cos(theta)
                    aside = sqrt(max(1 - dz * dz, 0.0))
                    if aside < 1e-9:
                        dz, dy, dx = c * dz, s * cos(phi), s * sin(phi)
                    else:
                        dz, dy, dx = (
                            c * dz - s * aside * cos(phi),
                            c * dy + s * (dz * dy * cos(phi) - dx * sin(phi)) / aside,
                            c * dx + s * (dz * dx * cos(phi) + dy * sin(phi)) / aside,
                        )
    return back, share, collisions
