"""Filling between slices: ``python -m tests.benchmarks.fill [--large] [--slices N]``.

First 128 slices of 512² float32 (gamma-distributed distances on a grid) are filled by the step's cubic
spline, and by `scipy.interpolate.CubicSpline`: in one call, and in pieces of rows in threads. Times are the
best of three. With ``--large`` instead 512 slices of 2048² are written, repositioned and filled to about 8 GB
by the program's own runs, in processes of their own, whose peak memory is printed (``--method`` for one).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter

from core.execute.calls import surveyed
from core.execute.lazy import applied
from core.io import writers
from core.job import Job
from core.rebuild.draws import drawn_planes
from core.recipe import RecipeStep
from core.step import Room
from core.steps.fill import FILL
from core.volume import Array, Volume, VolumeInfo, volume_of

THREADS = os.cpu_count() or 1


def best_of(count: int, function: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def places_of(slices: int, seed: int = 1) -> Array:
    rng = np.random.default_rng(seed)
    return drawn_planes(6 * slices, 2.5, mean_nm=10.16, sd_nm=3.12, rng=rng)[:slices]


def speed() -> None:
    rng = np.random.default_rng(1)
    slices = gaussian_filter(rng.normal(size=(128, 512, 512)), 2.0).astype(np.float32)
    slices = (slices - slices.min()) / np.ptp(slices) * 255
    places = places_of(128)
    depth = int(places[-1]) + 1
    stack = np.zeros((depth, 512, 512), np.float32)
    stack[places] = slices
    origin = np.zeros(depth, int)
    origin[places] = 1
    volume = volume_of(stack, voxel_nm=(2.5, 2.5, 2.5), origin=tuple(origin.tolist()))
    entry = RecipeStep(FILL, FILL.params(method="cubic-spline"))
    filled = np.empty_like(stack)

    def ours() -> None:
        result = applied(volume, entry, surveyed(entry, volume, Job(), Room()))

        def block(start: int) -> None:
            stop = min(start + 64, depth)
            filled[start:stop] = result.read(slice(start, stop))

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(block, range(0, depth, 64)))

    expected = np.empty(stack.shape)
    planes = np.arange(depth)

    def whole() -> None:
        expected[:] = CubicSpline(places, slices, axis=0)(planes)

    def pieces() -> None:
        def rows(start: int) -> None:
            part = slice(start, start + 16)
            expected[:, part] = CubicSpline(places, slices[:, part], axis=0)(planes)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(rows, range(0, 512, 16)))

    ours()
    own = best_of(3, ours)
    other = {"in one call": best_of(1, whole), "in pieces, threads": best_of(3, pieces)}
    print(f"128 slices of 512² float32 to {depth} planes, {THREADS} threads: {own:.2f} s", flush=True)
    for name, seconds in other.items():
        print(f"  scipy {name}: {seconds:.2f} s, {seconds / own:.1f} times as long")
    print(f"  greatest difference {np.abs(filled - expected).max():.2g} of 255", flush=True)


CODE = """
import json, sys, time
from pathlib import Path
from core.execute import run
from core.project import InputSpec, Project
from core.recipe import Recipe, RecipeStep
from core.steps import step_named
stack, folder, method = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
steps = [("reposition", {"grid_nm": 2.5}), ("fill", {"method": method})]
recipe = Recipe(tuple(RecipeStep(step_named(n), step_named(n).params(**v)) for n, v in steps))
project = Project.create(folder, {"": InputSpec(paths=(stack,))}, recipe=recipe)
begin = time.perf_counter()
[report] = run(project).values()
seconds = time.perf_counter() - begin
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
shape, notes = report.volume.info.shape, report.notes
print(json.dumps({"seconds": seconds, "peak_mib": peak, "shape": shape, "notes": notes}))
"""


class Rolled:
    """One plane again and again, moved a little from slice to slice."""

    def __init__(self, plane: Array, slices: int) -> None:
        self._plane, self.shape, self.dtype = plane, (slices, *plane.shape), plane.dtype

    def read(self, z: slice, y: slice = slice(None), x: slice = slice(None)) -> Array:
        """Whole planes."""
        planes = [np.roll(self._plane, (3 * k, 2 * k), (0, 1)) for k in range(z.start, z.stop)]
        return np.stack(planes)[:, y, x]


def large(slices: int, methods: list[str]) -> None:
    rng = np.random.default_rng(1)
    field = gaussian_filter(rng.normal(size=(2048, 2048)), 3.0, mode="wrap")
    grey = np.clip(128 + 40 * field / field.std(), 0, 255).astype(np.uint8)
    binary = ((field > 0.4 * field.std()) * 255).astype(np.uint8)
    z_nm = tuple((places_of(slices) * 2.5).tolist())
    for method, plane in (("cubic-spline", grey), ("signed-distance", binary)):
        if method not in methods:
            continue
        with tempfile.TemporaryDirectory(dir=os.environ.get("TRUESLICE_BENCH_FOLDER")) as folder:
            source = Rolled(plane, slices)
            info = VolumeInfo(source.shape, plane.dtype, (10.0, 2.5, 2.5), z_nm=z_nm)
            path = Path(folder) / "stack.tif"
            writers.write(Volume(info, source), path, "bigtiff")
            arguments = [sys.executable, "-c", CODE, str(path), str(Path(folder) / "project"), method]
            done = subprocess.run(arguments, capture_output=True, text=True, check=False)
            if done.returncode:
                print(done.stderr)
                continue
            told = json.loads(done.stdout)
            size = np.prod(told["shape"], dtype=np.int64) / 1e9
            print(
                f"{method}: {size:.2f} GB {told['shape']} in {told['seconds']:.0f} s, peak memory "
                f"{told['peak_mib']:.0f} MiB  {told['notes']}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--slices", type=int, default=512)
    methods = ["cubic-spline", "signed-distance"]
    parser.add_argument("--method", choices=methods)
    parsed = parser.parse_args()
    if not parsed.large:
        speed()
    else:
        large(parsed.slices, [parsed.method] if parsed.method else methods)


if __name__ == "__main__":
    main()
