"""Runs one piece of work in a process of its own and tells its time, peak memory and answer.

PoreSpy (MIT) is no dependency: it is looked for in the Python named by TRUESLICE_PORESPY_PYTHON (a virtual
environment with ``pip install porespy``), else in this one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.job import Job
from core.simulate.structures import PatternSource, pattern_of
from core.simulate.structures.kinds import LeveledWave

VARIABLE = "TRUESLICE_PORESPY_PYTHON"
LIMIT_GIB = int(os.environ.get("TRUESLICE_LIMIT_GIB", "24"))
"""Address space that either side may take."""
ROOT = Path(__file__).resolve().parents[2]
# Warm-up on a corner, then the peak of what is already there, then the work itself.
HEAD = """
import json, resource, sys, time
import numpy as np
def peak_kib():
    # Not ru_maxrss: a process starts with the peak of the one that started it.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
resource.setrlimit(resource.RLIMIT_AS, ({limit} << 30, {limit} << 30))
volume = np.load(sys.argv[1]) > 0
corner = volume[:32, :32, :32].copy()
"""
FOOT = """
work(corner)
before = peak_kib()
begin = time.perf_counter()
try:
    answer = work(volume)
    seconds = time.perf_counter() - begin
except MemoryError as error:
    answer, seconds = None, None
peak = peak_kib()
np.save(sys.argv[2], np.zeros(0) if answer is None else np.asarray(answer, dtype=float))
print(json.dumps({"seconds": seconds, "before_mib": before / 1024, "peak_mib": peak / 1024}))
"""
THEIRS = """
import porespy as ps
ps.settings.tqdm["disable"] = True
ps.settings.ncores = 2
"""


@dataclass(frozen=True)
class Ran:
    """What a process has done; `seconds` is None where it ran out of memory."""

    seconds: float | None
    peak_mib: float
    answer: NDArray[np.float64]


def porespy_python() -> str:
    """The Python that has PoreSpy; ends the program with what to do where there is none."""
    for python in filter(None, (os.environ.get(VARIABLE), sys.executable)):
        if subprocess.run([python, "-c", "import porespy"], capture_output=True, check=False).returncode == 0:
            return python
    print(f"PoreSpy is not here: install it into a virtual environment and name its python in {VARIABLE}")
    raise SystemExit(2)


@contextmanager
def saved(volume: NDArray[np.bool_]) -> Iterator[Path]:
    """A volume as a file, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.npy"
        np.save(path, volume.astype(np.uint8))
        yield path


def ran(python: str, work: str, volume: Path, *, theirs: bool) -> Ran:
    """Define ``work(volume)`` by its source and call it in a process of its own, on two threads."""
    code = HEAD.format(limit=LIMIT_GIB) + (THEIRS if theirs else "") + work + FOOT
    answer = volume.with_name("answer.npy")
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code, str(volume), str(answer)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    )
    if done.returncode:
        print(done.stderr[-2000:])
        return Ran(None, float("nan"), np.zeros(0))
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Ran(told["seconds"], told["peak_mib"], np.load(answer))


def leveled_wave(side: int, ligament_nm: float = 15.0, fraction: float = 0.35) -> NDArray[np.bool_]:
    """A leveled wave at 2.5 nm."""
    structure = LeveledWave(ligament_nm=(ligament_nm,), solid_fraction=(fraction,))
    pattern = pattern_of(structure, shape=(side,) * 3, voxel_nm=2.5, seed=1, job=Job())
    source = PatternSource(pattern)
    planes = [source.read(slice(z, min(side, z + 16))) > 0 for z in range(0, side, 16)]
    found: NDArray[np.bool_] = np.concatenate(planes)
    return found


def side_by_side(name: str, ours: Ran, theirs: Ran) -> None:
    """One line: how many times faster, how much less memory, and how far the answers differ."""
    if theirs.seconds is None or ours.seconds is None:
        print(f"{name:38} ours {_told(ours)}; PoreSpy {_told(theirs)}", flush=True)
        return
    known = np.isfinite(ours.answer) & np.isfinite(theirs.answer)
    away = float(np.abs(ours.answer - theirs.answer)[known].max()) if known.any() else float("nan")
    faster, memory = theirs.seconds / ours.seconds, ours.peak_mib / theirs.peak_mib
    print(
        f"{name:38} {faster:8.1f} times faster, {memory:5.2f} of the memory; greatest difference {away:.2g}  "
        f"({_told(ours)} against {_told(theirs)})",
        flush=True,
    )


def _told(run: Ran) -> str:
    return (
        f"out of {LIMIT_GIB} GiB" if run.seconds is None else f"{run.seconds:.3g} s, {run.peak_mib:.0f} MiB"
    )
