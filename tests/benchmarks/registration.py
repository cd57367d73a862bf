"""Registration: known shifts put into real stacks, real jitter, speed and memory, beside other programs.

    python3 dev.py bench registration          python -m tests.benchmarks.registration [--quick]

Needs the real data beside the project (``../shared/data``); what is not there is left out and said.

pystackreg (a port of StackReg) is no dependency: it is looked for in the Python named by
TRUESLICE_PYSTACKREG_PYTHON (a virtual environment with ``pip install pystackreg``). SimpleITK is one.

Errors of known shifts: recovered - applied - what the same program finds on the unshifted stack. Between
neighbours: root mean square over all slices, y and x; cumulative: the same of the errors themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.align.options import AlignOptions
from core.align.stack import register_stack
from core.step import Room
from core.volume import volume_of

Array = NDArray[Any]
Finder = Callable[[Array], Array]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FLYEM = DATA / "flyem_medulla_fibsem" / "training_sample1" / "grayscale_maps"
VNC = DATA / "vnc_sstem" / "stack1" / "raw"
VARIABLE = "TRUESLICE_PYSTACKREG_PYTHON"
WINDOW_PX = 190
THREADS = 2
THEIRS = """
import json, sys, time
import numpy as np
from pystackreg import StackReg
stack = np.load(sys.argv[1])
reg = StackReg(StackReg.TRANSLATION)
cpu, begin = time.process_time(), time.perf_counter()
found = reg.register_stack(stack, reference="previous")
registered, used = time.perf_counter(), time.process_time() - cpu
reg.transform_stack(stack)
done = time.perf_counter()
np.save(sys.argv[2], np.stack([found[:, 1, 2], found[:, 0, 2]], axis=1))
print(json.dumps({"register": registered - begin, "transform": done - registered, "cpu": used}))
"""
MEMORY = """
import sys
import numpy as np
from core.align.stack import register_stack
from core.step import Room
from core.volume import ALL, Volume, VolumeInfo
class Made:
    def __init__(self, count):
        self.shape, self.dtype = (count, 1024, 1024), np.dtype(np.uint8)
        self.plane = np.random.default_rng(1).integers(0, 255, (1100, 1100)).astype(np.uint8)
    def read(self, z, y=ALL, x=ALL):
        shift = (7 * z.start) % 50
        return self.plane[None, shift : shift + 1024, 20:1044].copy()
source = Made(int(sys.argv[1]))
register_stack(Volume(VolumeInfo(source.shape, source.dtype), source), room=Room(threads=2))
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)
"""


def pictures(folder: Path, pattern: str) -> Array | None:
    """All pictures of a folder, None (and a line) where it is not there."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        print(f"not here, left out: {folder.relative_to(DATA.parent)}")
        return None
    return np.stack([np.asarray(Image.open(path)) for path in paths])


def applied_shifts(count: int, seed: int) -> Array:
    """Jitter of 3 px and a straight drift, at most 25 px, from 0 on."""
    random = np.random.default_rng(seed)
    drift = np.linspace(0, 1, count)[:, None] * random.uniform(-15, 15, 2)
    shifts = random.normal(0, 3, (count, 2)) + drift
    found: Array = (shifts - shifts[0]).clip(-25, 25)
    return found


def shifted(stack: Array, shifts: Array, inner: int, seed: int, noise: float = 6.0) -> Array:
    """Inner windows of slices whose content has moved; brightness steps of 20 %, noise, whole grey values."""
    random = np.random.default_rng(seed)
    top, left = ((size - inner) // 2 for size in stack.shape[1:])
    out = np.empty((len(stack), inner, inner), np.uint8)
    for index, (plane, shift) in enumerate(zip(stack, shifts, strict=True)):
        moved = ndimage.shift(plane.astype(np.float64), shift, order=5, mode="reflect")
        values = moved[top : top + inner, left : left + inner] * random.uniform(0.8, 1.2)
        values += noise * random.normal(size=values.shape)
        out[index] = np.clip(np.rint(values), 0, 255)
    return out


def ours(options: AlignOptions) -> Finder:
    def find(stack: Array) -> Array:
        return register_stack(volume_of(stack), options, room=Room(threads=THREADS)).shifts_px_yx

    return find


def by_simpleitk(stack: Array) -> Array:
    """Each slice onto the one before by SimpleITK: correlation, translation, three levels, all pixels."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(THREADS)
    images = [sitk.GetImageFromArray(plane.astype(np.float32)) for plane in stack]
    shifts = np.zeros((len(stack), 2))
    for index in range(1, len(stack)):
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsCorrelation()
        method.SetInterpolator(sitk.sitkLinear)
        method.SetInitialTransform(sitk.TranslationTransform(2), inPlace=False)
        method.SetShrinkFactorsPerLevel([4, 2, 1])
        method.SetSmoothingSigmasPerLevel([2, 1, 1])
        method.SetOptimizerAsRegularStepGradientDescent(2.0, 0.001, 200)
        x, y = method.Execute(images[index - 1], images[index]).GetParameters()
        shifts[index] = shifts[index - 1] + (y, x)
    return shifts


class PyStackReg:
    """pystackreg in a process of its own; keeps the seconds that it took."""

    def __init__(self, python: str) -> None:
        self.python = python
        self.seconds: dict[str, float] = {}

    def __call__(self, stack: Array) -> Array:
        with tempfile.TemporaryDirectory() as folder:
            one, two = Path(folder) / "stack.npy", Path(folder) / "found.npy"
            np.save(one, stack)
            env = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
            command = [self.python, "-c", THEIRS, str(one), str(two)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
            self.seconds = json.loads(done.stdout.strip().splitlines()[-1])
            found: Array = np.load(two)
            return found


def pystackreg() -> PyStackReg | None:
    """The other program, if it is here."""
    for python in filter(None, (os.environ.get(VARIABLE), sys.executable)):
        asked = subprocess.run([python, "-c", "import pystackreg"], capture_output=True, check=False)
        if asked.returncode == 0:
            return PyStackReg(python)
    print(
        f"pystackreg is not here, left out: install it into an environment and name its python in {VARIABLE}"
    )
    return None


def errors(find: Finder, stack: Array, applied: Array, still: Array) -> tuple[float, float, float, float]:
    """Between neighbours: rms, largest; cumulative: rms, largest. In px."""
    off = find(stack) - applied - still
    off -= off[0]
    steps = np.diff(off, axis=0)
    return (
        float(np.sqrt((steps**2).mean())),
        float(np.abs(steps).max()),
        float(np.sqrt((off**2).mean())),
        float(np.abs(off).max()),
    )


def finders(theirs: PyStackReg | None) -> dict[str, Finder]:
    found: dict[str, Finder] = {
        "window of 3": ours(AlignOptions()),
        "previous": ours(AlignOptions(reference="previous")),
        "SimpleITK": by_simpleitk,
    }
    return found if theirs is None else {**found, "pystackreg": theirs}


def known_shifts(stack: Array, inner: int, seeds: range, theirs: PyStackReg | None) -> None:
    """Table of errors of known shifts."""
    print(f"| {'program':12} | seed | neighbours rms | largest | cumulative rms | largest |   (px)")
    print("|---|---|---|---|---|---|")
    top, left = ((size - inner) // 2 for size in stack.shape[1:])
    still = np.ascontiguousarray(stack[:, top : top + inner, left : left + inner])
    unshifted = {name: find(still) for name, find in finders(theirs).items()}
    for seed in seeds:
        applied = applied_shifts(len(stack), seed)
        moved = shifted(stack, applied, inner, seed + 100)
        for name, find in finders(theirs).items():
            if name == "SimpleITK" and seed != seeds[0]:
                continue
            row = errors(find, moved, applied, unshifted[name])
            print(f"| {name:12} | {seed} | " + " | ".join(f"{value:.3f}" for value in row) + " |", flush=True)


def neighbour_correlation(stack: Array, shifts: Array) -> float:
    """Mean correlation of neighbours, moved back by cubic splines, over the area that all show."""
    margin = int(np.ceil(np.abs(shifts - shifts[0]).max())) + 3
    inner = np.s_[margin:-margin, margin:-margin]
    moved = [
        ndimage.shift(plane.astype(np.float32), shifts[0] - shift, order=3)[inner].ravel()
        for plane, shift in zip(stack, shifts, strict=True)
    ]
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairwise(moved)]))


def real_jitter(stack: Array, theirs: PyStackReg | None) -> None:
    """Correlation of neighbours after registration, the area the same for all."""
    print(f"unregistered {neighbour_correlation(stack, np.zeros((len(stack), 2))):.4f}")
    for name, find in finders(theirs).items():
        print(f"{name:12} {neighbour_correlation(stack, find(stack)):.4f}", flush=True)


def speed(stack: Array, theirs: PyStackReg | None) -> None:
    """Seconds per slice, the best of three."""

    def best(find: Finder) -> float:
        times = []
        for _ in range(3):
            begin = time.perf_counter()
            find(stack)
            times.append(time.perf_counter() - begin)
        return min(times) / len(stack)

    ours(AlignOptions())(stack[:3])  # compiles
    taken = {name: best(ours(AlignOptions(reference=name))) for name in ("previous", "window")}  # type: ignore[arg-type]
    for name, seconds in taken.items():
        print(f"ours, {name:9} {seconds * 1e3:8.1f} ms per slice, with correlations and mutual information")
    if theirs is None:
        return
    runs = []
    for _ in range(2):
        theirs(stack)
        runs.append(theirs.seconds)
    register, both = (min(f(run) for run in runs) / len(stack) for f in (_registering, _all))
    print(
        f"pystackreg      {register * 1e3:8.1f} ms per slice to register, {both * 1e3:.1f} with its transform"
    )
    for name, seconds in taken.items():
        print(f"registering by '{name}' is {register / seconds:.1f} times faster than pystackreg's")


def processor_time(stack: Array, theirs: PyStackReg) -> None:
    """The same in seconds of the processor, which other programs on the machine hardly change."""
    theirs(stack)
    for reference in ("previous", "window"):
        begin = time.process_time()
        ours(AlignOptions(reference=reference))(stack)  # type: ignore[arg-type]
        used = time.process_time() - begin
        print(
            f"processor, '{reference}': {used / len(stack) * 1e3:.0f} ms per slice; pystackreg's register "
            f"{theirs.seconds['cpu'] / len(stack) * 1e3:.0f}: {theirs.seconds['cpu'] / used:.1f} times"
        )


def _registering(seconds: dict[str, float]) -> float:
    return seconds["register"]


def _all(seconds: dict[str, float]) -> float:
    return seconds["register"] + seconds["transform"]


def memory() -> None:
    """Peak memory for 50 and for 400 slices of 1024², made as they are read."""
    root = Path(__file__).resolve().parents[2]
    for count in (50, 400):
        command = [sys.executable, "-c", MEMORY, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
        print(f"{count} slices of 1024²: peak {float(done.stdout):.0f} MiB", flush=True)


def main() -> None:
    quick = "--quick" in sys.argv
    theirs = pystackreg()
    flyem, vnc = pictures(FLYEM, "*.png"), pictures(VNC, "*.tif")
    if flyem is not None:
        count = 60 if quick else len(flyem)
        print(f"\n## Known shifts, training_sample1, {count} slices, inner window {WINDOW_PX} px")
        known_shifts(flyem[:count], WINDOW_PX, range(1 if quick else 3), theirs)
    if vnc is not None:
        print(f"\n## Real jitter, vnc_sstem, {len(vnc)} sections: mean correlation of neighbours")
        real_jitter(vnc, theirs)
        print("\n## Known shifts of one section and itself, vnc_sstem, 960² of 1024²")
        known_shifts(np.repeat(vnc[:1], 12, axis=0), 960, range(1), theirs)
        print(f"\n## Speed, {THREADS} threads, {len(vnc)} sections of {vnc.shape[1]} x {vnc.shape[2]}")
        speed(vnc, theirs)
        if theirs is not None:
            processor_time(vnc, theirs)
    print("\n## Memory")
    memory()


if __name__ == "__main__":
    main()
