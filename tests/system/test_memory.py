"""A stack larger than the memory it may use goes through a whole recipe."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from tests.system.runs import ROOT, command, write_recipe

SLICES, SIDE = 740, 2048
LIMIT_MB = 1200
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
unit = 1 if sys.platform == "darwin" else 1024
sys.stderr.write(f"PEAK {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6:.0f}\\n")
sys.exit(code)
"""


@pytest.mark.big
@pytest.mark.timeout(5400)
@pytest.mark.skipif(sys.platform == "win32", reason="peak memory of a child is read through POSIX")
def test_three_gigabytes_in_little_memory(tmp_path, record_property):
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:SIDE, :SIDE]
    pattern = 110 + 40 * np.sign(np.sin(x / 21) + np.sin(y / 17) + np.sin((x + y) / 33))
    planes = [
        np.clip(pattern + rng.normal(0, 12, (SIDE, SIDE)) + 10 * rng.standard_normal(SIDE), 0, 255)
        for _ in range(6)
    ]
    stack = tmp_path / "stack.tif"
    with tifffile.TiffWriter(stack, bigtiff=True) as writer:
        for z in range(SLICES):
            writer.write(np.roll(planes[z % 6], z, axis=0).astype(np.uint8), contiguous=True)
    assert stack.stat().st_size > 3e9
    arguments = ["run", write_recipe(tmp_path), stack, "--output", tmp_path / "out", "--json"]
    arguments += ["--voxel-nm-zyx", 10, 5, 5]
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, *command(*arguments)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    peak_mb = float(ended.stderr.rsplit("PEAK ", 1)[1])
    record_property("peak_mb", peak_mb)
    assert peak_mb < LIMIT_MB
    [path] = json.loads(ended.stdout)["files"]
    with tifffile.TiffFile(path) as tiff:
        assert tiff.series[0].shape == (SLICES, SIDE - 4, SIDE)
