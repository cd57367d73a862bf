"""Filling by a network: ``python -m tests.benchmarks.inpainting [MODEL] [--structures N | --speed]``.

The structures and draws of article II (`article_two`), put together by cubic spline (RCS), shape-based
interpolation (RSD) and the network (RML): MP, MGP and MDS over all voxels and over filled planes. With
``--kinds`` structures of other kinds instead, with slices two thirds of a ligament apart. With ``--speed``
128 images of 512² (as many voxels as the article's 128 sections), filled by each in turn. MODEL is a name of
the library or a folder.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.job import Job
from core.rebuild.compare import compared
from core.rebuild.datasets import Name, data_sets
from core.rebuild.draws import drawn_planes
from core.rebuild.network import Filling
from core.rebuild.network_choice import filling_of, shapes_model
from core.simulate.structures import PatternSource, Structure, pattern_of
from core.simulate.structures.kinds import LeveledWave, RandomPores, Spheres
from core.volume import Array, ArraySource
from tests.benchmarks.article_two import truth_of

NAMES: tuple[Name, ...] = ("RCS", "RSD", "RML")
COLUMNS = ("mp", "mgp", "mds", "mp_invented")
KINDS: dict[str, tuple[Structure, float]] = {
    "one level, 4.5 px": (LeveledWave(ligament_nm=(4.5,), solid_fraction=(0.4,)), 4.5),
    "one level, 8 px": (LeveledWave(ligament_nm=(8.0,), solid_fraction=(0.3,)), 8.0),
    "one level, 14 px": (LeveledWave(ligament_nm=(14.0,), solid_fraction=(0.6,)), 14.0),
    "spheres, 8 px": (Spheres(radius_nm=6.0, radius_sd_nm=1.0, solid_fraction=0.3), 8.0),
    "pores, 8 px": (RandomPores(radius_nm=6.0, radius_sd_nm=1.0, solid_fraction=0.6), 8.0),
}


def rows_of(truth: ArraySource, network: Filling, mean_px: float, sd_px: float, seeds: Any) -> Iterator[Any]:
    depth = len(truth.data)
    rng = np.random.default_rng(seeds)
    planes = drawn_planes(depth, 2.5, mean_nm=2.5 * mean_px, sd_nm=2.5 * sd_px, rng=rng)
    sets = data_sets(truth.data[planes], (planes * 2.5).tolist(), 2.5, 10.0, depth, network)
    # The slices that are put together without their places end earlier; they are not looked at here.
    found = compared({name: sets[name] for name in NAMES}, truth, Job(), isotropy=False)
    for name, score in found.items():
        yield {"set": name, **score.row()}


def article(network: Filling, structures: int, draws: int, side: int) -> None:
    rows = []
    begin = time.perf_counter()
    for seed in range(1, structures + 1):
        truth = truth_of(seed, side)
        for draw in range(draws):
            rows += list(rows_of(truth, network, 10.16 / 2.5, 3.12 / 2.5, (seed, draw)))
        told(f"{seed} structures x {draws} draws, {side}³, {time.perf_counter() - begin:.0f} s", rows)


def kinds(network: Filling, side: int) -> None:
    for name, (structure, size) in KINDS.items():
        pattern = pattern_of(structure, shape=(side,) * 3, voxel_nm=1.0, seed=71, job=Job())
        truth = ArraySource(PatternSource(pattern, solid_255=True).read(slice(0, side)))
        told(name, list(rows_of(truth, network, 0.67 * size, 0.2 * size, 71)))


def told(title: str, rows: list[dict[str, Any]]) -> None:
    print(title)
    print(f"{'':6}" + "".join(f"{name:>20}" for name in COLUMNS))
    for name in NAMES:
        text = f"{name:6}"
        for column in COLUMNS:
            values = [row[column] for row in rows if row["set"] == name]
            text += f"{np.mean(values):>11.4f} ± {np.std(values):.4f}".rjust(20)
        print(text)
    means = {name: np.mean([row["mp"] for row in rows if row["set"] == name]) for name in NAMES}
    print(f"RML is {100 * (1 - means['RML'] / means['RSD']):.1f} % below RSD", flush=True)


def speed(network: Filling) -> None:
    """128 images of 512²: as many filled and measured planes."""
    truth = truth_of(1, 128).data
    wide: Array = np.tile(truth, (1, 4, 4))
    planes = drawn_planes(128, 2.5, mean_nm=10.16, sd_nm=3.12, rng=np.random.default_rng(1))
    sets = data_sets(wide[planes], (planes * 2.5).tolist(), 2.5, 10.0, 128, network)
    for name in NAMES:
        sets[name].read(slice(1, 3))  # compiles
        begin, own = time.perf_counter(), time.process_time()
        sets[name].read(slice(0, sets[name].depth))
        seconds, own = time.perf_counter() - begin, time.process_time() - own
        print(f"{name}: {sets[name].depth} planes of 512², {seconds:.1f} s, {own:.1f} s of processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="fill-shapes", metavar="MODEL")
    parser.add_argument("--structures", type=int, default=25)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parsed = parser.parse_args()
    network = filling_of(shapes_model(parsed.model), 1)
    if parsed.speed:
        speed(network)
    elif parsed.kinds:
        kinds(network, min(parsed.side, 128))
    else:
        article(network, parsed.structures, parsed.draws, parsed.side)


if __name__ == "__main__":
    main()
