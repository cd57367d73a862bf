"""The compiled loops never reach beyond their arrays, whatever the sample: numba checks every access."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


def run_scenes(scenes: int, seed: int, cache: Path) -> None:
    env = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "tests.core.simulate.electrons.bounds_scenes", str(scenes), str(seed)]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "all within bounds"), done.stderr[-2000:]


@pytest.mark.slow
def test_no_access_beyond_the_arrays_in_many_scenes(tmp_path):
    run_scenes(3000, 2, tmp_path)
