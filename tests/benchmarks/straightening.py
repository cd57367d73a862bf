"""What registration makes of structure that truly slants: ``python -m tests.benchmarks.straightening``.

A virtual stack with a ruler; below its cap the structure moves along x by 0.05, 0.2 or 0.5 px per slice, and
the microscope drifts and jitters on top. Printed per way of registering: the trend left in the registered
stack that should not be there (slope of recovered - true drift along x, px per slice), the jitter left (rms
between neighbours), and slices that did not lock. Taking slanted structure for drift shows as a slope of the
slant, on top of that which a structure of finite size has by chance (the same for all slants of one seed).
"""

from __future__ import annotations

import argparse

import numpy as np

from core.align.params import RegisterParams
from core.align.registering import registered
from core.boxes import text_of
from core.job import Job
from core.volume import Array, Volume, VolumeInfo
from tests.core.thickness.virtual import VirtualRuler

SLANTS = (0.05, 0.2, 0.5)


def ways_of(ruler: VirtualRuler) -> dict[str, RegisterParams]:
    """Parameters by name: the ruler; the structure below the cap, with the slow part corrected or left."""
    reach = int(ruler.drift_px / 4) + 4
    below = int(max(ruler.y_px)) + reach
    region = text_of((below, ruler.rows - reach, 40, ruler.columns - 40))
    return {
        "ruler": RegisterParams(anchor="ruler"),
        "structure, neighbours only": RegisterParams(reference="previous", region=region),
        "structure, window of 3": RegisterParams(region=region),
    }


def left_over(found: Array, truth: Array) -> tuple[float, float]:
    """Slope along x in px per slice, and rms between neighbours in px, of what is left after registration."""
    error = found[:, 1] - truth[:, 1]
    slope = float(np.polyfit(np.arange(len(error)), error, 1)[0])
    return slope, float(np.sqrt(np.mean((np.diff(error) - slope) ** 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=120)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    head = f"{'slant':>6} {'registered by':28} {'slope left':>11} {'jitter left':>12}"
    print(f"{head} {'flagged':>8}   (px per slice)")
    for slant in SLANTS:
        for seed in range(1, asked.seeds + 1):
            ruler = VirtualRuler(slices=asked.slices, slant_px=slant, seed=seed, drift_px=12.0, cnr=4.0)
            volume = Volume(
                VolumeInfo(ruler.shape, ruler.dtype, (10.0, ruler.pixel_nm, ruler.pixel_nm)), ruler
            )
            truth = ruler.drift_px_yx - ruler.drift_px_yx[0]
            for name, params in ways_of(ruler).items():
                found = registered(volume, params, Job())
                shifts = np.array(found.shifts_px_yx)
                slope, jitter = left_over(shifts, truth)
                print(
                    f"{slant:6.2f} {name:28} {slope:11.4f} {jitter:12.3f} {len(found.flagged):8d}", flush=True
                )


if __name__ == "__main__":
    main()
