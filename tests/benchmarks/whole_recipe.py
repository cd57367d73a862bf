"""A recipe, block by block with everything stored, beside the same filters in a plain loop in memory.

What the bookkeeping (blocks, storing each result, resuming) costs, as a ratio of times and of peak memory.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tifffile

ROUNDS = 3
SHAPE = (96, 1024, 1024)
RECIPE = """
format = 1
[[step]]
step = "crop"
[step.params]
y_start = 4
[[step]]
step = "denoise"
[step.params]
method = "gaussian"
sigma_px = 1.5
[[step]]
step = "segment"
[[step]]
step = "measure"
[[step]]
step = "export"
"""
PLAIN = """
import sys, numpy as np, tifffile
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu
volume = tifffile.imread(sys.argv[1])[:, 4:]
smooth = np.stack([gaussian_filter(p.astype(np.float32), 1.5, truncate=3.0) for p in volume])
smooth = np.rint(smooth).astype(np.uint8)
solid = np.where(smooth > threshold_otsu(smooth), 255, 0).astype(np.uint8)
(solid == 255).mean(axis=(1, 2))
tifffile.imwrite(sys.argv[2], solid, imagej=True)
"""
WATCH = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.perf_counter() - begin, usage.ru_maxrss / 1024]))
"""


def measured(*command: object) -> tuple[float, float]:
    """Seconds and peak MiB of a command."""
    ended = subprocess.run(
        [sys.executable, "-c", WATCH, *map(str, command)], check=True, capture_output=True, text=True
    )
    seconds, peak = json.loads(ended.stdout)
    return seconds, peak


def main() -> int:
    """Print both and their ratios, the runs taking turns."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    pattern = 110 + 40 * np.sign(np.sin(x / 21) + np.sin(y / 17))
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stack = folder / "stack.tif"
        data = [np.clip(pattern + rng.normal(0, 15, SHAPE[1:]), 0, 255) for _ in range(SHAPE[0])]
        tifffile.imwrite(stack, np.stack(data).astype(np.uint8), photometric="minisblack")
        recipe = folder / "recipe.toml"
        recipe.write_text(RECIPE)
        script = folder / "plain.py"
        script.write_text(PLAIN)
        for turn in range(ROUNDS):
            out = folder / f"out{turn}"
            ours.append(measured(sys.executable, "-m", "core", "run", recipe, stack, "--output", out))
            plain.append(measured(sys.executable, script, stack, folder / "plain.tif"))
        same = np.array_equal(
            tifffile.imread(folder / "out0" / "exports" / "volume.tif"), tifffile.imread(folder / "plain.tif")
        )
    for what, index, unit in [("time", 0, "s"), ("peak memory", 1, "MiB")]:
        mine = statistics.median(run[index] for run in ours)
        theirs = statistics.median(run[index] for run in plain)
        print(f"{what}: recipe {mine:.1f} {unit}, plain loop {theirs:.1f} {unit}, ratio {mine / theirs:.2f}")
    print(f"same voxels: {same}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
