"""Electrons per second and core, beside a plain kernel of the same physics; what each trick buys.

Rates are electrons per second of CPU time of one thread, the best of a few rounds that take turns, so that
a busy machine distorts them little; ratios are of one run. Name parts (bulk, porous, slice) to run only them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from _naive_electrons import elements_of, mott_of, shoot_naively

from core.job import Job
from core.simulate.electrons.bulk import bulk_yield
from core.simulate.electrons.cells import Cells, pack
from core.simulate.electrons.conditions import TLD, Beam, Physics
from core.simulate.electrons.material import VACUUM, Material
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave

ROUNDS = 3
VOLTAGES = (1.0, 2.0, 4.0)
GOLD, RESIN = material_of("Au"), material_of("epoxy")
PHYSICS = Physics()
ENDLESS = np.zeros((1, 1, 1), np.uint8)


@dataclass(frozen=True)
class Run:
    """Something that shoots `electrons` and returns the share that comes back."""

    electrons: int
    shoot: Callable[[], float]


def rates_of(runs: dict[str, Run]) -> tuple[dict[str, float], str]:
    """Best millions of electrons per second of CPU time, and a line that tells them."""
    rates = dict.fromkeys(runs, 0.0)
    shares = {}
    for run in runs.values():
        run.shoot()  # compiles
    for _ in range(ROUNDS):
        for name, run in runs.items():
            begin = time.process_time()
            shares[name] = run.shoot()
            rates[name] = max(rates[name], run.electrons / (time.process_time() - begin) / 1e6)
    return rates, ", ".join(f"{name} {rates[name]:.3f} ({shares[name]:.3f})" for name in runs)


def uniform(electrons: int, kv: float, *, soft: bool = False) -> Run:
    """Endless gold."""
    beam = Beam(kv=kv)
    more = {"electrons": electrons, "seed": 1, "job": Job(), "threads": 1, "merge_soft": soft}
    return Run(electrons, lambda: bulk_yield(GOLD, beam, PHYSICS, **more).eta)


def in_voxels(cells: Cells, kv: float, pixels: int, per_pixel: int, *, soft: bool = False) -> Run:
    """An image of one thread."""

    def share() -> float:
        result = shoot(
            cells, transport_tables(cells.materials, kv, PHYSICS), Raster(0.0, (pixels, pixels), (5.0, 5.0)),
            Beam(kv=kv), (TLD,), electrons_per_pixel=per_pixel, seed=1, job=Job(), threads=1, merge_soft=soft,
        )  # fmt: skip
        return result.balance.backscattered / result.balance.electrons

    return Run(pixels * pixels * per_pixel, share)


def plain(labels: np.ndarray, voxel: float, materials: tuple[Material, ...], kv: float, pixels: int) -> Run:
    """The same by the plain kernel."""
    setting = (
        labels,
        voxel,
        elements_of(materials),
        mott_of(materials, PHYSICS),
        pixels,
        250 / pixels,
        kv * 1000,
    )
    count = pixels * pixels * 20
    return Run(count, lambda: shoot_naively(*setting, 20, 1)[0] / count)


def porous(size: int, voxel: float) -> np.ndarray:
    """Labels of hierarchical gold, 12 % solid; 1 is gold."""
    structure = LeveledWave(ligament_nm=(40.0, 15.0), solid_fraction=(0.35, 0.35), periodic=True)
    pattern = pattern_of(structure, shape=(size,) * 3, voxel_nm=voxel, seed=1, job=Job())
    return np.asarray(pattern.read((0, size), (0, size), (0, size)))


def without_boxes(cells: Cells) -> Cells:
    """Every voxel stands for itself."""
    packed = cells.packed.copy()
    packed[1:-1, 1:-1, 1:-1] &= 0b11100000
    return replace(cells, packed=packed)


def without_rejection(cells: Cells) -> Cells:
    """Electrons are followed to their end, however deep, as if there were open pores."""
    nowhere = np.zeros([-(-side // 8) + 2 for side in cells.shape], np.uint8)
    return replace(
        cells, materials=(*cells.materials, VACUUM), present=(*cells.present, True), clearance=nowhere
    )


def bulk_gold() -> None:
    """Uniform gold, with and without voxels."""
    print("bulk gold; millions of electrons per second and core (share that comes back)")
    block = np.zeros((160, 128, 128), np.uint8)
    cells = pack(World(block, (5.0,) * 3, (GOLD,)), Job())
    for kv in VOLTAGES:
        rates, text = rates_of(
            {
                "uniform": uniform(600_000, kv),
                "uniform, soft merged": uniform(600_000, kv, soft=True),
                "plain": plain(ENDLESS, 1e6, (GOLD,), kv, 30),
                "5 nm voxels": in_voxels(cells, kv, 50, 120),
                "5 nm voxels, soft merged": in_voxels(cells, kv, 50, 120, soft=True),
                "plain in voxels": plain(block, 5.0, (GOLD,), kv, 30),
            }
        )
        print(f"{kv:g} kV: {text}")
        print(
            f"      {rates['uniform'] / rates['plain']:.1f} times the plain kernel without voxels,", end=" "
        )
        print(f"{rates['5 nm voxels'] / rates['plain in voxels']:.1f} times in voxels")


def porous_gold() -> None:
    """Hierarchical gold in resin and in vacuum."""
    for voxel, size in ((5.0, 192), (2.5, 320)):
        labels = porous(size, voxel)
        for filling in (RESIN, VACUUM):
            world = World(labels, (voxel,) * 3, (filling, GOLD))
            pack(world, Job())
            begin = time.process_time()
            cells = pack(world, Job())
            packing = (time.process_time() - begin) / labels.size * 1e9
            print(f"porous gold in {filling.name}, voxels of {voxel:g} nm, packed in {packing:.1f} ns each")
            for kv in VOLTAGES:
                runs = {
                    "exact": in_voxels(cells, kv, 50, 20),
                    "soft merged": in_voxels(cells, kv, 50, 20, soft=True),
                    "without boxes": in_voxels(without_boxes(cells), kv, 50, 20),
                    "plain": plain(labels, voxel, (filling, GOLD), kv, 20),
                }
                if filling is RESIN:  # in open pores there is none
                    runs["without depth rejection"] = in_voxels(without_rejection(cells), kv, 50, 20)
                rates, text = rates_of(runs)
                print(f"{kv:g} kV: {text}; {rates['exact'] / rates['plain']:.1f} times the plain kernel")


def whole_slice() -> None:
    """One slice of 512 x 512 pixels at 100 electrons, and how long its collisions alone would take."""
    labels = porous(320, 2.5)
    materials = (RESIN, GOLD)
    cells = pack(World(labels, (2.5,) * 3, materials, beyond="periodic"), Job())
    _, _, in_gold = shoot_naively(
        ENDLESS, 1e6, elements_of((GOLD,)), mott_of((GOLD,), PHYSICS), 10, 5.0, 4e3, 10, 1
    )
    rates, _ = rates_of({"uniform": uniform(300_000, 4.0)})
    per_collision = 1e-6 / rates["uniform"] / (in_gold / 1000)
    for kv in VOLTAGES:
        setting = (
            labels,
            2.5,
            elements_of(materials),
            mott_of(materials, PHYSICS),
            20,
            2.5,
            kv * 1000,
            10,
            1,
        )
        collisions = shoot_naively(*setting)[2] / 4000
        image = partial(
            shoot, cells, transport_tables(materials, kv, PHYSICS), Raster(0.0, (512, 512), (2.5, 2.5)),
            Beam(kv=kv), (TLD,), electrons_per_pixel=100, seed=1, job=Job(),
        )  # fmt: skip
        image(threads=1)
        texts = []
        for threads in (1, 2):
            wall, cpu = time.perf_counter(), time.process_time()
            image(threads=threads)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            texts.append(f"{wall:.1f} s with {threads} thread(s) ({cpu:.1f} s of CPU)")
        least = 512 * 512 * 100 * collisions * per_collision
        print(f"512 x 512 pixels at 100 electrons, resin, {kv:g} kV: {', '.join(texts)};", end=" ")
        print(f"{collisions:.1f} collisions of each if none is given up,", end=" ")
        print(f"{least:.1f} s at the rate of endless gold")


def main() -> int:
    """Print all."""
    parts = {"bulk": bulk_gold, "porous": porous_gold, "slice": whole_slice}
    for name in sys.argv[1:] or parts:
        parts[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
