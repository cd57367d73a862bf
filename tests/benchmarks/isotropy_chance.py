"""What isotropic structures show by chance: ``python -m tests.benchmarks.isotropy_chance``.

Leveled waves are isotropic by construction. Printed: root mean squares of the errors along z over the seeds,
and e_LPF times the number of ligaments that fit side by side into the cube, which the verdict takes for 0.6
(`core.measure.verdict`). Two minutes on one core.
"""

from __future__ import annotations

import numpy as np

from core.job import Job
from core.measure.isotropy import IsotropyCounter
from core.measure.patches import PatchGrid
from core.measure.verdict import chance
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave

VOXELS_PER_LIGAMENT = 8


def main() -> None:
    for fraction in (0.35, 0.6):
        for ligaments, seeds in ((6, 16), (12, 16), (24, 10)):
            side, found = ligaments * VOXELS_PER_LIGAMENT, []
            for seed in range(1, seeds + 1):
                structure = LeveledWave(ligament_nm=(16.0,), solid_fraction=(fraction,))
                pattern = pattern_of(
                    structure, shape=(side,) * 3, voxel_nm=16 / VOXELS_PER_LIGAMENT, seed=seed, job=Job()
                )
                counter = IsotropyCounter(
                    PatchGrid.of((side,) * 3, (1.0, 1.0, 1.0)), np.ones(side, dtype=bool), planes=False
                )
                for task in counter.add(pattern.read(*[(0, side)] * 3) > 0):
                    task()
                counter.settle(Job())
                result = counter.finish(None)
                if result is not None:
                    found.append((*result[1][:3], chance(result[1], 1)))
            tpcf, lpf, size, expected = np.sqrt(np.mean(np.square(found), axis=0))
            alarms = sum(max(one[1], one[2]) > 2 * one[3] for one in found)
            print(
                f"fraction {fraction}, {ligaments:2d} ligaments: e_TPCF {tpcf:.4f}, e_LPF {lpf:.4f}, e_D "
                f"{size:.4f}; e_LPF x ligaments {lpf * ligaments:.2f}, taken for {expected:.4f}; {alarms} "
                f"of {len(found)} beyond 2 x",
                flush=True,
            )


if __name__ == "__main__":
    main()
