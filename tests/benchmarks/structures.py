"""Figures of virtual structures: ``python -m tests.benchmarks.structures [--large SIDE]``.

What is asked beside what is measured over ten seeds, the isotropy errors of perfect structures, and time and
memory of a large one made slab by slab. About five minutes on one core.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from core.job import Job
from core.measure.isotropy import isotropy_errors
from core.measure.lineal_path import ligament_size, lineal_path
from core.simulate.structures import PatternSource, Structure, pattern_of
from core.simulate.structures.kinds import LeveledWave, Polycrystal, RandomPores, StretchedSpheres
from core.simulate.structures.leveled_wave import WavePattern
from core.volume import Array, Shape

VOXEL_NM = 2.5
SEEDS = 10


def made(structure: Structure, side: int, seed: int, voxel_nm: float = VOXEL_NM) -> WavePattern:
    pattern = pattern_of(structure, shape=(side,) * 3, voxel_nm=voxel_nm, seed=seed, job=Job())
    assert isinstance(pattern, WavePattern)
    return pattern


def size_nm(solid: Array, voxel_nm: float) -> float:
    path = lineal_path([solid > 0], solid.shape)
    return float(np.mean(ligament_size(path, (voxel_nm,) * 3)))


def sizes() -> None:
    """Ligament sizes and solid fractions over ten seeds."""
    print(f"Ligament size and solid fraction, {SEEDS} seeds; cubes of 20 ligaments or more")
    cases = [
        (15.0, 0.35, 2.5, False),
        (15.0, 0.35, 5.0, False),
        (15.0, 0.20, 2.5, False),
        (15.0, 0.50, 2.5, False),
        (20.0, 0.70, 2.5, False),
        (15.0, 0.35, 2.5, True),
        (110.0, 0.35, 10.0, False),
    ]
    for ligament_nm, fraction, voxel_nm, periodic in cases:
        side = int(np.ceil(21 * ligament_nm / voxel_nm))
        params = LeveledWave(ligament_nm=(ligament_nm,), solid_fraction=(fraction,), periodic=periodic)
        found = []
        for seed in range(SEEDS):
            pattern = made(params, side, seed, voxel_nm)
            solid = pattern.read(*[(0, side)] * 3)
            found.append((size_nm(solid, voxel_nm), float(solid.mean())))
        sizes_nm, fractions = np.array(found).T
        print(
            f"  asked {ligament_nm:5.1f} nm, {fraction:.2f}, voxel {voxel_nm:4.1f} nm, {side}³"
            f"{', periodic' if periodic else '':10s}: mean {sizes_nm.mean():7.2f} nm "
            f"({100 * (sizes_nm.mean() / ligament_nm - 1):+.2f} %), spread {sizes_nm.std():.2f} nm, "
            f"fraction off by at most {np.abs(fractions - fraction).max():.1e}",
            flush=True,
        )


def hierarchy(side: int = 440) -> None:
    """The thesis' hierarchy: each level by itself, and the whole, 20 coarse ligaments wide."""
    params = LeveledWave(ligament_nm=(110, 15), solid_fraction=(0.35, 0.35))
    rows = []
    for seed in range(SEEDS):
        pattern = made(params, side, seed, 5.0)
        whole = pattern.read(*[(0, side)] * 3)
        levels = [pattern.level(index, *[(0, side)] * 3) for index in (0, 1)]
        rows.append([size_nm(level, 5.0) for level in levels] + [float(x.mean()) for x in (*levels, whole)])
    mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
    off = np.abs(np.array(rows)[:, 2:] - [0.35, 0.35, 0.1225]).max(axis=0)
    print(
        f"Hierarchy 110 / 15 nm, 0.35 each, {side}³ of 5 nm ({side * 5 / 110:.0f} coarse ligaments wide), "
        f"{SEEDS} seeds: {mean[0]:.1f} ± {spread[0]:.1f} and {mean[1]:.2f} ± {spread[1]:.2f} nm; "
        f"fractions of the levels and of the whole ({mean[4]:.5f}) off by at most "
        f"{off[0]:.1e}, {off[1]:.1e}, {off[2]:.1e}",
        flush=True,
    )


def isotropy() -> None:
    """Errors of perfect structures: not zero in finite cubes."""
    print(
        "Isotropy errors (TPCF, LPF, D); article II, Table S3 has 0.104, 0.019, 0.014 for perfect structures"
    )
    one = LeveledWave()
    two = LeveledWave(ligament_nm=(110, 15), solid_fraction=(0.35, 0.35))
    cases: list[tuple[str, Structure, int, int]] = [
        ("one level, 15 nm", one, 256, 5),
        ("one level, 15 nm", one, 512, 1),
        ("hierarchy 110 / 15 nm", two, 256, 5),
        ("hierarchy 110 / 15 nm", two, 512, 1),
        ("stretched spheres", StretchedSpheres(), 256, 1),
    ]
    for name, params, side, seeds in cases:
        rows = []
        for seed in range(seeds):
            pattern = pattern_of(params, shape=(side,) * 3, voxel_nm=VOXEL_NM, seed=seed, job=Job())
            found = isotropy_errors(PatternSource(pattern), Job())
            rows.append((found.e_tpcf, found.e_lpf, found.e_d))
        text = ", ".join(f"{value:.4f}" for value in np.mean(rows, axis=0))
        spread = found.spread if seeds == 1 else np.std(rows, axis=0)
        among = "8 patches" if seeds == 1 else f"{seeds} cubes"
        told = "" if spread is None else f" ± {', '.join(f'{value:.4f}' for value in spread)} ({among})"
        print(f"  {name}, {side}³, lags 0-{found.range_px}: {text}{told}", flush=True)


def large(side: int) -> None:
    """Time and memory slab by slab."""
    shape: Shape = (side, side, side)
    cases: list[tuple[str, Structure]] = [
        ("one level, 15 nm", LeveledWave()),
        ("hierarchy 110 / 15 nm", LeveledWave(ligament_nm=(110, 15), solid_fraction=(0.35, 0.35))),
        ("random pores, 30 nm", RandomPores()),
        ("polycrystal with grains as second phase", Polycrystal(second_fraction=0.1, second="grains")),
    ]
    print(f"{side}³ voxels of {VOXEL_NM} nm, slabs of 32 slices, {side**3 / 2**20:,.0f} MiB of labels")
    for name, params in cases:
        clock = time.process_time()
        pattern = pattern_of(params, shape=shape, voxel_nm=VOXEL_NM, seed=1, job=Job())
        placed = time.process_time()
        above = 0
        for start in range(0, side, 32):
            slab = pattern.read((start, min(start + 32, side)), (0, side), (0, side))
            above += int(np.count_nonzero(slab))
        done = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  {name}: level {placed - clock:.0f} s, voxels {done - placed:.0f} s "
            f"({(done - placed) / side**3 * 1e9:.1f} ns per voxel), not pore {above / side**3:.6f}, "
            f"peak memory so far {peak:,.0f} MiB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", type=int, default=1024)
    parser.add_argument("--only", choices=("sizes", "hierarchy", "isotropy", "large"))
    parsed = parser.parse_args()
    if parsed.only in (None, "large"):  # first: the memory of the others would hide its own
        large(parsed.large)
    if parsed.only in (None, "sizes"):
        sizes()
    if parsed.only in (None, "hierarchy"):
        hierarchy()
    if parsed.only in (None, "isotropy"):
        isotropy()


if __name__ == "__main__":
    main()
