"""Article II, Tables 2, 3, S3 and S4: ``python -m tests.benchmarks.article_two [--structures N --draws M]``.

Hierarchical leveled waves (ligaments 110 and 15 nm, solid fraction 0.35 each), 256³ voxels of 2.5 nm, are cut
at planes with gamma-distributed distances (10.16 ± 3.12 nm in bins of 2.5 nm, at least one) and put together
again in five ways. Printed: means and standard deviations over all data sets, over the common z range, beside
the numbers of the article. 25 structures with 10 draws: some minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from core.job import Job
from core.rebuild.compare import compared, isotropy_of
from core.rebuild.datasets import NAMES, data_sets
from core.rebuild.draws import drawn_planes
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.volume import ArraySource

VOXEL_NM, NOMINAL_NM = 2.5, 10.0
COLUMNS = ("mp", "mgp", "mds", "mp_invented", "mgp_invented", "mds_invented", "e_tpcf", "e_lpf", "e_d")
ARTICLE = {  # Tables 2, 3, S3, S4: MP, MGP, MDS, e_TPCF, e_LPF, e_D
    "truth": (0, 0, 1, 0.1038, 0.0188, 0.0138),
    "DNN": (19.97, 81.62, 0.53, 0.2104, 0.0633, 0.0386),
    "SRCS": (5.29, 22.38, 0.88, 0.1153, 0.0716, 0.0455),
    "RNN": (4.89, 19.98, 0.89, 0.1149, 0.0479, 0.0306),
    "RCS": (3.12, 13.52, 0.93, 0.1091, 0.0482, 0.0299),
    "RML": (2.35, 10.04, 0.95, 0.1086, 0.0341, 0.0211),
}


def truth_of(seed: int, side: int) -> ArraySource:
    structure = LeveledWave(ligament_nm=(110.0, 15.0), solid_fraction=(0.35, 0.35))
    pattern = pattern_of(structure, shape=(side,) * 3, voxel_nm=VOXEL_NM, seed=seed, job=Job())
    source = PatternSource(pattern, solid_255=True)
    return ArraySource(np.concatenate([source.read(slice(z, z + 16)) for z in range(0, side, 16)]))


def one_structure(seed: int, *, draws: int, side: int) -> list[dict[str, Any]]:
    truth = truth_of(seed, side)
    isotropy = isotropy_of(truth, Job())
    rows: list[dict[str, Any]] = []
    for draw in range(draws):
        rng = np.random.default_rng((seed, draw))
        planes = drawn_planes(side, VOXEL_NM, mean_nm=10.16, sd_nm=3.12, rng=rng)
        sets = data_sets(truth.data[planes], planes * VOXEL_NM, VOXEL_NM, NOMINAL_NM, side)
        scores = compared(sets, truth, Job(), isotropy=True)
        depth = sets["RNN"].depth
        rows += [{"set": name, "depth": depth, **scores[name].row()} for name in NAMES]
        if isotropy is not None:
            rows.append({"set": "truth", **{name: getattr(isotropy, name) for name in COLUMNS[-3:]}})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, default=25)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--side", type=int, default=256)
    parsed = parser.parse_args()
    begin = time.perf_counter()
    work = partial(one_structure, draws=parsed.draws, side=parsed.side)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [row for part in pool.map(work, range(1, parsed.structures + 1)) for row in part]
    depths = [row["depth"] for row in rows if row["set"] == "RNN"]
    print(
        f"{parsed.structures} structures x {parsed.draws} draws, {parsed.side}³; common range "
        f"{min(depths)}-{max(depths)} planes; {time.perf_counter() - begin:.0f} s"
    )
    print(f"{'':6}" + "".join(f"{name:>19}" for name in COLUMNS))
    for name in ("truth", *NAMES):
        text = f"{name:6}"
        for column in COLUMNS:
            values = [row[column] for row in rows if row["set"] == name and row.get(column) is not None]
            text += f"{np.mean(values):>11.4f} ± {np.std(values):.4f}"[:19].rjust(19) if values else " " * 19
        print(text)
    print("article (MP, MGP, MDS, e_TPCF, e_LPF, e_D):")
    for name, numbers in ARTICLE.items():
        print(f"{name:6}" + "".join(f"{number:>10g}" for number in numbers))


if __name__ == "__main__":
    main()
