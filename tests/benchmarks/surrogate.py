"""The fast approximation beside converged Monte Carlo images (10,000 electrons per pixel).

On structures that no calibration has seen: hierarchical gold (ligaments 110 and 15 nm, 0.35 each, together
0.123) of other seeds, imaged with pixels of 2.5 and 5 nm, and gold of one level of 45 nm. Times are those of
one core: of the Monte Carlo per pixel of these very images; of the approximation per pixel of an image of
256 x 256 of the same sample, everything included, best of three. Each image is four fields, 300 nm apart, so
that it shows more than one ligament. TRUESLICE_BENCH_SIDE sets the pixels per side of a field (16),
TRUESLICE_BENCH_ELECTRONS the electrons per pixel (10000).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.conditions import ICD, TLD, Beam, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Expected, Raster, World
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.simulate.surrogate import predict

SIDE = int(os.environ.get("TRUESLICE_BENCH_SIDE", "16"))
ELECTRONS = int(os.environ.get("TRUESLICE_BENCH_ELECTRONS", "10000"))
VOXEL_NM = 2.5
PLANES, WIDTH = 260, 352
CORNERS_NM = (280.0, 580.0)
SPEED_SIDE = 256
ROUNDS = 3
SAMPLES = (
    ("110 + 15 nm, 2.5 nm px", ((110.0, 15.0), (0.35, 0.35)), 2.5, 9001),
    ("110 + 15 nm, 5 nm px", ((110.0, 15.0), (0.35, 0.35)), 5.0, 9002),
    ("45 nm, 5 nm px", ((45.0,), (0.3,)), 5.0, 9003),
)
DETECTORS = (TLD, ICD)
HEAD = (
    f"{'':30} {'mean':>6} {'r':>7} {'r raw':>7} {'mean err':>9} {'abs err':>8} {'rms err':>8} "
    f"{'MC ms/px':>9} {'ours µs/px':>10} {'ratio':>7}"
)


def cpu_seconds(function: Callable[[], object]) -> float:
    """Processor time of one call."""
    begin = time.process_time()
    function()
    return time.process_time() - begin


def together(parts: Sequence[tuple[Expected, ...]]) -> tuple[Expected, ...]:
    """Images of several fields as one, per detector."""
    return tuple(
        Expected(
            np.stack([image.signal for image in images]),
            np.stack([image.standard_error for image in images]),
            images[0].electrons,
        )
        for images in zip(*parts, strict=True)
    )


def line(name: str, ours: Expected, truth: Expected, monte_carlo: float, quick: float) -> str:
    """One row of the table; noise of the Monte Carlo is taken out of r and RMS."""
    seen, real = ours.signal.astype(float).ravel(), truth.signal.astype(float).ravel()
    noise = float(np.mean(truth.standard_error.astype(float) ** 2))
    raw = float(np.corrcoef(seen, real)[0, 1])
    off = seen - real
    return (
        f"{name:30} {real.mean():6.3f} {raw * np.sqrt(real.var() / (real.var() - noise)):7.4f} {raw:7.4f} "
        f"{off.mean():+9.4f} {np.abs(off).mean():8.4f} {np.sqrt(max(np.mean(off**2) - noise, 0)):8.4f} "
        f"{monte_carlo * 1e3:9.2f} {quick * 1e6:10.2f} {monte_carlo / quick:7.0f}"
    )


def compare(filler: str, kv: float) -> None:
    """All samples of gold in `filler` at one voltage."""
    materials = (material_of(filler), material_of("Au"))
    beam, physics, job = Beam(kv=kv), Physics(), Job()
    tables = transport_tables(materials, kv, physics)
    for name, (sizes, fractions), pixel, seed in SAMPLES:
        structure = LeveledWave(ligament_nm=sizes, solid_fraction=fractions)
        pattern = pattern_of(structure, shape=(256, 256, 256), voxel_nm=VOXEL_NM, seed=seed, job=job)
        world = World(pattern.read((0, PLANES), (0, WIDTH), (0, WIDTH)), (VOXEL_NM,) * 3, materials)
        fields = [
            Raster(0.0, (SIDE, SIDE), (pixel, pixel), corner) for corner in product(CORNERS_NM, repeat=2)
        ]
        cells = pack(world, job)

        def follow(electrons: int, cells=cells, fields=fields) -> tuple[Expected, ...]:
            rest = {"electrons_per_pixel": electrons, "seed": 1, "job": job, "threads": 1}
            shots = [
                shoot(cells, tables, field, beam, DETECTORS, stream=(at,), **rest).images
                for at, field in enumerate(fields)
            ]
            return together(shots)

        follow(1)  # compiles
        begin = time.process_time()
        truth = follow(ELECTRONS)
        monte_carlo = (time.process_time() - begin) / (len(fields) * SIDE**2)
        guess = together([predict(world, field, beam, DETECTORS, physics, job) for field in fields])
        wide = Raster(0.0, (SPEED_SIDE, SPEED_SIDE), (pixel, pixel), (100.0, 100.0))
        times = [
            cpu_seconds(lambda world=world, wide=wide: predict(world, wide, beam, (TLD,), physics, job))
            for _ in range(ROUNDS)
        ]
        quick = min(times) / SPEED_SIDE**2
        for detector, ours, real in zip(DETECTORS, guess, truth, strict=True):
            print(line(f"{detector.name}, {name}", ours, real, monte_carlo, quick), flush=True)


def main() -> None:
    """Print the table."""
    print(f"4 fields of {SIDE} x {SIDE} px, {ELECTRONS} electrons per pixel, one core\n")
    for filler in ("epoxy", "vacuum"):
        for kv in (1.0, 2.0, 4.0):
            print(f"gold in {filler}, {kv:g} kV\n{HEAD}", flush=True)
            compare(filler, kv)
            print()


if __name__ == "__main__":
    main()
