"""Local thickness beside PoreSpy: ``python -m tests.benchmarks.porespy_thickness [--side 256] [--exact]``.

The same volumes on both sides, two threads, each call in a process of its own, timed after a warm-up; the
memory is that of the whole process. Ours is exact: every radius that occurs counts. On PoreSpy's side

- ``legacy`` with a list of all radii is the same quantity and has to give the same values. (With
  ``sizes=None`` PoreSpy 3.2.0 goes through them from small to large, and every voxel gets the smallest.) It
  takes minutes where ligaments are thick, so it is done for the first volume, and with ``--exact`` for all.
- ``legacy`` as it is takes 25 radii; ``bf`` (what is called unless one asks otherwise), ``dt`` and ``conv``
  round radii down to whole voxels: less to do, and other values.

Then how fast configurations of 2 x 2 x 2 voxels, from which surface and Euler number follow, are counted.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from numpy.typing import NDArray

from core.measure.configurations import ConfigurationCounter
from tests.benchmarks._porespy import leveled_wave, porespy_python, ran, saved, side_by_side

VOXEL_NM = 2.5
OURS = """
from core.job import Job
from core.measure.thickness import local_thickness
def work(volume):
    return local_thickness(volume, voxel_nm=(1, 1, 1), job=Job(), threads=2)
"""
THEIRS = """
from edt import edt
def work(volume):
    return 2 * ps.filters.local_thickness(volume, {options})
"""
METHODS = {
    "every radius": "method='legacy', sizes=np.unique(edt(volume)[volume])",
    "25 radii": "method='legacy'",
    "bf": "method='bf'",
    "dt": "method='dt'",
    "conv": "method='conv'",
}
REPEATS = 3


def balls(side: int) -> NDArray[np.bool_]:
    """Overlapping balls of many sizes: thick and thin beside each other, and rough where they meet."""
    rng = np.random.default_rng(1)
    solid = np.zeros((side,) * 3, bool)
    grid = np.indices((side, side), sparse=True)
    for number in range(side**3 // 20_000):
        radius = rng.uniform(3, 20)
        # The first lies in the corner of the warm-up, which must not be empty.
        z0, y0, x0 = rng.uniform(0, side if number else 30, 3)
        for z in range(max(0, int(z0 - radius)), min(side, int(z0 + radius) + 2)):
            solid[z] |= (grid[0] - y0) ** 2 + (grid[1] - x0) ** 2 < radius**2 - (z - z0) ** 2
    return solid


def thickness(name: str, volume: NDArray[np.bool_], python: str, ours: str, *, exact: bool) -> None:
    """All of PoreSpy's ways against ours."""
    print(f"{name}, solid fraction {volume.mean():.2f}", flush=True)
    with saved(volume) as path:
        own = min(
            (ran(ours, OURS, path, theirs=False) for _ in range(REPEATS)), key=lambda run: run.seconds or 0
        )
        for method, options in METHODS.items():
            if method != "every radius" or exact:
                other = ran(python, THEIRS.format(options=options), path, theirs=True)
                side_by_side(f"  {method}", own, other)


def configurations(volume: NDArray[np.bool_]) -> None:
    """Voxels per second."""
    ConfigurationCounter(volume.shape[1:]).add(volume[:4])
    for threads in (1, 2):
        counter = ConfigurationCounter(volume.shape[1:], threads=threads)
        begin, worked = time.perf_counter(), time.process_time()
        counter.add(volume)
        seconds, worked = time.perf_counter() - begin, time.process_time() - worked
        print(
            f"  configurations, {threads} threads: {volume.size / seconds / 1e9:.2f} Gvoxel/s, "
            f"{volume.size / worked / 1e9:.2f} per second of a processor",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--exact", action="store_true", help="every radius on all volumes")
    arguments = parser.parse_args()
    python, side = porespy_python(), arguments.side
    for number, ligament_nm in enumerate((15.0, 60.0, 100.0)):
        name = f"ligaments of {ligament_nm / VOXEL_NM:g} voxels"
        volume = leveled_wave(side, ligament_nm)
        thickness(name, volume, python, sys.executable, exact=arguments.exact or number == 0)
        configurations(volume)
    thickness("overlapping balls", balls(side), python, sys.executable, exact=arguments.exact)


if __name__ == "__main__":
    main()
