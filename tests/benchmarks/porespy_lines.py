"""Two-point correlation, lineal path and chord lengths beside PoreSpy: ``python -m
tests.benchmarks.porespy_lines``.

The same quantity is computed on both sides, of the same volume, on two threads, each in a process of its own:

- TPCF: S2 averaged over all directions in shells two voxels wide up to half the side, not periodic, unbiased.
- Lineal path: L(k) along the three axes. PoreSpy gives every voxel its place in its run
  (``distance_transform_lin``); the placements of k + 1 voxels are the voxels at a place beyond k.
- Chords: how many there are of each length along the three axes, without those that touch a border. PoreSpy
labels
  them (``apply_chords``, no line left out); it also drops all chords of lines that lie in a face of the
  volume, and for this comparison so do we. Then its documented way, every other line and one region each
  (``chord_counts``), against all lines of ours; these are other lines, so means differ a little.

``--large`` adds 512³.
"""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks._porespy import leveled_wave, porespy_python, ran, saved, side_by_side

TPCF_OURS = """
from core.measure.directions import radial_correlation
def work(volume):
    reach = volume.shape[0] // 2
    step = max(1, -(-reach // 100))
    return radial_correlation(volume, np.arange(0, reach + step, step))
"""
TPCF_THEIRS = """
def work(volume):
    return ps.metrics.two_point_correlation(volume).probability_scaled
"""
AXES_OURS = """
from core.measure.lines import LineCounter
from core.measure.lineal_path import LinealPath
from core.measure.words import run_all, workers
from core.job import Job
def counted(volume):
    counter = LineCounter(volume.shape, (-1, -1, -1))
    with workers(2) as pool:
        for first in range(0, len(volume), 16):
            run_all(pool, counter.add(volume[first : first + 16]), Job())
    return counter.finish()
"""
LPF_OURS = (
    AXES_OURS
    + """
def work(volume):
    return LinealPath.of(counted(volume)).functions()
"""
)
LPF_THEIRS = """
def work(volume):
    curves = []
    for axis in range(3):
        place = ps.filters.distance_transform_lin(volume, axis=axis, mode="forward")
        voxels = np.bincount(place[volume].astype(int), minlength=volume.shape[axis] + 1)
        hits = np.cumsum(voxels[:0:-1])[::-1]
        side = volume.shape[axis]
        curves.append(hits / (volume.size // side * (side - np.arange(side))))
    return curves
"""
CHORDS_OURS = (
    AXES_OURS
    + """
def work(volume):
    found = []
    for axis in range(3):
        inside = tuple(slice(None) if at == axis else slice(1, -1) for at in range(3))
        found.append(counted(volume[inside]).inner[axis])
    return found
"""
)
CHORDS_THEIRS = """
def work(volume):
    found = []
    for axis in range(3):
        chords = ps.filters.apply_chords(volume, spacing=0, axis=axis, trim_edges=True, label=True)
        lengths = np.bincount(chords.ravel())[1:]
        found.append(np.bincount(lengths[lengths > 0], minlength=volume.shape[axis] + 1))
    return found
"""
CHORDS_DOCUMENTED = """
def work(volume):
    means = []
    for axis in range(3):
        chords = ps.filters.apply_chords(volume, spacing=1, axis=axis, trim_edges=True)
        lengths = ps.metrics.chord_counts(chords)
        means.append(lengths.mean() if lengths.size else np.nan)
    return means
"""
CHORD_MEANS = (
    AXES_OURS
    + """
def work(volume):
    means = []
    for inner in counted(volume).inner:
        means.append(inner @ np.arange(inner.size) / max(1, inner.sum()))
    return means
"""
)
CASES = {
    "TPCF, all directions": (TPCF_OURS, TPCF_THEIRS),
    "lineal path, 3 axes": (LPF_OURS, LPF_THEIRS),
    "chord lengths, 3 axes, all lines": (CHORDS_OURS, CHORDS_THEIRS),
    "mean chords (PoreSpy: 1 line in 4)": (CHORD_MEANS, CHORDS_DOCUMENTED),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, nargs="+", default=[256])
    parser.add_argument("--large", action="store_true")
    parsed = parser.parse_args()
    python = porespy_python()
    for side in [*parsed.side, *([512] if parsed.large else [])]:
        print(f"leveled wave, ligaments of 6 voxels, solid fraction 0.35, {side}³", flush=True)
        with saved(leveled_wave(side)) as volume:
            for name, (ours, theirs) in CASES.items():
                side_by_side(
                    name,
                    ran(sys.executable, ours, volume, theirs=False),
                    ran(python, theirs, volume, theirs=True),
                )


if __name__ == "__main__":
    main()
