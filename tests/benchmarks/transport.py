"""Figures of transport and sub-volumes: ``python -m tests.benchmarks.transport [--sides 64 128 256]``.

Time, steps and memory of conduction and shortest ways through both phases of a leveled wave, each in a
process of its own; then values that are known, and the bounds. About three minutes on two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from core.job import Job
from core.measure.conductivity import effective_conductivity
from core.measure.representative import representative
from core.measure.tortuosity import geometric_tortuosity
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import Array, ArraySource

CUBES = (1.0, 1.0, 1.0)


def wave(side: int, fraction: float = 0.35) -> Array:
    params = LeveledWave(ligament_nm=(15,), solid_fraction=(fraction,))
    pattern = pattern_of(params, shape=(side,) * 3, voxel_nm=2.5, seed=1, job=Job())
    solid: Array = pattern.read(*[(0, side)] * 3) > 0
    return solid


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_case(side: int, phase: str, what: str, file: str) -> str:
    """One measurement; the kernels are loaded, and compiled if need be, before the clock starts."""
    volume = np.load(file, mmap_mode="r")
    chosen = np.array(volume if phase == "solid" else ~volume)
    small = np.random.default_rng(1).random((20, 20, 20)) < 0.7
    connectivity = 6 if phase == "solid" else 26
    for first, part in ((True, small), (False, chosen)):
        before, start = peak_mib(), time.perf_counter()
        if what == "conduction":
            found = effective_conductivity(part, axis=0, voxel_nm=CUBES, job=Job())
            text = f"{found.value:.6f}, flows differ by {found.residual:.0e}, {found.iterations} steps"
        else:
            ways = geometric_tortuosity(part, axis=0, connectivity=connectivity, voxel_nm=CUBES, job=Job())
            text = f"{ways:.6f} ({connectivity} neighbours)"
        if first:
            continue
        took = time.perf_counter() - start
        bytes_each = (peak_mib() - before) * 2**20 / part.size
        return (
            f"{side:4d}³ {phase} ({part.mean():.2f}) {what}: {text}; {took:.1f} s, {bytes_each:.0f} B/voxel"
        )
    raise AssertionError


def sizes(sides: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for side in sides:
            file = str(Path(folder, "wave.npy"))
            np.save(file, wave(side))
            for phase in ("solid", "pore"):
                for what in ("conduction", "ways"):
                    spawn = multiprocessing.get_context("spawn")
                    with ProcessPoolExecutor(1, mp_context=spawn) as alone:
                        print("  " + alone.submit(one_case, side, phase, what, file).result(), flush=True)


def conductivity(volume: Array, axis: int = 0, voxel_nm: tuple[float, float, float] = CUBES) -> float:
    found = effective_conductivity(volume, axis=axis, voxel_nm=voxel_nm, job=Job())
    assert found.value is not None, found.note
    return found.value


def layers() -> None:
    print("Layers of 1 and 1000, voxels of 10 x 2 x 3 nm: relative error")
    values = np.random.default_rng(3).choice([1.0, 1000.0], 60)
    for axis in range(3):
        volume = np.moveaxis(np.broadcast_to(values[:, None, None], (60, 40, 40)), 0, axis).copy()
        for along in range(3):
            exact = 1 / np.mean(1 / values) if along == axis else values.mean()
            error = conductivity(volume, along, (10.0, 2.0, 3.0)) / exact - 1
            print(f"  layers across {'zyx'[axis]}, flow along {'zyx'[along]}: {error:+.1e}")


def spheres() -> None:
    print("Simple cubic array of insulating spheres against Maxwell: what they take away, ratio")
    for share in (0.02, 0.04):
        for side in (20, 40, 80, 120):
            z, y, x = np.indices((side,) * 3) - (side - 1) / 2
            around = z**2 + y**2 + x**2 > (share * side**3 * 3 / (4 * np.pi)) ** (2 / 3)
            real = 1 - float(around.mean())
            ratio = (1 - conductivity(around)) / (1 - (1 - real) / (1 + real / 2))
            print(f"  {share:.2f}, {side}³ a sphere: {ratio:.4f}", flush=True)


def bounds(side: int = 128) -> None:
    print(f"Leveled waves of {side}³ against the bounds of Hashin and Shtrikman (mean of z, y, x)")
    for fraction in (0.2, 0.35, 0.5, 0.65):
        solid = wave(side, fraction)
        share = float(solid.mean())
        for high in (10.0, 1000.0):
            below = 1 + share / (1 / (high - 1) + (1 - share) / 3)
            above = high + (1 - share) / (1 / (1 - high) + share / (3 * high))
            volume = np.where(solid, np.float32(high), np.float32(1))
            value = float(np.mean([conductivity(volume, axis) for axis in range(3)]))
            print(f"  {fraction:.2f} of {high:.0f}: {below:.4f} < {value:.4f} < {above:.4f}", flush=True)
            assert below < value < above
        value = float(np.mean([conductivity(solid, axis) for axis in range(3)]))
        print(f"  {fraction:.2f}, rest 0: {value:.5f} < {2 * share / (3 - share):.5f}", flush=True)
        assert value < 2 * share / (3 - share)


def sub_volumes() -> None:
    print("Integral range")
    noise = np.random.default_rng(1).random((256, 256, 256)) < 0.3
    for name, phase in (("independent voxels", noise), ("leveled wave, ligament 6 voxels", wave(256))):
        start = time.perf_counter()
        found = representative(ArraySource(phase), lambda block: block, voxel_nm=CUBES, job=Job())
        took = time.perf_counter() - start
        print(
            f"  {name}, 256³: {found.integral_range_nm3} voxels, standard error {found.standard_error:.2e},"
        )
        print(f"    1 % from a side of {found.side_for_1_percent_nm:.0f} voxels; {took:.2f} s")
        for size in found.sizes:
            product = size.sd**2 * size.side_px**3 / (size.mean * (1 - size.mean))
            print(f"    {size.side_px:4d}: {size.count:6d}, sd² V / φ(1-φ) {product:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[64, 128, 256])
    print("Leveled wave, ligaments of 6 voxels, solid fraction 0.35")
    sizes(parser.parse_args().sides)
    layers()
    spheres()
    bounds()
    sub_volumes()
