"""Measures against closed forms: ``python -m tests.benchmarks.measures_analytic``.

Overlapping spheres: the two-point correlation of the spheres and the lineal path of the space between are
known (Torquato, Random Heterogeneous Materials, 2002, sections 5.1 and 6.2) for spheres whose centres follow
a Poisson process of number density n: the pore fraction φ is exp(-n V), S2 of the pores exp(-n V2(r)) with
the union volume V2 of two spheres, and L(r) of the pores φ exp(-n π R² r). Both are averaged over volumes and
compared at all lags, as a share of the fraction. Then a laminate, a checkerboard, and the stretched spheres
of the thesis.
"""

from __future__ import annotations

import numpy as np

from core.job import Job
from core.measure.correlation import two_point_correlation
from core.measure.lineal_path import lineal_path
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import StretchedSpheres
from core.steps.measure import MeasureParams, measured
from core.volume import Array, volume_of

SIDE, RADIUS, VOLUMES, LAGS = 256, 8.0, 12, 64


def overlapping_spheres(side: int, radius: float, density: float, rng: np.random.Generator) -> Array:
    """True inside; centres anywhere, also beyond the borders, so that the borders are like any other
    place.
    """
    wide = side + 2 * radius
    centres = rng.uniform(-radius, side + radius, (rng.poisson(density * wide**3), 3))
    solid = np.zeros((side,) * 3, dtype=bool)
    for centre in centres:
        low = np.maximum(0, np.ceil(centre - radius - 0.5)).astype(int)
        high = np.minimum(side, np.floor(centre + radius - 0.5).astype(int) + 1)
        if (high <= low).any():
            continue
        z, y, x = np.ogrid[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
        away = (z + 0.5 - centre[0]) ** 2 + (y + 0.5 - centre[1]) ** 2 + (x + 0.5 - centre[2]) ** 2
        solid[low[0] : high[0], low[1] : high[1], low[2] : high[2]] |= away <= radius**2
    return solid


def spheres() -> tuple[float, float]:
    """Greatest deviations of S2 of the spheres and L of the space between, in shares of the fraction."""
    pore = 0.6
    volume = 4 / 3 * np.pi * RADIUS**3
    density = -np.log(pore) / volume
    rng = np.random.default_rng(1)
    r = np.arange(LAGS + 1.0)
    correlation, lineal = np.zeros(LAGS + 1), np.zeros(LAGS + 1)
    for _ in range(VOLUMES):
        solid = overlapping_spheres(SIDE, RADIUS, density, rng)
        correlation += two_point_correlation(solid, LAGS).mean(axis=0) / VOLUMES
        path = lineal_path([~solid], solid.shape).functions()
        lineal += np.mean([curve[: LAGS + 1] for curve in path], axis=0) / VOLUMES
    near = np.minimum(r, 2 * RADIUS)
    union = np.where(
        r < 2 * RADIUS, volume * (1 + 3 * near / (4 * RADIUS) - near**3 / (16 * RADIUS**3)), 2 * volume
    )
    expected = 1 - 2 * pore + np.exp(-density * union)
    line = pore * np.exp(-density * np.pi * RADIUS**2 * r)
    return (
        float(np.abs(correlation - expected).max()) / (1 - pore),
        float(np.abs(lineal - line).max()) / pore,
    )


def main() -> None:
    tpcf, lpf = spheres()
    print(
        f"overlapping spheres, radius {RADIUS:g} voxels, pore 0.6, {VOLUMES} volumes of {SIDE}³, lags "
        f"0-{LAGS}:"
    )
    print(f"  S2 of the spheres off by at most {tpcf:.3%} of φ, L of the pores by at most {lpf:.3%} of φ")
    laminate = np.zeros((128,) * 3, dtype=bool)
    laminate[np.arange(128) % 16 < 6] = True
    found = two_point_correlation(laminate, 64, periodic=True)
    k = np.minimum(np.arange(65) % 16, -np.arange(65) % 16)
    along = np.maximum(0, 6 - k) / 16
    print(f"laminate: exact {bool(np.array_equal(found[0], along) and (found[1:] == 6 / 16).all())}")
    board = np.indices((64,) * 3).sum(axis=0) % 2 == 0
    even = np.arange(33) % 2 == 0
    exact = np.array_equal(two_point_correlation(board, 32), np.tile(np.where(even, 0.5, 0), (3, 1)))
    print(f"checkerboard: exact {exact}")
    pattern = pattern_of(StretchedSpheres(), shape=(256,) * 3, voxel_nm=2.5, seed=1, job=Job())
    voxels = pattern.read(*[(0, 256)] * 3)
    estimate = measured(volume_of((voxels > 0).astype(np.uint8), voxel_nm=(2.5,) * 3), MeasureParams(), Job())
    if estimate.measured is not None:
        solid = estimate.measured.phase(1)
        curves = (solid.tpcf, solid.lineal_path)
        for name, curve in zip(("TPCF", "LPF"), curves, strict=True):
            if curve is not None:
                count = min(map(len, (curve.z, curve.y, curve.x)))
                z, y, x = (np.array(values[:count]) for values in (curve.z, curve.y, curve.x))
                same, other = np.abs(x - y).max(), np.abs(x - z).max()
                print(f"stretched spheres, {name}: |x - y| <= {same:.4f}, |x - z| <= {other:.4f}")
    print(
        f"  e_TPCF {estimate.e_tpcf:.3f}, e_LPF {estimate.e_lpf:.3f}, e_D {estimate.e_d:.3f}: "
        f"{estimate.verdict}"
    )


if __name__ == "__main__":
    main()
